"""`make test` names the folders of each mark's tests; files that share a dashboard share no run of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CALLS = re.findall(r" -m \"?(frameworks|hosts|browser)\b.*?((?: tests/[\w./]+)+)", (ROOT / "Makefile").read_text())
PLACES = {mark: [ROOT / place for place in places.split()] for mark, places in CALLS}
PLACES["hosts"].append(ROOT / "tests" / "browser")  # those are run with the browser's


@pytest.mark.parametrize("mark", ["frameworks", "hosts", "browser"])
def test_no_test_of_a_mark_lies_outside_the_folders_that_make_names(mark):
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if f"pytest.mark.{mark}" in path.read_text("utf-8")]
    assert files and [each for each in files if not any(map(each.is_relative_to, PLACES[mark]))] == []


RUN_OF_ALL = re.compile(
    r'(?:started\(dashboard, |dashboard\.start\(|dashboard\.monitor\([^)]*"--(?:name|run-id)", |dashboard\.runs / )'
    r'"([\w.-]+)"'
)


def test_no_two_files_of_the_browsers_tests_use_one_run_of_the_dashboard_that_all_share():
    used: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests" / "browser").glob("test_*.py")):
        for name in RUN_OF_ALL.findall(path.read_text(encoding="utf-8")):
            used.setdefault(name, set()).add(path.name)
    assert len(used) > 20
    assert {name: files for name, files in used.items() if len(files) > 1} == {}
