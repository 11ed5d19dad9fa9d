"""A run directory taken for writing, and what stands in it before the first step."""

import json
import math

import pytest

from monitor.run_dir import (
    CONTROL_DIR,
    EPOCHS_FILE,
    GENERATION_VARIABLE,
    LAUNCH_FILE,
    PROBES_DIR,
    PROGRESS_FILE,
    RUN_FILE,
    Launch,
    Probe,
    Progress,
    Run,
    encode,
    files,
)
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.metric import Metric
from monitor.run_dir.processes import RunLock
from monitor.writer.folder import describe, next_generation, take_folder, wer_in_percent, write_first, write_probe

NOTHING = {"name": None, "config": None, "config_schema": None, "model": None, "data": None, "floors": None}
NOTHING |= {"metrics": None, "units": None, "gap_basis": "train", "warmup_epochs": 0, "device": None, "notes": ""}
WER = Metric(name="val_wer", direction="error", unit="percent", chance=95.0, target=20.0)


def described(**fields):
    return describe("a", {**NOTHING, **fields})


def taken(run_dir, *, resume=False):
    lock = RunLock(run_dir)
    take_folder(run_dir, lock, resume)
    return lock


def stored(run_dir):
    return files.required_document(run_dir / RUN_FILE, Run)


def test_a_folder_that_is_not_there_is_made_with_a_place_for_requests(tmp_path):
    taken(tmp_path / "new" / "a").release()
    assert (tmp_path / "new" / "a" / CONTROL_DIR).is_dir()


@pytest.mark.parametrize("name", [RUN_FILE, EPOCHS_FILE])
def test_a_folder_with_a_run_is_refused_and_its_lock_is_free_again(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(RefusedError, match="resume=True"):
        taken(tmp_path)
    taken(tmp_path, resume=True).release()


def test_of_a_supervised_run_the_supervisor_has_the_lock(tmp_path):
    (tmp_path / RUN_FILE).write_text("{}")
    with RunLock(tmp_path):
        take_folder(tmp_path, None, False)
    assert (tmp_path / CONTROL_DIR).is_dir()


def test_a_file_in_the_folders_place_is_one_sentence(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(RefusedError, match=r"Cannot write the run directory .* Choose a folder that you may write to"):
        taken(tmp_path / "a")


def test_a_first_start_is_generation_1_whatever_stands_there(tmp_path):
    (tmp_path / PROGRESS_FILE).write_bytes(encode(Progress(heartbeat_at=1.0, generation=7)))
    assert next_generation(tmp_path, supervised=False, resume=False) == 1


def test_a_resume_is_one_more_than_the_last_and_2_where_that_cannot_be_read(tmp_path):
    assert next_generation(tmp_path, supervised=False, resume=True) == 2
    (tmp_path / PROGRESS_FILE).write_text('{"heartbeat_at": 1, "gener')
    assert next_generation(tmp_path, supervised=False, resume=True) == 2
    (tmp_path / PROGRESS_FILE).write_bytes(encode(Progress(heartbeat_at=1.0, generation=7)))
    assert next_generation(tmp_path, supervised=False, resume=True) == 8


@pytest.mark.parametrize(("given", "generation"), [("5", 5), ("", 1), (None, 1)])
def test_a_supervisor_says_which_generation_it_is(tmp_path, monkeypatch, given, generation):
    monkeypatch.delenv(GENERATION_VARIABLE, raising=False)
    if given is not None:
        monkeypatch.setenv(GENERATION_VARIABLE, given)
    assert next_generation(tmp_path, supervised=True, resume=True) == generation


def test_who_says_nothing_has_the_name_of_the_folder_and_the_usual_units():
    run = described()
    assert (run.name, run.config, run.metrics) == ("a", {}, [])
    assert run.units == {"loss": "nats per token", "wer": "fraction"}


def test_units_that_are_given_are_all_of_them_and_a_rate_in_percent_is_stored_as_a_fraction():
    assert described(units={}).units == {}
    assert described(units={"loss": "bits"}).units == {"loss": "bits"}
    assert described(units={"loss": "bits", "wer": "percent"}).units == {"loss": "bits", "wer": "fraction"}


def test_a_declared_word_error_rate_in_percent_is_a_fraction_with_its_chance_and_its_target():
    accuracy = Metric(name="val_acc", direction="score", unit="percent", target=90.0)
    [wer, acc] = described(metrics=[WER, accuracy]).metrics
    assert (wer.unit, wer.chance, wer.target) == ("fraction", 0.95, 0.2)
    assert (acc.unit, acc.target) == ("percent", 90.0)


def test_rates_are_percent_where_the_units_or_a_declaration_of_one_say_so():
    assert not wer_in_percent({"units": None, "metrics": None})
    assert not wer_in_percent({"units": {"wer": "fraction"}, "metrics": [Metric(name="val_acc", unit="percent")]})
    assert wer_in_percent({"units": {"wer": "percent"}, "metrics": None})
    assert wer_in_percent({"units": None, "metrics": [WER]})


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": "x" * 3000}, ValueError),
        ({"units": {"loss": 3}}, ValueError),
        ({"gap_basis": "both"}, ValueError),
        ({"warmup_epochs": "soon"}, ValueError),
        ({"metrics": [WER, WER]}, UsageError),
    ],
)
def test_what_no_reader_would_accept_is_refused_at_once(fields, error):
    with pytest.raises(error):
        described(**fields)


def test_settings_of_any_kind_are_kept_as_json():
    assert described(config={"lr": math.inf, "shape": (1, 2)}).config["shape"] == [1, 2]


def test_the_first_start_writes_what_it_is_and_how_it_was_started_and_the_next_leaves_both(tmp_path):
    assert write_first(tmp_path, described(name="first"), False) == []
    launch = (tmp_path / LAUNCH_FILE).read_bytes()
    assert write_first(tmp_path, described(name="second"), False) == []
    assert stored(tmp_path).name == "first"
    assert (tmp_path / LAUNCH_FILE).read_bytes() == launch
    found = files.required_document(tmp_path / LAUNCH_FILE, Launch)
    assert (found.how, found.run_id) == ("foreground", "a")


def test_a_supervised_start_leaves_the_launch_to_the_launcher(tmp_path):
    write_first(tmp_path, described(), True)
    assert not (tmp_path / LAUNCH_FILE).exists()


def test_a_resume_adds_a_metric_and_leaves_the_other_fields(tmp_path):
    write_first(tmp_path, described(name="first", config={"lr": 1}), True)
    told = write_first(tmp_path, described(config={"lr": 2}, metrics=[Metric(name="val_acc", direction="score")]), True)
    assert told == []
    assert ([each.name for each in stored(tmp_path).metrics], stored(tmp_path).config) == (["val_acc"], {"lr": 1})


def test_a_damaged_run_json_is_left_as_it_is(tmp_path):
    (tmp_path / RUN_FILE).write_text('{"run_id": ')
    assert write_first(tmp_path, described(metrics=[WER]), True) == []
    assert (tmp_path / RUN_FILE).read_text() == '{"run_id": '


def test_a_measurement_is_a_document_of_its_own_and_the_last_one_stays(tmp_path):
    for line in ("first", "second"):
        path = write_probe(tmp_path, Probe(name="bias", title="t", line=line))
    assert path == tmp_path / PROBES_DIR / "bias.json"
    assert json.loads(path.read_text())["line"] == "second"


@pytest.mark.parametrize("name", ["", "../x", "a/b"])
def test_a_measurement_whose_name_leads_elsewhere_is_refused(tmp_path, name):
    with pytest.raises(UsageError):
        write_probe(tmp_path, Probe(name=name, title="t", line="l"))
    assert list(tmp_path.iterdir()) == []


def test_a_measurement_that_cannot_be_kept_is_one_sentence(tmp_path):
    (tmp_path / PROBES_DIR).write_text("")
    with pytest.raises(RefusedError, match="Check rights and room"):
        write_probe(tmp_path, Probe(name="bias", title="t", line="l"))
