"""What a script hands to the writer, made into what a record can hold: nothing odd spoils a line."""

import json
import math

import numpy as np
import pytest
import torch

from monitor.run_dir import Epoch, Step
from monitor.writer.fields import gap_of, plain, split_known_and_extra


def split(kind=Epoch, **fields):
    warned = []
    return *split_known_and_extra(kind, fields, warned.append), warned


def test_nothing_given_is_nothing_known_and_no_warning():
    assert split() == ({}, {}, [])
    assert split(val_loss=None, other=None) == ({}, {}, [])


def test_numbers_of_any_kind_become_plain_ones_of_the_fields_type():
    loss = torch.tensor(2.5, requires_grad=True) * 2
    known, extra, warned = split(train_loss=loss, val_loss=np.float32(1.5), val_wer=1, step=np.int64(7))
    assert (known, extra, warned) == ({"train_loss": 5.0, "val_loss": 1.5, "val_wer": 1.0, "step": 7}, {}, [])
    assert [type(known[name]) for name in ("train_loss", "val_loss", "val_wer", "step")] == [float, float, float, int]


def test_a_number_under_a_name_that_is_no_field_is_an_extra():
    assert split(bleu=np.float64(0.25)) == ({}, {"bleu": 0.25}, [])


def test_metrics_are_a_table_of_numbers_under_texts():
    assert split(metrics={1: np.float32(0.5)})[0] == {"metrics": {"1": 0.5}}


def test_nan_and_infinity_are_numbers():
    known, _, warned = split(train_loss=math.nan, val_loss=math.inf)
    assert math.isnan(known["train_loss"]) and known["val_loss"] == math.inf and warned == []


class Refuses:
    def __float__(self):
        raise RuntimeError("no grad")


@pytest.mark.parametrize(
    "odd", ["much", [1, 2], object(), torch.ones(2), {"a": "b"}, Refuses()], ids=lambda odd: type(odd)
)
def test_what_is_no_number_is_left_out_with_a_warning_and_the_rest_is_kept(odd):
    known, extra, warned = split(train_loss=odd, note=odd, val_loss=1.0)
    assert (known, extra) == ({"val_loss": 1.0}, {})
    assert [text.split(" was left out: ")[0] for text in warned] == [
        f"{name} ({type(odd).__name__})" for name in ("train_loss", "note")
    ]


def test_a_step_has_fields_of_its_own():
    assert split(Step, lr=1, val_loss=2) == ({"lr": 1.0}, {"val_loss": 2.0}, [])


@pytest.mark.parametrize(
    ("losses", "basis", "gap"),
    [
        ({}, "running", None),
        ({"val_loss": 3.0}, "running", None),
        ({"train_loss": 1.0}, "running", None),
        ({"train_loss": 1.0, "val_loss": 3.0}, "eval", None),
        ({"train_loss": 1.0, "val_loss": 3.0}, "running", 2.0),
        ({"train_loss": 1.0, "train_eval_loss": 2.5, "val_loss": 3.0}, "eval", 0.5),
    ],
)
def test_the_gap_is_val_minus_the_train_loss_that_the_basis_names(losses, basis, gap):
    assert gap_of(Epoch(epoch=1, **losses), basis) == gap


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "text", [], {}, {"a": [1, None]}])
def test_what_json_knows_stays_as_it_is(value):
    assert plain(value) == value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ((1, 2), [1, 2]),
        ({3: {"x"}}, {"3": ["x"]}),
        (np.float64(0.5), 0.5),
        (np.int32(4), 4),
        (torch.tensor(2.0), 2.0),
        (torch.ones(2), "tensor([1., 1.])"),
        ("\udcff", "\\udcff"),
    ],
    ids=repr,
)
def test_what_json_does_not_know_becomes_a_number_a_list_or_a_text(value, kept):
    assert plain(value) == kept and type(plain(value)) is type(kept)
    json.dumps(plain(value))


def test_numbers_in_a_mapping_are_kept_with_its_name_before_theirs():
    _, extra, warned = split(losses={"ctc": 1.0, "attention": torch.tensor(2.0)})
    assert (extra, warned) == ({"losses/ctc": 1.0, "losses/attention": 2.0}, [])
