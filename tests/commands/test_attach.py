"""`attach`: what is shown and asked before a log is followed; no process is started here."""

import json

import pytest

from monitor.commands import attach
from monitor.importers.free_text.evidence import WORTH_A_LOOK
from monitor.launcher import attaching
from monitor.launcher.proposing import AttachRequest, propose
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError, UsageError
from monitor.writer import RunWriter

LINES = "".join(f"Epoch {e}\ntrain loss {2 / e:.2f} grad 0.5\nval loss {3 / e:.2f}\n" for e in (1, 2))


@pytest.fixture
def log(tmp_path):
    (tmp_path / "train.log").write_text(LINES)
    return tmp_path / "train.log"


@pytest.fixture
def begun(monkeypatch):
    """What would be followed: (proposal, request, detached) of each."""
    found = []

    def attach_(runs, proposal, request, *, detached):
        found.append((proposal, request, detached))
        return f"run-{len(found)}"

    monkeypatch.setattr(attach, "attach", attach_)
    return found


def document(capsys, *words, **options):
    assert attach.run(*words, **options, as_json=True) == EXIT_OK
    return json.loads(capsys.readouterr().out)


def test_as_json_without_yes_the_proposal_is_printed_and_nothing_begins(log, runs, begun, capsys):
    said = document(capsys, [str(log)], runs)
    assert (said["run_id"], said["epochs"], said["next"]) == (None, 2, "add --yes to follow it")
    assert begun == []
    said = document(capsys, [str(log)], runs, yes=True)
    assert (said["run_id"], said["run_dir"]) == ("run-1", str(runs / "run-1")) and "next" not in said


def test_what_a_person_says_reaches_the_follower(log, runs, begun, capsys):
    attach.run([str(log)], runs, pid=7, name="n", mapping=["val_loss=val_loss"], percent=True, yes=True)
    ((proposal, request, detached),) = begun
    assert (request.name, request.pid, request.percent, detached) == ("n", 7, True, True)
    assert request.columns == {"val_loss": "val_loss"} and proposal.path == log


def test_the_log_is_shown_with_its_figures_and_how_to_stop(log, runs, begun, capsys):
    assert attach.run([str(log)], runs, yes=True) == EXIT_OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Found 2 epochs in train.log: train loss 2.00 → 1.00, val loss 3.00 → 1.50."
    assert "Line 6: val loss 1.50" in lines and WORTH_A_LOOK not in lines
    assert lines[-2:] == [
        f"Followed as run-1.  Look at it: python -m monitor show run-1 --runs {runs}",
        f"Stop following: python -m monitor attach --stop run-1 --runs {runs}",
    ]


def test_in_the_foreground_it_follows_here(log, runs, begun, monkeypatch, capsys):
    here = []
    monkeypatch.setattr(attaching, "follow_here", here.append)
    attach.run([str(log)], runs, foreground=True, yes=True)
    assert here == [runs / "run-1"] and begun[0][2] is False
    assert "Stop following" not in capsys.readouterr().out


def test_several_logs_are_one_document_and_take_no_option_of_one(log, runs, begun, capsys):
    other = log.with_name("other.log")
    other.write_text(LINES)
    said = document(capsys, [str(log), str(other)], runs, yes=True)
    assert [each["run_id"] for each in said["logs"]] == ["run-1", "run-2"]
    for option in ({"pid": 1}, {"name": "n"}, {"foreground": True}):
        with pytest.raises(UsageError, match="are for one log"):
            attach.run([str(log), str(other)], runs, **option)


def test_without_a_terminal_nothing_is_followed(log, runs, begun, capsys):
    with pytest.raises(UsageError, match="pass --yes"):
        attach.run([str(log)], runs)
    assert begun == []
    assert capsys.readouterr().out.splitlines()[-1] == WORTH_A_LOOK, "who is asked is told how often it was right"


def test_a_long_log_is_read_under_a_bar_on_stderr(log, runs, begun, monkeypatch, capsys):
    monkeypatch.setattr(attach, "BAR_FROM_BYTES", 10)
    attach.run([str(log)], runs, yes=True)
    out, err = capsys.readouterr()
    assert "Reading train.log" in err and "Reading" not in out
    attach.run([str(log)], runs, as_json=True)
    assert capsys.readouterr().err == ""


def test_to_stop_is_told_and_what_nobody_follows_is_refused(log, runs_made, monkeypatch, capsys):
    RunWriter(runs_made / "one").finish()
    ended = []
    monkeypatch.setattr(attaching, "end_following", lambda run_dir, who: ended.append(run_dir.name))
    attach.run(["one"], runs_made, stop=True)
    assert capsys.readouterr().out == "Stopped following one; the training was not touched.\n"
    assert document(capsys, [str(runs_made / "one")], runs_made, stop=True) == {
        **{"version": 1, "run_id": "one", "followed": False}
    }
    assert ended == ["one", "one"]
    with pytest.raises(UnreadableRunError, match=rf"No run in {runs_made} follows {log}\."):
        attach.run([str(log)], runs_made, stop=True)


def test_a_run_in_place_of_a_log_confirms_how_it_is_read(log, runs_made, monkeypatch, capsys):
    RunWriter(runs_made / "one").finish()
    proposal = propose(runs_made, log, AttachRequest("anna"))
    settled = []
    monkeypatch.setattr(attach, "reading_of", lambda run_dir, request: proposal)
    monkeypatch.setattr(attaching, "settle_reading", lambda run_dir, who, mapping: settled.append(mapping))
    said = document(capsys, ["one"], runs_made)
    assert (said["confirmed"], said["next"], settled) == (False, "add --yes to confirm it", [])
    assert document(capsys, ["one"], runs_made, yes=True)["confirmed"] is True
    assert attach.run(["one"], runs_made, yes=True) == EXIT_OK
    out = capsys.readouterr().out
    assert out.startswith(proposal.said) and out.endswith("Saved for one.\n")
    assert settled == [proposal.mapping] * 2


def test_a_file_is_a_log_also_where_a_run_has_its_name(log, runs_made, monkeypatch):
    RunWriter(runs_made / "train.log").finish()
    monkeypatch.chdir(log.parent)
    assert attach._run_of(log.relative_to(log.parent), runs_made) is None
    monkeypatch.chdir(runs_made)
    assert attach._run_of(log.relative_to(log.parent), runs_made) == runs_made / "train.log"
