"""Show which addresses get messages of runs started here; with --test, send each a test message."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.commands.common import JsonOption, console, print_json, who
from monitor.diagnosis.settings import SETTINGS_FILE, Settings, settings_for
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, UsageError
from monitor.supervisor.notify.courier import Courier
from monitor.supervisor.notify.letters import Job, Letter

TITLE = "TEST · Vitalsigns on {host}"
BODY = (
    "Messages of runs started by {user} in {folder} arrive here.\n"
    "Reported: {severities} findings; run events: {events}.\n"
    "Nothing is wrong; this was sent by: python -m monitor notify --test"
)


def run(
    test: Annotated[bool, typer.Option("--test", help="Send a test message to each address now.")] = False,
    project: Annotated[Path, typer.Option(help=f"Folder whose {SETTINGS_FILE} is used.")] = Path(),
    as_json: JsonOption = False,
) -> int:
    """Exit code 0; 5 where a test message was not delivered."""
    settings = settings_for(project)
    keys = list(settings.notify.by_key())
    if test and not keys:
        where = (
            f"{settings.path} has no addresses"
            if settings.path
            else f"There is no {SETTINGS_FILE} in use here or above"
        )
        raise UsageError(f'{where}; give some, e.g. [notify] addresses = ["ntfy://${{VITALSIGNS_NTFY_TOPIC}}"].')
    results = _sent(settings, keys) if test else [{"to": key} for key in keys]
    if as_json:
        print_json({"settings": settings.path, "test": test, "addresses": results, **_wishes(settings)})
    else:
        _print(settings, results)
    return EXIT_REFUSED if any(result.get("ok") is False for result in results) else EXIT_OK


def _sent(settings: Settings, keys: list[str]) -> list[dict[str, Any]]:
    """Prints the result of a test message to each address, which is named by its place and kind alone."""
    assert settings.path is not None
    body = BODY.format(
        user=who(),
        folder=settings.path.parent,
        severities=", ".join(settings.notify.severities) or "no",
        events=", ".join(settings.notify.events) or "nothing",
    )
    title = TITLE.format(host=socket.gethostname())
    job = Job(str(settings.path), [Letter(key, title, body) for key in keys])
    return [{"to": done.to, "ok": done.ok, "why": done.why} for done in Courier(job).wait()]


def _wishes(settings: Settings) -> dict[str, Any]:
    wishes = settings.notify
    return {
        "severities": wishes.severities,
        "events": wishes.events,
        "min_minutes": wishes.min_minutes,
        "retry_secs": wishes.retry_secs,
    }


def _print(settings: Settings, results: list[dict[str, Any]]) -> None:
    out = console()
    if not results:
        out.print(f"No messages are sent: {settings.path or SETTINGS_FILE} names no address.", soft_wrap=True)
        return
    out.print(f"From {settings.path}:", soft_wrap=True)
    for result in results:
        state = "" if "ok" not in result else "  delivered" if result["ok"] else f"  NOT delivered: {result['why']}"
        out.print(f"  {result['to']}{state}", soft_wrap=True)
    for name, value in _wishes(settings).items():
        out.print(f"  {name}: {', '.join(value) if isinstance(value, tuple) else f'{value:g}'}")
