"""Every number of a run as charts: which names share one, what is found, how a series is thinned, what is odd."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from msgspec.structs import replace

from monitor.diagnosis.verdict import judge
from monitor.run_dir import Epoch, Snapshot, State, Step
from monitor.run_dir.reader import RunReader
from monitor.ui.questions import answer
from monitor.view.kept import kept_of
from monitor.view.metric_charts import charts_of, split_of
from monitor.view.metrics import MetricsQuestion, metrics, thinned
from monitor.view.numbers import csv_of
from monitor.view.series import loss_unit
from monitor.view.tiles import tiles
from monitor.writer import RunWriter
from tests.snapshots import PROCESS


def run(epochs=(), steps=(), name="a-run") -> Snapshot:
    """A snapshot of evaluations and steps, each given by its fields; unknown ones are metrics."""

    def record(kind, fields):
        own = {key: value for key, value in fields.items() if key in kind.__struct_fields__}
        return kind(**own, metrics={key: value for key, value in fields.items() if key not in own})

    return Snapshot(
        run_dir=name,
        run_id=name,
        read_at=0.0,
        epochs=tuple(record(Epoch, fields) for fields in epochs),
        steps=tuple(record(Step, fields) for fields in steps),
    )


def drawn(snapshot: Snapshot, **question):
    """Key → curves of every chart."""
    heads = metrics(snapshot, MetricsQuestion(**question)).heads
    found = metrics(snapshot, MetricsQuestion(keys=[head.key for head in heads], **question))
    return {chart.key: chart.curves for chart in found.drawn}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("val_loss", ("val", "loss")),
        ("train_eval_loss", ("train", "loss")),
        ("val/bbox/map", ("val", "bbox/map")),
        ("Validation Accuracy", ("val", "Accuracy")),
        ("loss.train", ("train", "loss")),
        ("test", ("", "test")),
        ("value", ("", "value")),
        ("trace", ("", "trace")),
        ("", ("", "")),
        ("验证 准确率", ("", "验证 准确率")),
    ],
)
def test_the_split_is_taken_off_at_either_end(name, found):
    assert split_of(name) == found


def names(*given):
    return {
        chart.title: (chart.group, [source.name for source in chart.sources])
        for chart in charts_of(frozenset(given), frozenset())
    }


def test_train_val_and_test_of_one_name_share_a_chart():
    assert names("train/dice", "val/dice", "test/dice", "iou") == {
        "dice": ("", ["train/dice", "val/dice", "test/dice"]),
        "iou": ("", ["iou"]),
    }
    assert list(names("accuracy", "val_accuracy")) == ["accuracy"]


def test_a_prefix_is_a_group_where_several_share_it():
    found = names("grad/a", "grad/b", "head_x", "val/tail_1", "train/tail_2")
    assert {title: group for title, (group, _) in found.items()} == {
        "head_x": "",
        "grad/a": "grad",
        "grad/b": "grad",
        "train/tail_2": "tail",
        "val/tail_1": "tail",
    }
    # The fields of the records are no group: "val_tokens" and "val_hypothesis_tokens" are not of one kind.
    assert {group for group, _ in names("data_wait_ratio", "device_busy_ratio", "device_memory_bytes").values()} == {""}


def test_the_primary_metric_and_the_loss_come_first_and_numbers_count():
    order = [
        chart.title
        for chart in charts_of(
            frozenset({"a", "val_loss", "val_cer", "l10/x", "l2/x", "l2/y", "l10/y"}), frozenset(), "val_cer"
        )
    ]
    assert order == ["val_cer", "val_loss", "a", "l2/x", "l2/y", "l10/x", "l10/y"]


def test_what_was_never_logged_is_no_chart_and_a_nought_that_was_is_one():
    seen = run([{"epoch": 1, "val_loss": 0.0}], [{"step": 1, "train_loss": 1.0}, {"step": 2, "train_loss": 1.0}])
    assert [head.names for head in metrics(seen, MetricsQuestion()).heads] == [["train_loss", "val_loss"]]


def test_a_search_finds_names_in_any_order_of_its_words_and_says_how_many():
    seen = run([{"epoch": 1, **{f"layer{place}/{kind}": 1.0 for place in range(200) for kind in ("grad", "weight")}}])
    found = metrics(seen, MetricsQuestion(word="GRAD layer1", most=5))
    assert (len(found.heads), found.matching, found.total, found.numbers) == (5, 111, 400, 400)
    group = metrics(seen, MetricsQuestion(group="layer7"))
    assert [head.title for head in group.heads] == ["layer7/grad", "layer7/weight"]
    assert metrics(seen, MetricsQuestion(word="nothing")).heads == []


def test_pinned_ones_come_first():
    seen = run([{"epoch": 1, "a": 1.0, "b": 1.0, "c": 1.0}])
    found = metrics(seen, MetricsQuestion(pinned=["c", "gone"]))
    assert [(head.key, head.pinned) for head in found.heads] == [("c", True), ("a", False), ("b", False)]


def test_only_the_columns_of_the_charts_in_view_travel():
    seen = run([{"epoch": 1, "a": 1.0, "b": 2.0}])
    assert [chart.key for chart in metrics(seen, MetricsQuestion(keys=["b", "unknown"])).drawn] == ["b"]


def test_values_that_are_not_finite_are_counted_and_left_out():
    seen = run([{"epoch": 1, "a": 1.0}, {"epoch": 2, "a": math.nan}, {"epoch": 3, "a": -math.inf}, {"epoch": 4}])
    (curve,) = drawn(seen)["a"]
    assert (curve.x, curve.y, curve.values, curve.unfinite, curve.last) == ([1.0], [1.0], 3, 2, "-inf")


def test_evaluations_and_steps_share_each_axis():
    steps = [{"step": 10 * place, "epoch": place / 2, "at": 1000.0 + place, "train_loss": 1.0} for place in range(1, 5)]
    epochs = [{"epoch": place, "step": 20 * place, "at": 1000.0 + 2 * place, "val_loss": 1.0} for place in range(1, 3)]
    seen = run(epochs, steps)
    x = {axis: [curve.x for curve in drawn(seen, axis=axis)["loss"]] for axis in ("epoch", "step", "time")}
    assert x["epoch"] == [[0.5, 1.0, 1.5, 2.0], [1.0, 2.0]]
    assert x["step"] == [[10, 20, 30, 40], [20, 40]]
    assert np.allclose(x["time"][1], [2 / 3600, 4 / 3600])
    assert metrics(seen, MetricsQuestion(axis="step")).ends == [10, 40]


def test_steps_without_an_epoch_stand_between_the_evaluations_around_them_or_say_that_they_cannot():
    steps = [{"step": step, "train_loss": 1.0} for step in (5, 10, 15)]
    placed = run([{"epoch": 1, "step": 10}, {"epoch": 2, "step": 20}], steps)
    assert drawn(placed)["loss"][0].x == [0.5, 1.0, 1.5]
    alone = metrics(run([], steps), MetricsQuestion(keys=["loss"]))
    assert (alone.drawn[0].curves, alone.drawn[0].unplaced) == ([], ["train_loss"])


def test_no_spike_is_lost_however_long_the_series():
    x = np.arange(10_000.0)
    for place in (0, 1, 4321, 9999):
        y = np.sin(x)
        y[place] = 50.0
        shown = thinned(x, y, None, 150)
        assert shown.high is not None and shown.low is not None
        assert len(shown.x) == 150 and shown.high.max() == 50.0 and (np.diff(shown.x) > 0).all()
        assert (shown.low <= shown.y).all() and (shown.y <= shown.high).all() and shown.y.max() < 2


def test_a_zoom_has_room_for_every_point_and_a_line_to_the_edge():
    x = np.arange(10_000.0)
    shown = thinned(x, x, (100.0, 150.0), 150)
    assert shown.low is None and (shown.x[0], shown.x[-1]) == (99.0, 151.0)
    assert thinned(np.array([]), np.array([]), None, 10).x.tolist() == []
    assert len(thinned(np.full(500, 3.0), np.arange(500.0), None, 100).x) == 1


def test_what_is_kept_grows_with_the_run_and_is_dropped_where_records_were_replaced():
    seen = run([{"epoch": 1, "a": 1.0}, {"epoch": 2, "a": 2.0}], name="growing")
    assert kept_of(seen)[0].column("a").tolist() == [1, 2]
    longer = replace(seen, epochs=(*seen.epochs, Epoch(epoch=3, metrics={"a": 3.0, "b": 1.0})))
    kept = kept_of(longer)[0]
    assert (kept.column("a").tolist(), kept.names()) == ([1, 2, 3], {"a", "b"})
    other = replace(seen, epochs=(Epoch(epoch=1, metrics={"a": 9.0}), Epoch(epoch=2)))
    again = kept_of(other)[0]
    assert again.names() == {"a"} and np.array_equal(again.column("a"), [9.0, math.nan], equal_nan=True)


ODD = ["<img src=x onerror=alert(1)>", "/", "a/b c/d", "значение", "__proto__", "x" * 5000, " ", "\n", "val_", "_"]


def test_names_of_any_kind_are_charts_of_their_own():
    seen = run([{"epoch": 1, **dict.fromkeys(ODD, 1.0)}])
    heads = metrics(seen, MetricsQuestion()).heads
    assert sorted(head.names for head in heads) == sorted([name] for name in ODD)
    assert len(drawn(seen)) == len(ODD)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {
            "keys": "all",
            "pinned": 7,
            "most": -4,
            "columns": "many",
            "range": [1],
            "axis": "side",
            "at": "now",
            "group": 3,
        },
        {"range": [3, 1], "most": 1e300, "columns": math.nan, "keys": [[], {}, None], "word": ["a"], "group": 3},
    ],
)
def test_a_question_of_any_kind_has_an_answer(odd):
    seen = run([{"epoch": 1, "a": 1.0}])
    found = answer(seen, None, {"kind": "metrics", "asked": 3, **odd}, None)  # type: ignore[arg-type]
    assert (found.kind, found.asked, found.total) == ("metrics", 3, 1)


def tile_keys(snapshot: Snapshot) -> list[str]:
    return [tile.key for tile in tiles(snapshot, judge(snapshot, 0.0))]


def test_before_the_first_evaluation_the_tiles_are_what_the_steps_tell():
    steps = [{"step": step, "train_loss": 3.0 / step, "lr": 1e-3, "grad_norm": float(step)} for step in (1, 2, 3)]
    assert tile_keys(run([], steps)) == ["train_loss", "lr", "grad_norm"]
    shown = tiles(run([], steps), judge(run([], steps), 0.0))
    assert [tile.yardstick for tile in shown] == ["lowest 1.00 at step 3", "the same at every step", "1.00 to 3.00"]
    reward = [{"epoch": place, "step": place, "mean_reward": 1.0} for place in (1, 2, 3)]
    assert tile_keys(run(reward, steps)) == ["mean_reward", "train_loss", "lr", "grad_norm"]


def test_a_run_that_ended_without_a_number_has_no_tile_and_one_at_work_those_that_will_come():
    at_work = replace(run([]), state=State(state="running", trainer=PROCESS), trainer_liveness="alive")
    assert tile_keys(at_work) == ["gap", "val_loss", "train_loss"]
    failed = replace(run([]), state=State(state="failed"))
    assert tile_keys(failed) == []
    assert tile_keys(replace(failed, steps=run([], [{"step": 1, "train_loss": 3.0}]).steps)) == ["train_loss"]


def test_a_unit_that_nobody_stated_is_said_of_sequences_alone(tmp_path):
    RunWriter(tmp_path / "a").finish()
    assumed = RunReader(tmp_path / "a").read(0.0).run
    classifier = replace(run([{"epoch": 1, "val_accuracy": 0.5}]), run=assumed)
    assert loss_unit(classifier) == "unit not stated"
    assert loss_unit(replace(classifier, run=replace(assumed, units={"loss": "nats per token"}))) == "nats per token"
    assert loss_unit(replace(run([{"epoch": 1, "val_wer": 0.5}]), run=assumed)) == "nats per token"


def test_a_fraction_is_drawn_in_percent_as_the_rest_of_the_page_has_it():
    rows = [{"epoch": float(n), "val_accuracy": 0.1 * n, "train_accuracy": 0.12 * n, "odd": 0.5} for n in (1, 2, 3)]
    curves = drawn(run(rows))
    assert [(curve.name, curve.percent, curve.y[-1], curve.last) for curve in curves["accuracy"]] == [
        ("train_accuracy", True, pytest.approx(36.0), pytest.approx(36.0)),
        ("val_accuracy", True, pytest.approx(30.0), pytest.approx(30.0)),
    ]
    assert (curves["odd"][0].percent, curves["odd"][0].y[-1]) == (False, 0.5)
    in_percent = drawn(run([{"epoch": 1.0, "val_bleu": 21.0}, {"epoch": 2.0, "val_bleu": 23.0}]))["bleu"][0]
    assert (in_percent.percent, in_percent.y) == (True, [21.0, 23.0])
    # Nobody knows in which unit it is: drawn as it was logged.
    doubtful = drawn(run([{"epoch": 1.0, "val_dice": 0.7}, {"epoch": 2.0, "val_dice": 70.5}]))["dice"][0]
    assert doubtful.y == [0.7, 70.5]


def test_any_number_can_be_the_x_axis_of_steps_and_of_evaluations():
    steps = [{"step": n, "train_loss": 3.0 / n, "tokens": 1000.0 * n} for n in range(1, 11)]
    seen = run([{"epoch": 1.0, "step": 5, "val_loss": 0.7}, {"epoch": 2.0, "step": 10, "val_loss": 0.4}], steps)
    curves = {curve.name: curve for curve in drawn(seen, across="tokens")["loss"]}
    assert curves["train_loss"].x == [1000.0 * n for n in range(1, 11)]
    assert curves["val_loss"].x == [5000.0, 10000.0]
    answer = metrics(seen, MetricsQuestion(across="tokens"))
    assert (answer.across, answer.ends) == ("tokens", [1000.0, 10000.0])
    assert metrics(seen, MetricsQuestion(across="no such number")).across == ""


def test_numbers_of_a_run_are_one_table_with_a_row_a_record():
    seen = run(
        [{"epoch": 1.0, "step": 5, "val_loss": 0.7, "=SUM(A1)": 2.0}],
        [{"step": 1, "epoch": 0.2, "train_loss": 3.0, 'odd, "name"': 1.0}],
    )
    header, evaluation, step = csv.reader("".join(csv_of(seen)).splitlines())
    assert header == [
        "record",
        "epoch",
        "step",
        "at",
        "generation",
        "'=SUM(A1)",
        'odd, "name"',
        "train_loss",
        "val_loss",
    ]
    assert evaluation == ["evaluation", "1.0", "5", "0.0", "1", "2.0", "", "", "0.7"]
    assert step == ["step", "0.2", "1", "0.0", "1", "", "1.0", "3.0", ""]
