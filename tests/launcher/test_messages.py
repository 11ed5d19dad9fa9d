"""Messages of a run's project: whose settings count, and one test of the addresses at a time."""

import json
from types import SimpleNamespace

import pytest

from monitor.launcher import messages
from monitor.run_dir import LAUNCH_FILE, Launch, encode
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import RefusedError

SAID = json.dumps({"addresses": [{"to": "1-json", "ok": True}, {"to": "2-json", "ok": False, "why": "no answer"}]})


class Sends:
    """In place of the process that sends: `code` is None while it works."""

    code, said, complaint, killed = None, SAID, "", False

    def poll(self):
        return self.code

    def kill(self):
        self.killed = True

    def communicate(self):
        return self.said, self.complaint


@pytest.fixture
def scene(runs_made, monkeypatch):
    """A run `a`; `scene.processes` are those that were started, `scene.clock` what time it is."""
    one = SimpleNamespace(run_dir=runs_made / "a", processes=[], commands=[], clock=100.0)

    def started(command, **how):
        one.commands.append((command, how))
        one.processes.append(Sends())
        return one.processes[-1]

    one.run_dir.mkdir()
    monkeypatch.setattr(messages, "TESTS", {})
    monkeypatch.setattr(messages.subprocess, "Popen", started)
    monkeypatch.setattr(messages.time, "time", lambda: one.clock)
    return one


def launched(run_dir, how, cwd="/home/anna"):
    (run_dir / LAUNCH_FILE).write_bytes(encode(Launch(run_id="a", created_at=1.0, argv=["true"], cwd=cwd, how=how)))


@pytest.mark.parametrize(
    ("how", "is_its_own"), [("start", True), ("attach", True), ("foreground", False), ("import", False)]
)
def test_the_settings_of_a_run_with_a_supervisor_are_those_of_where_it_was_started(scene, how, is_its_own):
    launched(scene.run_dir, how)
    assert str(messages.project_of(scene.run_dir)) == ("/home/anna" if is_its_own else str(scene.run_dir.parent))
    launched(scene.run_dir, how, cwd="")
    assert messages.project_of(scene.run_dir) == scene.run_dir.parent


def test_a_run_without_a_launch_has_no_supervisor(scene):
    assert not messages.is_supervised(None)
    assert messages.project_of(scene.run_dir) == scene.run_dir.parent
    assert messages.tested(scene.run_dir) is None


def test_one_test_is_under_way_at_a_time_and_each_is_noted(scene):
    launched(scene.run_dir, "start")
    messages.start_test(scene.run_dir)
    command, how = scene.commands[0]
    assert command[-5:] == ["notify", "--test", "--json", "--project", "/home/anna"] and how["start_new_session"]
    assert messages.tested(scene.run_dir).results is None
    with pytest.raises(RefusedError, match="already under way"):
        messages.start_test(scene.run_dir)
    scene.processes[0].code, scene.clock = 0, 130.0
    done = messages.tested(scene.run_dir)
    assert (done.results, done.at, done.problem) == ({"1-json": "", "2-json": "no answer"}, 130.0, "")
    scene.clock = 200.0
    assert messages.tested(scene.run_dir).at == 130.0, "a test that is done is not read again"
    messages.start_test(scene.run_dir)
    assert len(scene.processes) == 2
    assert [entry.result for entry in audit_of(scene.run_dir.parent)] == ["done", "refused", "done"]


@pytest.mark.parametrize(
    ("said", "complaint", "problem"),
    [
        ("", "warning\nerror: no addresses\n", "error: no addresses"),
        ('{"other": 1}', "", "The test ended without a result."),
        ('{"addresses": [{"to": "1-json"}]}', "x" * 900, "x" * 300),
        ("[]", " \n", "The test ended without a result."),
    ],
)
def test_a_test_without_a_result_says_its_last_words_and_another_may_begin(scene, said, complaint, problem):
    messages.start_test(scene.run_dir)
    process = scene.processes[0]
    process.code, process.said, process.complaint = 1, said, complaint
    done = messages.tested(scene.run_dir)
    assert (done.results, done.problem) == (None, problem)
    messages.start_test(scene.run_dir)
    assert len(scene.processes) == 2


def test_one_that_never_ends_is_killed(scene):
    messages.start_test(scene.run_dir)
    scene.clock = 100.0 + messages.LONGEST_SECS - 1
    assert messages.tested(scene.run_dir).results is None and not scene.processes[0].killed
    scene.clock = 100.0 + messages.LONGEST_SECS
    scene.processes[0].said = ""
    assert messages.tested(scene.run_dir).problem and scene.processes[0].killed
