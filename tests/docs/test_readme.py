"""README.md and the other documents: every rule, number, link, image and command in them exists."""

import re
import shlex
from pathlib import Path

import pytest

from monitor.commands.cli import VERBS, command
from monitor.rules.registry import RULES

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HISTORY = {"log.md", "CHANGELOG.md"}
"""Texts about the past: their commands and lines stay as they were written."""
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "runs" / "README.md"]
GUIDES = [path for path in DOCUMENTS if path.name not in HISTORY]
WRAPPED = [path for path in GUIDES if path.parent == ROOT / "docs" and path.name != "reference-report.md"]
LONGEST_LINE = 160
"""Characters."""


def text(path):
    return path.read_text(encoding="utf-8")


def named(path):
    return str(path.relative_to(ROOT))


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## )", README, re.MULTILINE | re.DOTALL)[1]


def test_the_table_of_checks_names_rules_once_and_nothing_else():
    """A new rule needs no line here: docs/rules.md, to which the table links, has every one."""
    rows = re.findall(r"^\| .+? \| (`.+`) \|$", section("What it notices"), re.MULTILINE)
    named = re.findall(r"`(\w+)`", " ".join(rows))
    assert len(named) == len(set(named)) > 20
    assert set(named) <= {rule.name for rule in RULES}


def test_readme_counts_no_more_checks_than_there_are():
    assert "More than twenty checks" in README and len(RULES) > 20


def test_readme_has_no_long_line():
    assert [line for line in README.splitlines() if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", WRAPPED, ids=named)
def test_a_document_has_no_long_line_outside_its_tables(path):
    lines = [line for line in text(path).splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_relative_link_and_image_of_a_document_exists(path):
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text(path))
    for target in (markdown or html for markdown, html in targets):
        if not re.match(r"[a-z]+:|#", target):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("path", GUIDES, ids=named)
def test_every_command_of_a_document_exists_with_its_options(path):
    for line in re.findall(r"python -m monitor ([a-z][^`\n]*)", text(path)):
        words = re.split(r"[|#…)]| -- ", line)[0].rstrip(" .,;:")
        verb, *rest = shlex.split(words)
        assert verb in VERBS, line
        known = {name for option in command(verb).params for name in (*option.opts, *option.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= known, line
