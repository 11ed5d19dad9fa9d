"""Follow a log, and confirm how one is read: what was found in it is shown, and a click says that it is right."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.importers.free_text.evidence import WORTH_A_LOOK
from monitor.importers.mapping import SourceMapping, Use
from monitor.launcher.proposing import AttachRequest, Proposal
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.ui.dialogs import log
from tests.ui.dialogs.screen import REFUSED, Asked, inside

RUNS = Path("/runs")
MAPPING = SourceMapping((Use("train_loss", "loss"), Use("val_loss", "valid loss")))


def proposal(said="Epoch 1 to 3.", **parts):
    return Proposal(
        Path("/t.log"), MAPPING, said, 3, parts.pop("samples", 0), names=("loss", "valid loss", "wer"), **parts
    )


@pytest.fixture
def found(screen, monkeypatch):
    """What the launcher finds in the log, and what is asked of it."""
    asked = SimpleNamespace(propose=Asked(proposal()), attach=Asked("r"), settle=Asked(), gone_to=Asked())
    monkeypatch.setattr(log, "propose", lambda *args: asked.propose(*args))
    monkeypatch.setattr(log.attaching, "attach", lambda *args: asked.attach(*args))
    monkeypatch.setattr(log.attaching, "settle_reading", lambda *args: asked.settle(*args))
    monkeypatch.setattr(log.attaching, "identity_of", lambda pid: None)
    monkeypatch.setattr(log, "go_to", lambda *args: asked.gone_to(*args))
    return asked


def test_without_a_path_only_the_same_for_a_terminal_is_shown(screen, found):
    screen.typed = {"log_path": "  "}
    inside(log.follow)(RUNS)
    assert screen.texts("code") == ["python -m monitor attach path/to/train.log"] and found.propose.calls == []


def test_what_was_found_is_asked_about_and_a_click_follows_it(screen, found):
    screen.typed = {"log_path": "/t.log"}
    inside(log.follow)(RUNS)
    assert found.propose.calls == [((RUNS, Path("/t.log"), AttachRequest("ana")), {})]
    assert screen.texts("markdown") == ["**Epoch 1 to 3.** Is that right?"]
    assert screen.tables == [[]] and found.attach.calls == []
    screen.typed["confirm_follow"] = True
    inside(log.follow)(RUNS)
    assert found.attach.calls == [((RUNS, proposal(), AttachRequest("ana")), {})]
    assert found.gone_to.calls == [((RUNS, "r"), {})] and screen.reruns == 1


def test_changed_columns_are_proposed_anew(screen, found):
    screen.typed = {"log_path": "/t.log", "follow_val_wer": "wer", "follow_unit": "percent", "log_pid": "7"}
    inside(log.follow)(RUNS)
    first, second = [args[2] for args, _ in found.propose.calls]
    assert first == AttachRequest("ana", pid=7)
    assert second == AttachRequest("ana", pid=7, columns={"val_wer": "wer"}, percent=True)
    assert len(screen.texts("markdown")) == len(screen.tables) == 2
    assert screen.offered["follow_train_loss"] == ["(none)", "loss", "valid loss", "wer"]


def test_a_change_that_the_log_does_not_allow_shows_no_button(screen, found):
    screen.typed = {"log_path": "/t.log", "follow_unit": "fraction"}

    def refuse(runs_dir, path, request):
        if request.percent is not None:
            raise RefusedError(REFUSED)
        return proposal()

    found.propose = refuse
    inside(log.follow)(RUNS)
    assert screen.texts("error") == [REFUSED] and "confirm_follow" not in screen.offered


@pytest.mark.parametrize(
    ("path", "pid", "said"),
    [
        ("t.log", "", "t\\.log is not an absolute path; start it with / or ~."),
        ("/t.log", "seven", "seven is not a process id; give a whole number."),
        ("/t.log", str(2**31), "is not a process id"),
    ],
)
def test_a_path_or_a_process_that_is_none_is_told_before_anything_is_read(path, pid, said, screen, found):
    screen.typed = {"log_path": path, "log_pid": pid}
    inside(log.follow)(RUNS)
    assert found.propose.calls == [] and screen.offered == {}
    (error,) = screen.texts("error")
    assert said.replace("\\", "") in error.replace("\\", "")


def test_a_process_that_is_not_there_is_told(screen, found, monkeypatch):
    monkeypatch.setattr(log.attaching, "identity_of", Asked(refusal=UsageError("No process 7.")))
    with pytest.raises(UsageError, match="No process 7"):
        log._request("~/t.log", "7")
    assert log._request("~/t.log", "") == AttachRequest("ana")


def test_a_log_that_is_too_long_for_a_page_names_the_command(tmp_path, monkeypatch, found):
    path = tmp_path / "t.log"
    path.write_text("12345")
    monkeypatch.setattr(log, "MOST_BYTES", 5)
    assert log._proposal(RUNS, path, AttachRequest("ana")) == proposal()
    monkeypatch.setattr(log, "MOST_BYTES", 4)
    with pytest.raises(UsageError, match=rf"t\.log is too large for this page \(5 bytes\)\..*attach {path}"):
        log._proposal(RUNS, path, AttachRequest("ana"))
    assert log._proposal(RUNS, tmp_path, AttachRequest("ana")) == proposal(), "a folder is read by its own format"


def test_more_is_said_of_predictions_of_a_run_that_is_known_and_of_who_writes(screen):
    request = AttachRequest("ana")
    log._say_more(proposal(), request)
    assert screen.said == []
    log._say_more(proposal(samples=1200, known=Path("/runs/owl"), writers=("7 (python)", "8 (tee)")), request)
    predictions, known = screen.texts("write")
    assert predictions == "The log also holds predictions: 1,200 so far." and "**owl**; it continues" in known
    assert screen.texts("caption")[0].startswith("It is written by process 7 (python), 8 (tee)")
    log._say_more(proposal(writers=("7",)), AttachRequest("ana", pid=7))
    assert len(screen.texts("caption")) == 1


def test_beside_figures_it_is_said_how_often_the_reader_was_right(screen):
    log._table(SimpleNamespace(rows=list))
    assert screen.texts("caption") == []
    log._table(SimpleNamespace(rows=lambda: [{"in the log": "loss", "epoch 1": "2.1 (line 4)"}]))
    assert screen.texts("caption") == [WORTH_A_LOOK]


def read(said="Epoch 1 to 3."):
    return SimpleNamespace(said=said, mapping=MAPPING, names=("loss",), figures=SimpleNamespace(rows=list))


def test_a_reading_is_confirmed_by_a_click(screen, found, monkeypatch):
    asked = Asked(read())
    monkeypatch.setattr(log, "reading_of", asked)
    inside(log.confirm_reading)(RUNS / "r")
    assert asked.calls == [((RUNS / "r", AttachRequest("ana")), {})] and found.settle.calls == []
    assert (screen.offered["confirm_reading"], screen.offered["leave_reading"]) == ("Yes", "Not now")
    screen.typed = {"confirm_reading": True, "reading_unit": "percent"}
    inside(log.confirm_reading)(RUNS / "r")
    assert asked.calls[-1][0][1] == AttachRequest("ana", columns={}, percent=True)
    assert found.settle.calls == [((RUNS / "r", "ana", MAPPING), {})] and screen.reruns == 1


def test_a_reading_that_cannot_be_made_shows_no_button(screen, monkeypatch):
    monkeypatch.setattr(log, "reading_of", Asked(refusal=RefusedError(REFUSED)))
    inside(log.confirm_reading)(RUNS / "r")
    assert screen.said == [("error", REFUSED)] and screen.offered == {}


def test_only_what_differs_from_the_proposal_is_a_change(screen):
    assert log._change("f", MAPPING, ("loss", "wer")) == ({}, None)
    screen.typed = {"f_train_loss": "(none)", "f_val_loss": "loss", "f_val_wer": "(none)", "f_unit": "fraction"}
    assert log._change("f", MAPPING, ("loss", "wer")) == ({"val_loss": "loss"}, False)
