"""This project's own trainer: its command from checked options, and when a checkpoint of it is measured."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest

from monitor.launcher import own_trainer
from monitor.run_dir import LAUNCH_FILE, Launch, encode
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import PLACEHOLDER

SCHEMA = {
    "properties": {
        "epochs": {"type": "integer", "minimum": 1},
        "amp": {"type": "boolean"},
        "data": {"type": "string"},
    },
    "presets": {"synthetic": {"small": {}}, "digits": {"large": {}}},
}
OURS = [sys.executable, "-m", "trainer", "--epochs", "3"]


def test_the_command_has_the_checked_options_and_a_folder_of_its_own():
    command = own_trainer.training_command({"epochs": "3", "amp": True}, SCHEMA)
    assert command[1:] == ["-m", "trainer", "--epochs", "3", "--amp", "true", "--output_dir", PLACEHOLDER]
    with pytest.raises(UsageError, match="epochs 0"):
        own_trainer.training_command({"epochs": 0}, SCHEMA)


def test_a_preset_is_one_of_the_corpus_and_an_empty_one_is_none():
    assert "--preset" not in own_trainer.training_command({"preset": ""}, SCHEMA)
    assert own_trainer.training_command({"preset": "small"}, SCHEMA)[3:5] == ["--preset", "small"]
    for config in ({"preset": "large"}, {"preset": "small", "data": "digits"}):
        with pytest.raises(UsageError, match="preset"):
            own_trainer.training_command(config, SCHEMA)


def test_the_schema_is_asked_of_the_trainer_and_what_it_says_instead_is_told(monkeypatch):
    answer = SimpleNamespace(returncode=0, stdout='{"properties": {}}', stderr="")
    monkeypatch.setattr(own_trainer.subprocess, "run", lambda command, **how: answer)
    assert own_trainer.trainer_schema() == {"properties": {}}
    answer.returncode, answer.stderr = 3, "no torch\n"
    with pytest.raises(RefusedError, match=r"The trainer did not report its options: no torch$"):
        own_trainer.trainer_schema()
    answer.stderr = ""
    with pytest.raises(RefusedError, match=r": 3$"):
        own_trainer.trainer_schema()


def test_a_training_starts_in_our_folder_unless_another_is_named(monkeypatch, tmp_path):
    started = []
    monkeypatch.setattr(own_trainer, "trainer_schema", lambda: SCHEMA)
    monkeypatch.setattr(own_trainer, "start", lambda runs, argv, **how: started.append((runs, argv, how)) or "run")
    assert own_trainer.start_training(tmp_path, {"epochs": 2}) == "run"
    own_trainer.start_training(tmp_path, {}, name="mine", cwd=tmp_path)
    (_, argv, how), (_, _, other) = started
    assert argv == own_trainer.training_command({"epochs": 2}, SCHEMA)
    assert how == {"cwd": own_trainer.HOME, "name": "run"} and other == {"cwd": tmp_path, "name": "mine"}


@pytest.fixture
def scene(runs_made, monkeypatch):
    """A run of our trainer, on a Python with torch; `scene.codes` are how its measurements end."""
    one = SimpleNamespace(run_dir=runs_made / "a", commands=[], codes=[0], says=b"")

    def popen(command, stdout, **how):
        stdout.write(one.says)
        one.commands.append((command, how))
        code = one.codes.pop(0)
        return SimpleNamespace(poll=lambda: code, wait=lambda: code)

    one.run_dir.mkdir()
    (one.run_dir / LAUNCH_FILE).write_bytes(encode(Launch(run_id="a", created_at=1.0, argv=OURS)))
    monkeypatch.setattr(own_trainer, "CHECKS", {})
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(own_trainer.subprocess, "Popen", popen)
    return one


def test_a_measurement_is_started_with_our_own_python_and_waited_for(scene):
    own_trainer.check(scene.run_dir)
    ((command, how),) = scene.commands
    assert command == [sys.executable, "-m", "trainer.diagnose", str(scene.run_dir), "--json"]
    assert how["cwd"] == own_trainer.HOME


def test_one_that_fails_is_told_with_its_last_words(scene):
    scene.codes, scene.says = [1, 1], b"reading\nno checkpoint\n\n"
    with pytest.raises(RefusedError, match=r"^The check of a failed: no checkpoint$"):
        own_trainer.check(scene.run_dir)
    scene.says = b""
    with pytest.raises(RefusedError, match="failed: no output"):
        own_trainer.check(scene.run_dir)


def test_one_at_a_time(scene):
    scene.codes = [None, 0]
    own_trainer.start_check(scene.run_dir)
    with pytest.raises(RefusedError, match="already being checked"):
        own_trainer.start_check(scene.run_dir)


def test_what_cannot_be_measured_is_refused_before_anything_starts(scene, monkeypatch):
    (scene.run_dir / own_trainer.CHECK_LOG).symlink_to("/etc/passwd")
    with pytest.raises(RefusedError, match=r"cannot be written: .*Move it away\.$"):
        own_trainer.start_check(scene.run_dir)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RefusedError, match="has no torch"):
        own_trainer.start_check(scene.run_dir)
    foreign = Launch(run_id="a", created_at=1.0, argv=["python", "train.py"])
    (scene.run_dir / LAUNCH_FILE).write_bytes(encode(foreign))
    with pytest.raises(RefusedError, match="only that trainer's can be measured"):
        own_trainer.start_check(scene.run_dir)
    (scene.run_dir / LAUNCH_FILE).unlink()
    with pytest.raises(RefusedError, match="only that trainer's can be measured"):
        own_trainer.start_check(scene.run_dir)
    assert scene.commands == []
