"""What formats of text files share: each line once, what was no whole line of text, and where the reading stopped."""

import pytest

from monitor.importers.formats.text import TextImporter
from monitor.importers.items import Aside, Row, Unread


class Numbers(TextImporter):
    """A line is a number, or states nothing."""

    name = title = "numbers"

    @classmethod
    def fits(cls, path, head):
        return 0.0

    def item(self, line, text):
        return Row(line, {"loss": float(text)}) if text else None


class Rewritten(Numbers):
    rewritten = True


def values(importer):
    return [item.values["loss"] for item in importer.items() if isinstance(item, Row)]


def test_each_line_is_given_out_once_and_one_that_states_nothing_is_none(tmp_path):
    file = tmp_path / "log"
    file.write_text("1\n\n3\n")
    reading = Numbers(file, follow=True)
    assert [(item.line, item.values["loss"]) for item in reading.items()] == [(1, 1.0), (3, 3.0)]
    with file.open("a") as more:
        more.write("4\n5")
    assert list(reading.items()) == [Row(4, {"loss": 4.0})], "the last line may go on"
    place = reading.places()["log"]
    assert (place.offset, place.lines) == (7, 4) and reading.tails() == {"log": b"1\n\n3\n4\n".hex()}


def test_a_last_line_without_its_end_is_read_once_with_a_sentence(tmp_path):
    (tmp_path / "log").write_text("1\n2")
    found = list(Numbers(tmp_path / "log").items())
    assert found == [
        Row(1, {"loss": 1.0}),
        Row(2, {"loss": 2.0}),
        Aside("The last line, 2, has no line end: it may be cut off."),
    ]


def test_lines_that_are_no_text_are_told_once(tmp_path):
    (tmp_path / "log").write_bytes(b"1\n2\xff\n" + b"3" * (2 << 20) + b"\n4\n")
    reading = Numbers(tmp_path / "log", follow=True)
    reading.item = lambda line, text: Row(line, {"size": float(len(text))})
    found = list(reading.items())
    assert [item.line for item in found] == [1, 2, 4, 3, 0]
    assert found[-2] == Unread(3, "longer than a line of text")
    assert found[-1] == Unread(
        0, "1 lines hold bytes that are no UTF-8; they are read as Windows-1252, or without those bytes"
    )
    assert list(reading.items()) == []


@pytest.mark.parametrize(("kind", "lives", "rewrites"), [(Numbers, 2, 0), (Rewritten, 1, 1)])
def test_a_file_that_was_written_anew_is_a_new_start_unless_its_tool_does_so(kind, lives, rewrites, tmp_path):
    file = tmp_path / "log"
    file.write_text("1\n2\n")
    reading = kind(file, follow=True)
    assert values(reading) == [1.0, 2.0] and (reading.lives, reading.rewrites) == (1, 0)
    file.write_text("7\n")
    assert values(reading) == [7.0] and (reading.lives, reading.rewrites) == (lives, rewrites)


def test_a_format_must_say_what_its_lines_state(tmp_path):
    (tmp_path / "log").write_text("1\n")

    class Nothing(TextImporter):
        name = title = "nothing"
        fits = Numbers.fits

    with pytest.raises(NotImplementedError, match="says what its own lines state"):
        list(Nothing(tmp_path / "log").items())
