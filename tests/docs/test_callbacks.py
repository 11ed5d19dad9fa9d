"""docs/callbacks.md names every callback, every example and every argument."""

import inspect
from pathlib import Path

import pytest

from monitor.integrations.reporter import Reporter

ROOT = Path(__file__).resolve().parent.parent.parent
DOC = (ROOT / "docs" / "callbacks.md").read_text(encoding="utf-8")
MODULES = sorted(path.stem for path in (ROOT / "monitor" / "integrations").glob("[a-z]*.py") if path.stem != "reporter")


@pytest.mark.parametrize("module", MODULES)
def test_every_callback_is_described(module):
    assert f"vitalsigns.callbacks.{module}." in DOC


@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples" / "your_own").glob("*.py")))
def test_every_example_is_named(example):
    assert example in DOC


@pytest.mark.parametrize("argument", [n for n in inspect.signature(Reporter).parameters if n != "about"])
def test_every_shared_argument_is_described(argument):
    assert f"| `{argument}` |" in DOC
