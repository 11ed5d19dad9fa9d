"""Answer a language model's questions about the runs, over the Model Context Protocol on standard input and output.

An agent starts this command itself; AGENTS.md shows how. It only looks, unless --allow-control is given; then each act
needs a plan whose hash comes back, and is noted in audit.jsonl with who asked.
"""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, RunsOption
from monitor.run_dir.errors import EXIT_OK, RefusedError


def run(
    runs: RunsOption = DEFAULT_RUNS,
    allow_control: Annotated[bool, typer.Option("--allow-control", help="Offer the tools that act, too.")] = False,
    budget: Annotated[
        int, typer.Option("--budget", min=1, help="Acts that may be done before it is started anew.")
    ] = 3,
    several: Annotated[
        bool, typer.Option("--several-changes", help="Let one restart change several settings of the agent's choice.")
    ] = False,
) -> int:
    """Returns 0 once stdin is closed. Raises RefusedError where the SDK is not installed."""
    try:
        from monitor.commands.agents.server import serve
    except ModuleNotFoundError as missing:
        if missing.name != "mcp":
            raise
        raise RefusedError("The mcp SDK is not installed here: python -m pip install mcp") from None
    from monitor.commands.agents.acting import Acting
    from monitor.commands.agents.reading import RunAnswers

    folder = runs.absolute()
    acting = Acting(folder, budget=budget, several=several) if allow_control else None
    serve(RunAnswers(folder), acting).run("stdio")
    return EXIT_OK
