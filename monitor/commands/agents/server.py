"""The tools as the official SDK offers them; its names are imported here only."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from monitor.commands.agents.acting import Acting
from monitor.commands.agents.reading import NOTICE, RunAnswers
from monitor.run_dir.errors import MonitorError

INSTRUCTIONS = (
    "Vitalsigns watches training runs and judges them by rules with numbers. Ask for the verdict before anything else; "
    "quote its numbers and what it cannot tell. An act needs a plan_… tool first: show the plan to the person, then "
    f"pass its hash. {NOTICE}"
)
LOOKS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ACTS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=False)


def serve(reading: RunAnswers, acting: Acting | None) -> MCPServer:
    """A server with the tools that look and, where `acting` is given, those that act."""
    server: MCPServer = MCPServer("vitalsigns", instructions=INSTRUCTIONS, log_level="ERROR")
    _add_looks(server, reading)
    if acting is not None:
        _add_changes_of_a_run(server, acting)
        _add_start(server, acting)
    return server


def _add_looks(server: MCPServer, reading: RunAnswers) -> None:

    @server.tool(annotations=LOOKS)
    def list_runs(most: int = 50) -> dict[str, Any]:
        """The newest runs of the folder with status, verdict, newest numbers and seeds; `left_out`: how many more."""
        return _answer(reading.list_runs, most)

    @server.tool(annotations=LOOKS)
    def show_run(run: str) -> dict[str, Any]:
        """One run: status, progress, settings, command, error."""
        return _answer(reading.show_run, run)

    @server.tool(annotations=LOOKS)
    def verdict(run: str, at_epoch: float | None = None) -> dict[str, Any]:
        """Verdict, findings with numbers and thresholds, odds of waiting or a restart; now or after an epoch."""
        return _answer(reading.verdict, run, at_epoch)

    @server.tool(annotations=LOOKS)
    def diagnosis(run: str) -> dict[str, Any]:
        """Likely causes with evidence for and against, and options A, B … with their expected effect."""
        return _answer(reading.diagnosis, run)

    @server.tool(annotations=LOOKS)
    def curves(run: str, names: list[str] | None = None, most: int = 40) -> dict[str, Any]:
        """Numbers by epoch, thinned to `most` points; without names the losses and the gap."""
        return _answer(reading.curves, run, names or (), most)

    @server.tool(annotations=LOOKS)
    def metrics(run: str) -> dict[str, Any]:
        """The names of the errors and scores of a run, and which one it is judged by."""
        return _answer(reading.metrics, run)

    @server.tool(annotations=LOOKS)
    def predictions(run: str, which: str = "worst", most: int = 10) -> dict[str, Any]:
        """Targets and predictions of the newest evaluation, word by word."""
        return _answer(reading.predictions, run, which, most)

    @server.tool(annotations=LOOKS)
    def log_tail(run: str, most: int = 40, only_warnings: bool = False) -> dict[str, Any]:
        """The end of what the training printed."""
        return _answer(reading.log_tail, run, most, only_warnings)

    @server.tool(annotations=LOOKS)
    def outcome(parent: str, child: str) -> dict[str, Any]:
        """Whether the change of a child helped, against its parent at an equal epoch."""
        return _answer(reading.outcome, parent, child)


class _Acts:
    """A plan is shown, and carried out with its hash, in the name of the program that asks."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting

    def planned(self, context: Context, make: Any, *words: Any) -> dict[str, Any]:
        """The plan that `make` makes of `words`. Raises ToolError."""
        self._acting.asked_by(_client(context))
        return _answer(lambda: self._acting.shown(make(*words)))

    def done(self, context: Context, plan: str, make: Any, *words: Any) -> dict[str, Any]:
        """Makes it again and acts where it is still `plan`, a hash. Raises ToolError."""
        self._acting.asked_by(_client(context))
        about = words[-1] if make == self._acting.start else words[0]
        return _answer(lambda: self._acting.do(make.__name__, about, lambda: make(*words), plan))


def _add_changes_of_a_run(server: MCPServer, acting: Acting) -> None:
    acts = _Acts(acting)

    @server.tool(annotations=LOOKS)
    def plan_stop(context: Context, run: str) -> dict[str, Any]:
        """What a stop would do and what would be lost. Returns the hash for stop_run."""
        return acts.planned(context, acting.stop, run)

    @server.tool(annotations=ACTS)
    def stop_run(context: Context, run: str, plan: str) -> dict[str, Any]:
        """Stops a run, after plan_stop; `plan` is its hash."""
        return acts.done(context, plan, acting.stop, run)

    @server.tool(annotations=LOOKS)
    def plan_restart(
        context: Context,
        run: str,
        changes: dict[str, str] | None = None,
        option: str = "",
        keep_parent: bool = False,
    ) -> dict[str, Any]:
        """The child run with one change, or with an option of the diagnosis. With keep_parent both train: a race."""
        return acts.planned(context, acting.restart, run, changes or {}, option, keep_parent)

    @server.tool(annotations=ACTS)
    def restart_run(
        context: Context,
        run: str,
        plan: str,
        changes: dict[str, str] | None = None,
        option: str = "",
        keep_parent: bool = False,
    ) -> dict[str, Any]:
        """Starts the child of plan_restart with the same arguments; `plan` is its hash."""
        return acts.done(context, plan, acting.restart, run, changes or {}, option, keep_parent)

    @server.tool(annotations=LOOKS)
    def plan_resume(context: Context, run: str) -> dict[str, Any]:
        """Where an ended run would go on. Returns the hash for resume_run."""
        return acts.planned(context, acting.resume, run)

    @server.tool(annotations=ACTS)
    def resume_run(context: Context, run: str, plan: str) -> dict[str, Any]:
        """Lets an ended run go on, after plan_resume; `plan` is its hash."""
        return acts.done(context, plan, acting.resume, run)


def _add_start(server: MCPServer, acting: Acting) -> None:
    acts = _Acts(acting)

    @server.tool(annotations=LOOKS)
    def plan_start(context: Context, command: list[str], name: str = "") -> dict[str, Any]:
        """A new run of this command, given word by word. Returns the hash for start_run."""
        return acts.planned(context, acting.start, command, name)

    @server.tool(annotations=ACTS)
    def start_run(context: Context, command: list[str], plan: str, name: str = "") -> dict[str, Any]:
        """Starts the command of plan_start; `plan` is its hash."""
        return acts.done(context, plan, acting.start, command, name)


def _answer(ask: Any, *words: Any) -> dict[str, Any]:
    """The answer; a mistake or a refusal is the sentence that a terminal would print."""
    try:
        return dict(ask(*words))
    except MonitorError as problem:
        raise ToolError(str(problem)) from None


def _client(context: Context) -> str:
    known = context.session.client_params
    return known.client_info.name if known is not None else ""
