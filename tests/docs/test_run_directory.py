"""docs/run-directory.md is complete: every record has its section, every field its unit and meaning."""

import re
from pathlib import Path

import pytest

from monitor import run_dir

DOCUMENT = (Path(__file__).resolve().parent.parent.parent / "docs" / "run-directory.md").read_text(encoding="utf-8")
INTERNAL = {"Record", "Problem", "Renamed", "Snapshot", "JobSeen"}
"""Never in a run directory."""
RECORDS = [
    kind
    for kind in vars(run_dir).values()
    if isinstance(kind, type) and issubclass(kind, run_dir.Record) and kind.__name__ not in INTERNAL
]


def section(title):
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/run-directory.md has no section {title}"
    return found[1]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_a_record_is_documented_with_unit_and_meaning_and_no_other(record):
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", section(record.__name__), re.MULTILINE)
    assert [name for name, _, _ in rows] == list(record.__struct_fields__)
    assert all(unit.strip() and meaning.strip() for _, unit, meaning in rows)


def test_every_file_name_of_the_contract_is_in_the_table():
    names = [value for name, value in vars(run_dir).items() if name.endswith("_FILE")]
    folders = [value for name, value in vars(run_dir).items() if name.endswith("_DIR")]
    assert len(names) > 8 and len(folders) >= 4
    for name in names + [f"{folder}/" for folder in folders]:
        assert f"`{name}" in DOCUMENT, name
