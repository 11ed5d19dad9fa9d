"""What the fault tests share: a folder of runs that is emptied of processes afterwards, and the table at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.table import IS_LONG, as_text, merged

LONG_TEST_SECS = 1200

Tell = Callable[..., None]


@pytest.fixture
def tell(record_property) -> Tell:
    """`tell(fault, tried, times, lost, figures)`: one row of the table, told when the trial has passed."""

    def row(fault: str, tried: str, times: int, lost: int = 0, figures: str = "") -> None:
        record_property("fault", [fault, tried, times, lost, figures])

    return row


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder on the disk, not in memory: here a write and its fsync meet a real file system."""
    with tempfile.TemporaryDirectory(prefix="vitalsigns-faults-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def runs(runs: Path, own_state: Path) -> Path:
    """The folder for runs, with keys and tokens of this test alone."""
    return runs


def pytest_collection_modifyitems(items):
    if IS_LONG:
        for item in items:
            item.add_marker(pytest.mark.timeout(LONG_TEST_SECS))


def pytest_terminal_summary(terminalreporter):
    """The table comes from the reports, so it is whole when tests ran in several processes."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.stats.get(outcome, [])]
    rows = [value for each in reports for name, value in each.user_properties if name == "fault"]
    if rows and IS_LONG:
        terminalreporter.section("faults")
        for line in as_text(merged(rows)):
            terminalreporter.write_line(line)
