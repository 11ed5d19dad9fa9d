"""A table as text: every word of every cell is there, and no line is wider than the terminal."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from monitor.commands.rows_text import BETWEEN, print_rows


def printed(heads, rows, width):
    out = io.StringIO()
    print_rows(Console(file=out, width=width), heads, rows)
    return out.getvalue()


def test_rows_that_fit_are_one_line_each_in_columns():
    assert printed(["run", "state"], [["a", "running"], ["bb", ""]], 80) == "run  state\na    running\nbb\n"


def test_a_cell_with_a_line_break_or_too_wide_takes_more_lines():
    assert printed(["run", "why"], [["a", "one\ntwo"]], 80) == "run  why\na    one\n     two\n"
    text = printed(["run", "why"], [["a", "the loss is not finite any more"]], 20)
    assert text.splitlines()[1:] == ["a    the loss is not", "     finite any more"]


def test_wide_letters_take_their_two_cells():
    assert printed(["run", "x"], [["日本", "1"], ["a", "2"]], 80) == "run   x\n日本  1\na     2\n"


def test_what_a_run_directory_holds_cannot_move_the_cursor():
    assert "\x1b" not in printed(["run"], [["\x1b[2Jred"]], 80)


WORD = st.text("abcß日", min_size=1, max_size=5)
CELL = st.lists(WORD, max_size=4).map(" ".join)


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=4), st.integers(34, 60))
def test_no_word_is_lost_and_no_line_too_wide(rows, width):
    text = printed(["one", "two", "three"], rows, width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    found = sorted(word for line in text.splitlines()[1:] for word in line.split())
    assert found == sorted(word for row in rows for cell in row for word in cell.split())
    assert BETWEEN.strip() == ""
