"""Report, page, list and terminal of a finished run show the same numbers in the same words and the same colours."""

import html
import json
import re
from pathlib import Path

import pytest

from monitor.commands.cli import main
from monitor.diagnosis.verdict import judge
from monitor.run_dir.reader import RunReader
from monitor.run_dir.words import NOT_MEASURED, number, percent, signed
from monitor.ui import assets
from monitor.view import palette
from monitor.view.frame import frame
from monitor.view.rows import RowBook
from monitor.view.series import Since
from tests import fake_runs

NOW = 2e9
MAKERS = (fake_runs.healthy, fake_runs.overfitting, fake_runs.seldom_validated, fake_runs.all_blank)
COLUMNS = {
    "train loss": ("train_loss", number),
    "val loss": ("val_loss", number),
    "gap": ("gap", signed),
    "val WER": ("val_wer", percent),
    "words out / in": ("length_ratio", number),
    "blank": ("blank_ratio", percent),
}
"""Column of the report's table → the page's column of it, and how a value is written."""
FIGURES = Path(assets.__file__).parent / "static" / "figures.js"


class Shown:
    """The run as each of the four shows it."""

    def __init__(self, run_dir, capsys):
        seen = RunReader(run_dir).read(NOW)
        self.frame = frame(seen, judge(seen, NOW), NOW, since=Since())
        self.tiles = {tile.key: tile for tile in self.frame.tiles}
        self.row = RowBook(run_dir.parent).rows(NOW)[0]
        out = {}
        for name, words in {
            "report": ["report", str(run_dir)],
            "html": ["report", str(run_dir), "--html"],
            "show": ["show", str(run_dir)],
            "list": ["list", "--runs", str(run_dir.parent)],
            "check": ["check", str(run_dir), "--json"],
            "listed": ["list", "--runs", str(run_dir.parent), "--json"],
        }.items():
            main(words)
            out[name] = capsys.readouterr().out
        self.report, self.html, self.show, self.list = (
            out["report"].replace("\\", ""),
            out["html"],
            out["show"],
            out["list"],
        )
        self.check, self.listed = json.loads(out["check"])["diagnosis"], json.loads(out["listed"])["runs"][0]

    def table(self, heading):
        """The rows of the first table below a heading of the report, as dictionaries."""
        part = self.report.partition(f"## {heading}\n")[2]
        rows = [
            line.strip("| ").split(" | ") for line in re.findall(r"^\|.*\|$", part.partition("\n## ")[0], re.MULTILINE)
        ]
        return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker.__name__)
def shown(request, tmp_path, capsys):
    return Shown(request.param(tmp_path), capsys)


def test_the_word_and_its_reason_are_the_same_everywhere(shown):
    word, reason = shown.frame.verdict.word, shown.frame.verdict.reason
    assert f"{word}. {reason}" in shown.report and f"{word}  {reason}" in shown.show
    assert (shown.check["verdict"], shown.check["reason"]) == (word, reason)
    assert (shown.row.verdict, shown.row.reason, shown.listed["reason"]) == (word, reason, reason)
    assert re.search(rf"\b{word}\b", shown.list)


def test_flags_have_one_line_and_one_gravity_everywhere(shown):
    flags = {(flag.severity, flag.line) for flag in shown.frame.flags}
    assert {(found["severity"], found["line"]) for found in shown.check["findings"]} == flags
    part = shown.report.partition("## Red flags\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\d+\. (critical|warning|info): (.*)$", part, re.MULTILINE)) == flags


def test_every_number_of_the_reports_table_is_the_pages_at_that_epoch(shown):
    columns, rows = shown.frame.series.epochs, shown.table("Training statistics")
    assert len(rows) > 5
    for row in rows:
        place = columns.epoch.index(float(row["epoch"]))
        for title, (field, written) in COLUMNS.items():
            if title in row:
                assert row[title] == written(getattr(columns, field)[place]), (row["epoch"], title)


def test_the_newest_numbers_are_those_of_the_tiles(shown):
    newest = [row for row in shown.table("Training statistics") if row["val loss"] != NOT_MEASURED][-1]
    tiles = {key: tile.value for key, tile in shown.tiles.items()}
    assert (newest["val loss"], newest["val WER"]) == (tiles["val_loss"], tiles["val_wer"])
    assert newest["gap"].removeprefix("+") == tiles["gap"] and newest["words out / in"] == tiles["words"]
    assert (shown.row.score, shown.row.gap) == (tiles["val_wer"], tiles["gap"])
    for tile in shown.tiles.values():
        assert re.search(
            rf"^{re.escape(tile.label)} +{re.escape(tile.value)}\b|^{re.escape(tile.label)} +{tile.value} ",
            shown.show,
            re.M,
        )
        assert tile.yardstick in shown.show
    cells = re.split(r" {2,}", shown.list.splitlines()[1])
    assert {tiles["val_wer"], tiles["gap"]} <= set(cells)
    assert (percent(shown.listed["val_wer"]), number(shown.listed["gap"])) == (tiles["val_wer"], tiles["gap"])


def test_beside_a_healthy_run_the_report_has_the_pages_rows(shown):
    assert [list(row.values()) for row in shown.table("Healthy beside this run")] == shown.frame.healthy


def test_a_series_has_one_colour_on_page_and_report(shown):
    named = re.findall(r'<text x="578"[^>]*style="fill:var\(--vs-(\w+)\)">([^<]*)</text>', shown.html)
    strokes = re.findall(r'<polyline[^>]*stroke="var\(--vs-(\w+)\)"', shown.html)
    assert {"train", "val"} <= {html.unescape(name) for _, name in named} and len(strokes) == len(named)
    assert all(colour == palette.curve(html.unescape(name)) for colour, name in named)
    # On the page: a trace called "… train …" is drawn in ink.train, one called "… val …" in ink.val.
    script = FIGURES.read_text(encoding="utf-8")
    traces = re.findall(
        r'curve\(ctx, [\w.]+, (?:evalMode \? "[^"]*" : )?["`](train|val)[^"`]*["`], ink\.(\w+)\)', script
    )
    assert "curve(ctx, val, metric.title, ink.val)" in script
    assert len(traces) >= 3 and all(name == ink for name, ink in traces)
    for name in ("train", "val"):
        colours = re.findall(rf"--vs-{name}:(#\w+)", shown.html)
        assert colours == list(palette.COLOURS[name])
