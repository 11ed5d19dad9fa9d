"""The small parts under every importer: a cell as a number, a split in a word, protobuf's wire, steps and moments,
and which name becomes which field."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.evaluations import RecordBuilder
from monitor.importers.formats.protobuf_wire import fields, inside, varint
from monitor.importers.free_text.table import joined
from monitor.importers.items import Row
from monitor.importers.mapping import SourceMapping, Survey, Use, Wish, doubts, extended, mapping_of, propose, stated
from monitor.importers.moments import Numbers, Open, Since, before, same_moment, trains, whole
from monitor.importers.numbers import number
from monitor.importers.splits import named_by_split, split_of
from monitor.run_dir import Epoch
from monitor.run_dir.errors import UnreadableRunError, UsageError


@pytest.mark.parametrize("cell", ["", " ", "-", "–", "n/a", "None", "NULL", "no log", "best", "1,2,3", "1.2.3", "1;5"])
def test_an_empty_cell_or_a_word_is_no_number(cell):
    assert number(cell) is None


@pytest.mark.parametrize(
    ("cell", "value"), [("3", 3.0), (" 2.5 ", 2.5), ("91,2", 91.2), ("91.2 %", 91.2), ("1e-3", 0.001), ("-1", -1.0)]
)
def test_a_padded_a_percent_and_a_comma_cell_are_numbers(cell, value):
    assert number(cell) == value


def test_nan_and_infinity_are_findings_and_stay():
    assert math.isnan(number("NaN")) and number("-inf") == -math.inf


@pytest.mark.parametrize(
    ("key", "word", "split"),
    [
        ("loss", "val", ""),
        ("phase", "warmup", ""),
        ("phase", 1, ""),
        ("phase", None, ""),
        ("phase", " Validation ", "val"),
        ("split", "DEV", "val"),
        ("mode", "training", "train"),
        ("subset", "test", "test"),
    ],
)
def test_a_split_is_named_by_a_known_key_and_a_known_word_only(key, word, split):
    assert split_of(key, word) == split


def test_what_belongs_to_no_split_keeps_its_name():
    values = {"epoch": 1.0, "loss": 2.5, "learning_rate": 0.1}
    assert named_by_split(values, "") == values
    assert named_by_split(values, "val") == {"epoch": 1.0, "val/loss": 2.5, "learning_rate": 0.1}


def encoded(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def test_an_empty_message_has_no_fields():
    assert list(fields(b"")) == [] and list(inside(b"", 1)) == []


@given(st.integers(0, 2**64 - 1))
def test_a_number_is_read_as_it_was_written_and_the_place_behind_it_too(value):
    assert varint(b"\x00" + encoded(value) + b"\x01", 1) == (value, 1 + len(encoded(value)))


def test_each_kind_of_field_is_read_and_unknown_ones_come_too():
    message = b"\x08\x96\x01" + b"\x12\x02ab" + b"\x19" + bytes(8) + b"\x25" + bytes(4)
    assert list(fields(message)) == [(1, 150), (2, b"ab"), (3, bytes(8)), (4, bytes(4))]
    assert list(inside(message, 2)) == [b"ab"] and list(inside(message, 1)) == []


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"\x80", "cut off in a number"),
        (b"\x08", "cut off in a number"),
        (b"\xff" * 11, "number longer than 64 bits"),
        (b"\x12\x05ab", "field longer than its message"),
        (b"\x19\x00", "field longer than its message"),
        (b"\x0b", "wire type 3"),
    ],
)
def test_what_is_no_message_says_why(message, why):
    with pytest.raises(ValueError, match=why):
        list(fields(message))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_a_value_error(data):
    try:
        found = list(fields(data))
    except ValueError:
        return
    assert all(isinstance(value, (int, bytes)) for _, value in found)


@pytest.mark.parametrize(("step", "as_whole"), [(0, 0), (12.0, 12), (-1, 0), (math.nan, 0), (math.inf, 0), (2**53, 0)])
def test_a_step_that_cannot_be_one_is_none(step, as_whole):
    assert whole(step) == as_whole


def test_an_epoch_is_before_another_only_if_it_lies_in_an_earlier_one():
    assert before(1, 2) and before(2, 2.5)
    assert not before(2.5, 3) and not before(3, 2.5) and not before(2, 2)
    assert not any(before(*pair) for pair in [(None, 1), (1, None), (math.nan, 1), (1, math.inf)])


def test_two_events_are_of_one_moment_by_their_step_or_else_by_their_epoch():
    assert same_moment(Open(1.0, 10, 1), Open(2.0, 10, 2))
    assert not same_moment(Open(1.0, 10, 1), Open(1.0, 20, 2))
    assert same_moment(Open(1.0, 0, 1), Open(1.0, 20, 2))
    assert not same_moment(Open(None, 0, 1), Open(None, 0, 2))


def test_an_event_tells_of_the_training_by_its_names():
    assert not trains(Open(1.0, 1, 1, values={"val_loss": 1.0}))
    assert trains(Open(1.0, 1, 1, values={"lr": 0.1})) and trains(Open(1.0, 1, 1, values={"step_train_loss": 0.1}))


def test_the_train_loss_since_an_evaluation_is_the_files_own_or_the_mean_of_its_steps():
    since = Since()
    assert since.loss() is None
    since.add(1.0)
    since.add(2.0)
    assert since.loss() == 1.5
    since.whole_epoch = 9.0
    assert since.loss() == 9.0


def test_evaluations_without_epochs_are_numbered_and_counted_again_from_where_a_run_went_back():
    numbers = Numbers()
    assert [numbers.count(step) for step in (100, 200, 300, 200, 300)] == [1, 2, 3, 2, 3]
    assert [numbers.count(0), numbers.count(0)] == [4, 5]


def survey(*rows, percents=frozenset()):
    found = Survey()
    for line, values in enumerate(rows, 1):
        found.take(Row(line, values, 0, percents))
    return found


def test_a_file_without_a_loss_or_an_error_rate_is_refused_with_its_names():
    with pytest.raises(UsageError, match=r"there are none\."):
        propose(survey(), Wish())
    with pytest.raises(UsageError, match=r"there are time, speed\. .*--map val_loss=COLUMN"):
        propose(survey({"time": 1.0, "speed": 2.0}), Wish())


def test_the_usual_names_are_found_and_one_name_serves_one_field():
    uses = propose(survey({"Epoch": 1.0, "loss": 2.0, "valid_loss": 3.0}), Wish())
    assert [(use.field, use.column) for use in uses] == [
        ("epoch", "Epoch"),
        ("train_loss", "loss"),
        ("val_loss", "valid_loss"),
    ]


def test_what_the_user_says_wins_and_is_checked():
    seen = survey({"loss": 2.0, "fit": 3.0, "val_loss": 4.0})
    assert ("train_loss", "fit") in [(use.field, use.column) for use in propose(seen, Wish({"train_loss": "fit"}))]
    with pytest.raises(UsageError, match="There is no field loss"):
        propose(seen, Wish({"loss": "fit"}))
    with pytest.raises(UsageError, match=r"There is no column 'x' with numbers; there are loss, fit, val_loss\."):
        propose(seen, Wish({"train_loss": "x"}))


@pytest.mark.parametrize(
    ("name", "values", "wish", "scale"),
    [
        ("wer", (0.9, 1.2), Wish(), 1.0),
        ("wer", (90.0, 40.0), Wish(), 0.01),
        ("wer", (math.nan,), Wish(), 1.0),
        ("wer (%)", (0.9,), Wish(), 0.01),
        ("wer", (0.9,), Wish(percent=True), 0.01),
        ("wer", (90.0,), Wish(percent=False), 1.0),
        ("wer", (0.9,), Wish(format_percent=True), 0.01),
    ],
)
def test_a_share_is_in_percent_if_somebody_says_so_or_its_values_can_be_nothing_else(name, values, wish, scale):
    [use] = propose(survey(*({name: value} for value in values)), wish)
    assert (use.field, use.scale) == ("val_wer", scale)


def test_a_loss_is_never_scaled():
    [use] = propose(survey({"val_loss": 250.0}), Wish(percent=True))
    assert use.scale == 1.0


def test_ordinary_losses_and_shares_leave_no_doubt():
    seen = survey({"loss": 3.0, "val_loss": 4.0, "wer": 0.9}, {"loss": 2.0, "val_loss": 3.5, "wer": 0.5})
    assert doubts(seen, propose(seen, Wish()), "line") == []


def test_a_share_that_changes_its_unit_and_losses_of_two_scales_are_doubted():
    seen = survey({"loss": 300.0, "val_loss": 3.0, "wer": 90.0}, {"loss": 200.0, "val_loss": 2.5, "wer": 0.5})
    told = doubts(seen, propose(seen, Wish()), "line")
    assert [text.split(":")[0] for text in told] == [
        "wer changes by a factor of 30 or more at line 2",
        "Train and val loss begin at 300 and 3",
    ]


def test_a_name_that_comes_later_is_added_and_never_replaces_one_in_use():
    uses = propose(survey({"loss": 2.0}), Wish())
    assert extended(uses, Row(5, {"loss": 1.0, "speed": 3.0}), Wish()) == uses
    more = extended(uses, Row(5, {"train_loss": 9.0, "val_loss": 2.0}), Wish())
    assert [(use.field, use.column) for use in more] == [("train_loss", "loss"), ("val_loss", "val_loss")]


def test_a_mapping_is_said_in_one_sentence_and_kept_whole():
    uses = (Use("train_loss", "loss"), Use("val_wer", "WER", 0.01, "it says so"))
    assert stated(uses) == "loss as train_loss, WER as val_wer (percent: it says so)"
    whole = SourceMapping(uses, "events", train_only=True, basis="evaluations", beside=("val_acc",))
    assert mapping_of(whole.document()) == whole and mapping_of(whole.document()).document() == whole.document()
    older = {"uses": whole.document()["uses"], "basis": "epochs"}
    assert mapping_of(older) == SourceMapping(uses)
    for document in ({"uses": [{"column": "loss"}]}, {"uses": [{"field": "os", "column": "loss", "scale": 1}]}, {}):
        with pytest.raises(UnreadableRunError, match="was not kept"):
            mapping_of(document)


def test_two_lines_with_as_many_bars_and_other_cells_are_no_head_of_a_table():
    assert joined("|| epoch | loss", "a | epoch | loss | b") == ""


def test_what_is_logged_beside_the_train_loss_of_an_epoch_is_kept_where_nothing_is_validated():
    uses = (Use("epoch", "epoch"), Use("step", "_step"), Use("train_loss", "train_loss"))
    builder = RecordBuilder(SourceMapping(uses, "events", train_only=True))
    rows = [
        Row(n, {"epoch": n, "_step": 2.0 * n + 2, "train_loss": 3.0 - n, "accuracy": 30.0 + n, "step": 9.0})
        for n in range(3)
    ]
    found = [record for row in rows for record in builder.take(row)] + list(builder.rest())
    kept = [(record.epoch, record.train_loss, record.metrics) for record in found if isinstance(record, Epoch)]
    assert kept == [(n, 3.0 - n, {"accuracy": 30.0 + n}) for n in range(3)]


def test_what_is_logged_between_two_train_losses_is_kept_with_the_second_and_once():
    """A reward at the end of each episode, a loss every hundred steps, and no epoch."""
    uses = (Use("step", "step"), Use("train_loss", "losses/td_loss"))
    builder = RecordBuilder(SourceMapping(uses, "events", train_only=True))
    reward, loss = "charts/episodic_return", "losses/td_loss"
    told = [
        (31, reward, 9.0),
        (57, reward, 12.0),
        (100, loss, 0.9),
        (200, loss, 0.8),
        (231, reward, 20.0),
        (300, loss, 0.7),
    ]
    rows = [Row(n, {"step": float(step), name: value}) for n, (step, name, value) in enumerate(told)]
    found = [record for row in rows for record in builder.take(row)] + list(builder.rest())
    kept = [(record.step, record.train_loss, record.metrics) for record in found if isinstance(record, Epoch)]
    assert kept == [(100, 0.9, {reward: 12.0}), (200, 0.8, {}), (300, 0.7, {reward: 20.0})]
