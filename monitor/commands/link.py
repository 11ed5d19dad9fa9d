"""Give a person a link of their own to the dashboard, list these links, or revoke one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import asdict
from rich.table import Table

from monitor.commands.common import JsonOption, SeveralRunsOption, console, folders_given, now, print_json
from monitor.run_dir import words
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError, UsageError
from monitor.run_dir.folders import Folders

if TYPE_CHECKING:
    from monitor.ui.people import Person


def run(
    runs: SeveralRunsOption = None,
    name: Annotated[str, typer.Option(help="Who the link is for; it stands in the audit and as who asked.")] = "",
    may: Annotated[
        str, typer.Option(metavar="look|control|metrics|proxy", help="What it is good for (docs/security.md).")
    ] = "look",
    days: Annotated[float, typer.Option(help="For how many days.")] = 30.0,
    revoke: Annotated[str, typer.Option(metavar="NAME", help="End the link of this name, at once.")] = "",
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. Raises UnreadableRunError for a folder that is not there."""
    # Imported here: they bring the page's libraries, which --help does not need.
    from monitor.ui.people import make_link, revoke_link

    folders = folders_given(runs)
    if name and revoke:
        raise UsageError("--name makes a link and --revoke ends one; give one of them.")
    for folder in folders.all:
        if not folder.path.is_dir():
            raise UnreadableRunError(f"There is no folder {folder.location}; give those that are served with --runs.")
    if revoke:
        revoke_link(folders, revoke)
        _say(as_json, {"revoked": revoke}, f"The link of {revoke} is worth nothing any more; open pages close.")
    elif name:
        made = make_link(folders, name, may, days, now())
        _show_made(folders, made.person, made.token, as_json)
    else:
        _list(folders, as_json)
    return EXIT_OK


def _show_made(folders: Folders, person: Person, token: str, as_json: bool) -> None:
    from monitor.ui.links import person_links

    opens = person.may in ("look", "control")
    urls = person_links(folders, token) if opens else []
    document = {"name": person.name, "may": person.may, "until": person.until, "token": token, "urls": urls}
    lines = [f"{person.name} may {MEANING[person.may]} until {words.stamp(person.until)}. This is shown once:"]
    lines += [f"  {url}" for url in urls] or [f"  {token}"]
    if person.may == "metrics":
        lines.append("Prometheus sends it as `Authorization: Bearer TOKEN`, to a dashboard of serve --metrics.")
    if opens and not urls:
        lines.append(f"No dashboard has served {folders.location} so far; the token opens its door once one does.")
    lines.append(f"End it: {words.monitor_line('link', '--revoke', person.name, *_where(folders))}")
    _say(as_json, document, "\n".join(lines))


def _where(folders: Folders) -> list[str]:
    """What a printed command needs so that it means the same folders: nothing for the usual one."""
    usual = folders.text == folders_given(None).text
    return [] if usual else [part for folder in folders.all for part in ("--runs", folder.text)]


MEANING = {
    "look": "look",
    "control": "look, stop and start runs",
    "metrics": "read /metrics and nothing else",
    "proxy": "say who asks (serve --trust-user-header)",
}


def _list(folders: Folders, as_json: bool) -> None:
    from monitor.ui.people import links_to

    found, at = links_to(folders), now()
    if as_json:
        shown = [{**asdict(each), "expired": at >= each.until} for each in found]
        print_json({"links": [{key: each[key] for key in JSON_FIELDS} for each in shown]})
    elif not found:
        console().print("There are no personal links.", soft_wrap=True)
    else:
        table = Table("who", "may", "made", "until", box=None, pad_edge=False)
        for each in found:
            until = f"{words.stamp(each.until)}{' (expired)' if at >= each.until else ''}"
            table.add_row(each.name, each.may, words.stamp(each.made_at), until)
        console().print(table)


JSON_FIELDS = ("name", "may", "made_at", "until", "expired")


def _say(as_json: bool, document: dict[str, object], text: str) -> None:
    if as_json:
        print_json(document)
    else:
        console().print(text, soft_wrap=True)
