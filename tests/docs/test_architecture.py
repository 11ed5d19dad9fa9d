"""ARCHITECTURE.md: short, and true of the files that it names."""

import re
from pathlib import Path

import pytest

from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
TWO_SCREENS = 100
WALKS = ("A record to pixels", "A stop", "A restart", "A foreign line to a record", "A finding to a message")


def test_it_fits_on_two_screens():
    assert len(TEXT.splitlines()) <= TWO_SCREENS


def test_every_file_that_it_names_exists():
    named = set(re.findall(r"`((?:monitor|trainer|tests)/[\w./]+|app\.py)`", TEXT))
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_its_table_is_the_one_that_the_imports_are_held_to():
    rows = dict(re.findall(r"^\| `(\w+)/` \|.*\| ([^|]+) \|$", TEXT, re.MULTILINE))
    assert set(rows) == set(MAY_IMPORT)
    for room, said in rows.items():
        allowed = MAY_IMPORT[room]
        if allowed is None:
            assert said == "any"
        elif said.startswith("all above but "):
            above = list(MAY_IMPORT)[: list(MAY_IMPORT).index(room)]
            assert allowed == set(above) - {said.removeprefix("all above but ")}
        else:
            assert set(re.findall(r"[a-z_]+", re.sub(r"\(.*\)", "", said))) == allowed, room


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_has_at_most_ten_stops_and_names_files(walk):
    _, _, after = TEXT.partition(f"\n{walk}:\n\n")
    stops = after.partition("\n\n")[0].splitlines()
    assert 2 <= len(stops) <= 10
    assert sum("`" in stop for stop in stops) >= len(stops) - 1
