"""`predictions`: clips word by word, one clip over the epochs, and what is said where there are none."""

import json

import pytest

from monitor.commands import predictions
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.writer import RunWriter


@pytest.fixture
def decoded(runs_made):
    with RunWriter(runs_made / "r") as run:
        for epoch, hypotheses in ((1, ["A B", "", "C"]), (2, ["A C D", "X", "C"])):
            run.log_decodes(epoch, hypotheses, references=["A C", "D E", "C"])
            run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=0.5)
    RunWriter(runs_made / "mute").finish()
    return runs_made


def shown(capsys, *words, **options):
    assert predictions.run(*words, **options) == EXIT_OK
    return capsys.readouterr().out.splitlines()


def test_the_last_evaluation_is_shown_word_by_word(decoded, capsys):
    head, *clips = shown(capsys, "r", decoded)
    assert head == "Epoch 2: 3 clips, 0 of them empty. Hits 3, ≠ 1, ∅ 1, + 1; 5 words out for 5 in."
    assert [line for line in clips if line.startswith("  ")] == [
        "  target      A C",
        "  prediction  A C +D",
        "  target      D E",
        "  prediction  ≠X ∅",
        "  target      C",
        "  prediction  C",
    ]
    assert [line.split("WER ")[1] for line in clips if "WER" in line] == ["50.0 %", "100.0 %", "0.0 %"]


def test_an_empty_prediction_an_earlier_epoch_and_what_is_left_out(decoded, capsys):
    head, name, target, said, more = shown(capsys, "r", decoded, epoch=1, which="worst", most=1)
    assert head.startswith("Epoch 1: 3 clips, 1 of them empty. ")
    assert (target, said) == ("  target      D E", "  prediction  ∅ ∅")
    assert more == "… and 2 more clips." and name.endswith("WER 100.0 %")
    assert len(shown(capsys, "r", decoded, word="X")) == 1 + 3


def test_one_clip_over_the_evaluations(decoded, capsys):
    clips = json.loads("\n".join(shown(capsys, "r", decoded, as_json=True)))["clips"]
    first, second, third = (clip["id"] for clip in clips)
    head, *moments = shown(capsys, "r", decoded, clip=second)
    assert head == f"{second}  target: D E"
    assert moments == ["  epoch 1  WER 100.0 %  (EMPTY)", "  epoch 2  WER 100.0 %  X"]
    assert shown(capsys, "r", decoded, clip=third)[1:] == ["  epoch 1 to 2  WER 0.0 %  C"]
    assert json.loads("\n".join(shown(capsys, "r", decoded, clip=first, as_json=True)))["id"] == first
    assert shown(capsys, "r", decoded, clip="none") == ["No evaluation holds a clip called none."]


def test_a_run_without_predictions_says_how_to_log_them(decoded, capsys):
    (line,) = shown(capsys, "mute", decoded)
    assert line.startswith("No predictions are logged. Log them with run.log_decodes(")


@pytest.mark.parametrize("wrong", [{"which": "watch"}, {"decoder": "oracle"}])
def test_a_filter_or_decoder_that_there_is_not_is_refused_with_those_that_there_are(decoded, wrong):
    with pytest.raises(UsageError, match=rf"{next(iter(wrong.values()))}: must be one of [a-z]+, ") as refused:
        predictions.run("r", decoded, **wrong)
    assert str(refused.value).startswith("--filter" if "which" in wrong else "--decoder")
