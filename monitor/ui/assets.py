"""What the browser needs besides data: the component's own code, and plotly.js."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from monitor.run_dir import SEVERITIES, words
from monitor.ui.listing import FIRST_ROWS, WHOLE_ROWS
from monitor.ui.seats import ASK_AGAIN
from monitor.ui.wire import packed
from monitor.view import palette
from monitor.view.predictions import KIND_GLYPHS
from monitor.view.series import MOST_STEPS

STATIC = Path(__file__).parent / "static"
PLOTLY = "4.1.1"
"""The version of plotly.js, the same as in the installed plotly package; from npm's plotly.js-basic-dist-min."""
THEME_COOKIE = "vs_theme"
SCRIPTS = (
    "dom.js",
    "words.js",
    "address.js",
    "socket.js",
    "toast.js",
    "help.js",
    "notify.js",
    "theme.js",
    "palette.js",
    "axis.js",
    "charts.js",
    "bands.js",
    "figures.js",
    "curves.js",
    "tabs.js",
    "moment.js",
    "offline.js",
    "verdict.js",
    "tiles.js",
    "flags.js",
    "aligned.js",
    "now.js",
    "strip.js",
    "predictions.js",
    "metrics.js",
    "diagnosis.js",
    "compare.js",
    "log.js",
    "ledger.js",
    "form.js",
    "query.js",
    "grouping.js",
    "sweep.js",
    "devices.js",
    "missed.js",
    "first_runs.js",
    "selection.js",
    "rows.js",
    "overview.js",
    "run.js",
    "main.js",
)
"""In this order: each may use what stands before it. `main.js` exports the component."""
STYLES = ("streamlit.css", "page.css", "list.css", "windows.css")
"""In this order: of two rules that are equally exact the later one counts."""


def constants() -> str:
    """What the scripts share with the server, as JavaScript constants; it stands before them all."""
    named = {
        "SEVERITY_GLYPHS": words.SEVERITY_GLYPHS,
        "VERDICT_GLYPHS": words.VERDICT_GLYPHS,
        "VERDICT_TONES": words.VERDICT_TONES,
        "OUTCOME_GLYPHS": words.OUTCOME_GLYPHS,
        "STATE_GLYPHS": words.STATE_GLYPHS,
        "TAB_ICONS": palette.TAB_ICONS,
        "KIND_GLYPHS": KIND_GLYPHS,
        "SEVERITIES": SEVERITIES,
        "NOT_MEASURED": words.NOT_MEASURED,
        "LARGEST": words.LARGEST,
        "SMALLEST": words.SMALLEST,
        "AHEAD_SECS": words.AHEAD_SECS,
        "MOST_STEPS": MOST_STEPS,
        "FIRST_ROWS": FIRST_ROWS,
        "WHOLE_ROWS": WHOLE_ROWS,
        "ASK_AGAIN": ASK_AGAIN,
        "THEME_COOKIE": THEME_COOKIE,
    }
    return "\n".join(f"const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in named.items())


@functools.cache
def script() -> str:
    """The component as one ES module; what is sent to a browser also begins (`begin` in main.js)."""
    return "\n".join([constants(), *((STATIC / name).read_text(encoding="utf-8") for name in SCRIPTS)])


@functools.cache
def form_script() -> str:
    """The form of a dialog as an ES module of its own."""
    parts = [(STATIC / name).read_text(encoding="utf-8") for name in ("dom.js", "form.js")]
    return "\n".join([*parts, "export default formComponent;"])


@functools.cache
def styles() -> str:
    """The page's styles behind the palette; the body has the colours too, for what Streamlit draws itself."""
    light, dark = (palette.properties(dark=dark) for dark in (False, True))
    is_dark = '.vs-root[data-theme="dark"]'
    colours = f".vs-root,body{{{light}}}\n{is_dark},body:has({is_dark}){{{dark}}}\n"
    return colours + "\n".join((STATIC / name).read_text(encoding="utf-8") for name in STYLES)


@functools.cache
def _plotly() -> bytes:
    """plotly.js in its basic bundle (scatter, bar, pie), a quarter of the whole: no CDN, and it works offline."""
    return (STATIC / "vendor" / f"plotly-basic-{PLOTLY}.min.js.gz").read_bytes()


@functools.cache
def _packed(kind: str) -> bytes:
    """The page's script ("js") or styles ("css"), compressed once."""
    text = f"{script()}\nbegin();" if kind == "js" else styles()
    return gzip.compress(text.encode(), 9)


def page_url(base: str, kind: str) -> str:
    """Where the page's script ("js") or styles ("css") lie: another address for other bytes."""
    return f"{base}/vs/page-{hashlib.sha256(_packed(kind)).hexdigest()[:12]}.{kind}"


def loader(base: str) -> str:
    """The component as Streamlit is given it with every answer: a line that loads the page's script, which is kept."""
    address = json.dumps(page_url(base, "js"))
    return f"const page = await import(new URL({address}, document.baseURI).href);\nexport default page.default;"


def head_lines(base: str) -> str:
    """For the document's head, before Streamlit's own lines: the page's styles, and its scripts.

    They are asked for, and the page begins, before Streamlit does.
    """
    script, styles, plotly = page_url(base, "js"), page_url(base, "css"), plotly_url(base)
    return (
        f'<link rel="stylesheet" href="{styles}"><script type="module" async src="{script}"></script>'
        f'<link rel="preload" as="script" href="{plotly}">'
    )


def weights() -> dict[str, int]:
    """Bytes over the wire of what is ours on the page, and of plotly.js."""
    return {"script": len(_packed("js")), "styles": len(_packed("css")), "plotly": len(_plotly())}


def plotly_url(base: str) -> str:
    """Its version stands in the address, so a browser may keep it."""
    return f"{base}/vs/plotly-basic-{PLOTLY}.min.js"


def routes(base: str) -> list[BaseRoute]:
    """The page's script and styles, and plotly.js."""

    def served(address: str, data: Callable[[], bytes], media_type: str) -> Route:
        """A route for what `data` makes."""

        async def answer(_request: Request) -> Response:
            """What `data` makes is compressed already."""
            return packed(data(), media_type)

        return Route(address, answer)

    return [
        served(page_url(base, "js"), lambda: _packed("js"), "text/javascript"),
        served(page_url(base, "css"), lambda: _packed("css"), "text/css"),
        served(plotly_url(base), _plotly, "text/javascript"),
    ]
