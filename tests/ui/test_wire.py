"""What goes over the wire: compressed once, kept by the browser, unchanged but for the font of icons."""

import asyncio
import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

import plotly.offline
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from monitor.ui import assets
from monitor.ui.wire import ICON_NAME, LETTERS_ONLY, Compressed, compressed

FILES = Path(streamlit.__file__).parent / "static" / "static"
NPM_SHA256 = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
"""Of plotly-basic.min.js in npm's plotly.js-basic-dist-min 4.1.1."""


def asked(*paths, accepts="gzip"):
    """The answers of an app with Streamlit's files, as they come over the wire: [(response, bytes)]."""

    async def missing(*_):
        return PlainTextResponse("none", 404)

    app = Starlette(routes=[Mount("/static", StaticFiles(directory=FILES))], middleware=[Middleware(Compressed)])

    return [asyncio.run(answer(app, path, accepts)) for path in paths]


async def answer(app, path, accepts):
    """(status and headers, bytes as they are sent) of one GET, without a client that would unpack them."""
    messages = []

    async def receive():
        await asyncio.Event().wait()  # the client stays and says no more

    async def send(message):
        messages.append(message)

    headers = [(b"host", b"here"), (b"accept-encoding", accepts.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers}
    await app(scope | {"query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": ""}, receive, send)
    begin, *rest = messages
    said = {name.decode(): value.decode() for name, value in begin["headers"]}
    return Answer(begin["status"], said), b"".join(part.get("body", b"") for part in rest)


class Answer(NamedTuple):
    status_code: int
    headers: dict[str, str]


def one(pattern):
    return next(FILES.glob(pattern))


def test_streamlits_scripts_come_compressed_and_are_what_they_were():
    script = one("js/react-dom.*.js")
    (first, data), (_, again) = asked(*[f"/static/js/{script.name}"] * 2)
    assert first.headers["content-encoding"] == "gzip" and "immutable" in first.headers["cache-control"]
    assert gzip.decompress(data) == script.read_bytes() and data == again
    assert len(data) < 0.4 * script.stat().st_size


def test_who_takes_no_gzip_gets_the_file_and_what_is_missing_stays_missing():
    script = one("js/react-dom.*.js")
    (plain, data), (missing, _) = asked(f"/static/js/{script.name}", "/static/js/none.js", accepts="identity")
    assert "content-encoding" not in plain.headers and data == script.read_bytes()
    assert missing.status_code == 404
    (missing, _), (font, _) = asked("/static/js/none.js", f"/static/media/{one('media/*.woff2').name}")
    assert missing.status_code == 404 and "content-encoding" not in font.headers


def test_the_font_of_icons_is_loaded_for_icons_only():
    style = one("css/index.*.css").read_bytes()
    changed = gzip.decompress(compressed(style))
    assert style.count(ICON_NAME) == 1, "this Streamlit names its font of icons otherwise"
    assert changed.count(LETTERS_ONLY) == 1 and changed.index(LETTERS_ONLY) > changed.index(ICON_NAME)
    assert changed.replace(LETTERS_ONLY, b'format("woff2")') == style
    assert gzip.decompress(compressed(b"a{}")) == b"a{}"


def test_the_basic_bundle_is_npms_and_of_the_version_of_the_installed_plotly():
    packed = assets.STATIC / "vendor" / f"plotly-basic-{assets.PLOTLY}.min.js.gz"
    assert plotly.offline.get_plotlyjs_version() == assets.PLOTLY
    assert hashlib.sha256(gzip.decompress(packed.read_bytes())).hexdigest() == NPM_SHA256
    assert (packed.parent / "plotly-LICENSE.txt").read_text(encoding="utf-8").startswith("MIT License")


def test_the_addresses_of_the_page_change_with_its_bytes(monkeypatch):
    before = assets.page_url("/b", "js")
    assert before.startswith("/b/vs/page-") and before in assets.loader("/b") and before in assets.head_lines("/b")
    monkeypatch.setattr(assets, "_packed", lambda kind: kind.encode())
    assert assets.page_url("/b", "js") != before


def test_what_is_ours_and_plotly_weigh_less_than_half_a_megabyte():
    assert sum(assets.weights().values()) < 500_000


def test_an_answer_that_was_cut_off_as_its_visitor_left_is_not_kept_for_the_next():
    cuts = [(b"let a", True, b""), (b"let a", False, b"9"), (b"let a = 1;", False, b"10")]
    turns = iter(cuts)

    async def app(scope, receive, send):
        body, more, length = next(turns)
        headers = [(b"content-length", length)] if length else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": more})

    async def thrice():
        wire = Compressed(app)
        return [await answer(wire, "/static/js/a.js", "gzip") for _ in cuts] + [
            await answer(wire, "/static/js/a.js", "gzip")
        ]

    *_, third, again = asyncio.run(thrice())
    assert gzip.decompress(third[1]) == gzip.decompress(again[1]) == b"let a = 1;"
