"""What the browser needs besides data: the component's own code, and plotly.js out of the plotly package."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response

from monitor.run_dir import words
from monitor.view import palette

STATIC = Path(__file__).parent / "static"
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
    "overview.js",
    "run.js",
    "main.js",
)
"""In this order: each may use what stands before it. `main.js` exports the component."""


def constants() -> str:
    """What the scripts share with the server, as JavaScript constants; it stands before them all."""
    named = {
        "SEVERITY_GLYPHS": words.SEVERITY_GLYPHS,
        "VERDICT_GLYPHS": words.VERDICT_GLYPHS,
        "VERDICT_TONES": words.VERDICT_TONES,
        "OUTCOME_GLYPHS": words.OUTCOME_GLYPHS,
        "STATE_GLYPHS": words.STATE_GLYPHS,
        "TAB_ICONS": palette.TAB_ICONS,
    }
    return "\n".join(f"const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in named.items())


@functools.cache
def script() -> str:
    """The component as one ES module."""
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
    return colours + (STATIC / "page.css").read_text(encoding="utf-8")


@functools.cache
def _plotly() -> bytes:
    """The plotly.js of the installed plotly package, compressed once: no CDN, and it works offline."""
    path = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(path.read_bytes(), 6)


def plotly_bytes() -> int:
    """What plotly.js weighs over the wire."""
    return len(_plotly())


def plotly_url(base: str) -> str:
    return f"{base}/vs/plotly-{plotly.__version__}.min.js"


async def plotly_route(_request: Request) -> Response:
    headers = {"Content-Encoding": "gzip", "Cache-Control": "private, max-age=31536000, immutable"}
    return Response(_plotly(), media_type="text/javascript", headers=headers)
