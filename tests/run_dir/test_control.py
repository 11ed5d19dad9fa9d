"""The one door: a request is a file, a double click is one request, an answer is given once."""

import threading

import pytest

from monitor.run_dir import CONTROL_DIR, control
from monitor.run_dir.errors import RefusedError


def ask(run_dir, verb="stop", now=1.0, generation=1):
    return control.request(run_dir, verb, generation=generation, asked_by="anna", now=now)


def test_nobody_asked_means_no_stop(tmp_path):
    assert not control.stop_wanted(tmp_path, 1)
    assert control.pending(tmp_path, 1) == []


def test_a_stop_is_wanted_from_the_request_to_its_answer(tmp_path):
    asked = ask(tmp_path)
    assert control.stop_wanted(tmp_path, 1)
    control.answer(tmp_path, asked, "done", "", 2.0)
    assert not control.stop_wanted(tmp_path, 1)
    assert [given.result for given in control.answers(tmp_path, 1)] == ["done"]


def test_a_double_click_is_one_request(tmp_path):
    assert ask(tmp_path, now=1.0) == ask(tmp_path, now=1.1)
    assert len(list((tmp_path / CONTROL_DIR).iterdir())) == 1


def test_eight_tabs_at_once_are_one_request(tmp_path):
    for number in range(30):
        run_dir = tmp_path / str(number)
        run_dir.mkdir()
        assert len(set(clicked_at_once(run_dir))) == 1
        assert len(control.pending(run_dir, 1)) == 1


def clicked_at_once(run_dir, tabs=8):
    start, got = threading.Barrier(tabs), []

    def click():
        start.wait()
        got.append(ask(run_dir))

    threads = [threading.Thread(target=click) for _ in range(tabs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_after_an_answer_one_may_ask_again(tmp_path):
    control.answer(tmp_path, ask(tmp_path), "refused", "saving", 2.0)
    assert ask(tmp_path, now=3.0).number == 2
    assert control.stop_wanted(tmp_path, 1)


def test_a_stop_that_was_taken_back_is_not_wanted(tmp_path):
    ask(tmp_path, now=1.0)
    ask(tmp_path, "cancel", now=2.0)
    assert not control.stop_wanted(tmp_path, 1)


def test_a_clock_that_is_set_back_between_two_requests_does_not_change_their_order(tmp_path):
    ask(tmp_path, now=1000.0)
    ask(tmp_path, "cancel", now=1.0)
    assert [asked.verb for asked in control.pending(tmp_path, 1)] == ["stop", "cancel"]
    assert not control.stop_wanted(tmp_path, 1)
    ask(tmp_path, "stop", now=500.0)
    assert control.stop_wanted(tmp_path, 1)


def test_the_first_answer_stands(tmp_path):
    asked = ask(tmp_path)
    first = control.answer(tmp_path, asked, "done", "", 2.0)
    assert control.answer(tmp_path, asked, "refused", "too late", 3.0) == first


def test_a_request_to_an_earlier_start_of_the_run_means_nothing_to_the_next(tmp_path):
    ask(tmp_path, generation=1)
    assert not control.stop_wanted(tmp_path, 2)


@pytest.mark.parametrize("name", ["1-stop-1.request.json", "1-stop-x.request.json", "notes.txt", "1-rm-1.request.json"])
def test_rubbish_in_the_folder_stops_nobody(tmp_path, name):
    (tmp_path / CONTROL_DIR).mkdir()
    (tmp_path / CONTROL_DIR / name).write_bytes(b"{torn")
    assert not control.stop_wanted(tmp_path, 1)


def test_a_folder_that_is_not_ours_is_refused_in_one_sentence(tmp_path):
    (tmp_path / CONTROL_DIR).write_bytes(b"a file where the folder should be")
    with pytest.raises(RefusedError, match=r"Cannot ask .* to stop"):
        ask(tmp_path)
