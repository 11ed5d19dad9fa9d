"""The first words of the page, in the document itself: what summary.json says, before any script has run.

Streamlit's own page is empty until a megabyte of script has loaded and a session has begun; the verdict must not wait
for that. The block stands over the empty page; the component takes it away when it paints what the live route sends
first. Those two are all: glyphs, labels and numbers of both come from monitor.run_dir.words and monitor.view.tiles.
Nor need the page itself wait: what it starts from stands in the document too, and Streamlit takes it over (main.js).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.diagnosis.summaries import is_quick, summary_of
from monitor.launcher import existing
from monitor.run_dir import Summary, words
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import Folders
from monitor.ui import assets
from monitor.ui.listing import FIRST_ROWS
from monitor.ui.messages import PageData
from monitor.ui.places import Places
from monitor.ui.visitors import HOLDER_HEADER, heard, role_in
from monitor.ui.wire import Collected, whole
from monitor.view import palette
from monitor.view.shapes.listing import RunRow
from monitor.view.tiles import first_tiles

COLOURS = ("page", "text", "muted", "hairline", "surface", "crit-fill", "on-crit", "warn", "warn-tint", "ok", "unknown")
BOTH_SCHEMES = "color-scheme:light dark"
STREAMLITS = re.compile(r'<link\s+rel="modulepreload"[^>]*>|<script type="module"[^>]*></script>')
"""What Streamlit loads, half a megabyte: on a slow line the charts would wait for it. The page's script asks for it
when they can be drawn (main.js)."""
"""Set by the page's theme switch."""
STYLE = """<style>
.stMainBlockContainer{padding:0 16px 48px!important;max-width:1312px!important}
@media(min-width:1400px){.stMainBlockContainer{max-width:1632px!important}}
@media(min-width:2400px){.stMainBlockContainer{max-width:1792px!important}}
@media(max-width:640px){.stMainBlockContainer{padding:0 8px 32px!important}}
header.stAppHeader,[data-testid="stAppSkeleton"],[data-testid="stSkeleton"]{display:none!important}
body:has(#vs-first){{colours}color-scheme:light dark;background:var(--vs-page)}
#vs-first{position:absolute;inset:0 0 auto 0;z-index:5;box-sizing:border-box;max-width:1632px;margin:0 auto;
padding:0 16px;font:14px/20px "Source Sans 3","Source Sans Pro",system-ui,sans-serif;
color:var(--vs-text)}
#vs-first *{box-sizing:border-box}
#vs-first header{min-height:64px;display:flex;gap:12px;align-items:center;flex-wrap:wrap}
#vs-first strong{font-size:20px;line-height:28px}#vs-first .m{color:var(--vs-muted)}
#vs-first .v{display:flex;gap:16px 24px;flex-wrap:wrap;border:1px solid var(--vs-hairline);border-radius:6px;
padding:16px 20px;height:180px;overflow:hidden;margin-top:52px;background:var(--vs-surface)}
#vs-first .v b{font-size:36px;line-height:40px;font-weight:600;white-space:nowrap;color:var(--vs-unknown)}
#vs-first .v span{font-size:18px;line-height:26px;flex:1;min-width:240px;padding-top:6px;overflow-wrap:anywhere}
@media(min-width:1001px) and (max-height:860px){#vs-first .v{height:150px;padding:10px 16px;margin-top:30px}
#vs-first .v b{font-size:30px;line-height:34px}
#vs-first .v span{font-size:16px;line-height:22px;padding-top:0}#vs-first dl{gap:10px;margin:10px 0}}
#vs-first .critical,#vs-first .critical b{background:var(--vs-crit-fill);color:var(--vs-on-crit)}
#vs-first .warning{background:var(--vs-warn-tint);border-color:var(--vs-warn)}#vs-first .warning b{color:var(--vs-warn)}
#vs-first .ok b{color:var(--vs-ok)}
#vs-first dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:16px;margin:16px 0}
#vs-first dt{color:var(--vs-muted)}#vs-first dd{margin:0;font-size:28px;line-height:32px;font-weight:600}
#vs-first .r{display:grid;grid-template-columns:1fr 2fr 1fr 2fr;gap:12px;margin:0;padding:12px 16px;font-size:14px;
border-top:1px solid var(--vs-hairline);overflow-wrap:anywhere}
#vs-first small{display:block;font-size:12px;line-height:16px;font-weight:400}
</style>""".replace("{colours}", palette.properties_of_both(*COLOURS))


class FirstPaint:
    """ASGI middleware behind the gate: adds the block to the document of the page, and touches nothing else."""

    def __init__(
        self, app: ASGIApp, places: Places, data: Callable[[str | None, str, str], PageData], base: str = ""
    ) -> None:
        self._app = app
        self._data = data
        self._places = places
        self._pages = {f"{base}/", base or "/"}
        self._head = assets.head_lines(base)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the block to a whole HTML document that was answered with 200; passes on everything else."""
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in self._pages:
            await self._app(scope, receive, send)
            return
        answer = Collected()
        await self._app(whole(scope), receive, answer.send)
        document = answer.body.decode("utf-8", "replace")
        if answer.status != 200 or '<div id="root">' not in document:
            await answer.pass_on(send)
            return
        run_id = Request(scope).query_params.get("run")
        rows = (await self._places.listing.latest()).rows if run_id is None else []
        block = await run_in_threadpool(first_words, self._places.folders, run_id, rows)
        chosen = Request(scope).cookies.get(assets.THEME_COOKIE)
        style = STYLE.replace(BOTH_SCHEMES, f"color-scheme:{chosen}") if chosen in ("light", "dark") else STYLE
        holder = heard(Request(scope).headers, HOLDER_HEADER)
        data = await run_in_threadpool(self._data, run_id, role_in(scope) or "look", holder)
        later = f'<template id="vs-later">{"".join(STREAMLITS.findall(document))}</template>'
        document = STREAMLITS.sub("", document)
        document = document.replace("<head>", f"<head>{self._head}{_as_data(data)}", 1)
        document = document.replace("</head>", f"{style}{later}</head>", 1)
        document = document.replace('<div id="root">', f'{block}<div id="root">', 1)
        await HTMLResponse(document, headers={"Cache-Control": "no-store"})(scope, receive, send)


def _as_data(page: PageData) -> str:
    """What the page starts from, for its script; "<" could end it in a document."""
    data = msgspec.json.encode(page).decode().replace("<", "\\u003c")
    return f'<script type="application/json" id="vs-data">{data}</script>'


def first_words(folders: Folders, run_id: str | None, rows: Sequence[RunRow] = ()) -> str:
    """The block as HTML; every word of a run is escaped. Empty where there is nothing to say yet."""
    if run_id is None:
        head = f"<header><strong>Vitalsigns</strong><span class=m>{html.escape(folders.heading)}</span></header>"
        return _block(head + "".join(map(_row, _folded(rows)[:FIRST_ROWS])))
    try:
        folder, name = folders.of(run_id)
        run_dir = existing(folder.path, name)
        # A very long run is judged once, for the live route: the document does not wait for it.
        if not is_quick(run_dir):
            return ""
        summary = summary_of(run_dir)
    except (MonitorError, OSError):
        return ""
    if summary == Summary(run_id=name):  # nothing was recorded, or nothing that can be read
        return ""
    return _block(_run(name, summary))


def _folded(rows: Sequence[RunRow]) -> list[RunRow]:
    """Of each sweep the first trial alone: the page shows one row of it."""
    found: dict[object, RunRow] = {}
    for row in rows:
        found.setdefault((row.group, row.sweep) if row.sweep else row.run, row)
    return list(found.values())


def _block(inner: str) -> str:
    return f'<div id="vs-first">{words.steady(inner)}</div>'


def _row(row: RunRow) -> str:
    chance = f" (chance {row.chance})" if row.chance else ""
    glyph = words.STATE_GLYPHS["unreadable"] if row.state == "unreadable" else words.verdict_glyph(row.verdict)
    cells = (f"{glyph} {row.verdict or row.state}", row.run, row.state, f"{row.score}{chance}")
    return f"<p class=r>{''.join(f'<span>{html.escape(cell)}</span>' for cell in cells)}</p>"


def _run(run_id: str, summary: Summary) -> str:
    verdict = html.escape(f"{words.verdict_glyph(summary.verdict)} {summary.verdict}")
    cells = "".join(
        f"<div><dt>{label}</dt><dd>{value}<small class=m>{html.escape(yard)}</small></dd></div>"
        for label, value, yard in first_tiles(summary)
    )
    epoch = f"epoch {words.epoch_of(summary.epoch, summary.epochs)}"
    return (
        f"<header><strong>{html.escape(run_id)}</strong><span class=m>{epoch}</span></header>"
        f'<div class="v {words.VERDICT_TONES.get(summary.verdict, "unknown")}"><b>{verdict}</b>'
        f"<span>{html.escape(summary.reason)}</span></div><dl>{cells}</dl>"
    )
