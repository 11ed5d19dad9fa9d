"""The end of a log as plain lines: nothing folded that should not be, nothing left that a terminal would obey."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from monitor.view.log import MOST_LINES, TAIL_BYTES, LogQuestion, folded, log_tail, plain
from monitor.view.shapes.answers import LogTail


def test_ordinary_lines_stay_as_they_are():
    text = "Epoch 1/10  train 3.2  val 3.1\nEpoch 2/10  train 2.2  val 3.0\n\n  indented\n"
    lines, written = folded(text)
    assert lines == [("Epoch 1/10  train 3.2  val 3.1", 1), ("Epoch 2/10  train 2.2  val 3.0", 1), ("  indented", 1)]
    assert written == 3


def test_a_progress_bar_becomes_its_last_state_and_says_how_many_it_was():
    bar = "\r".join(f"{10 * i}%|{'█' * i:10}| {i}/10 [00:0{i}<00:01, 2.00it/s]" for i in range(10))
    lines, written = folded(f"start\n{bar}\nend\n")
    assert [line for line, _ in lines][0::2] == ["start", "end"]
    assert lines[1][0].startswith("90%|") and lines[1][1] == 10
    assert written == 12


def test_bars_written_line_by_line_are_folded_too_but_never_across_other_lines():
    text = "10%|█ | 1/10 [00:01<00:09]\n20%|██ | 2/10 [00:02<00:08]\nval 3.1\n30%|███ | 3/10 [00:03<00:07]\n"
    assert [count for _, count in folded(text)[0]] == [2, 1, 1]


def test_codes_that_a_terminal_obeys_are_gone():
    assert plain("\x1b[31mred\x1b[0m \x1b]0;title\x07text\x1b[2K") == "red text"
    assert plain("abc\u202edef\x00ghi") == "abc def ghi"


def test_a_very_long_line_is_cut_and_says_so():
    assert plain("W" * 100_000).endswith("… 100,000 characters")


@given(st.text(max_size=500))
def test_whatever_is_written_what_is_shown_is_printable(text):
    lines, written = folded(text)
    assert sum(count for _, count in lines) == written
    for line, _ in lines:
        assert not any(unicodedata.category(letter) in ("Cc", "Cf") for letter in line)


def test_no_log_an_empty_log_and_nothing_new(tmp_path):
    log = tmp_path / "trainer.log"
    assert log_tail(log, LogQuestion()).exists is False
    log.write_text("")
    assert log_tail(log, LogQuestion()).lines == []
    assert log_tail(log, LogQuestion(known=0)) == LogTail(exists=True, size=0, same=True)


@dataclass
class OfJob:
    source: str
    size: int = 0
    end: Callable[[int], bytes] | None = None


def test_the_log_of_a_job_is_read_in_place_of_the_file_and_a_size_seen_of_another_says_nothing(tmp_path):
    log = tmp_path / "trainer.log"
    log.write_text("on the disk\n")
    of_ray = OfJob("Ray's", 7, lambda most: b"of Ray\n"[-most:])
    shown = log_tail(log, LogQuestion(known=7), of_ray)
    assert (shown.source, shown.lines, shown.size) == ("Ray's", [("of Ray", 1, False)], 7)
    assert log_tail(log, LogQuestion(known=7, source="Ray's"), of_ray).same
    silent = log_tail(log, LogQuestion(known=12, source="Ray's"), OfJob("This is trainer.log."))
    assert (silent.source, silent.lines) == ("This is trainer.log.", [("on the disk", 1, False)])
    assert log_tail(log, LogQuestion(known=12, source="This is trainer.log."), OfJob("This is trainer.log.")).same
    assert not log_tail(log, LogQuestion(known=12, source="This is trainer.log.")).same  # the job has ended
    assert log_tail(tmp_path / "none", LogQuestion(), OfJob("Why.")) == LogTail(exists=False, size=0, source="Why.")


def test_of_a_large_log_only_whole_lines_of_its_end_are_shown(tmp_path):
    log = tmp_path / "trainer.log"
    log.write_text("".join(f"line {i} {'x' * 200}\n" for i in range(20_000)))
    shown = log_tail(log, LogQuestion())
    assert shown.cut and len(shown.lines) == min(MOST_LINES, shown.found)
    assert shown.lines[-1][0].startswith("line 19999 ")
    assert all(line.startswith("line ") for line, _, _ in shown.lines)
    assert shown.found * 200 < TAIL_BYTES
    found = log_tail(log, LogQuestion(word="LINE 19000 "))
    assert [line.split()[1] for line, _, _ in found.lines] == ["19000"]


def test_only_warnings_are_the_lines_that_read_like_one(tmp_path):
    log = tmp_path / "trainer.log"
    log.write_text("epoch 1\nUserWarning: lr_scheduler\nKeyError: 'x'\nnanometre\nloss is nan\nCUDA out of memory\n")
    lines = [line for line, _, _ in log_tail(log, LogQuestion(only_grave=True)).lines]
    assert lines == ["UserWarning: lr_scheduler", "KeyError: 'x'", "loss is nan", "CUDA out of memory"]
