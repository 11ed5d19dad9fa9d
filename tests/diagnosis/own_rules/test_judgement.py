"""Rules of one's own in the verdict: listed, counted, alerted, replayed, and never a STOP."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import msgspec
import pytest

from monitor.commands.cli import main
from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.own_rules import asking
from monitor.diagnosis.settings import Settings, settings_for
from monitor.diagnosis.verdict import judge
from monitor.rules.result import Finding
from monitor.run_dir.launch import read_launch
from monitor.run_dir.replay import as_of
from monitor.run_dir.seal import write_sealed
from monitor.supervisor.watch import Watch
from monitor.ui import tailing
from monitor.ui.family import Family
from monitor.view.frame import frame
from monitor.view.series import Since
from tests.diagnosis.own_rules.project import QUIET, read, rule, write_rules, write_run
from tests.supervised import ROOT

SECTION = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").partition("### Rules of your own")[2]
DOCUMENTED = re.findall(r"```python\n(.*?)```", SECTION.partition("\n## ")[0], re.DOTALL)
SLOW = (50.0,) * 6 + (600.0,) * 3
ABOVE = """
    line = f"It takes {{snapshot.epochs[-1].seconds:g}} s"
    if snapshot.epochs[-1].seconds <= self.thresholds["seconds"]:
        return Quiet(line)
    since = next(row.epoch for row in snapshot.epochs if row.seconds > self.thresholds["seconds"])
    return Finding({severity!r}, line, since=since, limits=self.thresholds, remedy="Look.")
"""
LIMIT = "    thresholds = {'seconds': 100.0}\n"


def above(severity: str = "warning") -> str:
    return rule(ABOVE.format(severity=severity), name="slow", title="Slow", more=LIMIT)


def own(judged):
    return [result for result in judged.results if result.rule == "slow"]


def test_the_rule_of_the_document_is_the_template_and_finds_what_it_says(project, capsys):
    assert main(["rules", "new"]) == 0
    written = (project / "vitalsigns_rules.py").read_text(encoding="utf-8")
    assert written == DOCUMENTED[0]
    assert main(["rules", "new"]) == 5 and "is there already" in capsys.readouterr().err
    found = judge_run(read(write_run(project / "runs" / "r", SLOW)), 2e9).results[-1]
    assert isinstance(found, Finding) and (found.rule, found.severity) == ("slow_epochs", "warning")
    assert (found.line, found.onset) == ("An epoch takes 600 s; 50 s is usual.", 7.0)
    quiet = judge_run(read(write_run(project / "runs" / "quiet")), 2e9).results[-1]
    assert quiet.line == "An epoch takes 50 s."


def test_it_is_listed_counted_and_shown_as_all_others(project):
    run_dir = write_run(project / "runs" / "r", SLOW)
    before = judge_run(read(run_dir), 2e9)
    write_rules(project, above())
    seen = read(run_dir)
    after = judge_run(seen, 2e9)
    assert (after.diagnosis.checks, after.diagnosis.checks_ran) == (
        before.diagnosis.checks + 1,
        before.diagnosis.checks_ran + 1,
    )
    shown = frame(seen, after, 2e9, since=Since())
    flag = next(flag for flag in shown.flags if flag.rule == "slow")
    assert (flag.title, flag.line, flag.since, flag.limits) == ("Slow", "It takes 600 s.", 7.0, {"seconds": "100"})
    assert any((row.name, row.value, row.source) == ("slow.seconds", "100", "your rules") for row in shown.limits)
    assert next(lane for lane in shown.lanes if lane.rule == "slow").start == 7.0


def test_it_says_the_same_live_in_the_terminal_and_at_a_past_epoch(project, capsys):
    """A run at work, judged after each evaluation, against the whole run judged as it was then."""
    write_rules(project, above())
    whole = write_run(project / "runs" / "whole", (50.0, 600.0, 50.0, 50.0, 600.0, 50.0, 50.0, 50.0))
    lines = (whole / "epochs.jsonl").read_text().splitlines(keepends=True)
    live = write_run(project / "runs" / "live", ())
    for count, line in enumerate(lines, 1):
        with (live / "epochs.jsonl").open("a") as file:
            file.write(line)
        grown, then = read(live), as_of(read(whole), count)
        assert own(judge_run(grown, 2e9)) == own(judge_run(then, then.read_at)), count
        # Word and reason by what is known at an evaluation, as `--at` and the page's slider show it.
        past = as_of(grown, count)
        assert judge_run(past, past.read_at).diagnosis == judge_run(then, then.read_at).diagnosis, count
    assert main(["check", "whole", "--at", "2", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnosis"]["findings"][0]["rule"] == "slow"
    assert main(["check", "whole", "--at", "3", "--json"]) == 1, "the word stands for three evaluations"
    assert "as of epoch 2" in json.loads(capsys.readouterr().out)["diagnosis"]["reason"]


def test_a_critical_one_says_look_and_never_stop(project, capsys):
    write_rules(project, above("critical"))
    run_dir = write_run(project / "runs" / "r", SLOW)
    then = as_of(read(run_dir), 9.0)
    said = judge_run(then, then.read_at).diagnosis
    assert (said.verdict, said.severity, said.worst.rule) == ("LOOK", "critical", "slow")
    assert main(["check", "r", "--at", "9"]) == 2
    capsys.readouterr()


def test_without_a_file_nothing_is_asked_and_nothing_changes(project, monkeypatch):
    seen = read(write_run(project / "runs" / "r"))
    monkeypatch.setattr("monitor.diagnosis.own_rules.asking.RulesProcess", None)  # using it would raise
    assert judge_run(seen, 2e9) == judge(seen, 2e9)


def test_before_the_first_evaluation_it_is_not_asked(project, monkeypatch):
    write_rules(project, above())
    monkeypatch.setattr("monitor.diagnosis.own_rules.asking.RulesProcess", None)
    assert own(judge_run(read(write_run(project / "runs" / "r", ())), 2e9)) == []


def test_what_is_known_is_not_asked_again(project, monkeypatch):
    write_rules(project, above())
    run_dir = write_run(project / "runs" / "r", SLOW)
    first = own(judge_run(read(run_dir), 2e9))
    monkeypatch.setattr("monitor.diagnosis.own_rules.asking.RulesProcess", None)
    assert own(judge_run(read(run_dir), 2e9)) == first != []


def test_a_supervisor_raises_and_resolves_its_alerts_and_never_waits_for_a_rule(project):
    """Each look returns at once while a rule hangs; the verdict comes once its time is over, with the other answers."""
    write_rules(project, rule("while True:\n    pass", name="hangs"), above())
    run_dir = write_run(project / "runs" / "r", SLOW)
    watch = Watch(run_dir, Settings)

    def looked(until: str) -> list[str]:
        looks, returned_early, deadline = 0, False, time.monotonic() + 60
        while time.monotonic() < deadline:
            watch.look(time.time(), force=not looks)
            looks, returned_early = looks + 1, returned_early or watch.is_waiting
            events = [(alert.event, alert.rule) for alert in read(run_dir).alerts if alert.rule == "slow"]
            if (until, "slow") in events:
                break
            time.sleep(0.1)
        assert watch.trouble == "" and returned_early, "a look must not wait for a rule"
        return [event for event, _ in events]

    assert looked("raised") == ["raised"]
    with (run_dir / "epochs.jsonl").open("a") as file:
        file.write('{"epoch": 10, "seconds": 50.0, "val_loss": 0.2, "train_loss": 0.2}\n')
    assert looked("resolved") == ["raised", "resolved"]
    watch.close()


def test_a_look_that_is_asked_for_while_a_rule_is_at_work_is_taken_after_it(project):
    """The last look at a run must see how it ended."""
    write_rules(project, rule("time.sleep(1)\nreturn Quiet('slow')", name="slow"))
    run_dir = write_run(project / "runs" / "r", SLOW)
    seen = []
    watch = Watch(run_dir, Settings, lambda each: seen.append(len(each.snapshot.epochs)))
    watch.look(time.time())
    with (run_dir / "epochs.jsonl").open("a") as file:
        file.write('{"epoch": 10, "val_loss": 0.2, "train_loss": 0.2}\n')
    watch.look(time.time(), force=True)
    deadline = time.monotonic() + 60
    while watch.is_waiting and time.monotonic() < deadline:
        watch.look(time.time())
        time.sleep(0.05)
    watch.close()
    assert seen == [9, 10]


def test_measuring_says_how_often_it_flagged_and_what_became_better_afterwards(project, capsys):
    write_rules(project, above("critical"), rule("return 1 / 0", name="broken"))
    write_run(project / "runs" / "became-better", (50.0, 600.0, 50.0, 50.0))
    write_run(project / "runs" / "quiet")
    write_run(project / "runs" / "at-its-end", (50.0, 50.0, 50.0, 600.0))
    assert main(["rules", "measure", "--json", "--runs", "runs"]) == 0
    found = json.loads(capsys.readouterr().out)
    slow, broken = found["measured"]
    assert (slow["runs"], slow["flagged"], slow["critical"], slow["ended"], slow["better"]) == (3, 2, 2, 2, 1)
    assert (broken["flagged"], "ZeroDivisionError" in broken["left_out"]) == (0, True)
    assert main(["rules", "measure"]) == 0
    out = capsys.readouterr().out
    assert "slow  Slow: 2 of 3 runs flagged, 2 critical; of 2 that have ended 1 became better afterwards." in out
    assert "broken  A rule of mine: 0 of 3 runs flagged" in out and "left out, first in" in out


def test_its_thresholds_are_set_in_the_settings_and_kept_with_the_run(project):
    (project / "vitalsigns.toml").write_text("[thresholds]\ngap_limit = 0.5\nslow.seconds = 700\n")
    settings = settings_for(project)
    assert (settings.problem, settings.thresholds) == ("", {"gap_limit": 0.5, "slow.seconds": 700.0})
    write_rules(project, above())
    run_dir = write_run(project / "runs" / "r", SLOW)
    assert isinstance(own(judge_run(read(run_dir), 2e9))[0], Finding), "a run in the foreground keeps no thresholds"
    launch = msgspec.structs.replace(read_launch(run_dir), thresholds=dict(settings.thresholds))
    write_sealed(run_dir, launch, anew=True)
    seen = read(run_dir)
    judged = judge_run(seen, 2e9)
    assert own(judged)[0].line == "It takes 600 s." and not isinstance(own(judged)[0], Finding)
    [row] = [row for row in frame(seen, judged, 2e9, since=Since()).limits if row.name == "slow.seconds"]
    assert (row.value, row.default, row.source) == ("700", "100", "vitalsigns.toml")
    (project / "vitalsigns.toml").write_text("")
    assert own(judge_run(read(run_dir), 2e9)) == own(judged), "they were kept at its start"


WRONG = {
    "slow.secs": "slow: left out: vitalsigns_rules.py: vitalsigns.toml sets its secs, which it does not have; it has "
    "seconds",
    "fast.secs": "fast: left out: vitalsigns.toml: it sets thresholds of this rule, but there is none of that name",
}


@pytest.mark.parametrize(("name", "why"), WRONG.items())
def test_a_threshold_that_no_rule_has_is_named(project, name, why):
    write_rules(project, above())
    run_dir = write_run(project / "runs" / "r", SLOW)
    write_sealed(run_dir, msgspec.structs.replace(read_launch(run_dir), thresholds={name: 1.0}), anew=True)
    told = judge_run(read(run_dir), 2e9).diagnosis.not_checked
    assert any(why.lower() in line.lower() for line in told), told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gap.gap_limit = 1", "`gap` is a rule whose thresholds stand alone: gap_limit"),
        ("Slow.seconds = 1", "`Slow.seconds` must be a number below the name of a rule of your own"),
        ("slow.seconds = nan", "`slow.seconds` must be a number"),
        ("slow.seconds = 'x'", "[thresholds] holds numbers only"),
        ("slow.a.b = 1", "[thresholds] holds numbers only"),
        ("gap_limits = 1", "`gap_limits` is unknown"),
    ],
)
def test_a_wrong_threshold_is_named_and_the_file_left_out(project, text, why):
    (project / "vitalsigns.toml").write_text(f"[thresholds]\n{text}\n")
    found = settings_for(project)
    assert why in found.problem and found.thresholds == {}


def test_measuring_takes_the_thresholds_as_they_are_set_now(project, capsys):
    write_rules(project, above())
    write_run(project / "runs" / "r", SLOW)
    (project / "vitalsigns.toml").write_text("[thresholds]\nslow.seconds = 700\n")
    assert main(["rules", "measure", "--json", "--runs", "runs"]) == 0
    assert json.loads(capsys.readouterr().out)["measured"][0]["flagged"] == 0


def test_listing_names_every_check_and_runs_none_of_the_own(project, capsys):
    marker = project / "was-run"
    write_rules(project, f"open({str(marker)!r}, 'w')\n", rule(QUIET))
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert "overfitting" in out and str(project / "vitalsigns_rules.py") in out and not marker.exists()


def test_measuring_without_a_file_says_how_to_make_one(project, capsys):
    assert main(["rules", "measure"]) == 5
    assert "python -m monitor rules new" in capsys.readouterr().err


def test_an_unreadable_answer_is_none_of_the_judgement(project, monkeypatch):
    """A process that cannot be started, or says nothing, leaves the file out."""
    write_rules(project, above())
    seen = read(write_run(project / "runs" / "r"))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("monitor.diagnosis.own_rules.process.OwnProcess", refuse)
    why = judge_run(seen, 2e9).results[-1].why
    assert why == "vitalsigns_rules.py: no process can be started for it (Resource temporarily unavailable)"


@pytest.mark.parametrize("part", ["snapshot.run.config", "snapshot.steps", "snapshot.decodes"])
def test_a_rule_sees_the_whole_run(project, part):
    write_rules(project, rule(f"return Quiet(repr({part}))"))
    run_dir = write_run(project / "runs" / "r", config={"lr": 0.125})
    seen = read(run_dir)
    line = judge_run(seen, 2e9).results[-1].line
    wanted = {"snapshot.run.config": "0.125"}.get(part, "()")
    assert wanted in line
    assert isinstance(seen, msgspec.Struct) and Path(seen.run_dir) == run_dir


def started_again(job):
    pytest.fail("a process was started for rules that were asked before")


def test_the_page_waits_for_its_own_run_once_and_shows_the_rest(project, monkeypatch):
    """A rule that hangs costs the page of this run its deadline, once; other runs and tabs go on meanwhile."""
    write_rules(project, rule("while True:\n    pass", name="hangs"), above())
    run_dir = write_run(project / "runs" / "r", SLOW)
    tailer = tailing.Tailer(run_dir, Family(run_dir.parent))
    assert tailer._look_and_say() and tailer.problem == ""
    shown = frame(*tailer.seen, 2e9, since=Since())
    assert [flag.rule for flag in shown.flags] == ["slow"]
    assert "took longer than 2 s" in shown.verdict.not_checked[-1]
    again = tailing.Tailer(run_dir, Family(run_dir.parent))
    monkeypatch.setattr(asking, "RulesProcess", started_again)
    assert again._look_and_say()
