"""docs/security.md lists every attack that is played, and none that is not."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
DOCUMENT = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
LIST = DOCUMENT.partition("## The attack list")[2]
ROWS = {(row[1], row[2]) for row in re.finditer(r"^\| (.+?) \| `(attacks/test_\w+\.py)` \| .+ \|$", LIST, re.MULTILINE)}


def played() -> set[tuple[str, str]]:
    """(attack in one sentence, file) of every attack test; each must have its sentence."""
    found = set()
    for path in sorted((TESTS / "attacks").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                sentence = ast.get_docstring(node)
                assert sentence, f"{path.name}: {node.name} does not say which attack it plays"
                found.add((sentence, f"attacks/{path.name}"))
    return found


def test_the_list_and_the_tests_name_the_same_attacks():
    attacks = {(sentence, name) for sentence, name in played() if not sentence.startswith("Not an attack")}
    assert attacks == ROWS


@pytest.mark.parametrize("field", ["at", "user", "via", "verb", "run_id", "result", "why", "host", "pid"])
def test_each_field_of_the_record_of_acts_is_described(field):
    assert re.search(rf"^\| .*`{field}`.* \|", DOCUMENT, re.MULTILINE)


def test_every_verb_that_is_noted_is_named():
    sentence = re.search(r"`audit.jsonl` notes ([^.]+)\.", DOCUMENT)[1].replace("\n", " ")
    named = set(re.split(r", | and ", sentence))
    noted = set()
    for path in (TESTS.parent / "monitor").rglob("*.py"):
        noted |= set(re.findall(r'@audited\(\s*"([\w ]+)"', path.read_text(encoding="utf-8")))
    assert noted <= named
