"""`export`: once or until the run has ended, with what was given out at the end."""

import json
import signal
import sys

import pytest

from monitor.commands import export
from monitor.frames import exports
from monitor.run_dir.errors import EXIT_OK


class Steps:
    """In place of an export: `over` after so many steps; a step may be ended by Ctrl-C."""

    def __init__(self, over=1, interrupted_at=0):
        self.over, self.interrupted_at = over, interrupted_at
        self.written = self.steps = 0
        self.closed = False

    def made(self, run_dir, kind, folder):
        self.of = (run_dir.name, kind, str(folder))
        return self

    @property
    def is_over(self):
        return self.steps >= self.over

    def step(self, now):
        print("a library prints")
        if self.steps + 1 == self.interrupted_at:
            raise KeyboardInterrupt
        self.steps += 1
        self.written += 10

    def close(self):
        self.closed = True


@pytest.fixture
def exported(healthy_run, runs, monkeypatch, capsys):
    """`exported(steps, …)` runs the verb; returns (steps, what it printed)."""
    before = signal.getsignal(signal.SIGTERM)
    waits = []
    monkeypatch.setattr(export.time, "sleep", waits.append)

    def call(steps, **options):
        monkeypatch.setattr(exports, "Export", steps.made)
        assert export.run("healthy", "csv", runs=runs, **options) == EXIT_OK
        steps.waits = waits
        return steps, capsys.readouterr()

    yield call
    signal.signal(signal.SIGTERM, before)


def test_once_is_one_step_into_a_folder_named_for_run_and_format(exported, tmp_path):
    steps, said = exported(Steps(over=9))
    assert (steps.of, steps.steps, steps.closed) == (("healthy", "csv", "healthy-csv"), 1, True)
    assert said.out == "Exported 10 numbers of healthy to healthy-csv.\n"
    assert said.err == "a library prints\n"


def test_followed_it_goes_on_until_the_run_has_ended(exported, tmp_path):
    steps, said = exported(Steps(over=3), follow=True, out=tmp_path / "out", as_json=True)
    assert (steps.steps, steps.closed, len(steps.waits)) == (3, True, 2)
    assert json.loads(said.out) == {
        **{"version": 1, "run_id": "healthy", "to": "csv", "out": str(tmp_path / "out"), "numbers": 30}
    }


def test_ctrl_c_ends_it_with_what_it_has(exported):
    steps, said = exported(Steps(over=9, interrupted_at=3), follow=True)
    assert (steps.steps, steps.closed) == (2, True)
    assert said.out == "Exported 20 numbers of healthy to healthy-csv.\n"
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler


def test_a_step_that_fails_still_closes_the_other_tool(healthy_run, runs, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    steps = Steps()
    monkeypatch.setattr(steps, "step", lambda now: sys.stdout.missing)
    monkeypatch.setattr(exports, "Export", steps.made)
    with pytest.raises(AttributeError):
        export.run("healthy", "csv", runs=runs)
    assert steps.closed
    signal.signal(signal.SIGTERM, before)
