"""Three lines of RunWriter with predictions and references: chance, repetition, emptiness and length are counted."""

import random
import time

import pytest

from monitor.commands.cli import main
from monitor.diagnosis.verdict import judge
from monitor.run_dir.counted import word_shape, words_in
from monitor.run_dir.reader import RunReader
from monitor.view.tiles import tiles
from monitor.writer import RunWriter

WORDS = [f"W{number}" for number in range(20)]


def logged(folder, say, *, clips=60, wer=0.95, epochs=40):
    """A run of which only losses, error rate and predictions were logged."""
    chosen = random.Random(3)
    references = [" ".join(chosen.choice(WORDS) for _ in range(chosen.randint(3, 9))) for _ in range(clips)]
    run = RunWriter(folder)
    for epoch in range(1, epochs + 1):
        run.log_decodes(epoch, [say(place, text) for place, text in enumerate(references)], references=references)
        run.log_epoch(epoch, train_loss=5.0 + 1 / epoch, val_loss=5.2 + 1 / epoch, val_wer=wer)
    run.finish()
    return RunReader(folder).read(2e9), references


def test_one_sentence_for_everything_is_called_that_and_at_chance(tmp_path):
    seen, references = logged(tmp_path / "r", lambda place, _: "W1 W2" if place == 7 else "W1 W2 W3")
    findings = {finding.rule: finding for finding in judge(seen, 2e9).diagnosis.findings}
    assert {"token_dominance", "at_chance"} <= set(findings)
    assert findings["blank_collapse"].title == "Predictions too short"
    assert "empty" not in findings["blank_collapse"].title and "too short" in findings["blank_collapse"].line
    assert 0.7 < seen.run.floors.wer_constant < 1.0
    shown = {tile.key: tile for tile in tiles(seen, judge(seen, 2e9))}
    assert shown["val_wer"].yardstick.startswith("chance 8") and shown["words"].value != "–"
    expected = word_shape(words_in(references), ["W1 W2" if place == 7 else "W1 W2 W3" for place in range(60)])
    last = seen.epochs[-1]
    for name in ("empty_ratio", "length_ratio", "top_token_ratio", "unique_hypothesis_ratio", "distinct_token_ratio"):
        assert getattr(last, name) == pytest.approx(getattr(expected, name)), name


def test_what_a_run_logs_itself_stands_and_the_rest_is_right_where_it_says_all_words(tmp_path):
    seen, _ = logged(tmp_path / "r", lambda _, text: text, wer=0.0, epochs=8)
    assert seen.epochs[-1].length_ratio == 1.0 and seen.epochs[-1].val_wer == 0.0
    assert not {finding.rule for finding in judge(seen, 2e9).diagnosis.findings}


def test_a_handful_of_printed_predictions_is_not_counted(tmp_path):
    seen, _ = logged(tmp_path / "r", lambda *_: "W1", clips=5)
    assert seen.epochs[-1].length_ratio is None and seen.run.floors.wer_constant is None


def test_while_nothing_changes_the_evaluations_are_the_same_object(tmp_path):
    logged(tmp_path / "r", lambda *_: "W1", epochs=5)
    reader = RunReader(tmp_path / "r")
    assert reader.read(2e9).epochs is reader.read(2e9).epochs


def test_numbers_that_rest_on_logged_clips_say_so_on_tile_terminal_and_report(tmp_path, capsys):
    seen, _ = logged(tmp_path / "r", lambda _, text: text, epochs=8)
    shown = {tile.key: tile for tile in tiles(seen, judge(seen, 2e9))}
    assert shown["words"].yardstick == "from 60 logged clips"
    assert " from 60 logged clips · best" in shown["val_wer"].yardstick
    for verb, said in (("show", "(from 60 logged clips)"), ("report", "WER, from 60 logged clips;")):
        assert main([verb, str(tmp_path / "r")]) == 0
        assert said in capsys.readouterr().out


def test_what_a_run_logs_itself_is_not_said_to_rest_on_clips(tmp_path):
    run = RunWriter(tmp_path / "r")
    run.log_decodes(1, ["A B"] * 12, references=["A B"] * 12)
    run.log_epoch(1, val_loss=1.0, val_wer=0.0, length_ratio=1.0)
    run.finish()
    seen = RunReader(tmp_path / "r").read(2e9)
    assert "length_ratio" not in seen.counted and "empty_ratio" in seen.counted
    assert {tile.key: tile for tile in tiles(seen, judge(seen, 2e9))}["words"].yardstick == "1 is right"


def test_no_sentence_beats_saying_nothing_where_most_targets_are_empty(tmp_path):
    references = ["A B"] + [""] * 29
    with RunWriter(tmp_path / "r") as run:
        run.log_decodes(1, references, references=references)
        run.log_epoch(1, val_loss=1.0, val_wer=0.0)
    floors = RunReader(tmp_path / "r").read(time.time()).run.floors
    assert (floors.wer_constant, floors.constant_sentence) == (1.0, "")
