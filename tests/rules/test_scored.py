"""`scored`: the predictions of the last decoded evaluation, scored again."""

import pytest

from monitor.rules.scored import last_scored
from monitor.run_dir import Clip, Decode
from tests.snapshots import snapshot

CLIPS = (
    Clip(clip_id="a", split="val", reference="MORGEN REGEN NORD"),
    Clip(clip_id="b", split="val", reference="SONNE"),
)


def decoded(*hypotheses, epoch=2.0, clip_ids=None, **columns):
    decode = Decode(epoch=epoch, split="val", hypotheses=list(hypotheses), clip_ids=clip_ids)
    return snapshot(**{"val_wer": [0.9, 0.5], "val_tokens": [4, 4], **columns}, clips=CLIPS, decodes=(decode,))


def test_nothing_is_scored_that_was_not_logged_whole():
    assert last_scored(snapshot(val_wer=[0.9])) is None
    assert last_scored(decoded("MORGEN")) is None
    assert last_scored(decoded("MORGEN", "SONNE", clip_ids=["a", "x"])) is None
    assert last_scored(decoded("MORGEN", "SONNE", epoch=3.0)) is None


def test_errors_are_substitutions_deletions_and_insertions_over_all_clips():
    found = last_scored(decoded("MORGEN WIND", "SONNE SONNE"))
    assert (found.hits, found.errors, found.asked, found.given) == (2, 3, 4, 4)
    assert (found.wer, found.logged, found.epoch, found.clips) == (pytest.approx(0.75), 0.5, 2.0, 2)


def test_predictions_stand_in_the_order_of_their_own_ids():
    assert last_scored(decoded("SONNE", "MORGEN REGEN NORD", clip_ids=["b", "a"])).errors == 0


def test_the_clips_are_the_whole_split_where_its_words_are_as_many():
    assert last_scored(decoded("MORGEN", "SONNE")).is_whole
    assert not last_scored(decoded("MORGEN", "SONNE", val_tokens=[40, 40])).is_whole
