"""The stages of a stop: one table, the same in the records, in the words of page and terminal, and in the docs."""

import signal
from pathlib import Path
from typing import get_args

import pytest

from monitor.run_dir import Launch, Progress, Snapshot, State, StopStage
from monitor.run_dir.records import Phase, StopStageName
from monitor.run_dir.stop_stages import ANSWERED, STEPS, first_signal, next_signal, signal_of, words_of
from monitor.ui import assets
from monitor.view.state import stop_shown

DOCUMENT = (Path(__file__).resolve().parent.parent.parent / "docs" / "control.md").read_text(encoding="utf-8")
ASKED_TERM = Launch(run_id="r", created_at=1.0, argv=[], stop_with="TERM")


def shown(stage, phase="training", launch=None, **more):
    stop = StopStage(stage=stage, asked_at=90.0, asked_by="anna", stage_at=95.0, waits_secs=60.0, **more)
    progress = Progress(heartbeat_at=99.0, phase=phase)
    state = State(state="stopping", stop=stop)
    return stop_shown(
        Snapshot(run_dir="runs/r", run_id="r", read_at=100.0, state=state, progress=progress, launch=launch)
    )


def test_every_stage_of_the_record_is_in_the_table_and_each_leads_to_the_kill():
    assert set(STEPS) == set(get_args(StopStageName)) and set(ANSWERED) <= set(get_args(Phase))
    for stage in STEPS:
        while (following := STEPS[stage].hurried) is not None:
            stage = following
        assert stage == "killed"


def test_the_first_signal_is_the_runs_own():
    assert (signal_of("interrupted", "INT"), signal_of("interrupted", "TERM")) == (signal.SIGINT, signal.SIGTERM)
    assert (signal_of("asked", "TERM"), signal_of("killed", "TERM")) == (None, signal.SIGKILL)
    assert (first_signal(None), first_signal(ASKED_TERM)) == ("Ctrl-C", "SIGTERM")
    assert [words_of(stage, None) for stage in STEPS] == ["Asked to stop", "Sent Ctrl-C", "Sent SIGTERM", "Killed"]
    assert words_of("interrupted", ASKED_TERM) == "Sent SIGTERM"


@pytest.mark.parametrize(
    ("stage", "phase", "text", "hurry"),
    [
        ("asked", "training", "Asked to stop", "Send SIGTERM now"),
        ("asked", "saving", "Saving checkpoint", "Send SIGTERM now"),
        ("interrupted", "training", "Sent Ctrl-C, waiting for exit", "Send SIGTERM now"),
        ("terminated", "training", "Sent SIGTERM, waiting for exit", "Send SIGKILL now"),
        ("killed", "training", "Killed, waiting for exit", ""),
    ],
)
def test_the_page_gets_the_words_of_a_stage_and_of_the_button_that_hurries_it(stage, phase, text, hurry):
    stop = shown(stage, phase)
    assert (stop.text, stop.hurry, stop.next) == (text, hurry, next_signal(stage))
    assert stop.can_cancel == (text == "Asked to stop") and stop.timed == (not stop.can_cancel)


def test_a_cancelled_stop_counts_down_to_no_signal_while_the_trainer_has_not_read_it():
    stop = shown("asked", cancelled_at=97.0)
    assert stop.text == "Stop cancelled; the trainer goes on at its next step"
    assert stop.cancelled and not stop.can_cancel and (stop.next, stop.hurry, stop.by) == ("", "", "")


@pytest.mark.parametrize(("stage", "phase"), [("asked", "saving"), ("terminated", "training")])
def test_a_cancel_that_came_too_late_is_not_shown_as_one(stage, phase):
    assert not shown(stage, phase, cancelled_at=97.0).cancelled


def test_the_docs_name_every_stage_and_the_page_has_no_words_of_its_own():
    for words in (*(words_of(stage, None) for stage in STEPS), *ANSWERED.values()):
        assert words in DOCUMENT, words
        assert words not in assets.script(), words
