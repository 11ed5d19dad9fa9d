"""The cast of run directories is what its names say, read from the disk as any run is."""

import json
import math
import time

import msgspec
import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.registry import RULES
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import finite_or_word
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.reader import list_runs
from monitor.view.frame import frame
from monitor.view.rows import RowBook
from monitor.view.series import Since
from tests import fake_runs
from tests.fake_runs import read


def flags(run_dir):
    seen = read(run_dir)
    results = [rule.check(seen, DEFAULTS, seen.read_at) for rule in RULES]
    return {result.rule for result in results if isinstance(result, Finding)}


def test_the_healthy_run_has_everything_and_raises_no_flag(tmp_path):
    seen = read(fake_runs.healthy(tmp_path))
    assert (len(seen.epochs), len(seen.steps), len(seen.decodes), len(seen.clips)) == (30, 30, 30, 4)
    assert seen.progress.outcome == "finished" and seen.problems == ()
    assert flags(tmp_path / "healthy") == set()


@pytest.mark.parametrize(
    ("make", "flag"),
    [
        (fake_runs.overfitting, "overfitting"),
        (fake_runs.all_blank, "blank_collapse"),
        (fake_runs.not_a_number, "non_finite"),
    ],
    ids=["overfitting", "all blank", "not a number"],
)
def test_a_sick_run_raises_the_flag_of_its_name(tmp_path, make, flag):
    assert flag in flags(make(tmp_path))


def test_nan_losses_are_nan_on_disk(tmp_path):
    seen = read(fake_runs.not_a_number(tmp_path))
    assert math.isnan(seen.epochs[-1].val_loss) and not math.isnan(seen.epochs[0].val_loss)


def test_the_torn_run_shows_its_whole_lines(tmp_path):
    seen = read(fake_runs.torn(tmp_path))
    assert len(seen.epochs) == 30 and seen.problems == ()


def test_the_newer_run_is_refused(tmp_path):
    with pytest.raises(UnreadableRunError):
        read(fake_runs.newer_schema(tmp_path))


def test_the_empty_run_is_a_run_without_epochs(tmp_path):
    seen = read(fake_runs.empty(tmp_path))
    assert seen.epochs == () and seen.run.run_id == "empty"


def test_the_whole_cast_fits_into_one_folder(tmp_path):
    made = [make(tmp_path).name for make in fake_runs.CAST]
    assert list_runs(tmp_path) == sorted(made)


def test_a_browser_can_read_the_list_and_every_run_of_the_cast(tmp_path):
    for make in fake_runs.CAST:
        make(tmp_path)
    rows = {row.run: row for row in RowBook(tmp_path).rows(time.time())}
    json.dumps(msgspec.to_builtins(list(rows.values())), allow_nan=False)
    assert rows["newer-schema"].state == "unreadable" and "newer Vitalsigns" in rows["newer-schema"].evidence
    assert rows["not-a-number"].spark and rows["not-a-number"].verdict == "ENDED"
    for name in set(rows) - {"newer-schema"}:
        seen = read(tmp_path / name)
        shown = frame(seen, judge(seen, seen.read_at), seen.read_at, since=Since())
        json.dumps(finite_or_word(msgspec.to_builtins(shown)), allow_nan=False)
