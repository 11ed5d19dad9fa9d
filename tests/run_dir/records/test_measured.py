"""What is measured comes back from the disk as it was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import measured
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.measured import Clip, Decode, Epoch, GpuHistory, Probe, Step
from tests.run_dir.records.made import comes_back, few, made, records_of


@pytest.mark.parametrize("kind", records_of(measured))
@few
@given(data=st.data())
def test_every_record_comes_back_with_its_numbers_that_are_none(kind, data):
    assert comes_back(data.draw(made(kind)))


def test_what_was_not_measured_is_none_and_a_zero_stays_a_zero():
    for found in (decode(b'{"epoch": 0}', Epoch), decode(b'{"step": 0}', Step)):
        known = ("epoch", "step", "at", "generation", "non_finite", "metrics")
        assert all(getattr(found, name) is None for name in found.__struct_fields__ if name not in known)
    assert decode(encode(Epoch(epoch=1, val_loss=0.0, blank_ratio=0.0)), Epoch).blank_ratio == 0.0
    assert decode(b'{"step": 3, "train_loss": 0.5}', Step).train_loss == 0.5


def test_a_line_holds_what_was_set_alone_and_a_document_all_of_it():
    assert json.loads(encode(Step(step=7, non_finite=0))) == {"step": 7}
    assert json.loads(encode(Clip(clip_id="a", reference="", split="val"))) == {"clip_id": "a", "reference": ""}
    assert json.loads(encode(Decode(epoch=1, hypotheses=[""]))) == {"epoch": 1.0, "hypotheses": [""]}
    for document in (GpuHistory(), Probe(name="a", title="b", line="c")):
        assert json.loads(encode(document)).keys() == set(document.__struct_fields__)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"clip_id": "a", "reference": "x", "split": "dev"}', Clip),
        ('{"epoch": 1, "split": "all", "hypotheses": []}', Decode),
        ('{"name": "a", "title": "b", "line": "c", "stance": "maybe"}', Probe),
        ('{"epoch": 1, "metrics": {"a": "high"}}', Epoch),
        ('{"epoch": null}', Epoch),
        ('{"step": 1.5}', Step),
    ],
)
def test_a_word_or_a_number_that_a_field_does_not_allow_is_refused(text, kind):
    with pytest.raises(ValueError, match=r"."):
        decode(text.encode(), kind)


def test_two_evaluations_share_no_metrics():
    one = Epoch(epoch=1)
    one.metrics["a"] = 1.0
    assert Epoch(epoch=2).metrics == {}
