"""Carries out the away policy of one run, once in its life.

Only the verdict STOP counts, which only rules with a measured false-alarm rate may say. What is meant is written down
(away_act.json, created exclusively) before it is done, so that a supervisor that is killed in between leaves it to the
next one, and no two do it. The stop goes through the same door as a person's: a checkpoint is saved first.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from monitor.diagnosis.away import ASKED_BY, act_of, policy_of
from monitor.run_dir import AWAY_ACT_FILE, Away, AwayAct, audit, control, encode, files
from monitor.run_dir.launch import read_launch
from monitor.run_dir.processes import HOME
from monitor.run_dir.words import PACKAGE

if TYPE_CHECKING:
    from monitor.diagnosis.verdict import Judged
    from monitor.run_dir import Snapshot

log = logging.getLogger(__name__)

CHILD_SECS = 180.0
"""How long making the child may take; after that the run is stopped without one."""


class ChildMade(msgspec.Struct, frozen=True):
    """What the process that makes the child has to say."""

    child_id: str | None = None
    problem: str = ""


class AwayKeeper:
    """Call `consider` after each judgement and `tick` a few times a second; neither waits for anything."""

    def __init__(self, run_dir: Path, generation: int) -> None:
        self._run_dir = run_dir
        self._generation = generation
        # The child must not inherit what this process sets for itself once its trainer is started.
        self._environment = dict(os.environ)
        self._act = act_of(run_dir)
        self._policy_of_start: Away | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether it has begun to act and is not done: the supervisor stays as long."""
        return self._act is not None and not self._act.settled

    def consider(self, snapshot: Snapshot, judged: Judged, now: float) -> None:
        """Acts where the policy says so. Raises OSError or MonitorError; what was not done is tried next time."""
        if self._act is None:
            meant = self._meant(snapshot, judged, now)
            if meant is None:
                return
            files.create(self._run_dir / AWAY_ACT_FILE, encode(meant))
            self._act = act_of(self._run_dir) or meant
            log.info("away policy: %s: %s", self._act.did, self._act.line)
        self._go_on(now)

    def tick(self, now: float) -> bool:
        """Asks the process that makes the child; True at the moment when all is done."""
        if self._process is None or self._act is None:
            return False
        late = time.monotonic() > self._deadline
        if self._process.poll() is None and not late:
            return False
        said = ChildMade(problem=f"Making it took longer than {CHILD_SECS:.0f} s.") if late else self._heard()
        if late:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
        self._process = None
        if said.child_id is None:
            self._ask_to_stop(now)
        self._settle(child_id=said.child_id, problem=said.problem)
        return True

    def _meant(self, snapshot: Snapshot, judged: Judged, now: float) -> AwayAct | None:
        """What has to be done now, if anything."""
        state = snapshot.state
        if state is None or state.state not in ("starting", "running") or state.stop is not None:
            return None
        epoch = snapshot.epochs[-1].epoch if snapshot.epochs else 0.0
        worst = judged.diagnosis.worst
        # A word that only stands its time (as_of) has weaker signs now: no run is ended on it.
        if judged.diagnosis.verdict == "STOP" and judged.diagnosis.as_of is None and worst is not None:
            policy = policy_of(self._run_dir)
            if policy.do != "tell":
                # One generation: a child that the policy has started never starts another.
                did = "stop" if policy.by_policy else policy.do
                return self._act_of(did, now, epoch, rule=worst.rule, line=worst.line)
        spent = self._spent_hours(state.started_at, now)
        if spent is not None:
            return self._act_of("stop", now, epoch, line=f"Its time budget of {spent:g} h is spent.")
        return None

    def _spent_hours(self, started_at: float | None, now: float) -> float | None:
        """The budget of a child that the policy started, once it is spent, unless it was lifted since."""
        if self._policy_of_start is None:
            launch = read_launch(self._run_dir)
            self._policy_of_start = (launch.away if launch is not None else None) or Away()
        budget = self._policy_of_start.budget_hours
        if not self._policy_of_start.by_policy or budget is None or started_at is None:
            return None
        if now - started_at < 3600 * budget or not policy_of(self._run_dir).by_policy:
            return None
        return budget

    def _act_of(self, did: str, now: float, epoch: float, *, rule: str = "", line: str = "") -> AwayAct:
        return AwayAct(
            did="stop_and_fix" if did == "stop_and_fix" else "stop",
            rule=rule,
            line=line,
            at=now,
            epoch=epoch,
            generation=self._generation,
        )

    def _go_on(self, now: float) -> None:
        """The next step of what is written down as meant."""
        act = self._act
        if act is None or act.settled or self._process is not None:
            return
        if act.generation != self._generation:
            self._settle(problem="Its supervisor ended before this was done, and the run was resumed by hand.")
        elif act.did == "stop":
            self._ask_to_stop(now)
            self._settle()
        else:
            self._make_child()

    def _make_child(self) -> None:
        self._deadline = time.monotonic() + CHILD_SECS
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.supervisor.successor", str(self._run_dir)],
            cwd=HOME,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _heard(self) -> ChildMade:
        assert self._process is not None and self._process.stdout is not None
        with self._process.stdout as pipe:
            data = pipe.read()
        try:
            return msgspec.json.decode(data, type=ChildMade)
        except msgspec.DecodeError:
            return ChildMade(problem=f"The process that makes it ended with code {self._process.returncode}.")

    def _ask_to_stop(self, now: float) -> None:
        control.request(self._run_dir, "stop", generation=self._generation, asked_by=ASKED_BY, now=now)
        audit.note(self._run_dir.parent, "stop", self._run_dir.name, "done", ASKED_BY)

    def _settle(self, *, child_id: str | None = None, problem: str = "") -> None:
        assert self._act is not None
        settled = msgspec.structs.replace(self._act, child_id=child_id, problem=problem, settled=True)
        files.replace(self._run_dir / AWAY_ACT_FILE, encode(settled))
        self._act = settled
        log.info("away policy: done%s", f"; child {child_id}" if child_id else f"; {problem}" if problem else "")
