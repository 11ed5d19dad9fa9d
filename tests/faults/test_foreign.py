"""Thousands of damaged foreign files: each is read as far as it goes, or refused in one sentence; nothing hangs."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from monitor.importers.following import Following
from monitor.importers.formats.registry import FORMATS
from monitor.importers.importing import Asked, plan, records
from monitor.importers.store import Imported, keep
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.reader import RunReader
from tests import foreign
from tests.faults.mutate import AT, copy_of, mutate
from tests.faults.table import times
from tests.faults.test_mutants import within

PARTS = 4
CASES = times(360, 10_000) // PARTS
HANG_SECS = 20
FOLLOWED_EVERY = 5


@pytest.fixture(scope="module")
def templates(tmp_path_factory) -> list[tuple[Path, str]]:
    """(folder, path in it to import) of every tool."""
    found = []
    for tool, (make, _) in foreign.CAST.items():
        folder = tmp_path_factory.mktemp(tool.replace(" ", "-"))
        found.append((folder, make(folder).relative_to(folder).as_posix()))
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_foreign_files_are_read_as_far_as_they_go_or_refused_in_a_sentence(part, templates, tmp_path, tell):
    refused, read, slowest = 0, 0, 0.0
    for case in range(part, CASES * PARTS, PARTS):
        seed = random.Random(case)
        template, name = templates[case % len(templates)]
        folder = copy_of(template, tmp_path / "foreign")
        done = mutate(folder, seed)
        asked = Asked(format="" if seed.random() < 0.8 else seed.choice(FORMATS).name)
        begun = time.monotonic()
        with within(HANG_SECS):
            try:
                _import(folder / name, asked, tmp_path / "runs", follow=case % FOLLOWED_EVERY == 0)
                read += 1
            except MonitorError as told:
                refused += 1
                assert str(told) and "\n" not in str(told).strip() and "Traceback" not in str(told), (case, done)
            except Exception as crash:
                raise AssertionError(f"case {case} ({name}, {asked.format or 'detected'}): {done}") from crash
        slowest = max(slowest, time.monotonic() - begun)
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
    tell(
        "damaged foreign files", "import, some followed", read + refused, 0, f"{refused} refused, {slowest:.1f} s most"
    )
    assert read and refused


def _import(path: Path, asked: Asked, runs: Path, *, follow: bool) -> None:
    chosen = plan(path, asked, follow=follow)
    if follow and chosen.kind.grows:
        following = Following.begin(runs, chosen, "fuzzed", AT)
        following.look(AT)
        following.stop(AT)
        run_id = following.run.run_dir.name
        again = Following.go_on(runs / run_id, AT)
        again.look(AT)
        again.stop(AT)  # until then the newest evaluation may wait for what belongs to it
        assert again.added == following.added
    else:
        run_id = keep(runs, Imported(chosen.run_name, records(chosen), chosen.source, samples=chosen.samples), AT)
    snapshot = RunReader(runs / run_id).read(AT)
    assert snapshot.problems == ()
    assert len(snapshot.epochs) <= chosen.counts.evaluations
