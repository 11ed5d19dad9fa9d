"""Serve the dashboard in the background: prints its links, stays up after logout (--stop ends it)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor.commands.common import JsonOption, SeveralRunsOption, folders_given
from monitor.launcher.hosts.archive import ArchiveFeed, Store, refuse_without_packages
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.folders import Folders

NoTokenOption = Annotated[
    bool, typer.Option("--no-token", help="No access token: only on a machine that you alone use.")
]
NamesOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Host name of a reverse proxy; repeatable.")
]
UserHeaderOption = Annotated[
    str,
    typer.Option("--trust-user-header", metavar="HEADER", help="Take the visitor's name from a proxy's header."),
]
ProxyOption = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="ADDRESS", help="Address of that proxy; repeatable. From others it is ignored."),
]
MayControlOption = Annotated[
    list[str] | None,
    typer.Option("--may-control", metavar="NAME", help="A name in that header that may control; repeatable."),
]
MetricsOption = Annotated[
    bool, typer.Option("--metrics", help="Answer Prometheus at /metrics, with a token of link --may metrics.")
]
ProgramOption = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST=COMMAND", help="What starts vitalsigns on another host; repeatable."),
]


def run(
    runs: SeveralRunsOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default: a free one.")] = None,
    no_token: NoTokenOption = False,
    base: Annotated[str, typer.Option(help="URL path of the page behind a reverse proxy, such as /lab/vs.")] = "",
    name: NamesOption = None,
    trust_user_header: UserHeaderOption = "",
    proxy_from: ProxyOption = None,
    may_control: MayControlOption = None,
    metrics: MetricsOption = False,
    detach: Annotated[bool, typer.Option(help="Run in the background.")] = True,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the dashboard that serves these folders.")] = False,
    program: ProgramOption = None,
    feed: Annotated[bool, typer.Option("--feed", help="Feed a page that calls this over a pipe.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0 once it serves or has stopped; with --no-detach this process becomes the server."""
    folders = folders_given(runs, program)
    if feed:
        return _feed(folders)
    for folder in folders.all:
        if folder.is_archive:
            refuse_without_packages(folder.there)
    # Imported here: it brings the page's libraries, which --help does not need.
    from monitor.ui.proxies import trusted_proxy
    from monitor.ui.serve import run_serve

    proxy = trusted_proxy(trust_user_header, tuple(proxy_from or ()), tuple(may_control or ()), host)

    return run_serve(
        host=host,
        port=port,
        folders=folders,
        no_token=no_token,
        base=base,
        names=tuple(name or ()),
        proxy=proxy,
        metrics=metrics,
        detach=detach,
        stop=stop,
        as_json=as_json,
    )


def _feed(folders: Folders) -> int:
    """Speaks to the page that has called, until it hangs up."""
    from monitor.launcher.hosts.feed import FolderFeed, feed

    folder = folders.all[0]
    if len(folders.all) > 1 or folder.host or sys.stdin.isatty():
        raise UsageError("--feed takes one folder of this machine or one archive, and is called by a page over a pipe.")
    out = sys.stdout.buffer
    feed(
        ArchiveFeed(Store.at(folder.there), out) if folder.is_archive else FolderFeed(folder.path, out),
        sys.stdin.buffer,
    )
    return EXIT_OK
