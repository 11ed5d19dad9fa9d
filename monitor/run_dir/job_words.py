"""The words for a job of a cluster: why it waits, that it runs, how it ended. Pure."""

from __future__ import annotations

from typing import Literal

from monitor.run_dir import words
from monitor.run_dir.records import EngineName, JobPlace, JobSeen

NAMES: dict[EngineName, str] = {"slurm": "SLURM", "ray": "Ray"}
SUBMISSION = "vitalsigns-"
"""What stands before a job's number in Ray, where a job is called by a text."""
SLURM_WAITS = frozenset({"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD"})
SLURM_WORKS = frozenset(
    {"RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"}
)
WAITING: dict[EngineName, frozenset[str]] = {"slurm": SLURM_WAITS, "ray": frozenset({"PENDING"})}
AT_WORK: dict[EngineName, frozenset[str]] = {"slurm": SLURM_WORKS, "ray": frozenset({"RUNNING"})}
"""An engine's words for a job that has not ended; every other one is an end."""
GONE = "GONE"

REASONS = {
    "Priority": "jobs of a higher priority come first",
    "Resources": "its nodes, CPUs, memory or GPUs are in use",
    "JobHeldUser": "its user holds it; scontrol release {job} lets it start",
    "JobHeldAdmin": "an administrator holds it",
    "BeginTime": "its earliest start has not come",
    "Dependency": "the job before it has not ended",
    "DependencyNeverSatisfied": "the job that it depends on cannot end as it asks; it never starts",
    "PartitionTimeLimit": "its time limit is above the partition's; it does not start as it is",
    "PartitionNodeLimit": "the partition does not allow so many nodes; it does not start as it is",
    "PartitionConfig": "the partition does not have what it asks for; it does not start as it is",
    "PartitionDown": "the partition is down",
    "PartitionInactive": "the partition is inactive",
    "NodeDown": "a node that it needs is down",
    "AccountNotAllowed": "the partition does not allow its account; it does not start as it is",
    "BadConstraints": "no node has what it asks for; it does not start as it is",
    "launch failed requeued held": "its start failed; scontrol release {job} tries again",
}
ENDS: dict[EngineName, dict[str, str]] = {
    "slurm": {
        "TIMEOUT": "it reached its time limit",
        "NODE_FAIL": "its node failed",
        "OUT_OF_MEMORY": "it used more memory than the job has",
        "PREEMPTED": "another job of a higher priority took its place",
        "CANCELLED": "it was cancelled",
        "DEADLINE": "its deadline passed",
        "BOOT_FAIL": "its node did not boot",
        "FAILED": "it failed",
        "COMPLETED": "its script ended",
    },
    "ray": {
        "STOPPED": "it was stopped",
        "FAILED": "it failed",
        "SUCCEEDED": "its command ended",
        "JOB_SUPERVISOR_ACTOR_DIED": "the process of Ray's that ran it died, or its node",
        "JOB_SUPERVISOR_ACTOR_START_TIMEOUT": "it waited longer than Ray lets a job wait",
        "JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE": "no node can take it",
    },
}
"""Outcome of a job by its state, or by the engine's reason where that is more precise."""
OUTCOMES: dict[str, Literal["stopped", "lost"]] = {
    "CANCELLED": "stopped",
    "STOPPED": "stopped",
    "COMPLETED": "lost",
    "SUCCEEDED": "lost",
    GONE: "lost",
}


def is_waiting(seen: JobSeen) -> bool:
    """Whether the job has not started, by the engine's state."""
    return seen.state in WAITING[seen.engine]


def is_at_work(seen: JobSeen) -> bool:
    """Whether the job has its node, by the engine's state."""
    return seen.state in AT_WORK[seen.engine]


def called(job: JobPlace | JobSeen) -> str:
    """The job as its engine's own commands call it: SLURM job 17, Ray job vitalsigns-123456789012."""
    return f"{NAMES[job.engine]} job {SUBMISSION if job.engine == 'ray' else ''}{job.job_id}"


def unread(place: JobPlace, seen: JobSeen | None) -> str:
    """The sentence about a job that waits by its own files and about which the engine has not answered yet."""
    if seen is None:
        return f"{called(place)}, of another user or another folder: its queue is not read here."
    return f"{called(place)} is submitted; the queue has not been read yet.{_since(seen)}"


def waiting(seen: JobSeen, now: float) -> str:
    """Why it waits, in the engine's word and in plain ones, and when it is estimated to start."""
    known = next((text for word, text in REASONS.items() if seen.reason == word), "")
    why = f": {seen.reason}" if seen.reason not in ("", "None") else ""
    why += f" ({known.format(job=seen.job_id)})" if known else ""
    starts = ""
    if seen.starts_at is not None and seen.starts_at > now:
        starts = f" Estimated start {words.clock(seen.starts_at, now)}, in {words.age(seen.starts_at - now)}."
    return f"{called(seen)} waits{_in(seen)}{why}.{starts}{_since(seen)}"


def beginning(seen: JobSeen) -> str:
    """It has its node, and its supervisor has not written yet."""
    return f"{called(seen)} is {seen.state.lower()}{_on(seen)}; its supervisor has not begun yet.{_since(seen)}"


def closing(seen: JobSeen) -> str:
    """Its processes are gone from this machine, and the engine, which knows why, has not reported it yet."""
    how = f"how {called(seen)}{_on(seen)} ended is not reported yet ({seen.state})"
    return f"Its processes are gone; {how}.{_since(seen)}"


def ended_word(state: str) -> Literal["failed", "stopped", "lost"]:
    """What a run is whose job has ended so, and which left no outcome itself."""
    return OUTCOMES.get(state, "failed")


OWN_ENDS = frozenset({"COMPLETED", "SUCCEEDED"})
"""The job's script ended by itself: its supervisor has written how the run ended."""
LATE_SECS = 60.0
"""So long a disk that is shared over a network may show an older copy of a file (NFS: actimeo, at most 60 s)."""


def is_late(seen: JobSeen, now: float) -> bool:
    """Whether the outcome of the run may lie on the disk already, and not be seen from here yet."""
    return seen.state in OWN_ENDS and seen.ended_at is not None and abs(now - seen.ended_at) < LATE_SECS


def late(seen: JobSeen) -> str:
    """The sentence about a job until the engine has answered."""
    return f"{called(seen)} has just ended by itself ({seen.state}); how the run ended is not seen on this disk yet."


def ended(seen: JobSeen) -> str:
    """How the engine ended it, with the last error that it gave."""
    name = NAMES[seen.engine]
    if seen.state == GONE:
        return f"{name} does not know {called(seen)[len(name) + 1 :]} any more: it has ended, and how was not seen."
    ends = ENDS[seen.engine]
    why = (ends.get(seen.reason) or ends.get(seen.state, "it ended")) + by(seen)
    code = f" with exit status {seen.exit_status}" if seen.exit_status not in ("", "0", "0:0") else ""
    said = f" Its message: {words.sentence(seen.said)}" if seen.said else ""
    job = called(seen)[len(name) + 1 :]
    return f"{name} ended {job}{_on(seen)} ({seen.state}): {why}{code}, and the run left no outcome.{said}"


def by(seen: JobSeen | None) -> str:
    """Who cancelled it, where that is known: " by anna"."""
    return f" by {seen.cancelled_by}" if seen is not None and seen.cancelled_by else ""


def unanswered(seen: JobSeen, now: float) -> str:
    """The sentence that the engine does not answer, since when and why: its last answer may be old."""
    since = words.clock(seen.problem_at, now)
    return f"{NAMES[seen.engine]} has not answered since {since}: {words.sentence(seen.problem)}"


def _since(seen: JobSeen) -> str:
    return f" {unanswered(seen, seen.problem_at)}" if seen.problem else ""


def _in(seen: JobSeen) -> str:
    return f" in partition {seen.partition}" if seen.partition else ""


def _on(seen: JobSeen) -> str:
    return f" on {seen.nodes}" if seen.nodes else ""
