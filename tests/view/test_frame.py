"""What is shown, as data: numbers with yardsticks, columns since an offset, aligned words, rows of the list."""

import json
import math
import re
import time
from pathlib import Path

import jiwer
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import ui
from monitor.diagnosis.verdict import judge
from monitor.rules.registry import RULES
from monitor.run_dir import Epoch, Floors, Launch, Progress, Run, Snapshot, Step
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import RunReader
from monitor.view.frame import frame
from monitor.view.predictions import PredictionsQuestion, aligned, clip_history, predictions
from monitor.view.rows import RowBook
from monitor.view.series import Since, gap_crossing, loss_range
from monitor.view.shapes.answers import Counts
from monitor.view.shapes.frame import EpochColumns
from monitor.writer import RunWriter

FLOORS = Floors(wer_constant=0.9, loss_unigram=4.0, blank_ratio=0.7)


def snapshot(epochs=(), steps=(), **fields):
    fields.setdefault("run", Run(run_id="r", floors=FLOORS, units={"loss": "nats per token"}))
    return Snapshot(run_dir="runs/r", run_id="r", read_at=100.0, epochs=tuple(epochs), steps=tuple(steps), **fields)


def evaluations(count, **columns):
    """`count` epochs; each column is a function of the epoch."""
    return [Epoch(epoch=e, at=e, **{name: of(e) for name, of in columns.items()}) for e in range(1, count + 1)]


OVERFITS = evaluations(
    20,
    train_loss=lambda e: 4 / e,
    val_loss=lambda e: 2 + abs(e - 8) / 8,
    gap=lambda e: 2 + abs(e - 8) / 8 - 4 / e,
    val_wer=lambda e: max(0.5, 0.9 - 0.05 * e),
)


def shown(snap, since=None):
    return frame(snap, judge(snap, 100.0), 100.0, since=since or Since())


def tile(painted, key):
    return next(tile for tile in painted.tiles if tile.key == key)


def test_each_flag_is_drawn_in_a_column_that_the_page_has_with_a_yardstick_that_it_knows():
    assert {rule.picture for rule in RULES} <= {"", *EpochColumns.__struct_fields__}
    flags_js = (Path(ui.__file__).parent / "static" / "flags.js").read_text(encoding="utf-8")
    yardsticks = re.search(r"function yardstickOf.*?return \{(.*?)\}", flags_js, re.DOTALL)[1]
    assert {rule.yardstick for rule in RULES} - {""} <= set(re.findall(r"^\s+(\w+):", yardsticks, re.MULTILINE))


def test_a_look_says_that_its_check_was_not_counted_and_a_stop_how_often_it_was_wrong():
    look, stop = (shown(snapshot(OVERFITS[:count])).verdict for count in (11, 15))
    assert (look.word, stop.word) == ("LOOK", "STOP")
    assert "recorded runs" not in look.why and "are not measured well enough" in look.why
    assert "recorded runs" in stop.why


def test_each_number_stands_beside_its_yardstick():
    painted = shown(snapshot(OVERFITS))
    assert [tile.key for tile in painted.tiles] == ["val_wer", "gap", "val_loss", "train_loss"]
    assert (tile(painted, "val_wer").value, tile(painted, "val_wer").yardstick) == (
        "50.0 %",
        "chance 90.0 · best 50.0 @8",
    )
    assert tile(painted, "gap").yardstick.startswith("limit 1.0 · +")
    assert tile(painted, "gap").bad
    assert tile(painted, "val_loss").yardstick == "best 2.00 @8 · chance 4.00"


def test_with_a_filter_on_the_error_rate_is_told_with_and_without_it():
    records = [Epoch(epoch=1, at=1.0, val_wer=0.5, metrics={"val_wer_adjusted": 0.42})]
    wer = tile(shown(snapshot(records)), "val_wer")
    assert (wer.value, wer.yardstick) == ("50.0 %", "chance 90.0 · best 50.0 @1 · filtered 42.0")
    assert "Filtered is the same output" in wer.title


def test_banner_and_tile_say_the_same_gap():
    painted = shown(snapshot(OVERFITS))
    flag = next(flag for flag in painted.flags if flag.rule == "gap")
    assert f"Val loss is {tile(painted, 'gap').value} above" in flag.line
    assert painted.verdict.coverage.endswith(f"of {len(RULES)} checks ran")


def test_a_run_that_should_go_on_is_offered_no_restart_beside_that_word():
    improving = evaluations(
        24,
        train_loss=lambda e: 4 / e,
        train_wer=lambda e: 0.5 / e,
        val_loss=lambda e: 2 + abs(e - 8) / 8,
        gap=lambda e: 2 + abs(e - 8) / 8 - 4 / e,
        val_wer=lambda e: 0.9 - 0.02 * e,
    )
    painted = shown(snapshot(improving))
    assert painted.verdict.word == "KEEP GOING" and "gap" in {flag.rule for flag in painted.flags}
    assert painted.verdict.option is None and "First try" not in painted.verdict.next_step


def test_an_empty_run_has_all_four_numbers_as_dashes_and_no_verdict_yet():
    painted = shown(snapshot())
    assert [tile.value for tile in painted.tiles] == ["–"] * 4
    assert painted.verdict.word == "TOO EARLY"
    assert painted.loss_range is None


def test_only_what_is_new_is_sent():
    painted = shown(snapshot(OVERFITS, [Step(step=s) for s in range(50)]), Since(epochs=18, steps=48, life=0))
    assert painted.series.epochs_from == 18
    assert painted.series.epochs.epoch == [19, 20]
    assert painted.series.steps.step == [48, 49]


@pytest.mark.parametrize("since", [Since(epochs=99, steps=0, life=0), Since(epochs=18, steps=0, life=7), Since()])
def test_a_tab_of_another_life_or_with_an_impossible_count_gets_everything(since):
    assert shown(snapshot(OVERFITS), since).series.epochs_from == 0


@pytest.mark.parametrize("hello", [{}, {"epochs": "1"}, {"epochs": -1, "steps": 0, "life": 0}, {"epochs": 1.5}])
def test_an_odd_hello_means_nothing_yet(hello):
    assert Since.of(hello) == Since()


def test_non_finite_numbers_travel_as_words():
    epochs = [Epoch(epoch=1, train_loss=math.nan, val_loss=math.inf, gap=-math.inf)]
    text = json.dumps(msgspec.to_builtins(shown(snapshot(epochs))), allow_nan=False)
    columns = json.loads(text)["series"]["epochs"]
    assert (columns["train_loss"], columns["val_loss"], columns["gap"]) == (["nan"], ["inf"], ["-inf"])


def test_over_the_socket_too_non_finite_numbers_are_words_and_what_was_not_measured_is_null():
    records = [Epoch(epoch=1, val_loss=math.nan, val_wer=math.inf), Epoch(epoch=2, val_loss=2.0)]
    columns = json.loads(msgspec.json.encode(shown(snapshot(records))))["series"]["epochs"]
    assert columns["val_loss"] == ["nan", 2.0] and columns["val_wer"] == ["inf", None]


def test_a_frame_says_what_message_it_is_only_where_it_goes_over_the_socket():
    painted = shown(snapshot(OVERFITS))
    fields = json.loads(msgspec.json.encode(painted))
    assert not {"kind", "children", "trouble", "unread_secs"} & set(fields)
    assert json.loads(msgspec.json.encode(msgspec.structs.replace(painted, kind="moment"))) == fields | {
        "kind": "moment"
    }


@pytest.mark.parametrize(
    ("argv", "ours"),
    [
        (["python", "-m", "trainer", "--run-dir", "{run_dir}"], True),
        (["python", "train.py", "--model", "trainer"], False),
        (["trainer", "fit"], False),
    ],
)
def test_only_a_checkpoint_of_our_own_trainer_can_be_checked(argv, ours):
    launch = Launch(run_id="r", created_at=1.0, argv=argv)
    known = Progress(heartbeat_at=90.0, checkpoint="best.pt")
    assert shown(snapshot(OVERFITS, launch=launch, progress=known)).actions.check is ours


@pytest.mark.parametrize(("how", "can"), [("start", True), ("restart", True), ("attach", False), ("import", False)])
def test_a_run_that_was_not_started_from_here_offers_no_resume(how, can):
    launch = Launch(run_id="r", created_at=1.0, argv=["python", "t.py"], how=how)
    actions = shown(snapshot(OVERFITS, launch=launch)).actions
    assert (actions.resume, actions.restart) == (can, how != "import")


def test_the_crossing_lies_between_the_evaluations_around_it():
    epochs = [Epoch(epoch=e, gap=g) for e, g in [(10, 0.17), (32, 0.97), (50, 2.1), (60, 2.93)]]
    assert gap_crossing(snapshot(epochs), 1.0) == pytest.approx(32 + 18 * 0.03 / 1.13)


def test_a_gap_that_came_back_under_the_limit_has_no_crossing():
    epochs = [Epoch(epoch=e, gap=g) for e, g in [(1, 0.5), (2, 1.5), (3, 0.9)]]
    assert gap_crossing(snapshot(epochs), 1.0) is None


def test_one_wild_first_epoch_does_not_flatten_the_loss_chart():
    epochs = evaluations(40, train_loss=lambda e: 44.6 if e == 1 else 4 - e / 20, val_loss=lambda e: 5.0)
    low, high = loss_range(snapshot(epochs), guard_epochs=5, floor=5.7)
    assert 0 <= low < 2.1 and 5.7 <= high < 7


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_losses_beyond_all_measure_have_a_finite_range_and_warn_nobody():
    wild = snapshot(evaluations(9, train_loss=lambda e: -1.7e308 if e % 2 else 1e-300, val_loss=lambda e: 1.7e308))
    drawn = frame(wild, judge(wild, 100.0), 100.0, since=Since())
    assert all(map(math.isfinite, drawn.loss_range))


def test_the_beginning_of_a_smooth_curve_is_never_cut_off():
    epochs = evaluations(40, train_loss=lambda e: 1 + 5 * 0.9**e, val_loss=lambda e: 2 + 5 * 0.9**e)
    low, high = loss_range(snapshot(epochs), guard_epochs=5, floor=None)
    assert low < 1.2 and high >= 6.5


WORDS = st.lists(st.sampled_from(["A", "B", "C", "REGEN", "<b>"]), max_size=12)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_the_alignment_holds_every_word_once_and_has_the_errors_that_jiwer_counts(reference, said):
    pairs = aligned(reference, said)
    assert [target for kind, target, _ in pairs if kind != "i"] == reference
    assert [word for kind, _, word in pairs if kind != "d"] == said
    assert all(target == word for kind, target, word in pairs if kind == "h")
    if reference:
        counted = jiwer.process_words(" ".join(reference), " ".join(said))
        errors = sum(kind != "h" for kind, _, _ in pairs)
        assert errors == counted.substitutions + counted.deletions + counted.insertions


@pytest.fixture
def decoded(tmp_path):
    with RunWriter(tmp_path / "runs" / "r") as run:
        for epoch in (1, 2):
            references = ["A B C", "D", "E F"]
            run.log_decodes(epoch, ["A X C", "", "E F G"] if epoch == 2 else ["", "", ""], references=references)
            run.log_epoch(epoch, train_loss=1.0, val_loss=1.5, val_wer=0.5)
    return tmp_path / "runs"


def test_predictions_of_the_last_evaluation_with_totals_over_all_clips(decoded):
    answer = predictions(RunReader(decoded / "r").read(time.time()), PredictionsQuestion())
    assert (answer.epoch, answer.epochs, answer.total, answer.empty) == (2, [1, 2], 3, 1)
    assert answer.counts == Counts(hits=4, s=1, d=1, i=1)
    assert answer.clips[0].words == [["h", "A", "A"], ["s", "B", "X"], ["h", "C", "C"]]


def test_an_earlier_evaluation_can_be_asked_for_and_the_worst_come_first(decoded):
    snap = RunReader(decoded / "r").read(time.time())
    assert predictions(snap, PredictionsQuestion(epoch=1.0)).empty == 3
    assert [clip.wer for clip in predictions(snap, PredictionsQuestion(epoch=2.0, chosen="worst")).clips] == sorted(
        [1 / 3, 1.0, 0.5], reverse=True
    )
    assert [clip.empty for clip in predictions(snap, PredictionsQuestion(epoch=2.0, chosen="empty")).clips] == [True]


def test_predictions_are_searched_watched_and_told_apart_by_what_changed(decoded):
    snap = RunReader(decoded / "r").read(time.time())
    ids = [clip.id for clip in predictions(snap, PredictionsQuestion()).clips]
    assert [clip.id for clip in predictions(snap, PredictionsQuestion(word="x")).clips] == [ids[0]]
    assert predictions(snap, PredictionsQuestion(word="nobody says this")).clips == []
    watched = frozenset(ids[1:2])
    assert [clip.id for clip in predictions(snap, PredictionsQuestion(chosen="watch", watched=watched)).clips] == ids[
        1:2
    ]
    assert predictions(snap, PredictionsQuestion(epoch=1.0, chosen="changed")).clips == [], (
        "nothing was decoded before the first"
    )
    assert predictions(snap, PredictionsQuestion(chosen="changed")).changed == 2


def test_what_goes_wrong_most_is_counted_over_all_clips(decoded):
    answer = predictions(RunReader(decoded / "r").read(time.time()), PredictionsQuestion())
    assert answer.most_swapped == [("B", "X", 1)]
    assert sum(count for _, count, _ in answer.most_deleted) == answer.counts.d
    assert sum(count for _, count, _ in answer.most_inserted) == answer.counts.i
    assert sum(row[1] for row in answer.lengths) == sum(row[2] for row in answer.lengths) == 3


def test_a_clips_history_has_a_moment_for_every_change(decoded):
    snap = RunReader(decoded / "r").read(time.time())
    first = predictions(snap, PredictionsQuestion()).clips[0]
    moments = clip_history(snap, first.id).moments
    assert [moment.epoch for moment in moments] == [1, 2]
    assert moments[-1].words == first.words
    assert clip_history(snap, "nobody").moments == []


def test_a_word_of_a_hundred_thousand_letters_is_cut(decoded):
    with RunWriter(decoded / "long") as run:
        run.log_decodes(1, ["W" * 100_000], references=["A"])
        run.log_epoch(1, val_loss=1.0)
    answer = predictions(RunReader(decoded / "long").read(time.time()), PredictionsQuestion())
    assert len(msgspec.json.encode(answer)) < 10_000


def test_the_list_puts_a_broken_folder_beside_the_runs_and_never_fails(decoded):
    (decoded / "broken").mkdir()
    (decoded / "broken" / "run.json").write_bytes(b"{torn")
    (decoded / "newer").mkdir()
    (decoded / "newer" / "run.json").write_bytes(b'{"schema_version": 99, "run_id": "newer"}')
    (decoded / "notes").mkdir()
    rows = {row.run: row for row in RowBook(decoded).rows(time.time())}
    assert set(rows) == {"r", "broken", "newer"}
    assert rows["r"].state == "finished" and rows["r"].score == "50.0 %"


@pytest.mark.parametrize(
    ("gaps", "yardstick"),
    [
        ([0.1 + 0.2, 0.3, 0.1 + 0.2, 0.3, 0.3, 0.3, 0.3 + 1e-17], "limit 1.0 · 0 in 5 ep."),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, math.nan], "limit 1.0"),
    ],
)
def test_a_change_is_of_the_newest_value_and_no_rest_of_rounding(gaps, yardstick):
    records = [Epoch(epoch=float(e), gap=gap) for e, gap in enumerate(gaps, 1)]
    tile = next(tile for tile in shown(snapshot(records)).tiles if tile.key == "gap")
    assert (tile.yardstick, tile.trend) == (yardstick, "")


def test_the_outlook_ends_with_the_plan():
    def outlook(planned):
        falls = evaluations(20, val_wer=lambda e: 0.9 - 0.02 * e)
        live = Progress(heartbeat_at=99.0, process=identify(), epochs=planned)
        return shown(snapshot(falls, progress=live, trainer_liveness="alive")).outlook

    assert outlook(60).epoch[-1] == 30 and outlook(23).epoch == [21, 22, 23]
    assert outlook(20) is None
