"""Thousands of damaged run directories and odd questions: nothing falls over, hangs, or says what is not true."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import random
import resource
import shutil
import signal
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor import launcher
from monitor.commands import cli
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import (
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    STEPS_FILE,
    Clip,
    Decode,
    Epoch,
    Snapshot,
    Step,
    control,
    decode,
)
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import folders_of
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import LIVE_WORDS, status_of
from monitor.ui import tailing
from monitor.ui.family import Family
from monitor.ui.firstpaint import first_words
from monitor.ui.questions import Others, answer, question_of
from monitor.view.frame import frame
from monitor.view.report.markdown import to_markdown
from monitor.view.report.page import to_html
from monitor.view.report.whole import report_of
from monitor.view.rows import RowBook
from monitor.view.series import Since
from tests import fake_runs
from tests.faults.mutate import AT, EVIL, copy_of, furnished, mutate, whole_lines
from tests.faults.table import times

PARTS = 4
CASES = times(40, 8000) // PARTS
QUESTIONS = times(60, 4000)
HANG_SECS = 120
"""So long nothing takes, also where six processes share two cores."""
ROOM_BYTES = 2 << 30
"""What reads a device without end fails here, before it takes the machine's memory."""
KNOWN_EXITS = {0, 1, 2, 3, 4, 5, 64}
WORDS = LIVE_WORDS | {"stopped", "finished", "failed", "lost", "imported"}
VERBS = (["check"], ["show"], ["diagnose"], ["report"], ["report", "--html"], ["compare", "healthy"])
STATES = ("finished", "failed", "stopped", "running", "stopping", "queued", "starting")


class Hang(BaseException):
    """No `except Exception` on the way may swallow it."""


@contextlib.contextmanager
def within(secs: int) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Hang(f"took more than {secs} s")

    before = signal.signal(signal.SIGALRM, ring)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + ROOM_BYTES, limits[1]))
    signal.alarm(secs)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, before)


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


@pytest.fixture(scope="module")
def templates(tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("templates")
    cast = [make(folder) for make in fake_runs.CAST if make is not fake_runs.newer_schema]
    for place, run_dir in enumerate(cast):
        furnished(run_dir, STATES[place % len(STATES)])
    bare = shutil.copytree(cast[0], folder / "bare")
    for name in ("state.json", "launch.json", "summary.json", "clips.jsonl"):
        (bare / name).unlink()
    return [*cast, bare]


@pytest.fixture(autouse=True)
def nobody_is_started(monkeypatch):
    """A damaged state.json may ask for adoption; what launch.json says must not run in this test."""
    monkeypatch.setattr("monitor.launcher.supervising.supervise", lambda *_: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@pytest.mark.parametrize("part", range(PARTS))
def test_no_damage_to_a_run_directory_brings_anything_down(templates, tmp_path, tell, part):
    runs = tmp_path / "runs"
    healthy = fake_runs.healthy(runs)
    for case in range(part * CASES, (part + 1) * CASES):
        seed = random.Random(case)
        run_dir = copy_of(seed.choice(templates), runs / "mutant")
        done = mutate(run_dir, seed)
        try:
            with within(HANG_SECS):
                _look_at_everything(run_dir, healthy, seed)
        except (Exception, Hang) as problem:
            raise AssertionError(f"case {case} of {run_dir}: {done}") from problem
    tell("mutated run directories", "read, judged, drawn, reported, listed, checked, asked", CASES)


def _look_at_everything(run_dir: Path, healthy: Path, seed: random.Random) -> None:
    """All ways in which a run is looked at. Whatever is refused is refused with a sentence."""
    _list(run_dir)
    _command_line(run_dir, seed)
    _behind_the_door(run_dir)
    with contextlib.suppress(MonitorError):
        launcher.plan_restart(run_dir.parent, run_dir.name, {"dropout": 0.4})
    _compare_from_beside(healthy, run_dir)
    try:
        snapshot = RunReader(run_dir).read(AT)
    except MonitorError as refusal:
        assert str(refusal)
        return
    _is_true(snapshot, run_dir)
    _draw(snapshot, healthy, seed)


def _is_true(snapshot: Snapshot, run_dir: Path) -> None:
    """No wrong state, no lost record."""
    status = status_of(snapshot)
    assert status.word in WORDS and status.evidence
    told = {snapshot.trainer_liveness, snapshot.supervisor_liveness} & {"alive", "unknown"}
    assert told or not status.live, f"{status} with no process that could live"
    for name, kind, found in (
        (STEPS_FILE, Step, snapshot.steps),
        (CLIPS_FILE, Clip, snapshot.clips),
        (DECODES_FILE, Decode, snapshot.decodes),
    ):
        _all_there(run_dir / name, kind, found)
    lines = [record for line in whole_lines(run_dir / EPOCHS_FILE) if (record := _decoded(line, Epoch)) is not None]
    if lines:
        # A line that only the lenient reader takes may follow, and take the place of this one.
        there = repr(lines[-1]) in map(repr, snapshot.epochs)
        assert there or snapshot.epochs[-1].epoch <= lines[-1].epoch, "the last whole record is missing"


def _all_there(path: Path, kind: Any, found: tuple[Any, ...]) -> None:
    wanted = [repr(record) for line in whole_lines(path) if (record := _decoded(line, kind)) is not None]
    read = iter(map(repr, found))
    # In order; a reader may be more lenient than the standard library.
    assert all(any(each == record for each in read) for record in wanted), f"{path.name} has lost a record"


def _decoded(line: bytes, kind: Any) -> Any:
    try:
        return decode(line, kind)
    except ValueError:
        return None


def _draw(snapshot: Snapshot, healthy: Path, seed: random.Random) -> None:
    judged = judge(snapshot, AT)
    shown = frame(snapshot, judged, AT, since=Since(0, 0, snapshot.life))
    json.loads(msgspec.json.encode(shown))
    options, considered = prescribe(snapshot, judged.diagnosis), consider(snapshot, judged.diagnosis)
    blocks = report_of(snapshot, judged, status_of(snapshot), options, considered)
    assert to_markdown(blocks).encode() and "<script>alert" not in to_html(blocks)
    others = Others(healthy.parent)
    for question in ({"kind": "compare", "with": ["healthy"]}, {"kind": "predictions"}, {"kind": "log"}):
        json.loads(msgspec.json.encode(answer(snapshot, judged, question, others)))
    if snapshot.epochs:
        epoch = seed.choice(snapshot.epochs).epoch
        json.loads(msgspec.json.encode(answer(snapshot, judged, {"kind": "moment", "epoch": epoch}, others)))


def _compare_from_beside(healthy: Path, run_dir: Path) -> None:
    """A damaged neighbour does not keep a sound run from being compared."""
    sound, others = RunReader(healthy).read(AT), Others(healthy.parent)
    assert "healthy" in others.family.parents()
    given = answer(sound, judge(sound, AT), {"kind": "compare", "with": [run_dir.name]}, others)
    json.loads(msgspec.json.encode(given))


def _list(run_dir: Path) -> None:
    rows = RowBook(run_dir.parent).rows(AT)
    assert "healthy" in {row.run for row in rows}, "one damaged run hides the others"
    json.loads(msgspec.json.encode(rows))
    assert "<script>alert" not in first_words(folders_of([run_dir.parent]), run_dir.name, rows)
    assert "<script>alert" not in first_words(folders_of([run_dir.parent]), None, rows)


def _behind_the_door(run_dir: Path) -> None:
    control.stop_wanted(run_dir, 1)
    for asked in control.pending(run_dir, 1):
        with contextlib.suppress(OSError):
            control.answer(run_dir, asked, "expired", "", AT)
    assert control.pending(run_dir, 1) == [], "an answered request is still open"
    control.answers(run_dir, 1)


def _command_line(run_dir: Path, seed: random.Random) -> None:
    """`list` and one other verb, in this process."""
    runs = ["--runs", str(run_dir.parent)]
    verb = seed.choice(VERBS)
    _command([*verb[:1], run_dir.name, *verb[1:], *runs])
    if "--html" not in verb:
        assert _command([*verb[:1], run_dir.name, *verb[1:], *runs, "--json"])
    assert any(row["run_id"] == "healthy" for row in _command(["list", *runs, "--json"])["runs"])


def _command(argv: list[str]) -> Any:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(argv)
    assert code in KNOWN_EXITS, (argv, code)
    assert out.getvalue() or err.getvalue().startswith("error: "), argv
    if "--json" in argv and out.getvalue():
        return json.loads(out.getvalue(), parse_constant=lambda word: pytest.fail(f"{argv}: {word} is no JSON"))
    return err.getvalue()


def test_a_fault_in_drawing_or_judging_is_said_on_the_page_and_the_line_stays(tmp_path, monkeypatch):
    """What this suite has not thought of: a tab must not see its line cut and connect again without end."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("a rule that divides by nothing")

    run_dir = fake_runs.healthy(tmp_path)
    monkeypatch.setattr(tailing.Frames, "frame", broken)
    tailer = tailing.Tailer(run_dir, Family(tmp_path))
    assert tailer._look_and_say()
    text, version, since = asyncio.run(tailer.encoded(Since(3, 3, 0)))
    assert json.loads(text)["kind"] == "problem" and "divides by nothing" in text
    assert (version, since) == (tailer.version, Since(3, 3, 0)), "the tab has what it had"
    monkeypatch.setattr(tailing, "judge_run", broken)
    other = tailing.Tailer(run_dir, Family(tmp_path))
    assert other._look_and_say() and "divides by nothing" in other.problem
    assert not other._look_and_say(), "said once"


def test_no_question_of_a_tab_brings_anything_down(templates, tmp_path, tell):
    runs = tmp_path / "runs"
    snapshots = [RunReader(shutil.copytree(each, runs / each.name)).read(time.time()) for each in templates]
    judged = [judge(each, AT) for each in snapshots]
    others = Others(runs)
    for case in range(QUESTIONS):
        seed = random.Random(case)
        place = seed.randrange(len(snapshots))
        question = _question(seed, snapshots[place])
        try:
            with within(HANG_SECS):
                question = question_of(_garbled(json.dumps(question), seed))
                given = answer(snapshots[place], judged[place], question, others)
                Since.of(question)
                json.loads(msgspec.json.encode(given))
        except (Exception, Hang) as problem:
            raise AssertionError(f"case {case}: {question!r}"[:500]) from problem
    tell("mutated requests", "questions of a tab over the live route", QUESTIONS)


def _garbled(text: str, seed: random.Random) -> str:
    """The message as it left the tab; one in three with a piece cut out, doubled or put in."""
    if seed.random() > 1 / 3:
        return text
    begin, end = sorted(seed.randint(0, len(text)) for _ in range(2))
    piece = seed.choice(("", text[begin:end] * 2, "[" * 3000, "\ud800", "\x00", "NaN", "1" * 5000))
    return text[:begin] + piece + text[end:]


def _question(seed: random.Random, snapshot: Snapshot) -> dict[str, Any]:
    asked = ("epoch", "filter", "word", "watched", "with", "mode", "known", "only_grave", "id", "asked")
    fields = (*asked, "epochs", "steps", "life", "runs")
    fitting: tuple[Any, ...] = (1, 12.0, "errors", ["healthy"], ["../.."], snapshot.run_id, [snapshot.run_id] * 40)
    question = {name: seed.choice((*EVIL, *fitting)) for name in seed.sample(fields, seed.randrange(len(fields)))}
    question["kind"] = seed.choice(("compare", "predictions", "clip", "moment", "log", *EVIL))
    return question
