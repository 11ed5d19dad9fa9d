"""A growing log → a run: rotation, truncation, new starts and killed followers included, each record once."""

import json
import os
import tracemalloc

import pytest

from monitor.importers.following import Following
from monitor.importers.free_text.followed import BUFFER_BYTES, QUIET_SECS, UNFINISHED_SECS
from monitor.importers.free_text.proposal import propose_log
from monitor.importers.free_text.scan import scan
from monitor.importers.live import About, FollowedRun
from monitor.run_dir.reader import RunReader
from tests.logs import FORMS, PAIRS, bar

NOW = 1_800_000_000.0


def followed(tmp_path, text):
    """(the log with this text in it, a follower of it)."""
    log = tmp_path / "train.log"
    log.write_text(text)
    os.utime(log, (NOW, NOW))
    mapping = propose_log(scan(log))
    run = FollowedRun.begin(tmp_path / "runs", About(log, "log", "run", mapping.document()), NOW)
    return log, Following(run)


def again(follower):
    """The same run in the hands of a new follower, as after a kill."""
    follower.run._lock.release()
    run = FollowedRun.go_on(follower.run.run_dir, NOW)
    return Following(run)


def drained(follower, now=NOW):
    while follower.look(now):
        pass
    return RunReader(follower.run.run_dir).read(now)


def append(log, text):
    with log.open("a") as stream:
        stream.write(text)
    os.utime(log, (NOW, NOW))


def lines(run_dir, name="epochs.jsonl"):
    return (run_dir / name).read_bytes().splitlines()


def test_a_log_without_anything_new_changes_nothing(tmp_path):
    _, follower = followed(tmp_path, FORMS["one line"](range(1, 4)))
    before = drained(follower)
    assert drained(follower).epochs == before.epochs
    assert len(lines(follower.run.run_dir)) == 3


def test_what_is_appended_is_there_at_the_next_look(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 4)))
    drained(follower)
    append(log, FORMS["one line"]([4]))
    last = drained(follower, NOW + 60).epochs[-1]
    assert (last.epoch, last.at, last.val_loss) == (4, NOW + 60, pytest.approx(5.92))
    assert RunReader(follower.run.run_dir).read(NOW).progress.epochs == 60


def test_half_a_line_waits_for_its_other_half(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 4)))
    whole = FORMS["one line"]([4])
    append(log, whole[:20])
    assert len(drained(follower).epochs) == 3
    append(log, whole[20:])
    assert len(drained(follower).epochs) == 4


def test_a_last_line_without_a_newline_counts_once_it_has_rested(tmp_path):
    text = FORMS["one line"](range(1, 5)).rstrip("\n")
    log, follower = followed(tmp_path, text)
    assert [each.epoch for each in drained(follower).epochs] == [1, 2, 3]
    assert [each.epoch for each in drained(follower, NOW + UNFINISHED_SECS).epochs] == [1, 2, 3, 4]
    append(log, "\n" + FORMS["one line"]([5]))
    later = again(follower)
    assert [each.epoch for each in drained(later, NOW + UNFINISHED_SECS + 1).epochs] == [1, 2, 3, 4, 5]
    assert len(lines(later.run.run_dir)) == 5


def test_a_line_that_goes_on_after_it_was_taken_is_read_once_more_whole(tmp_path):
    text = FORMS["one line"](range(1, 5))
    log, follower = followed(tmp_path, text[:-12])
    before = drained(follower, NOW + UNFINISHED_SECS).epochs
    append(log, text[-12:])
    after = drained(again(follower), NOW + UNFINISHED_SECS + 1).epochs
    (tmp_path / "whole").mkdir()
    whole = drained(followed(tmp_path / "whole", text)[1]).epochs
    values = [(each.epoch, each.train_loss, each.val_loss, each.val_wer) for each in whole]
    assert [each.epoch for each in before] == [1, 2, 3, 4] and before[-1].val_wer != whole[-1].val_wer
    assert [(each.epoch, each.train_loss, each.val_loss, each.val_wer) for each in after] == values


def test_a_line_that_a_full_buffer_cut_off_is_waited_for(tmp_path):
    text = FORMS["one line"](range(1, 200))
    log, follower = followed(tmp_path, text[:BUFFER_BYTES])
    whole = text[:BUFFER_BYTES].count("\n")
    assert not text[:BUFFER_BYTES].endswith("\n")
    assert len(drained(follower, NOW + 10 * UNFINISHED_SECS).epochs) == whole
    append(log, text[BUFFER_BYTES:])
    assert len(drained(follower, NOW + 11 * UNFINISHED_SECS).epochs) == 199


def test_the_first_epoch_is_shown_after_a_silence(tmp_path):
    log, follower = followed(tmp_path, FORMS["headings"](range(1, 3)))
    log.write_text(FORMS["headings"]([1]))
    os.utime(log, (NOW, NOW))
    follower = Following(follower.run)
    assert drained(follower).epochs == ()
    assert [record.epoch for record in drained(follower, NOW + QUIET_SECS + 1).epochs] == [1]


def test_a_rotated_log_goes_on(tmp_path):
    log, follower = followed(tmp_path, FORMS["headings"](range(1, 4)))
    drained(follower)
    append(log, FORMS["headings"]([4])[:-30])
    log.rename(tmp_path / "train.log.1")
    log.write_text(FORMS["headings"](range(5, 8)))
    assert [record.epoch for record in drained(follower).epochs] == [1, 2, 3, 4, 5, 6, 7]


def test_a_truncated_log_that_begins_anew_is_a_new_start_of_the_run(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 11)))
    drained(follower)
    os.truncate(log, 0)
    drained(follower)
    append(log, FORMS["one line"](range(1, 4)))
    snapshot = drained(follower)
    assert [record.epoch for record in snapshot.epochs] == [1, 2, 3]
    assert (snapshot.anew, snapshot.resumed_at, snapshot.overlaps) == (1, (), ())


def test_a_run_that_was_resumed_in_one_file_keeps_its_last_records_and_marks_the_overlap(tmp_path):
    text = FORMS["one line"](range(1, 31)) + "Resuming from epoch 25\n" + FORMS["one line"](range(26, 41))
    _, follower = followed(tmp_path, text)
    snapshot = drained(follower)
    assert [record.epoch for record in snapshot.epochs] == list(range(1, 41))
    assert (snapshot.resumed_at, snapshot.overlaps) == ((26.0,), (26.0, 27.0, 28.0, 29.0, 30.0))


@pytest.mark.parametrize("form", ["one line", "headings", "hugging face"])
def test_a_killed_follower_is_replaced_by_one_that_writes_no_record_twice(tmp_path, form):
    text = FORMS[form](range(1, 21))
    log, follower = followed(tmp_path, text)
    log.write_text("")
    follower = Following(follower.run)
    for at in range(0, len(text), 97):
        append(log, text[at : at + 97])
        drained(follower)
        if (at // 97) % 3 == 2:
            follower = again(follower)
    follower.end(NOW)
    snapshot = RunReader(follower.run.run_dir).read(NOW)
    assert [record.epoch for record in snapshot.epochs] == list(range(1, 21))
    assert (snapshot.overlaps, snapshot.problems) == ((), ())
    assert len(lines(follower.run.run_dir)) == 20


def test_records_that_were_written_but_not_noted_are_not_written_again(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 4)))
    drained(follower)
    noted = (follower.run.run_dir / "source.json").read_bytes()
    append(log, FORMS["one line"](range(4, 7)) + PAIRS[1])
    drained(follower)
    (follower.run.run_dir / "source.json").write_bytes(noted)  # as a kill between the two would leave it
    follower = again(follower)
    append(log, FORMS["one line"]([7]))
    drained(follower)
    assert len(lines(follower.run.run_dir)) == 7


def test_printed_predictions_become_clips_once_and_a_decode_an_epoch(tmp_path):
    text = "".join(FORMS["one line"]([epoch]) + PAIRS[1 + epoch % 2] for epoch in range(1, 5))
    _, follower = followed(tmp_path, text)
    for _ in range(2):
        drained(follower)
        follower = again(follower)
    follower.end(NOW)
    snapshot = RunReader(follower.run.run_dir).read(NOW)
    assert [clip.reference for clip in snapshot.clips] == ["REGEN NORD", "SONNE"]
    assert [(decode.epoch, decode.hypotheses) for decode in snapshot.decodes] == [
        (1, ["REGEN", "SONNE"]),
        (2, ["", "SONNE"]),
        (3, ["REGEN", "SONNE"]),
        (4, ["", "SONNE"]),
    ]


def test_a_quantity_that_the_log_names_only_later_is_taken_in(tmp_path):
    log, follower = followed(tmp_path, "epoch 1 loss=3\nepoch 2 loss=2\n")
    drained(follower)
    append(log, "epoch 3 loss=1.5 val_loss=2.5 wer=90%\nepoch 4 loss=1.2\n")
    third = drained(follower).epochs[2]
    assert (third.train_loss, third.val_loss, third.val_wer, third.gap) == (1.5, 2.5, pytest.approx(0.9), 1.0)


def test_a_score_that_the_log_names_only_later_is_kept_beside(tmp_path):
    log, follower = followed(tmp_path, "epoch 1 loss=3\nepoch 2 loss=2\n")
    drained(follower)
    append(log, "epoch 3 loss=1.5 val_accuracy=0.4 sway=3\nepoch 4 loss=1.2\n")
    drained(follower)
    snapshot = drained(again(follower))
    assert [record.metrics for record in snapshot.epochs[:3]] == [{}, {}, {"val_accuracy": 0.4}]


@pytest.mark.parametrize("code", ["utf-16", "cp1252"])
def test_a_log_that_windows_wrote_is_followed(tmp_path, code):
    lines = [f"Époque {n}/5 - perte: {3 - n / 4} - perte de validation: {3.5 - n / 4}\n" for n in range(1, 6)]
    log, follower = followed(tmp_path, "".join(lines))  # read by a person who saw it in UTF-8
    data = "".join(lines).encode(code)
    log.write_bytes(data[:121])
    follower = Following(follower.run)
    for place in range(121, len(data), 41):
        drained(follower)
        follower = again(follower)
        with log.open("ab") as file:
            file.write(data[place : place + 41])
    follower.end(NOW)
    found = [(record.epoch, record.train_loss, record.val_loss) for record in drained(follower).epochs]
    assert found == [(n, 3 - n / 4, 3.5 - n / 4) for n in range(1, 6)]
    assert len(scan(log).rows) == 5


def test_a_log_that_vanishes_is_waited_for(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 4)))
    drained(follower)
    log.unlink()
    assert not follower.look(NOW)
    log.write_text(FORMS["one line"](range(4, 6)))
    assert [record.epoch for record in drained(follower).epochs] == [1, 2, 3, 4, 5]


def test_a_long_log_full_of_progress_bars_is_followed_in_little_memory(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 3)))
    with log.open("a") as stream:
        for epoch in range(3, 83):
            stream.write("".join("\r" + bar(epoch, step, 1000, 2.0) for step in range(1001)))
            stream.write("\n" + FORMS["one line"]([epoch]))
    assert log.stat().st_size > 5_000_000
    tracemalloc.start()
    assert len(drained(follower).epochs) == 82
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_a_log_that_says_nothing_within_an_epoch_gives_no_steps(tmp_path):
    _, follower = followed(tmp_path, FORMS["one line"](range(1, 20)))
    assert drained(follower).steps == ()


def test_step_lines_and_bars_are_steps_before_the_first_epoch_has_ended(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 3)))
    drained(follower)
    for step in range(0, 500, 10):
        append(log, f"Epoch [3/60], Step [{step}/500], Loss: {9 - step / 100:.4f}, lr: 0.001\n")
    steps = drained(follower).steps
    assert [record.step for record in steps] == sorted({record.step for record in steps}) and len(steps) >= 3
    assert all(1000 <= record.step < 1500 and 2 <= record.epoch < 3 and record.lr == 0.001 for record in steps)
    assert all(record.train_loss == pytest.approx(9 - (record.step - 1000) / 100) for record in steps)
    append(log, "".join("\r" + bar(4, step, 100, 2.5) for step in range(100)))
    late = drained(follower).steps[len(steps) :]
    assert len(late) >= 3 and {record.train_loss for record in late} == {2.5}
    assert all(1500 <= record.step < 1600 and 3 <= record.epoch < 4 for record in late)


def test_steps_are_the_same_however_the_log_arrives_and_whoever_dies(tmp_path):
    text = FORMS["steps"](range(1, 200)) + FORMS["tqdm"](range(200, 260))
    (tmp_path / "once").mkdir()
    _, follower = followed(tmp_path / "once", FORMS["steps"](range(1, 3)))
    append(follower.path, text[len(FORMS["steps"](range(1, 3))) :])
    wanted = lines(drained(follower) and follower.run.run_dir, "steps.jsonl")
    log, follower = followed(tmp_path, FORMS["steps"](range(1, 3)))
    begun = len(FORMS["steps"](range(1, 3)))
    for place in range(begun, len(text), 7001):
        append(log, text[place : place + 7001])
        drained(follower)
        follower = again(follower)
    drained(follower)
    assert len(wanted) > 50 and lines(follower.run.run_dir, "steps.jsonl") == wanted


def test_a_step_that_a_bar_draws_twice_is_one_step(tmp_path):
    log, follower = followed(tmp_path, FORMS["one line"](range(1, 3)))
    drained(follower)
    for step in range(1, 90):
        append(log, f"\r{bar(3, step, 100, 2.5)}" * 6)
    steps = [record.step for record in drained(follower).steps]
    assert len(steps) > 20 and len(set(steps)) == len(steps)


def test_lines_that_name_no_step_are_counted_and_no_number_of_them_is_told_as_the_step(tmp_path):
    line = "{{'loss': {}, 'epoch': {}}}\n"
    log, follower = followed(tmp_path, line.format(2.5, 0.5) + line.format(2.4, 0.75))
    seen = drained(follower)
    assert [step.train_loss for step in seen.steps] == [2.5, 2.4] and seen.progress.step == 0
    append(log, "{'eval_loss': 2.1, 'epoch': 1.0}\n" + line.format(2.3, 1.25))
    seen = drained(follower, NOW + 60)
    assert (seen.epochs[-1].val_loss, seen.progress.step) == (2.1, 0)
    append(log, "step 70: loss 2.2\n")
    assert drained(again(follower), NOW + 120).progress.step == 70


def test_a_step_stands_in_no_epoch_where_evaluations_are_counted(tmp_path):
    text = "".join(
        f"step {n} | loss {9 - n / 100} | lr 0.1\n" + (n % 50 == 0) * f"step {n} train loss: 2.{n} test loss: 3.{n}\n"
        for n in range(10, 110, 10)
    )
    _, follower = followed(tmp_path, text)
    seen = drained(follower)
    assert [(row.epoch, row.step) for row in seen.epochs] == [(1, 50), (2, 100)]
    assert [step.step for step in seen.steps] == list(range(10, 110, 10)) and {step.epoch for step in seen.steps} == {0}


def test_loss_in_one_epoch_and_train_loss_in_another_are_one_curve_and_no_metric_beside_it(tmp_path):
    text = "".join(
        f"{{'loss': {3 - n}.5, 'epoch': {n - 0.5}}}\n{{'loss': {3 - n}.2, 'epoch': {n}.0}}\n"
        f"{{'eval_loss': {4 - n}.1, 'epoch': {n}.0}}\n"
        for n in (1, 2)
    )
    log, follower = followed(tmp_path, text)
    append(log, "{'train_loss': 1.9, 'epoch': 2.0}\n***** eval metrics *****\n  epoch = 2.0\n  perplexity = 8.2\n")
    found = drained(follower, NOW + 60)
    assert [(row.train_loss, row.val_loss) for row in found.epochs] == [(2.2, 3.1), (1.9, 2.1)]
    assert {name for row in found.epochs for name in row.metrics} <= {"val_ppl"}
    beside = json.loads((follower.run.run_dir / "source.json").read_bytes())["mapping"]["beside"]
    assert not {"loss", "train_loss", "val_ln_ppl"} & set(beside)
