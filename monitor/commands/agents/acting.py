"""Acts of an agent: each is planned first, and done once, only if the hash of that very plan comes back.

The plan is made anew when the hash comes: what has changed since it was shown has another hash, and is refused.
Commands that another person recorded are refused always: only a person can trust them, at a terminal.
"""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from monitor import launcher
from monitor.commands.agents.reading import known, quoted
from monitor.commands.common import find_run, now, who
from monitor.commands.restart import AskedChange, plan_lines, wanted_of
from monitor.launcher.stopplan import stop_plan
from monitor.run_dir import audit
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.reader import RunReader

HASH_DIGITS = 16
PLAIN = re.compile(r"[^\w .-]")
LONGEST_NAME = 40


@dataclass(frozen=True)
class PlannedAct:
    """`lines`: the plan as a person reads it; `act`: carries it out and returns the result."""

    verb: str
    run_id: str
    lines: Sequence[str]
    act: Callable[[], str]
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Hex digits over verb, run, lines and details: a plan that reads otherwise has another hash."""
        text = json.dumps([self.verb, self.run_id, list(self.lines), self.detail], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


class Acting:
    """`budget`: acts that may be done in this session; `several`: whether one restart may change several settings."""

    def __init__(self, runs: Path, *, budget: int, several: bool) -> None:
        self.runs = runs
        self.left = budget
        self._several = several
        self._shown: set[str] = set()
        self._one_at_a_time = Lock()

    def stop(self, run: str) -> PlannedAct:
        """Plans a stop. Raises MonitorError, as do the other plans."""
        folder = find_run(self.runs, known(run))
        said = stop_plan(folder, RunReader(folder).read(now()), now())
        # The step that it is at moves on while a person reads; what is lost or kept does not.
        lines = [re.sub(r"\d[\d,.]*", "…", line) for line in said.lines]
        return PlannedAct("stop", run, lines, lambda: f"{launcher.stop(folder, self.asker).verb} asked for")

    def restart(self, run: str, changes: Mapping[str, str], option: str = "", keep_parent: bool = False) -> PlannedAct:
        """Plans a child with `changes`, or with an option of the diagnosis. Refuses several where one is allowed."""
        if len(changes) > 1 and not self._several:
            raise RefusedError(
                f"One change at a time: {', '.join(changes)} are {len(changes)}, and which of them helped could not be "
                "determined. The server allows several with --several-changes."
            )
        folder = find_run(self.runs, known(run))
        wanted = wanted_of(folder, AskedChange(False, option or None, None, dict(changes)))
        plan = launcher.plan_restart(
            self.runs, run, wanted.changes, expected=wanted.expected, stop_parent=not keep_parent
        )
        stops = not keep_parent and launcher.status(folder).live
        detail = {"diff": [list(row) for row in plan.diff], "command": plan.command}
        return PlannedAct(
            "restart",
            run,
            plan_lines(plan, stops, wanted.remark),
            lambda: f"started {launcher.restart(plan, stop_parent=stops, asked_by=self.asker)}",
            detail,
        )

    def resume(self, run: str) -> PlannedAct:
        """Plans the next start of an ended run."""
        find_run(self.runs, known(run))
        plan = launcher.plan_resume(self.runs, run)
        return PlannedAct(
            "resume",
            run,
            [plan.line, f"Runs: {plan.command}"],
            lambda: f"resumed {launcher.resume(self.runs, run, self.asker, plan=plan)}",
            {"fingerprint": plan.fingerprint},
        )

    def start(self, command: Sequence[str], name: str = "") -> PlannedAct:
        """Plans a run of `command` in the folder where the server was started."""
        if not command:
            raise RefusedError("Give the command as a list of words.")
        where = Path.cwd()
        how: dict[str, Any] = {"name": name or None, "cwd": where}
        return PlannedAct(
            "start",
            name,
            [f"In: {where}", f"Runs: {shlex.join(command)}"],
            lambda: f"started {launcher.start(self.runs, list(command), asked_by=self.asker, **how)}",
        )

    asker = ""
    """Whom the audit names: the user, and the program that speaks for them."""

    def shown(self, plan: PlannedAct) -> dict[str, Any]:
        """The plan as the agent gets it; from now on its hash is taken."""
        self._shown.add(plan.hash)
        return quoted({"lines": list(plan.lines), **plan.detail}, verb=plan.verb, run_id=plan.run_id, plan=plan.hash)

    def do(self, verb: str, about: str, make: Callable[[], PlannedAct], shown: str) -> dict[str, Any]:
        """Makes the plan anew and acts, one act at a time. A plan is spent by its act, and so is one of the budget.

        Raises MonitorError where no plan can be made, another one was shown, or the budget is spent; each is noted.
        """
        with self._one_at_a_time:
            try:
                plan = make()
                if shown != plan.hash:
                    raise RefusedError("The hash does not match the current plan. Plan again and read what differs.")
                if shown not in self._shown:
                    raise RefusedError("That plan was not shown in this session, or has been carried out. Plan again.")
                if self.left <= 0:
                    raise RefusedError("This session has used up its budget of actions (--budget).")
            except MonitorError as refusal:
                audit.note(self.runs, verb, about, "refused", f"{self.asker}: {refusal}")
                raise
            self._shown.discard(shown)
            self.left -= 1
            return {"done": plan.act(), "acts_left": self.left}

    def asked_by(self, client: str) -> None:
        """From now on acts are noted as asked for through this client, whose name is its own claim."""
        plain = PLAIN.sub("", client)[:LONGEST_NAME].strip() or "unnamed"
        self.asker = f"{who()} through {plain}"
        audit.set_origin(f"agent, {plain}")
