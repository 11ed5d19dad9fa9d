"""Predictions of a run whose user decodes with a filter: both are kept, told apart and counted apart."""

import time

import pytest

from monitor.run_dir.reader import RunReader
from monitor.view.predictions import PredictionsQuestion, clip_history, predictions
from monitor.writer import RunWriter

REFERENCES = ["A B C", "D", "E F"]
GREEDY = ["A X C", "D", "E"]
ADJUSTED = ["A X", "", "E"]


@pytest.fixture
def seen(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_decodes(1, ["", "", ""], references=REFERENCES)
        run.log_decodes(2, GREEDY, adjusted=ADJUSTED)
        run.log_decodes(3, GREEDY, adjusted=ADJUSTED)
    return RunReader(tmp_path / "r").read(time.time())


def said(answer):
    return [" ".join(word for _, _, word in clip.words if word) for clip in answer.clips]


def test_unfiltered_output_is_shown_unless_the_other_is_asked_for(seen):
    assert said(predictions(seen, PredictionsQuestion())) == GREEDY
    assert said(predictions(seen, PredictionsQuestion(decoder="adjusted"))) == ADJUSTED


def test_both_error_rates_stand_beside_each_other_whichever_is_shown(seen):
    for decoder in ("greedy", "adjusted"):
        answer = predictions(seen, PredictionsQuestion(decoder=decoder))
        assert answer.decoders == {"greedy": pytest.approx(2 / 6), "adjusted": pytest.approx(4 / 6)}
        assert answer.differs == 2
        assert [clip.differs for clip in answer.clips] == [True, True, False]


def test_totals_are_those_of_the_decoder_that_is_shown(seen):
    assert predictions(seen, PredictionsQuestion()).empty == 0
    assert predictions(seen, PredictionsQuestion(decoder="adjusted")).empty == 1


def test_an_evaluation_without_such_a_decoder_offers_no_choice(seen):
    answer = predictions(seen, PredictionsQuestion(epoch=1.0, decoder="adjusted"))
    assert (answer.decoders, answer.decoder, answer.differs) == ({}, "greedy", 0)


def test_a_clips_history_follows_the_decoder(seen):
    clip = predictions(seen, PredictionsQuestion()).clips[1].id
    last = clip_history(seen, clip, "adjusted").moments
    assert [moment.wer for moment in clip_history(seen, clip).moments] == [1.0, 0.0]
    assert [(moment.epoch, moment.wer) for moment in last] == [(1, 1.0)], "silent before and silent after"


def test_errors_only_leaves_out_what_is_right_and_begins_with_the_worst(seen):
    assert said(predictions(seen, PredictionsQuestion(chosen="errors"))) == ["E", "A X C"]


@pytest.mark.parametrize(
    ("word", "clips"), [("b → x", ["A X C"]), ("∅ F", ["E"]), ("∅ B", []), ("+ X", []), ("x", ["A X C"]), ("∅", [])]
)
def test_an_error_can_be_searched_for(seen, word, clips):
    assert said(predictions(seen, PredictionsQuestion(word=word))) == clips


def test_what_changed_is_said_since_the_evaluation_before_and_against_the_parent(seen):
    first, second = predictions(seen, PredictionsQuestion(epoch=2.0), parent=seen).word_changes
    assert (first.since, first.fixed, first.broken) == ("Since epoch 1", 4, 0)
    assert (second.since, second.fixed, second.broken) == ("Against r at epoch 2", 0, 0)
    assert predictions(seen, PredictionsQuestion(epoch=1.0)).word_changes == []
