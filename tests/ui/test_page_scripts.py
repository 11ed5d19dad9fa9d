"""The page's own JavaScript, run by the node that the playwright package brings: it parses, and its sums are right.

Each file of page_scripts/ beside this one holds cases, `test("sentence", () => …)`, that use the functions of
monitor/ui/static/ by name; document.js is a document without a browser. The words for numbers have a test of their own.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from monitor.ui import assets

CASES = Path(__file__).parent / "page_scripts"
NODE = compute_driver_executable()[0]
FILES = sorted(path.stem for path in CASES.glob("*.js") if path.stem != "document")
RUNNER = """
const failed = {};
const test = (name, act) => {
  try {
    act();
    failed[name] = "";
  } catch (error) {
    failed[name] = error.stack ?? String(error);
  }
};
"""


def node(*words: str, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [NODE, "--input-type=module", *words], input=text, capture_output=True, text=True, timeout=120
    )


def sentences(file: str) -> list[str]:
    return re.findall(r'^test\("(.+)", \(\) => \{$', (CASES / f"{file}.js").read_text(encoding="utf-8"), re.MULTILINE)


@functools.cache
def told(file: str) -> dict[str, str]:
    """Sentence -> what was wrong, or nothing: all cases of one file, in one process."""
    cases = "\n".join((CASES / name).read_text(encoding="utf-8") for name in ("document.js", f"{file}.js"))
    text = ['import assert from "node:assert/strict";', assets.script(), RUNNER, f"{{{cases}}}"]
    done = node(text="\n".join([*text, "process.stdout.write(JSON.stringify(failed));"]))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("path", sorted(assets.STATIC.glob("*.js")), ids=lambda path: path.name)
def test_each_script_parses(path):
    done = node("--check", text=path.read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stderr


def test_the_scripts_parse_joined_in_their_order_and_none_is_left_out():
    done = node("--check", text=assets.script())
    assert done.returncode == 0, done.stderr
    assert {path.name for path in assets.STATIC.glob("*.js")} == set(assets.SCRIPTS)


def test_what_does_not_parse_is_noticed():
    assert "SyntaxError" in node("--check", text=f"{assets.script()}\nconst finite = 1;").stderr


@pytest.mark.parametrize(
    ("file", "sentence"), [(file, sentence) for file in FILES for sentence in sentences(file)], ids=lambda word: word
)
def test_the_sums_of_the_page(file, sentence):
    assert told(file)[sentence] == ""


def test_every_case_is_run_under_a_name_of_its_own():
    for file in FILES:
        assert sentences(file), file
        assert sorted(told(file)) == sorted(sentences(file))
