"""The page's script names only fields that the server sends."""

import re
from pathlib import Path

import pytest

from monitor.ui import assets
from tests.page_fields import IN_FILE, names_in, uses, without_texts, wrong_fields

STATIC = Path(assets.__file__).parent / "static"


@pytest.mark.parametrize("file", assets.SCRIPTS)
def test_every_field_that_the_script_names_is_sent(file):
    assert wrong_fields(file, (STATIC / file).read_text(encoding="utf-8")) == []


def test_the_table_names_only_what_the_files_use():
    for file, names in IN_FILE.items():
        code = without_texts((STATIC / file).read_text(encoding="utf-8"))
        assert [name for name in names if not re.search(rf"(?<![\w$]){name}\??\.", code)] == [], file


def test_hundreds_of_uses_are_looked_at():
    code = {file: without_texts((STATIC / file).read_text(encoding="utf-8")) for file in assets.SCRIPTS}
    assert sum(bool(kinds) for file in code for _, kinds, _ in uses(code[file], names_in(file))) > 600


@pytest.mark.parametrize(
    ("file", "code", "wrong"),
    [
        ("now.js", "setText(ui.word, frame.verdict.wrod);", "frame.verdict.wrod"),
        ("run.js", "this.say(this.frame.status?.evidense);", "this.frame.status?.evidense"),
        ("tiles.js", "setText(node, `at ${tile.valeu} now`);", "tile.valeu"),
        ("now.js", "paint(frame.decodet.at(-1));", "frame.decodet.at"),
        ("compare.js", "const { fixed, brokn: many } = answer.sentences;", "{ brokn } = answer.sentences"),
        ("compare.js", "function lineNames({ runs, relatd }) {}", "lineNames({ relatd })"),
        ("rows.js", "row.live && row.wer_vallue", "row.wer_vallue"),
        ("figures.js", "for (const { run, epok } of frame.children ?? []) {}", "{ epok } of frame.children"),
        ("figures.js", "part(lane.start, lane.to)", "lane.start"),
        ("run.js", "hear(message.asked, message.sever_now)", "message.sever_now"),
    ],
)
def test_a_misspelt_field_is_reported(file, code, wrong):
    assert wrong_fields(file, code) == [f"{file}: {wrong}"]


@pytest.mark.parametrize(
    "code",
    [
        "// frame.nothing\nconst text = 'frame.nothing' + \"frame.nothing\" + `frame.nothing ${1}`;",
        "frame.title.length + frame.flags.map((flag) => flag.line.split(' '))",
        "text.replace(/frame.nothing\\//g, ''); other.frame.nothing; myframe.nothing",
        "const { status, away } = frame; let { why } = frame.away;",
    ],
)
def test_texts_and_what_is_no_field_are_left_alone(code):
    assert wrong_fields("now.js", code) == []


def test_what_a_template_computes_stays_code():
    assert without_texts("`a ${b.c} d ${`e ${f.g}`}` + h").split() == [";", "b.c", ";", ";", "f.g", ";", ";", "+", "h"]
