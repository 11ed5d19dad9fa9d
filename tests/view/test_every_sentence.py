"""Every sentence about sixteen kinds of runs, after each of their evaluations, against a second computation."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.commands.cli import main
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Snapshot
from monitor.run_dir.reader import RunReader
from monitor.run_dir.replay import as_of
from monitor.run_dir.status import status_of
from monitor.supervisor.notify.message import Scene, compose
from monitor.supervisor.notify.pending import Item
from monitor.view.frame import frame
from monitor.view.series import Since
from tests.kinds_of_runs import KINDS
from tests.view.second_computation import METRICS, Facts, shows, untrue

NAMES = [kind.__name__.replace("_", "-") for kind in KINDS]
FOR_ONE_KIND = {
    "blank": lambda facts: facts.logged("blank_ratio"),
    "CTC": lambda facts: facts.logged("blank_ratio"),
    "WER": lambda facts: facts.logged("val_wer"),
    "checkpoint with the best": lambda facts: bool(facts.metric()),
}
"""Words that are said only where the run has what they speak of."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for kind in KINDS:
        kind(folder)
    return folder


def moments(run_dir: Path) -> Iterator[tuple[Snapshot, Facts]]:
    """The run at its end, and as it was after each of its rows."""
    ended = RunReader(run_dir).read(time.time())
    yield ended, Facts(run_dir)
    for record in ended.epochs:
        yield as_of(ended, record.epoch), Facts(run_dir, record.epoch)


def painted(snapshot: Snapshot) -> dict[str, Any]:
    return msgspec.to_builtins(frame(snapshot, judge(snapshot, time.time()), time.time(), since=Since()))


@pytest.mark.parametrize("name", NAMES)
def test_every_sentence_is_what_the_files_say(runs, name):
    checked = 0
    for snapshot, facts in moments(runs / name):
        shown = painted(snapshot)
        sentences = [shown["verdict"]["reason"], *shown["verdict"]["also"], shown["verdict"]["coverage"]]
        sentences += [flag["line"] for flag in shown["flags"]]
        if choice := shown["verdict"]["choice"]:
            sentences += [choice["waiting"], choice["restarting"], f"{choice['word']}: {choice['why']}"]
        sentences += [line for cause in shown["causes"] for line in cause["evidence"]]
        for sentence in sentences:
            assert untrue(sentence, facts) == "", f"{name}, epoch {snapshot.epochs[-1:]}"
            checked += 1
    assert checked > 1


@pytest.mark.parametrize("name", NAMES)
def test_tiles_title_and_yardsticks_are_what_the_files_say(runs, name):
    for snapshot, facts in moments(runs / name):
        shown = painted(snapshot)
        tiles = {tile["key"]: tile for tile in shown["tiles"]}
        metric = METRICS.get(facts.metric(), "")
        assert len(tiles) <= 4
        if facts.rows:
            # What is not logged has no tile.
            assert all(tile["value"] != "–" for tile in tiles.values())
            assert ("val_loss" in tiles) == facts.logged("val_loss")
        if metric:
            assert shown["tiles"][0]["key"] == metric
        for key in filter(facts.logged, (metric, "val_loss")):
            _is_shown(tiles[key], facts, key)
        if facts.logged("val_loss"):
            assert shows(tiles["gap"]["value"], facts.gap()), tiles["gap"]
            assert tiles["gap"]["bad"] == (1 < facts.gap() < math.inf)
        if facts.decodes:
            assert shows(tiles["words"]["value"], facts.words_for_each_hundred() / 100)
        in_title = re.search(r"· ([\d.]+) % ·", shown["title"])
        assert (in_title is not None) == bool(metric)
        assert in_title is None or shows(in_title[1], 100 * facts.last(metric))


def _is_shown(tile: dict[str, Any], facts: Facts, key: str) -> None:
    """The newest value, and the best one with its epoch."""
    factor = 1 if key == "val_loss" else 100
    assert shows(tile["value"].removesuffix(" %"), factor * facts.last(key)), tile
    best = re.search(r"best ([\d.]+) @([\d.]+)", tile["yardstick"])
    epoch, value = facts.best(key)
    assert shows(best[1], factor * value) and float(best[2]) == epoch


@pytest.mark.parametrize("name", NAMES)
def test_beside_a_healthy_run_each_status_follows_from_its_numbers(runs, name):
    for snapshot, facts in moments(runs / name):
        for row in painted(snapshot)["healthy"]:
            what, _, now, status = row[0], row[1], row[2], row[-1]
            if what == "train loss":
                first, last = re.fullmatch(r"(\S+) → (\S+)", now).groups()
                values = [value for _, value in facts.known("train_loss")]
                assert shows(first, values[0]) and shows(last, values[-1]), row
                assert status != "OK" or values[-1] < values[0], row
            elif what == "empty predictions":
                assert (status == "OK") == (float(now.partition(" %")[0]) <= 5), row
            elif what == "gap of the losses":
                assert shows(now.lstrip("+"), facts.gap()) and (status == "BAD") >= (facts.gap() > 1), row
                assert facts.gap() > 1 or status != "BAD", row
            elif what == "val loss" and "above its best" in now:
                assert shows(now.split()[0], 100 * facts.rise()), row
                assert facts.rise() < 0.1 or status != "OK", row


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_speaks_of_what_the_run_does_not_have(runs, name):
    for snapshot, facts in moments(runs / name):
        shown = painted(snapshot)
        parts = [shown[key] for key in ("verdict", "flags", "causes", "prescriptions", "healthy", "progress")]
        parts[0] = {key: value for key, value in parts[0].items() if key != "not_checked"}
        text = " ".join(_strings(parts))
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\.\.", text), text
        for word, fits in FOR_ONE_KIND.items():
            assert fits(facts) or word not in text, (word, re.findall(f".{{60}}{word}.{{20}}", text))


def _strings(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        # Keys of the numbers beside a flag are shown as well; ids are not.
        yield from (
            text for key, value in part.items() for text in (key, *_strings(value)) if key not in ("rule", "alert")
        )
    elif isinstance(part, list):
        yield from (text for each in part for text in _strings(each))


@pytest.mark.parametrize("name", NAMES)
def test_terminal_report_and_message_say_what_the_page_says(runs, name, capsys):
    snapshot = RunReader(runs / name).read(time.time())
    judged = judge(snapshot, time.time())
    shown = painted(snapshot)
    assert main(["show", name, "--runs", str(runs)]) in (0, None)
    terminal = capsys.readouterr().out
    assert main(["report", name, "--runs", str(runs)]) in (0, None)
    report = capsys.readouterr().out
    item = Item("run", "end", "", "critical")
    message = compose([item], Scene(snapshot, judged, status_of(snapshot))).body
    for place in (terminal, report, message):
        assert shown["verdict"]["reason"] in place
    assert all(line in terminal for line in shown["verdict"]["also"])
    for tile in shown["tiles"]:
        assert (f"{tile['label']:<15}{tile['value']}" in terminal) == (tile["value"] != "–"), tile["label"]


@pytest.mark.parametrize("name", NAMES)
def test_a_message_advises_what_the_page_advises_at_each_moment(runs, name):
    """Where the word stands for a flag that does not hold now, too."""
    for snapshot, _ in moments(runs / name):
        judged = judge(snapshot, time.time())
        step = painted(snapshot)["verdict"]["next_step"]
        body = compose([Item("run", "raised", "", "critical")], Scene(snapshot, judged, status_of(snapshot))).body
        advice = next((line for line in body.splitlines() if line.startswith("What to try: ")), "")
        option = advice.removeprefix("What to try: ").partition(". Expected: ")[0].partition(" (--")[0].rstrip(".")
        same = step in body or (option and option[:1].lower() + option[1:] in step)
        # Why waiting is better is worked out by who sends the message, not here.
        assert same or step.startswith("Wait, or"), (snapshot.epochs[-1:], step, body)
