"""The first words in the document: from the summary alone, inert, and never in the way of anything else."""

import asyncio
import html
import json
import re
import urllib.parse
from pathlib import Path

import msgspec
import pytest
import streamlit
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from monitor.diagnosis.alerts import summarise
from monitor.diagnosis.verdict import judge
from monitor.run_dir import EPOCHS_FILE, LAUNCH_FILE, SUMMARY_FILE, Epoch, Launch, Summary, encode, words
from monitor.run_dir.folders import folders_of
from monitor.run_dir.reader import RunReader
from monitor.ui.firstpaint import FirstPaint, first_words
from monitor.ui.messages import PageData
from monitor.ui.places import Places
from monitor.view.frame import frame as build_frame
from monitor.view.series import Since
from monitor.view.shapes.listing import RunRow
from tests import fake_runs

DOCUMENT = '<html><head><title>x</title></head><body><div id="root"></div></body></html>'


def write(runs, name, **fields):
    (runs / name).mkdir(parents=True)
    (runs / name / SUMMARY_FILE).write_bytes(encode(Summary(run_id=name, **fields)))


class Client:
    """Asks an ASGI app as a server would; (status, text, headers) of the answer."""

    def __init__(self, app):
        self._app = app

    def get(self, target):
        path, _, query = target.partition("?")
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
        sent = []

        async def ask():
            async def receive():
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message):
                sent.append(message)

            await self._app(scope, receive, send)

        asyncio.run(ask())
        body = b"".join(message.get("body", b"") for message in sent)
        headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], body.decode(), headers


def data_of(run_id, role, holder="", **said):
    return PageData(
        mode="run", name="r", ws="/l", plotly="/p", report="/r", role=role, again="", run=run_id, runs_dir="/d", **said
    )


@pytest.fixture
def client(tmp_path):
    async def page(_):
        return HTMLResponse(DOCUMENT)

    async def other(_):
        return PlainTextResponse("other")

    app = Starlette(routes=[Route("/", page), Route("/sub/", page), Route("/vs/live", other)])
    return lambda base="": Client(FirstPaint(app, Places(folders_of([tmp_path])), data_of, base))


def test_the_document_says_verdict_and_numbers_before_any_script(client, tmp_path):
    write(tmp_path, "r", verdict="STOP", reason="Not learning.", val_wer=0.921, wer_constant=0.912, gap=2.93)
    _, text, headers = client().get("/?run=r")
    assert text.index('id="vs-first"') < text.index('id="root"')
    for said in ("Not learning.", "⬣ STOP", "92.1 %", "chance 91.2", "2.93"):
        assert said in text
    assert "no-store" in headers["cache-control"]


def without_a_wer_at_last(runs):
    """A run that decodes only now and then: its last evaluation has losses alone."""
    run_dir = fake_runs.healthy(runs)
    with (run_dir / EPOCHS_FILE).open("ab") as file:
        file.write(encode(Epoch(epoch=99.0, at=1.0, train_loss=0.5, val_loss=0.9)) + b"\n")
    return run_dir


RUNS = [fake_runs.healthy, fake_runs.overfitting, fake_runs.all_blank, fake_runs.not_a_number, without_a_wer_at_last]


@pytest.mark.parametrize("make", RUNS)
def test_the_document_says_what_the_first_frame_says(tmp_path, make):
    run_dir = make(tmp_path)
    snapshot = RunReader(run_dir).read(1e9)
    judged = judge(snapshot, 1e9)
    (run_dir / SUMMARY_FILE).write_bytes(encode(summarise(snapshot, judged, 1e9)))
    frame = build_frame(snapshot, judged, 1e9, since=Since())
    verdict, tiles = frame.verdict, frame.tiles
    text = first_words(folders_of([tmp_path]), run_dir.name)
    assert f"<b>{html.escape(words.verdict_glyph(verdict.word) + ' ' + verdict.word)}</b>" in text
    assert f"<span>{html.escape(verdict.reason)}</span>" in text
    said = re.findall("<dt>(.*?)</dt><dd>(.*?)<small", text)
    assert said == [(tile.label, tile.value) for tile in tiles]
    assert html.escape(tiles[0].yardstick) in text


def test_the_glyphs_of_the_list_are_those_of_the_page(tmp_path):
    rows = [
        RunRow(run="a", state="failed", evidence="", verdict="FAILED"),
        RunRow(run="b", state="running", evidence="", verdict="LOOK"),
    ]
    text = first_words(folders_of([tmp_path]), None, rows)
    assert "<span>✕ FAILED</span>" in text and "<span>▲ LOOK</span>" in text


def test_what_a_run_says_is_text(client, tmp_path):
    write(tmp_path, "r", verdict="LOOK", reason="<script>alert(1)</script> & <img src=x onerror=y>")
    _, text, _ = client().get("/?run=r")
    assert "<script>alert" not in text and "<img" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("run", ["nobody", "../etc", "a/b", "%00", "<b>"])
def test_an_unknown_or_odd_run_adds_no_words_and_breaks_nothing(client, run):
    status, text, _ = client().get(f"/?run={urllib.parse.quote(run)}")
    assert status == 200
    assert text.endswith('<div id="root"></div></body></html>')
    assert "vs-first" not in text.split("</style>")[1]


def test_the_list_names_its_folder_and_other_paths_are_left_alone(client, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / LAUNCH_FILE).write_bytes(encode(Launch(run_id="one", created_at=1.0, argv=["train"])))
    text = client().get("/")[1]
    assert str(tmp_path) in text and "<span>one</span>" in text
    assert client().get("/vs/live")[1] == "other"


def test_behind_a_sub_path_only_that_page_is_added_to(client):
    assert "vs-first" in client("/sub").get("/sub/")[1]
    assert "vs-first" not in client("/sub").get("/")[1]


def test_words_of_a_torn_summary_are_left_out(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / SUMMARY_FILE).write_bytes(b'{"run_id": "r", "verd')
    assert first_words(folders_of([tmp_path]), "r") == ""


def test_an_answer_that_is_no_page_is_passed_on_as_it_is(tmp_path):
    async def broken(scope, receive, send):
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"no"})

    assert Client(FirstPaint(broken, Places(folders_of([tmp_path])), data_of)).get("/")[:2] == (500, "no")


def answered(tmp_path, document, **said):
    async def page(scope, receive, send):
        await HTMLResponse(document)(scope, receive, send)

    def data(run_id, role, holder):
        return data_of(run_id, role, **said)

    return Client(FirstPaint(page, Places(folders_of([tmp_path])), data)).get("/?run=r")[1]


def test_what_the_page_starts_from_stands_in_the_document_and_cannot_end_it(tmp_path):
    write(tmp_path, "r", verdict="LOOK", reason="Look.")
    odd = {"title": "</script><script>alert(1)</script>", "tags": ["a<b"]}
    text = answered(tmp_path, DOCUMENT, **odd)
    said = re.search('<script type="application/json" id="vs-data">(.*?)</script>', text)[1]
    assert json.loads(said) == {**msgspec.to_builtins(data_of("r", "look")), **odd}
    assert "<script>alert" not in text
    assert text.index('id="vs-data"') < text.index("</head>")


def test_streamlits_own_scripts_wait_in_a_template_for_the_pages(tmp_path):
    document = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    text = answered(tmp_path, document)
    later = re.search('<template id="vs-later">(.*?)</template>', text, re.DOTALL)[1]
    loads = re.findall(r'(?:src|href)="([^"]+[.]js)"', document)
    assert len(loads) > 20 and sorted(re.findall(r'(?:src|href)="([^"]+[.]js)"', later)) == sorted(loads)
    rest = text.replace(later, "")
    assert not [each for each in loads if each in rest]
    assert rest.index("/vs/page-") < rest.index("<title>") < rest.index('id="vs-later"') < rest.index("</head>")
