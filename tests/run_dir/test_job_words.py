"""The words for a job of a cluster, by the engine's last answer alone."""

from itertools import chain

import pytest

from monitor.run_dir import JobPlace, JobSeen
from monitor.run_dir.job_words import (
    AT_WORK,
    ENDS,
    GONE,
    OWN_ENDS,
    WAITING,
    called,
    ended,
    ended_word,
    is_at_work,
    is_late,
    is_waiting,
    unread,
    waiting,
)

NOW = 1_800_000_000.0


def seen(state="PENDING", **fields):
    return JobSeen(job_id="17", state=state, **fields)


def test_without_an_answer_nothing_is_claimed():
    assert not is_waiting(seen("")) and not is_at_work(seen(""))
    assert unread(JobPlace(job_id="17"), None).endswith("its queue is not read here.")
    assert unread(JobPlace(job_id="17"), seen("")) == "SLURM job 17 is submitted; the queue has not been read yet."
    assert waiting(seen(), NOW) == "SLURM job 17 waits."


def test_a_job_is_called_as_the_commands_of_its_engine_call_it():
    assert called(seen()) == "SLURM job 17"
    assert called(JobSeen(engine="ray", job_id="17")) == "Ray job vitalsigns-17"


def test_a_reason_stands_in_the_engines_word_and_in_plain_ones():
    held = waiting(seen(reason="JobHeldUser", partition="gpu"), NOW)
    assert held == (
        "SLURM job 17 waits in partition gpu: JobHeldUser (its user holds it; scontrol release 17 lets it start)."
    )
    assert waiting(seen(reason="QOSMaxJobs"), NOW) == "SLURM job 17 waits: QOSMaxJobs."
    assert "Estimated start" in waiting(seen(starts_at=NOW + 60), NOW)
    assert "Estimated start" not in waiting(seen(starts_at=NOW - 60), NOW)


@pytest.mark.parametrize("engine", ENDS)
def test_no_state_is_both_an_end_and_none(engine):
    open_states = WAITING[engine] | AT_WORK[engine]
    assert not open_states & set(ENDS[engine])
    for state in ENDS[engine]:
        assert ended(JobSeen(engine=engine, job_id="17", state=state)).endswith("and the run left no outcome.")


def test_what_a_run_is_whose_job_has_ended():
    assert {ended_word(state) for state in ("TIMEOUT", "NODE_FAIL", "BOOT_FAIL")} == {"failed"}
    assert ended_word("CANCELLED") == "stopped" and ended_word(GONE) == "lost"
    assert ended(seen("TIMEOUT", nodes="n1")) == (
        "SLURM ended job 17 on n1 (TIMEOUT): it reached its time limit, and the run left no outcome."
    )
    assert ended(seen(GONE)).endswith("it has ended, and how was not seen.")


def test_only_a_job_that_ended_by_itself_a_moment_ago_may_have_an_outcome_that_is_not_seen_yet():
    for state in chain(OWN_ENDS, ["FAILED"]):
        assert is_late(seen(state, ended_at=NOW - 5), NOW) is (state in OWN_ENDS)
        assert not is_late(seen(state, ended_at=NOW - 600), NOW) and not is_late(seen(state), NOW)
