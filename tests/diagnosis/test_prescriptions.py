"""What to change: a diff against the run's own settings, the command, and what would disprove it."""

import math
from dataclasses import replace

import msgspec
import pytest

from monitor.diagnosis.causes import CAUSES, Cause
from monitor.diagnosis.prescriptions.arithmetic import decay_note, parameters_note, threshold_note, weight_shrinkage
from monitor.diagnosis.prescriptions.choosing import (
    agreed,
    chosen,
    first_to_try,
    judged_words,
    next_step,
    recommended,
    too_fresh,
    tried_in,
)
from monitor.diagnosis.prescriptions.looking import more_epochs, more_variety
from monitor.diagnosis.prescriptions.measuring import SCORE_AGAIN
from monitor.diagnosis.prescriptions.prescription import kept_with_child, titled
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.seed_spread import SeedGroup, spread_of
from monitor.diagnosis.tries import child_with, counted, seeds_of_changes
from monitor.diagnosis.verdict import Diagnosis, judge
from monitor.rules.result import Finding
from monitor.run_dir import ChildOutcome, DataInfo, Epoch, Floors, Launch, Progress, Snapshot, State
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.metric import WER
from tests.diagnosis.test_verdict import AT_CHANCE, LEARNS, OVERFITS
from tests.snapshots import NOW, beating, curve, snapshot

BROKEN = {
    "dropout": 0.3,
    "weight_decay": 1e-4,
    "learning_rate": 1e-3,
    "hidden_dim": 128,
    "batch_size": 8,
    "augmentation": "none",
    "train_clips": 300,
    "signers": 2,
    "epochs": 100,
    "data": "synthetic",
}
LAUNCH = Launch(run_id="r", created_at=1.0, argv=["python", "-m", "trainer"])


def options(columns, config=None, launch=LAUNCH):
    seen = snapshot(**columns, **beating(), launch=launch, run={"config": BROKEN if config is None else config})
    return prescribe(seen, judge(seen, NOW).diagnosis)


def test_a_run_that_learns_is_prescribed_nothing():
    assert options(LEARNS) == ()


def test_the_first_cure_for_overfitting_is_the_bundle_that_was_measured():
    first = options(OVERFITS)[0]
    assert first.changes == {
        "augmentation": ["none", "strong"],
        "dropout": [0.3, 0.5],
        "weight_decay": [1e-4, 1e-3],
        "hidden_dim": [128, 64],
        "learning_rate": [1e-3, 2e-3],
        "batch_size": [8, 4],
    }
    assert "gap below 1.0 and val WER at epoch 40 at most 40 % (this run: 50.0 %)" in first.expected


def test_its_values_are_those_of_the_trainers_preset():
    from trainer.presets import preset

    after = {key: pair[1] for key, pair in options(OVERFITS)[0].changes.items()}
    assert after == {key: value for key, value in preset("fixed", "synthetic").items() if key in after}
    broken = preset("broken", "synthetic")
    assert {key for key, value in preset("fixed", "synthetic").items() if broken.get(key) != value} == set(after)


def test_the_command_is_the_diff():
    command = options(OVERFITS)[0].command
    assert command.startswith("python -m monitor restart r --option variety --set ")
    assert "--set dropout=0.5" in command and "--set augmentation=strong" in command


def test_a_run_whose_start_is_unknown_gets_no_command():
    assert {option.command for option in options(OVERFITS, launch=None)} == {None}


def test_few_images_are_told_more_material_before_more_regularisation():
    config = {"data": "digits", "train_images": 60, "train_clips": 120, "dropout": 0.1, "augmentation": "none"}
    assert [option.id for option in options(OVERFITS, config)] == ["more_data", "regularise", "variety"]


def test_strong_augmentation_comes_last_where_the_plan_is_too_short_for_it():
    assert options(OVERFITS, {**BROKEN, "epochs": 100})[0].id == "variety"
    found = [option.id for option in options(OVERFITS, {**BROKEN, "epochs": 40})]
    assert (found[0], found[-1]) == ("more_data", "variety")


def test_the_popular_fix_is_listed_with_the_arithmetic_that_it_does_little():
    note = next(option for option in options(OVERFITS) if option.id == "regularise").note
    assert (
        "Weight decay 0.001 at this rate shrinks weights by 0.19 % over the whole run instead of 0.019 %" in note
        and "the error rate hardly moved" in note
    )


def test_only_settings_that_the_run_has_are_changed():
    found = options(OVERFITS, {"dropout": 0.3, "unknown": 1})
    assert {name for option in found for name in option.changes} == {"dropout"}


def test_what_is_set_already_is_not_a_change():
    config = {**BROKEN, "augmentation": "strong", "dropout": 0.5}
    assert not {"augmentation", "dropout"} & set(options(OVERFITS, config)[0].changes)


def test_at_chance_nothing_regularises():
    found = options(AT_CHANCE)
    assert [option.id for option in found] == ["decoder_or_model", "keep_time"]
    assert not {"dropout", "weight_decay", "augmentation"} & {key for option in found for key in option.changes}


def test_nan_gets_what_makes_losses_finite_and_nothing_else():
    columns = {**OVERFITS, "train_loss": [*OVERFITS["train_loss"][:-1], float("nan")]}
    found = options(columns)
    assert [option.id for option in found if option.changes] == ["lower_rate"]
    assert found[0].changes["learning_rate"] == [1e-3, 0.000333]


@pytest.mark.parametrize("columns", [OVERFITS, AT_CHANCE], ids=["overfits", "at chance"])
def test_every_option_says_what_to_expect_what_it_costs_and_what_would_disprove_it(columns):
    found = options(columns)
    assert found
    for option in found:
        assert option.title and option.expected and option.cost and option.disproved_by


def considered(columns, config=None):
    seen = snapshot(**columns, **beating(), launch=LAUNCH, run={"config": config or BROKEN})
    return {found.option.id: found.why_not for found in consider(seen, judge(seen, NOW).diagnosis)}


def test_a_run_that_learns_considers_nothing():
    assert considered(LEARNS) == {}


def test_at_chance_the_popular_fixes_are_named_with_the_reason_against_them():
    found = considered(AT_CHANCE)
    assert set(found) == {"regularise", "smaller_model", "lenient_decoder"}
    assert "nothing to regularise" in found["regularise"]


def test_what_is_prescribed_is_not_also_advised_against():
    prescribed = {option.id for option in options(OVERFITS)}
    assert "regularise" in prescribed and not prescribed & set(considered(OVERFITS))
    assert set(considered(OVERFITS)) == {"lenient_decoder"}


def test_the_reference_runs_decay_and_threshold_by_hand():
    """AdamW: 150 epochs of 547 steps at half of 3e-4 on average, decay 1e-3: 1 - (1 - 1.5e-7) ** 82050 = 1.2 %."""
    seen = snapshot(
        val_wer=[0.92] * 9,
        run={
            "config": {"learning_rate": 3e-4, "batch_size": 8, "epochs": 150, "weight_decay": 1e-4},
            "data": DataInfo(clips={"train": 4376}, vocabulary=971),
        },
    )
    config = seen.run.config
    assert weight_shrinkage(seen, config, 1e-3) == pytest.approx(0.0122, abs=1e-4)
    assert "by 1.2 % over the whole run instead of 0.12 %: close to no effect" in decay_note(seen, config, 1e-3)
    assert "= -6.88, so a threshold of -7 or less filters nothing" in threshold_note(seen)


def test_arithmetic_without_its_numbers_claims_nothing():
    seen = snapshot(val_wer=[0.92] * 9)
    assert decay_note(seen, {}, 1e-3) == "" and parameters_note(seen) == ""
    assert "number of classes" in threshold_note(seen)


def test_every_cause_has_an_answer_or_says_that_it_is_a_matter_of_waiting():
    """Each cause in turn, alone: something to try, each with its numbers, cost and what would disprove it."""
    config = {
        **BROKEN,
        "clip_norm": 5.0,
        "blank_penalty": 1.0,
        "min_confidence": 0.0,
        "inner_stride": 16,
        "model": "i3d",
    }
    seen = snapshot(val_wer=[0.9] * 9, val_loss=[3.0] * 9, launch=LAUNCH, run={"config": config})
    for name, title in CAUSES:
        found = prescribe(seen, Diagnosis("LOOK", "warning", "", causes=(Cause(name, title, ()),)))
        assert found, name
        for option in found:
            assert option.expected and option.cost and option.disproved_by
            assert bool(option.changes) == bool(option.flags) == bool(option.command), option.id


CLASSIFIER = {"val_loss": OVERFITS["val_loss"], "train_loss": OVERFITS["train_loss"]}
BARE = {"floors": Floors()}


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        ({"lr": 5e-2, "amp": True}, {"lr": [5e-2, 0.0167], "amp": [True, False]}),
        (
            {"learning_rate": 1e-3, "max_grad_norm": 5.0},
            {"learning_rate": [1e-3, 0.000333], "max_grad_norm": [5.0, 1.0]},
        ),
        ({"precision": "16-mixed"}, {"precision": ["16-mixed", "32-true"]}),
        ({}, {}),
    ],
)
def test_nan_changes_what_the_config_has_and_leaves_the_rest_to_a_person(config, changed):
    seen = snapshot(train_loss=[3.0] * 9 + [float("nan")], **beating(), launch=LAUNCH, run={"config": config, **BARE})
    found = prescribe(seen, judge(seen, NOW).diagnosis)
    assert {key: pair for option in found for key, pair in option.changes.items()} == changed
    ids = [option.id for option in found]
    assert ids == ["lower_rate", "tighter_clip", "full_precision", "last_good_checkpoint", "look_at_batch"]
    assert all(bool(option.code_edit) != bool(option.changes) for option in found[:3])
    assert found[-1].title == "Look at the batch of epoch 10"


def test_full_precision_is_not_offered_to_a_run_that_has_it():
    seen = snapshot(train_loss=[float("nan")] * 9, **beating(), run={"config": {"fp16": False}})
    assert "full_precision" not in {option.id for option in prescribe(seen, judge(seen, NOW).diagnosis)}


def test_a_classifier_is_not_told_of_blanks_or_widths():
    seen = snapshot(**CLASSIFIER, **beating(), run={"config": {"lr": 0.1}, **BARE})
    said = judge(seen, NOW).diagnosis
    found = [*prescribe(seen, said), *(each.option for each in consider(seen, said))]
    assert [option.id for option in found] == ["more_variety"]
    text = " ".join(f"{option.title} {option.expected} {option.note}" for option in found)
    assert not {"blank", "width", "clips", "threshold"} & set(text.lower().split())
    assert "val loss was lowest at epoch 10 (2.30)" in text


@pytest.mark.parametrize(
    "columns",
    [{"clips_left_out": 1}, {"update_ratio": [1e-9] * 9, "train_loss": [1.0] * 9}],
    ids=["clips left out", "a part that stands still"],
)
def test_a_warning_that_no_option_is_known_for_says_what_a_person_must_look_at(columns):
    if "clips_left_out" in columns:
        seen = snapshot(**beating(), run={"data": DataInfo(clips={"val": 9}, left_out={"too short": 9})})
    else:
        seen = snapshot(**columns, **beating())
    said = judge(seen, NOW).diagnosis
    found = prescribe(seen, said)
    assert said.verdict in ("STOP", "LOOK") and found
    assert next_step(said, found)[0].startswith("First: ")


def test_aims_are_numbers_at_an_epoch_that_the_run_has_seen():
    first = options(OVERFITS)[0]
    assert (first.aims.epoch, first.aims.value, first.aims.gap) == (40, pytest.approx(0.4), 1.0)


def test_the_smaller_network_comes_last_where_nothing_is_learnt():
    assert [option.id for option in options(AT_CHANCE, {**BROKEN, "model": "i3d"})][-1] == "smaller_network"


def test_letters_ids_and_the_first_that_changes_something():
    found = options(OVERFITS)
    assert chosen(found, (), "a") is found[0] and chosen(found, (), found[1].id) is found[1]
    assert recommended(found) is next(option for option in found if option.changes)
    with pytest.raises(UsageError, match=r"--option Q: no such option now; A \(variety\)"):
        chosen(found, (), "Q")
    measurement = replace(found[0], id="m", changes={}, command="python -m trainer.diagnose r")
    with pytest.raises(RefusedError, match=r"that is no restart\. Run it with: python -m trainer\.diagnose r"):
        chosen((measurement,), (), "m")
    edit = replace(measurement, code_edit="Look for strides.")
    assert recommended((measurement, edit)) is edit
    assert kept_with_child(edit)["code_edit"] is True


def test_what_to_try_first_is_the_recommended_option_else_the_first_measurement():
    look = Diagnosis("LOOK", "warning", "")
    measurement, change = SCORE_AGAIN, options(OVERFITS)[0]
    assert first_to_try(()) is None and first_to_try((measurement,)) is measurement
    assert first_to_try((measurement, change)) is change
    assert next_step(look, (measurement,)) == ("First: score the logged predictions again, references first.", None)
    said, option = next_step(look, (measurement, change))
    bundle = (
        "strong augmentation, dropout 0.3 → 0.5, weight decay 0.0001 → 0.001, half the width, "
        "twice the learning rate, half the batch (six settings)."
    )
    assert option is change and said == (
        f"First: score the logged predictions again, references first. Then try: {bundle}"
    )
    assert next_step(look, (change, measurement)) == (f"First try: {bundle}", change)
    go_on = replace(look, verdict="KEEP GOING", next_step="The checkpoint with the best error rate is kept.")
    assert next_step(go_on, (change,)) == (go_on.next_step, None)


def test_a_judgement_where_the_parent_has_hardly_shown_the_finding_is_warned_of():
    finding = Finding("gap", "Gap", "warning", "", onset=3.0, fired=4.0)
    seen = evaluated(6)
    assert too_fresh(seen, finding, 5.0) == "" and too_fresh(seen, None, 1.0) == ""
    assert "has shown “Gap” in 2 evaluations only" in too_fresh(seen, finding, 4.0)
    assert too_fresh(seen, replace(finding, severity="info"), 4.0) == ""
    assert too_fresh(seen, finding, 2.0, "planned_end").endswith("at epoch 2. Plan it for more epochs.")
    again = too_fresh(seen, finding, 2.0, "parents_best")
    assert again.endswith("at epoch 2. Let it train on: what it is at its end counts.")
    assert too_fresh(seen, finding, 2.0).startswith("The parent has shown “Gap” since epoch 3: a child without it")
    silent = replace(finding, rule="stalled")
    assert too_fresh(seen, silent, 2.0) == "", "a silent trainer is nothing that a child is judged by"


def test_a_child_is_judged_at_its_planned_end_unless_a_person_chose():
    seen = evaluated(6)
    assert agreed(None, seen, {}) == {"epoch": 6.0, "epoch_by": "parents_last"}
    assert agreed(None, seen, {}, 4.0) == {"epoch": 4.0, "epoch_by": "asked"}
    running = msgspec.structs.replace(
        seen, progress=Progress(heartbeat_at=0.0, epochs=60), state=State(state="running")
    )
    assert agreed(None, running, {}) == {"epoch": 60.0, "epoch_by": "planned_end"}
    assert agreed(None, running, {"epochs": "30"})["epoch"] == 30.0
    assert judged_words(agreed(None, running, {})) == "Judged at epoch 60, its planned end"
    assert judged_words({"epoch": 4.0}) == "Judged at epoch 4" and judged_words({}) == ""


def test_the_best_of_a_parent_that_has_ended_is_a_moment_only_after_twenty_evaluations():
    falls = [0.9 - 0.02 * place for place in range(15)]
    long = snapshot(val_wer=[*falls, *(0.7 for _ in range(10))], progress=Progress(heartbeat_at=0.0, epochs=60))
    assert agreed(None, long, {}) == {"epoch": 15.0, "epoch_by": "parents_best"}
    assert agreed(None, long, {"epochs": 10})["epoch"] == 10.0, "its child never comes to the parent's best"
    live = msgspec.structs.replace(long, state=State(state="running"))
    assert agreed(None, live, {})["epoch_by"] == "planned_end"
    short = msgspec.structs.replace(long, epochs=long.epochs[:19])
    assert agreed(None, short, {})["epoch_by"] == "planned_end"


@pytest.mark.parametrize(
    ("epoch", "said"),
    [
        (
            10.0,
            "planned to end with epoch 5 and would be judged at epoch 10, which it never reaches. Judge it at epoch 5 ",
        ),
        (0.0, "must be an epoch above 0"),
        (float("nan"), "must be an epoch above 0"),
    ],
)
def test_a_child_that_never_comes_to_its_judgement_is_refused(epoch, said):
    with pytest.raises(RefusedError, match=said):
        agreed(None, evaluated(6), {"epochs": 5}, epoch)


def test_a_title_names_exactly_what_changes():
    found = {option.id: option for option in options(OVERFITS, {**BROKEN, "augmentation": "strong", "dropout": 0.5})}
    assert found["variety"].title == (
        "Weight decay 0.0001 → 0.001, half the width, twice the learning rate, half the batch (four settings)"
    )
    variety, only = options(OVERFITS, {"weight_decay": 5e-4})
    assert variety.id == "more_variety"
    assert (only.id, only.title) == ("regularise", "Weight decay 0.0005 → 0.001")
    assert only.note.endswith("This script has no augmentation option; adding one would do more than these.")
    assert titled({"lr": ["0.1", "0.05"], "amp": [None, "true"]}) == "Lr 0.1 → 0.05, amp – → true"


def test_an_option_that_a_child_has_tried_is_not_offered_as_the_first():
    look = Diagnosis("LOOK", "warning", "")
    found = options(OVERFITS)
    first, second = found[0], found[1]

    def child(option, word, run_id="r-2", **fields):
        known = {"parent_wer": 0.7, "child_wer": 0.4, "parent_id": "r", "changes": option.changes, **fields}
        return ChildOutcome(run_id=run_id, word=word, prescription=option.id, **known)

    assert next_step(look, found, [child(first, "HELPED")]) == ("Tried in r-2: helped (−30.0 points).", None)
    assert tried_in(look, found, [child(first, "HELPED")]).run_id == "r-2"
    said, option = next_step(look, found, [child(first, "WORSE", child_wer=0.75)])
    assert option is second
    assert said == f"Tried in r-2: worse (+5.0 points). Then try: {second.title[:1].lower()}{second.title[1:]}."
    other = child(first, "HELPED", changes={"dropout": [0.3, 0.1]})
    assert next_step(look, found, [other])[1] is first, "other changes are another try"
    both = [child(first, "WORSE"), child(second, "HELPED", "r-3")]
    assert tried_in(look, found, both).run_id == "r-3"
    assert next_step(look, found, both) == ("Tried in r-3: helped (−30.0 points).", None)


def evaluated(count):
    records = tuple(Epoch(epoch=float(e), val_loss=1.0) for e in range(1, count + 1))
    return Snapshot(run_dir="r", run_id="r", read_at=0.0, epochs=records)


def test_val_loss_is_not_said_to_have_turned_where_its_newest_is_the_lowest():
    falling = more_variety(snapshot(val_loss=[3.0, 2.0, 1.0]))
    assert "turn" not in falling.expected + falling.disproved_by
    turned = more_variety(snapshot(val_loss=[3.0, 1.0, 2.0]))
    assert "val loss was lowest at epoch 2 (1.00)" in turned.expected and "turns" in turned.disproved_by


def test_fewer_epochs_are_not_offered_where_the_metric_came_to_its_best_long_after_the_loss():
    scores = [{"val_accuracy": 0.5 + 0.01 * e} for e in range(20)]
    found = more_variety(snapshot(val_loss=curve(20, lambda e: 2 + 0.02 * e), metrics=scores))
    assert "fewer" not in f"{found.title} {found.cost}".lower()
    assert "before its best accuracy (69.0 %, epoch 20)" in found.expected
    luck = more_variety(
        snapshot(
            val_loss=curve(20, lambda e: 2 + 0.02 * e), metrics=[{"val_accuracy": 0.5 + 0.001 * e} for e in range(20)]
        )
    )
    assert "fewer epochs" in luck.title


@pytest.mark.parametrize("over", [True, False])
def test_waiting_longer_is_no_look_without_training(over):
    option = more_epochs(snapshot(val_loss=[3.0, 2.0, 1.0], val_wer=[0.5] * 3), over)
    assert option.title == ("More epochs" if over else "Wait for more evaluations")
    assert "no training" not in option.cost and "restart with the same settings" not in option.disproved_by


@pytest.mark.parametrize(
    "config", [{"model": "llama-3-8b", "hidden_dim": 4096}, {"model": "gpt2", "hidden_dim": 768}, {"model": "resnet"}]
)
def test_a_pretrained_network_or_a_classifier_is_not_told_to_halve_its_width(config):
    columns = {name: OVERFITS[name] for name in ("train_loss", "val_loss")}
    if config["model"] == "resnet":
        columns["metrics"] = [{"val_accuracy": min(0.5, 0.1 + 0.04 * e)} for e in range(40)]
    found = options(columns, {"learning_rate": 1e-3, "dropout": 0.1, **config}, launch=None)
    assert found and not any("hidden_dim" in option.changes or "width" in option.title for option in found)


def came(run_id, word="HELPED", at=1.0, **fields):
    changes = {"dropout": [0.1, 0.5]}
    return ChildOutcome(**{"run_id": run_id, "parent_id": "p", "word": word, "at": at, "changes": changes, **fields})


def test_only_the_same_values_are_the_same_change_and_one_that_helped_is_named():
    option = replace(SCORE_AGAIN, id="regularise", changes={"dropout": [0.1, 0.5]})
    other = came("other", "WORSE", 2.0, changes={"dropout": [0.1, 0.12]})
    assert child_with(option, [other]) is None
    assert child_with(option, [came("a"), other, came("later", "WORSE", 3.0)]).run_id == "a"
    tried = counted([came("a", prescription="o"), came("b", "WORSE", prescription="o", changes=other.changes)])
    assert [each.text for each in tried] == ["1 try: 1 helped", "1 try: 1 worse"]


def test_seeds_of_a_child_are_seeds_of_its_change():
    """q is a child of p, its seeds are children of q: the change is judged by the mean of all three against p."""
    values = {"metric": WER, "epoch": 25.0}
    lead = came("q", prescription="o", parent_value=0.53, child_value=0.49, **values)
    seeds = [
        came(f"q-{n}", "TOO CLOSE", parent_id="q", changes={"seed": [0, n]}, parent_value=0.49, child_value=v, **values)
        for n, v in ((2, 0.58), (3, 0.56))
    ]
    (tried,) = counted([lead, *seeds])
    assert tried.text == "1 try: 1 too close; 3 seeds, by their mean"
    (group,) = seeds_of_changes([lead, *seeds], [SeedGroup(("q", "q-2", "q-3"))])
    assert group.word == "TOO CLOSE" and "+1.3 points of 3 seeds" in group.text


def test_where_the_parent_has_seeds_too_a_change_is_judged_against_all_of_them():
    """Against one unlucky run of the parent each seed of the change is better, against its other seeds they are not."""
    values = {"metric": WER, "epoch": 25.0, "evaluations": 9}
    parents = [
        came(f"p-{n}", "TOO CLOSE", changes={"seed": [0, n]}, parent_value=0.60, child_value=v, **values)
        for n, v in ((2, 0.50), (3, 0.52))
    ]
    lead = came("q", prescription="o", parent_value=0.60, child_value=0.51, **values)
    seeds = [
        came(f"q-{n}", "TOO CLOSE", parent_id="q", changes={"seed": [0, n]}, parent_value=0.51, child_value=v, **values)
        for n, v in ((2, 0.53), (3, 0.52))
    ]
    group = SeedGroup(("q", "q-2", "q-3"))
    (alone,) = seeds_of_changes([lead, *seeds], [group])
    assert alone.word == "HELPED" and alone.text.endswith("), against one run of the parent, by their trends.")
    (both,) = seeds_of_changes([*parents, lead, *seeds], [group])
    assert both.word == "TOO CLOSE"
    assert both.text.startswith("mean −2.0 points of 3 seeds, against 3 of the parent, by their trends (95 % Welch t ")
    assert counted([*parents, lead, *seeds])[0].text == "1 try: 1 too close; 3 seeds, by their mean"


def test_a_run_and_its_seeds_stand_together_by_their_mean():
    values = {"metric": WER, "epoch": 25.0, "parent_value": 0.5}
    seeds = [
        came(f"p-{n}", "TOO CLOSE", changes={"seed": [0, n]}, child_value=v, **values) for n, v in ((2, 0.6), (3, 0.7))
    ]
    (group,) = seeds_of_changes(seeds, [SeedGroup(("p", "p-2", "p-3"))])
    assert (group.runs, group.word) == (("p", "p-2", "p-3"), "SEEDS") and "mean 60.0 % of 3 seeds" in group.text


def test_seeds_that_have_not_come_so_far_are_not_averaged():
    group = SeedGroup(("a", "b", "c"))
    found = spread_of(group, {"a": 0.5, "b": 0.6, "c": 0.9}, {"a": 25.0, "b": 25.0, "c": 2.0})
    assert found.mean == pytest.approx(0.55) and "of 2 of 3 seeds" in found.text
    assert spread_of(group, {"a": 0.5, "b": 0.6, "c": 0.9}, {"a": 25.0, "b": 3.0, "c": 2.0}) is None


def test_regularisation_alone_is_no_first_option():
    columns = {name: OVERFITS[name] for name in ("train_loss", "val_loss")}
    seen = snapshot(**columns, metrics=[{"val_mae": 3.0}] * 40, run={"config": {"weight_decay": 0.0}})
    found = prescribe(seen, judge(seen, NOW).diagnosis)
    assert [option.id for option in found][:2] == ["more_variety", "regularise"]
    assert "gap" not in found[1].disproved_by and "log.md" not in found[1].note


@pytest.mark.parametrize("value", [0, "0", -0.0])
def test_a_child_of_no_epochs_is_refused(value):
    with pytest.raises(RefusedError, match="planned for 0 epochs"):
        agreed(None, evaluated(12), {"epochs": value})


def test_a_child_without_an_end_is_judged_where_its_parent_is():
    assert agreed(None, evaluated(12), {"max_epochs": "-1"}) == {"epoch": 12.0, "epoch_by": "parents_last"}


def test_the_goal_of_the_gap_is_the_limit_in_force():
    launch = msgspec.structs.replace(LAUNCH, thresholds={"gap_limit": 0.5})
    seen = snapshot(**OVERFITS, **beating(), launch=launch, run={"config": BROKEN})
    found = {option.id: option for option in prescribe(seen, judge(seen, NOW).diagnosis)}
    assert found["regularise"].expected == "a gap below 0.5, with train loss higher from the first epoch on"
    assert found["regularise"].aims.gap == 0.5 and "gap below 0.5 and val WER" in found["variety"].expected


def test_what_was_never_finite_has_no_checkpoint_to_go_back_to():
    never = options({"train_loss": [math.nan] * 6, "val_wer": [1.0] * 6})
    later = options({"train_loss": [2.0] * 3 + [math.nan] * 3, "val_wer": [1.0] * 6})
    assert "lower_rate" in [option.id for option in never]
    assert "last_good_checkpoint" not in [option.id for option in never]
    assert "last_good_checkpoint" in [option.id for option in later]
