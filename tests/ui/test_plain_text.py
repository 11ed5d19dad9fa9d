"""What a run says is text on the page: no link, no picture, no other direction of reading; in dialogs as anywhere."""

import ast
import json
import re
from pathlib import Path

import pytest

from monitor.run_dir.words import TURNS, steady
from monitor.ui.dialogs.parts import plain

UI = Path(__file__).resolve().parent.parent.parent / "monitor" / "ui"
TURNED = "\u202egnp.exe\u202c \u2066x\u2069"
MARKDOWN = {"write", "markdown", "caption", "info", "warning", "error", "success", "toast", "title", "header", "radio"}
MARKDOWN |= {
    "button",
    "checkbox",
    "selectbox",
    "text_input",
    "text_area",
    "number_input",
    "expander",
    "multiselect",
    "confirmed",
}
"""Streamlit's calls whose first argument, and whose help, is read as Markdown; `parts.confirmed` also has `leave`."""


def is_fixed(node: ast.expr) -> bool:
    """Whether a text comes from this program alone: a constant, escaped, or put together of such."""
    match node:
        case ast.Constant() | ast.Call(func=ast.Name(id="plain" | "len")):
            return True
        case ast.Name(id=name):
            return name.isupper()
        case ast.Attribute(attr=name):
            return name.isupper()
        case ast.JoinedStr(values=parts):
            return all(map(is_fixed, parts))
        case ast.FormattedValue(value=value, format_spec=spec):
            return spec is not None or is_fixed(value)
        case ast.IfExp(body=one, orelse=other):
            return is_fixed(one) and is_fixed(other)
    return False


def calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted([*UI.rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (isinstance(node.func, ast.Attribute) or name_of(node) == "confirmed"):
                found.append((f"{path.name}:{node.lineno}", node))
    return found


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


KNOWN = {"label", "leave", "_when"}
"""Names that stand for a choice of the program's own labels."""


def test_every_text_that_streamlit_reads_as_markdown_is_ours_or_escaped():
    bad = []
    for where, call in calls():
        if name_of(call) not in MARKDOWN or ast.unparse(call.func).startswith("sys.std"):
            continue
        texts = [*call.args[:1], *(word.value for word in call.keywords if word.arg in ("help", "leave"))]
        texts = [text for text in texts if not isinstance(text, ast.List)]
        names = {each.id for text in texts for each in [getattr(text, "func", text)] if isinstance(each, ast.Name)}
        if not all(map(is_fixed, texts)) and not (names <= KNOWN and names):
            bad.append(f"{where} {ast.unparse(call)[:90]}")
    assert bad == [], "\n".join(bad)


def test_every_dialog_asks_for_the_role_at_each_click():
    """A click in a dialog runs its function alone; `parts.dialog` asks there, Streamlit's own does not."""
    outside = [where for where, call in calls() if name_of(call) in ("dialog", "fragment")]
    assert [where.partition(":")[0] for where in outside] == ["parts.py"]


@pytest.mark.parametrize(
    "text",
    ["[a](https://evil.example)", "![x](https://evil.example/x.png)", "<b>x</b>", "`x`", "# x", ":material/warning:",
     "$x$", "**x**", "1. x", ":red[x]", "&lt;", "~~x~~", "| a | b |"],
)  # fmt: skip
def test_every_sign_of_markdown_is_escaped(text):
    shown = plain(text)
    assert shown != text
    assert re.sub(r"\\([!-/:-@\[-`{-~])|\u2060", r"\1", shown) == text
    assert not re.search(r"(?<!\\)[\[\]()<>`*_#$:&~|!]", shown)


@pytest.mark.parametrize(
    "text", ["hidden_dim (now 64)", "lr (now 1e-3): must differ, or files are overwritten", "a/b.c"]
)
def test_text_that_means_nothing_in_markdown_stays_for_the_ear_as_for_the_eye(text):
    assert plain(text) == text


@pytest.mark.parametrize("text", ["- x", "+ x", "1. x", "2) x", "---", "===", "_x_", "x _y_", "__init__", "a:b:"])
def test_what_markdown_would_read_at_a_line_or_a_word_is_escaped(text):
    assert "\\" in plain(text)


@pytest.mark.parametrize("text", ["https://evil.example/x", "see www.evil.example", "a@evil.example", "HTTP://X.Y"])
def test_a_bare_address_becomes_no_link(text):
    """Streamlit makes a link of a bare address even where its signs are escaped, but not behind a joiner."""
    assert re.search(r"\u2060(?:h|w|\\@|H)", plain(text))


def test_signs_that_turn_the_direction_show_as_gaps():
    assert steady(TURNED) == "\ufffdgnp.exe\ufffd \ufffdx\ufffd"
    assert steady("abc \u05d0\u200f\n\t") == "abc \u05d0\u200f\n\t"
    assert not set(map(chr, TURNS)) & set(plain(TURNED) + steady(json.dumps(TURNED, ensure_ascii=False)))
