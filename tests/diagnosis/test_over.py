"""A run that is over: sentences look back. Nothing is foretold of it, and nobody is told to go on or to stop."""

import msgspec
import pytest

from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Launch, Progress
from monitor.run_dir.replay import as_of
from monitor.run_dir.status import is_over, status_of
from monitor.view.report.markdown import to_markdown
from monitor.view.report.whole import report_of
from tests.snapshots import NOW, PROCESS, beating, curve, snapshot

AHEAD = ("ook again by", "not enough data yet", "will cross", "and still rising", "still falls", "Go on")
AHEAD += ("top here", "wait for", "have the next change", "heading", "constant sentence yet")
ENDS = {
    "finished": {"progress": Progress(heartbeat_at=NOW - 9, process=PROCESS, outcome="finished")},
    "stopped": {"progress": Progress(heartbeat_at=NOW - 9, process=PROCESS, outcome="stopped")},
    "failed": {"progress": Progress(heartbeat_at=NOW - 9, process=PROCESS, outcome="failed", error="KeyError: 'h'")},
    "lost": {"progress": Progress(heartbeat_at=NOW - 9, process=PROCESS), "trainer_liveness": "gone"},
    "imported": {"progress": Progress(heartbeat_at=NOW - 9, phase="ended")},
}
CURVES = {
    "a gap on its way": {"train_loss": [1.0] * 19, "val_loss": curve(19, lambda e: 1 + 0.05 * e)},
    "a loss that rises": {"val_loss": curve(20, lambda e: 1 + 0.02 * abs(e - 8)), "val_wer": [0.5] * 20},
    "over-confident": {
        "val_loss": curve(20, lambda e: 1 + 0.02 * abs(e - 8)),
        "val_wer": curve(20, lambda e: 0.9 - 0.02 * e),
    },
    "a last jump": {"val_loss": curve(20, lambda e: 9.0 if e == 20 else 2 + e / 100)},
    "three evaluations": {"train_loss": [1.0] * 3, "val_loss": [1.2] * 3, "val_wer": [0.8] * 3},
    "chance": {"val_loss": [5.6] * 9, "val_wer": curve(9, lambda e: 0.97 - 0.005 * e)},
    "stuck": {"val_loss": [2.0] * 30, "val_wer": [0.5] * 30, "lr": curve(30, lambda e: 1e-3 if e < 9 else 1e-5)},
}


def every_sentence(seen):
    judged = judge(seen, NOW)
    said = judged.diagnosis
    options = prescribe(seen, said)
    lines = [said.reason, said.next_step, *said.also, *said.not_checked]
    lines += [part for finding in said.grounds for part in (finding.line, finding.remedy)]
    lines += [part for option in options for part in (option.title, option.expected, option.disproved_by)]
    return [*lines, to_markdown(report_of(seen, judged, status_of(seen), options))]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", CURVES)
def test_nothing_looks_ahead(name, end):
    seen = snapshot(**CURVES[name], **ENDS[end])
    assert is_over(seen)
    for line in every_sentence(seen):
        assert not [word for word in AHEAD if word in line], line


def test_the_same_curves_at_work_do_look_ahead():
    """Else the test above would prove nothing."""
    said = " ".join(line for columns in CURVES.values() for line in every_sentence(snapshot(**columns, **beating())))
    assert [word for word in AHEAD if word not in said] == []


def test_too_few_evaluations_are_said_as_what_they_are():
    said = judge(snapshot(**CURVES["three evaluations"], **ENDS["stopped"]), NOW).diagnosis
    assert "Overfitting: not checked, 3 of 5 evaluations, too few." in said.not_checked


def test_of_a_moment_of_the_past_what_was_foretold_then_is_said():
    ended = snapshot(**CURVES["a gap on its way"], **ENDS["finished"])
    then = as_of(ended, 18)
    assert not is_over(then) and any("will cross" in line for line in every_sentence(then))


def test_a_lost_run_is_told_where_its_output_is():
    def remedy(**more):
        return judge(snapshot(val_loss=[1.0] * 3, **{**ENDS["lost"], **more}), NOW).diagnosis.worst.remedy

    assert remedy() == (
        "Look at the last lines in its terminal or log, and whether the machine was restarted or ran out of memory; "
        "then start it again."
    )
    known = Launch(run_id="r", created_at=0.0, argv=["python", "train.py"])
    assert remedy(launch=known).endswith("then start it again.")
    saved = msgspec.structs.replace(ENDS["lost"]["progress"], checkpoint="last.pt")
    assert remedy(launch=known, progress=saved).endswith("then resume it.")


def test_at_a_learning_rate_of_0_no_recovery_is_promised():
    plateau = {"val_loss": [2.0] * 14, "val_wer": [0.5] * 14}
    said = judge(snapshot(**plateau, lr=[1e-3] * 8 + [0.0] * 6, **beating()), NOW).diagnosis
    assert said.verdict == "LOOK" and said.reason.endswith("The learning rate is 0: more epochs change nothing.")
    said = judge(snapshot(**plateau, lr=[1e-3] * 14, **beating()), NOW).diagnosis
    assert said.verdict == "LOOK" and "ook again by" not in said.reason
    assert "stop_here" in [option.id for option in prescribe(snapshot(**plateau, **beating()), said)]


@pytest.mark.parametrize(
    ("planned", "looks"),
    [
        (None, "Look again by epoch 25."),
        (60, "Look again by epoch 25."),
        (25, "Look again by epoch 25, its planned end."),
        (22, "Look again by epoch 22, its planned end."),
        (20, ""),
    ],
)
def test_nobody_is_told_to_look_after_the_planned_end(planned, looks):
    parts = {"val_loss": [2.0] * 20, "train_loss": [1.5] * 18 + [0.9, 0.8]}
    said = judge(snapshot(**parts, **beating(epochs=planned)), NOW).diagnosis
    assert said.verdict == "LOOK" and said.worst.severity == "warning"
    assert said.reason.endswith(looks) if looks else "ook again by" not in said.reason
