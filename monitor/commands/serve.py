"""Serve the dashboard: prints the links, stays up after you log out (stop it with --stop)."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption


def run(
    runs: RunsOption = DEFAULT_RUNS,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Exactly this port; default: a free one.")] = None,
    no_token: Annotated[bool, typer.Option("--no-token", help="No links needed: for a machine that is yours.")] = False,
    base: Annotated[str, typer.Option(help="Path before the page behind a reverse proxy, such as /lab/vs.")] = "",
    name: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A host name that a reverse proxy is asked by.")
    ] = None,
    detach: Annotated[bool, typer.Option(help="Go on in the background.")] = True,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the dashboard that serves this folder.")] = False,
    as_json: JsonOption = False,
) -> int:
    # Imported here: it brings the page's libraries, which --help does not need.
    from monitor.ui.serve import run_serve

    return run_serve(
        host=host,
        port=port,
        runs_dir=runs,
        no_token=no_token,
        base=base,
        names=tuple(name or ()),
        detach=detach,
        stop=stop,
        as_json=as_json,
    )
