"""CONTRIBUTING.md's steps for a new rule, followed literally: its code blocks are what is written and run here."""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
STEPS = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Add a rule")[1].split("\n## Conventions")[0]
RULE, TEST, HEADING = (textwrap.dedent(block) for block in re.findall(r" *```\w+\n(.*?)```", STEPS, re.DOTALL))
NAME = re.search(r'name = "(\w+)"', RULE)[1]

LOOK = """
import json, sys
from pathlib import Path
from monitor.diagnosis.settings import settings_for
from monitor.diagnosis.verdict import judge
from monitor.rules.registry import RULES, by_name, from_mapping
from monitor.run_dir import Epoch, Launch, Snapshot

own = dict(settings_for(Path.cwd()).thresholds)
records = tuple(Epoch(epoch=float(n), seconds=60.0 if n < 21 else 150.0) for n in range(1, 24))
judged = []
for thresholds in ({}, own):
    launch = Launch(run_id="r", created_at=1.0, thresholds=thresholds)
    seen = Snapshot(run_dir="r", run_id="r", read_at=1.0, epochs=records, launch=launch)
    judged.append({result.rule: type(result).__name__ for result in judge(seen, 1.0).results}[sys.argv[1]])
print(json.dumps([[rule.name for rule in RULES], own, by_name(from_mapping(own)), judged]))
"""


@pytest.fixture
def copy(tmp_path):
    """The package, the document and the tests that the steps name, with the new rule and its test written."""
    for folder in ("monitor", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "static", "*.png", "*.svg")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for folder in ("docs", "rules"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
    for name in ("__init__.py", "snapshots.py", "docs/__init__.py", "docs/test_rules.py", "rules/__init__.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests" / name)
    (tmp_path / "monitor" / "rules" / f"{NAME}.py").write_text(RULE, encoding="utf-8")
    (tmp_path / "tests" / "rules" / f"test_{NAME}.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "vitalsigns.toml").write_text("[thresholds]\nslow_epochs_times = 2.0\n")
    return tmp_path


def run(folder, *command):
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)  # what these tests were asked to print is not asked of those
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_one_file_one_test_and_one_heading_make_a_rule(copy):
    code, said = run(copy, "-c", LOOK, NAME)
    assert code == 0, said
    names, own, thresholds, judged = json.loads(said)
    at = names.index(NAME)
    assert (names[at - 1], names[at + 1]) == ("disk", "at_chance"), "the place is the rule's own"
    assert own == {"slow_epochs_times": 2.0} and thresholds["slow_epochs_times"] == 2.0
    assert judged == ["Quiet", "Finding"], "judged by the default, then by the project's own threshold"

    tests = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    code, said = run(copy, *tests)
    assert code == 1 and f"rules/test_{NAME}" not in said, said
    assert "test_the_rules_stand_there_in_the_order_in_which_they_are_checked" in said
    document = copy / "docs" / "rules.md"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace(f"## {names[at + 1]}\n", f"{HEADING}\n## {names[at + 1]}\n"), encoding="utf-8")
    code, said = run(copy, *tests)
    assert code == 0, said


def test_the_files_of_the_steps_are_formatted_and_typed_as_all_others(copy):
    for path in (f"monitor/rules/{NAME}.py", f"tests/rules/test_{NAME}.py"):
        for check in (("check", "--config", str(ROOT / "pyproject.toml")), ("format", "--check", "--line-length=120")):
            code, said = run(copy, "-m", "ruff", *check, path)
            assert code == 0, said
