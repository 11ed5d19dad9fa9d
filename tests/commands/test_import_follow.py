"""`import --follow`: waits for the file, reads along, ends politely, and goes on where it was."""

import contextlib
import json
import os
import signal

import pytest

from monitor.commands import import_follow
from monitor.importers.importing import Asked
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.reader import RunReader
from tests import foreign


@pytest.fixture
def waits(monkeypatch):
    """`waits(…)`: what happens while it waits, each in turn; after the last one Ctrl-C."""

    def plan_of(*acts):
        left = list(acts)

        def sleep(secs):
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr(import_follow.time, "sleep", sleep)

    return plan_of


def followed(path, runs, yes=True, as_json=False, name="f"):
    return import_follow.follow_file(path, runs, Asked(), name, yes, as_json)


def line(epoch):
    return f'{{"epoch": {epoch}, "train_loss": {3 - epoch / 4}, "val_loss": {4 - epoch / 4}}}\n'


def appended(path, text):
    def write():
        with path.open("a") as file:
            file.write(text)

    return write


def test_it_waits_reads_along_and_goes_on_from_there(tmp_path, runs, waits, capsys):
    log = tmp_path / "log.jsonl"
    waits(lambda: None, appended(log, line(1) + line(2)), appended(log, line(3)), lambda: None)
    assert followed(log, runs) == EXIT_OK
    out, err = capsys.readouterr()
    assert err.count(f"Waiting for {log} to say something.") == 1
    assert "Following as f.  Look at it: python -m monitor show f --runs " in out
    assert out.endswith("No longer followed; the same command goes on from here.\n")
    shown = [text for text in out.splitlines() if text.startswith("epoch ") and ": train_loss" in text]
    assert shown[0].startswith("epoch 2: train_loss 2.5") and len(shown) == len(set(shown))
    appended(log, line(4) + line(5))()
    waits()
    assert followed(log, runs, as_json=True) == EXIT_OK
    said = json.loads(capsys.readouterr().out)
    assert (said["run_id"], said["continued"]) == ("f", True)
    assert [each.epoch for each in RunReader(runs / "f").read(0.0).epochs][:4] == [1, 2, 3, 4]
    assert said["last_epoch"] == RunReader(runs / "f").read(0.0).epochs[-1].epoch


def test_ctrl_c_while_it_waits_makes_no_run(tmp_path, runs, waits, capsys):
    waits()
    assert followed(tmp_path / "none.log", runs) == EXIT_OK
    assert capsys.readouterr().out == "" and not runs.exists()


def test_a_person_is_asked_before_a_run_is_made(tmp_path, runs, waits, capsys):
    waits()
    with pytest.raises(UsageError, match="pass --yes"):
        followed(foreign.table(tmp_path), runs, yes=False)
    assert "train_loss" in capsys.readouterr().out and not runs.exists()


def test_sigterm_ends_it_as_ctrl_c_does_and_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with contextlib.suppress(KeyboardInterrupt), import_follow._stopped_politely():
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("went on")
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_that_ended_is_followed_no_more(monkeypatch, waits, capsys):
    class Ends:
        """A log that ends at the second look."""

        looks, ended, last, stopped = 0, False, None, False

        def look(self, now):
            self.looks += 1
            self.ended = self.looks == 2

        def stop(self, now):
            self.stopped = True

    one = Ends()
    waits(lambda: None)
    import_follow._stay(one, False)
    assert (one.looks, one.stopped) == (2, True)
