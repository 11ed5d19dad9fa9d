"""What a run is doing, told from files and the liveness of the recorded processes: every word and its evidence."""

import msgspec
import pytest

from monitor.run_dir import Epoch, Identity, Launch, Progress, Snapshot, State
from monitor.run_dir.checkpoints import is_own_trainer
from monitor.run_dir.status import status_of

TRAINER = Identity(host="gpu3", boot_id="b", pid_namespace="n", pid=7, start_ticks=1)
SUPERVISOR = Identity(host="gpu3", boot_id="b", pid_namespace="n", pid=6, start_ticks=1)


def snapshot(state=None, trainer=None, supervisor=None, **fields):
    """`trainer`, `supervisor`: their liveness."""
    if isinstance(state, str):
        known = {"trainer": TRAINER} if trainer is not None else {}
        state = State(state=state, supervisor=SUPERVISOR, updated_at=90.0, **known)
    return Snapshot(
        run_dir="r",
        run_id="r",
        read_at=100.0,
        state=state,
        trainer_liveness=trainer,
        supervisor_liveness=supervisor,
        **fields,
    )


ALIVE = {"trainer": "alive", "supervisor": "alive"}
BEATS = Progress(heartbeat_at=98.0, process=TRAINER)
ENDED = Progress(heartbeat_at=98.0, process=TRAINER, outcome="finished")


@pytest.mark.parametrize(
    ("seen", "word", "live", "unsupervised"),
    [
        pytest.param(snapshot("running", **ALIVE, progress=BEATS), "running", True, False, id="running"),
        pytest.param(snapshot("stopping", **ALIVE), "stopping", True, False, id="stopping"),
        pytest.param(snapshot("queued", supervisor="alive"), "queued", True, False, id="queued"),
        pytest.param(snapshot("starting", supervisor="alive"), "starting", True, False, id="starting"),
        pytest.param(snapshot("finished"), "finished", False, False, id="finished"),
        pytest.param(snapshot("failed", trainer="gone"), "failed", False, False, id="failed"),
        pytest.param(snapshot("running", "alive", "gone"), "running", True, True, id="its supervisor died"),
        pytest.param(snapshot("running", "gone", "alive"), "running", True, False, id="its end is being written"),
        pytest.param(snapshot("running", "gone", "gone"), "lost", False, False, id="both died"),
        pytest.param(snapshot("running", "gone", "gone", progress=ENDED), "finished", False, False, id="its last word"),
        pytest.param(snapshot("queued", supervisor="gone"), "lost", False, False, id="died before the start"),
        pytest.param(snapshot("running", "unknown", "unknown"), "running", True, False, id="another machine"),
        pytest.param(snapshot("queued", supervisor="unknown"), "queued", True, False, id="queued on another machine"),
        pytest.param(snapshot("running", "unknown", "gone"), "running", True, False, id="half of it is out of sight"),
        pytest.param(
            snapshot("running", "unknown", "unknown", progress=ENDED), "finished", False, False, id="its word from afar"
        ),
        pytest.param(snapshot(progress=BEATS, trainer="alive"), "running", True, False, id="foreground"),
        pytest.param(snapshot(progress=BEATS, trainer="gone"), "lost", False, False, id="foreground, killed"),
        pytest.param(snapshot(progress=ENDED), "finished", False, False, id="foreground, finished"),
        pytest.param(snapshot(), "imported", False, False, id="records only"),
        pytest.param(
            snapshot(launch=Launch(run_id="r", created_at=1.0)), "lost", False, False, id="launched, never taken up"
        ),
    ],
)
def test_the_word_for_each_situation(seen, word, live, unsupervised):
    status = status_of(seen)
    assert (status.word, status.live, status.unsupervised) == (word, live, unsupervised)
    assert status.evidence.endswith(".")


def test_the_evidence_names_the_process_its_machine_and_its_heartbeat():
    evidence = status_of(snapshot("running", **ALIVE, progress=BEATS)).evidence
    assert evidence == "Process 7 on gpu3 is alive, heartbeat 2 s ago."


HEARD = Progress(heartbeat_at=98.0, process=TRAINER)


@pytest.mark.parametrize("state", ["running", None])
def test_a_run_of_another_machine_is_told_with_the_age_of_the_news_and_never_called_alive(state):
    known = State(state="running", supervisor=SUPERVISOR, trainer=TRAINER, updated_at=1.0) if state else None
    seen = snapshot(known, "unknown", "unknown" if state else None, progress=HEARD)
    seen = msgspec.structs.replace(seen, read_at=98.0 + 14 * 60)
    status = status_of(seen)
    assert status.unseen
    assert status.text == "running, as last heard"
    assert status.evidence == "Last heard 14 min ago from gpu3; its processes cannot be seen from here."
    assert "7" not in status.evidence.replace("14", ""), "a foreign pid means nothing here"
    assert status.heard_at == HEARD.heartbeat_at


def test_a_machine_whose_clock_runs_ahead_is_not_called_heard_just_now():
    seen = snapshot("running", "unknown", "unknown", progress=Progress(heartbeat_at=700.0, process=TRAINER))
    assert status_of(seen).evidence == (
        "Last heard from gpu3, whose clock is 10 min ahead of this one; its processes cannot be seen from here."
    )


def test_a_clock_that_was_set_back_makes_no_heartbeat_young():
    seen = snapshot("running", **ALIVE, progress=Progress(heartbeat_at=3700.0, process=TRAINER))
    assert "dated 1 h ahead of this clock" in status_of(seen).evidence
    watched = msgspec.structs.replace(seen, silent_secs=42.0)
    assert status_of(watched).evidence == "Process 7 on gpu3 is alive, heartbeat 42 s ago."


def test_a_failed_run_names_its_exit_code_or_signal_once_and_its_error_where_nothing_else_is_known():
    state = State(state="failed", signal=11, error="Ended by SIGSEGV.", updated_at=1.0)
    assert status_of(snapshot(state)).evidence == "Its supervisor saw it end: SIGSEGV."
    state = State(state="failed", exit_code=1, error="ValueError: bad", updated_at=1.0)
    assert status_of(snapshot(state)).evidence == "Its supervisor saw it end: exit code 1."
    state = State(state="failed", error="Could not start: no such folder.", updated_at=1.0)
    assert status_of(snapshot(state)).evidence == "Its supervisor could not start it.", "the verdict says why"
    state = State(state="failed", error="The node went away.", updated_at=1.0)
    assert status_of(snapshot(state)).evidence == "Its supervisor saw it end: The node went away."


def test_a_lost_run_says_what_is_missing_and_what_was_last_seen():
    seen = snapshot("running", "gone", "gone", progress=BEATS, epochs=(Epoch(epoch=44),))
    assert status_of(seen).evidence == "No process 7 on gpu3; last record epoch 44."
    assert status_of(seen).since == 98.0


def test_a_word_of_an_earlier_start_says_nothing_about_this_one():
    state = State(state="running", trainer=TRAINER, generation=2)
    seen = snapshot(state, "gone", "gone", progress=ENDED)
    assert status_of(seen).word == "lost"


def test_a_followed_log_that_is_dated_ahead_of_the_clock_has_no_age():
    def told(heartbeat_at):
        progress = Progress(heartbeat_at=heartbeat_at, follower=SUPERVISOR)
        return status_of(snapshot(progress=progress, follower_liveness="alive")).evidence

    assert "last grew 2 s ago" in told(98.0)
    assert "is dated 1 h ahead of this clock, so when it last grew is not known" in told(3700.0)


@pytest.mark.parametrize(
    ("argv", "ours"),
    [
        (["python", "-m", "trainer"], True),
        (["torchrun", "--nproc_per_node", "2", "-m", "trainer"], True),
        (["python", "-m", "torch.distributed.run", "-m", "trainer"], True),
        (["srun", "python", "-u", "-m", "trainer", "--epochs", "3"], True),
        (["python", "main.py", "-m", "trainer"], False),
        (["bash", "-m", "trainer"], False),
        (["bash", "train.sh", "-m", "trainer"], False),
    ],
)
def test_our_own_trainer_is_what_an_interpreter_runs(argv, ours):
    assert is_own_trainer(argv) == ours
