"""What a diagnosis says, as data for the page."""

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.odds import ODDS
from monitor.rules.result import Finding
from monitor.run_dir import Alert, Launch, Parent, Progress
from monitor.view import judgement as module
from monitor.view.judgement import judgement
from tests.diagnosis.test_prescriptions import BROKEN, LAUNCH
from tests.diagnosis.test_verdict import LEARNS, OVERFITS
from tests.snapshots import NOW, beating, snapshot

SICK = snapshot(**OVERFITS, **beating(), launch=LAUNCH, run={"config": BROKEN})


def made(seen):
    judged = judge(seen, NOW)
    return judgement(seen, judged), judged.diagnosis


def test_a_run_that_learns_has_no_flag_no_option_and_a_coverage():
    found, diagnosis = made(snapshot(**LEARNS, **beating()))
    assert found.flags == found.prescriptions == found.causes == found.considered == []
    verdict = found.verdict
    assert (verdict.word, verdict.severity, verdict.filled, verdict.why) == ("KEEP GOING", None, False, "")
    assert verdict.coverage == f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran"
    assert (verdict.option, verdict.other_run, verdict.choice) == (None, None, None)
    assert verdict.reason == diagnosis.reason and verdict.not_checked == list(diagnosis.not_checked)
    assert found.healthy and all(len(row) == 4 for row in found.healthy)


def test_a_sick_run_has_its_flags_gravest_first_its_causes_and_options_with_letters():
    found, diagnosis = made(SICK)
    assert (found.verdict.word, found.verdict.severity, found.verdict.filled) == ("STOP", "critical", True)
    severities = [flag.severity for flag in found.flags]
    assert severities == sorted(severities, key=["critical", "warning", "info"].index) and len(set(severities)) > 1
    assert [option.letter for option in found.prescriptions] == list("ABCDEFGH")[: len(found.prescriptions)]
    first = found.prescriptions[0]
    assert (first.id, found.verdict.option, first.restartable) == ("variety", "variety", True)
    assert first.changes[0].key == "augmentation" and (first.changes[0].before, first.changes[0].after) == (
        "none",
        "strong",
    )
    assert first.tried.startswith("not yet in this folder") and first.command and first.flags
    assert first.expected and first.cost and first.disproved_by
    assert [cause.title for cause in found.causes] == [cause.title for cause in diagnosis.causes] and found.causes[
        0
    ].evidence
    assert all(each.why_not for each in found.considered) and found.verdict.choice is not None
    assert found.lanes and found.verdict.also == list(diagnosis.also)


def test_a_flag_has_its_numbers_and_whether_it_was_seen():
    found, _ = made(SICK)
    gap = next(flag for flag in found.flags if flag.rule == "gap")
    assert (gap.recorded, gap.acknowledged, gap.own_limits) == (False, False, "")
    assert gap.alert == f"gap-{gap.since:g}" and gap.began.startswith("epoch ")
    assert gap.now and gap.limits and gap.line and gap.remedy and gap.picture.column == "gap"
    seen = msgspec.structs.replace(
        SICK,
        alerts=(Alert(alert_id="gap-77", event="raised", rule="gap", severity="warning", at=1.0),),
        acknowledged=frozenset({"gap-77"}),
    )
    recorded = next(flag for flag in made(seen)[0].flags if flag.rule == "gap")
    assert (recorded.alert, recorded.recorded, recorded.acknowledged) == ("gap-77", True, True)


def test_a_flag_without_an_onset_says_nothing_of_when():
    flag = module._flag(Finding("gap", "Gap", "info", "wide", None, None), SICK)
    assert (flag.began, flag.alert, flag.since) == ("", "gap-0", None)
    assert module._flag(Finding("gap", "Gap", "info", "wide", 3.0, 4.0, began="the start"), SICK).began == "the start"


def test_thresholds_of_the_project_are_named_first_and_at_their_flag():
    names = {limit.name for limit in made(SICK)[0].limits}
    name = next(each for each in sorted(names) if each.startswith("gap_"))
    launch = msgspec.structs.replace(LAUNCH, thresholds={name: 0.5})
    seen = msgspec.structs.replace(SICK, launch=launch)
    judged = judge(seen, NOW)
    first, *rest = judgement(seen, judged).limits
    assert (first.name, first.value, first.source) == (name, "0.5", "vitalsigns.toml") and first.default != "0.5"
    assert {limit.source for limit in rest} == {"default"} and len(rest) == len(names) - 1
    said = module._own_limits("gap", seen)
    assert said == f"From this project's vitalsigns.toml: {name} = 0.5 (default {first.default})."
    assert module._own_limits("at_chance", seen) == module._own_limits("gap", SICK) == ""


def test_thresholds_of_ones_own_rules_say_where_they_are_from():
    own = SimpleNamespace(thresholds={"mine.times": 3.0, "mine.least": 2.0})
    seen = msgspec.structs.replace(SICK, launch=msgspec.structs.replace(LAUNCH, thresholds={"mine.least": 5.0}))
    found = {limit.name: limit for limit in module._limits(seen, replace(judge(SICK, NOW), own=own))[:2]}
    assert (found["mine.times"].value, found["mine.times"].source) == ("3", "your rules")
    least = found["mine.least"]
    assert (least.value, least.default, least.source) == ("5", "2", "vitalsigns.toml")


@pytest.mark.parametrize("rule", sorted(ODDS))
def test_how_often_a_grave_check_was_wrong_is_said(rule):
    worst = Finding(rule, "T", "critical", "l", 1.0, 2.0)
    diagnosis = replace(judge(SICK, NOW).diagnosis, worst=worst)
    said = module._why(diagnosis)
    assert said == f"Measured false-alarm rate: wrong on {ODDS[rule]}."
    assert module._why(replace(diagnosis, worst=replace(worst, severity="warning"))) == ""


def test_what_is_not_measured_says_look_at_most_while_the_run_lives():
    rule = next(flag.rule for flag in made(SICK)[0].flags if flag.rule not in ODDS)
    worst = Finding(rule, "T", "critical", "l", 1.0, 2.0)
    diagnosis = replace(judge(SICK, NOW).diagnosis, worst=worst, verdict="LOOK")
    assert module._why(diagnosis).startswith("This check says LOOK at most")
    for word in ("ENDED", "FAILED", "LOST"):
        assert module._why(replace(diagnosis, verdict=word)) == ""
    assert module._why(replace(diagnosis, worst=None)) == ""
    assert module._why(replace(diagnosis, worst=replace(worst, rule="stalled"))) == "", "it is about this moment alone"


def test_a_child_that_failed_at_once_names_its_parent():
    launch = Launch(run_id="r", created_at=1.0, argv=["python", "t.py"], parent=Parent(run_id="p"))
    failed = snapshot(launch=launch, progress=Progress(heartbeat_at=NOW, outcome="failed", error="ValueError: x"))
    found, _ = made(failed)
    assert (found.verdict.word, found.verdict.other_run, found.flags) == ("FAILED", "p", [])


def test_what_was_tried_in_this_folder_comes_before_what_was_recorded():
    assert module._tried(None, None) == "not yet in this folder"
    tried, recorded = SimpleNamespace(text="2 tries: better in 1"), SimpleNamespace(text="helped 3 of 4")
    assert module._tried(tried, recorded) == "2 tries: better in 1"
    assert module._tried(None, recorded) == "not yet in this folder; helped 3 of 4"
