"""`vitalsigns.toml`: thresholds of a project, frozen into the runs that are started in it."""

import sys

import pytest

from monitor import launcher
from monitor.diagnosis.settings import settings_for
from monitor.diagnosis.verdict import judge
from monitor.rules.gap import GapLimits
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import RunReader
from tests.supervised import FINISHES


def test_without_a_file_nothing_is_set(tmp_path):
    assert settings_for(tmp_path).thresholds == {} and settings_for(tmp_path).path is None


def test_the_nearest_file_above_counts(tmp_path):
    (tmp_path / "vitalsigns.toml").write_text("[thresholds]\ngap_limit = 0.5\n")
    inner = tmp_path / "project" / "scripts"
    inner.mkdir(parents=True)
    assert settings_for(inner).thresholds == {"gap_limit": 0.5}
    (tmp_path / "project" / "vitalsigns.toml").write_text("[thresholds]\nguard_evaluations = 4\n")
    assert settings_for(inner).thresholds == {"guard_evaluations": 4}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[thresholds", "cannot be read"),
        ("[threshold]\nx = 1\n", r"\[threshold\] is unknown; allowed are \[thresholds\], \[notify\], \[devices\]"),
        ("[thresholds]\ngap_limits = 1\n", "Known ones: guard_epochs"),
        ("[thresholds]\ngap_limit = 'much'\n", "holds numbers only"),
        ("[thresholds]\ngap_limit = true\n", "holds numbers only"),
        ("thresholds = 3\n", "holds numbers only"),
        ("[thresholds]\nguard_evaluations = 2.5\n", "Thresholds: "),
        ("[devices]\ncpu_runs = 0\n", "cpu_runs must be a whole number of at least 1"),
        ("[devices]\nruns_per_gpu = true\n", "runs_per_gpu must be a whole number"),
        ("[devices]\ngpus = 2\n", "gpus is unknown; allowed are runs_per_gpu, cpu_runs"),
        ("devices = 3\n", "must be a table with runs_per_gpu, cpu_runs"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_with_its_name(tmp_path, text, says):
    (tmp_path / "vitalsigns.toml").write_text(text)
    with pytest.raises(UsageError, match=rf"vitalsigns\.toml.*{says}"):
        settings_for(tmp_path)


def test_they_are_frozen_at_the_start_and_later_changes_do_not_reach_the_run(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "vitalsigns.toml").write_text("[thresholds]\ngap_limit = 0.25\n")
    runs = tmp_path / "runs"
    run_id = launcher.start(runs, [sys.executable, "-c", FINISHES], name="r", cwd=project)
    (project / "vitalsigns.toml").write_text("[thresholds]\ngap_limit = 9\n")
    launch = read_launch(runs / run_id)
    assert launch is not None and launch.thresholds == {"gap_limit": 0.25}
    seen = RunReader(runs / run_id).read(0.0)
    assert judge(seen, 0.0).thresholds.of(GapLimits).gap_limit == 0.25


def test_nothing_is_started_with_a_wrong_file(tmp_path):
    (tmp_path / "vitalsigns.toml").write_text("[thresholds]\nnonsense = 1\n")
    with pytest.raises(UsageError, match="nonsense"):
        launcher.start(tmp_path / "runs", [sys.executable, "-c", FINISHES], name="r", cwd=tmp_path)
    assert not (tmp_path / "runs").exists()


def test_how_many_runs_share_a_device_is_a_matter_of_the_project(tmp_path):
    assert (settings_for(tmp_path).devices.runs_per_gpu, settings_for(tmp_path).devices.cpu_runs) == (1, None)
    (tmp_path / "vitalsigns.toml").write_text("[devices]\ncpu_runs = 2\n")
    assert (settings_for(tmp_path).devices.runs_per_gpu, settings_for(tmp_path).devices.cpu_runs) == (1, 2)
