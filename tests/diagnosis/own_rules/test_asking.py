"""Rules of one's own that misbehave: each is named with file, line and error, and spoils nothing but its own answer."""

from __future__ import annotations

import os
import re

import psutil
import pytest

from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.own_rules import asking, sources
from monitor.rules.result import Finding, LeftOut, Quiet
from tests.diagnosis.own_rules.project import HEAD, QUIET, read, rule, write_rules, write_run

GOOD = rule(QUIET, name="good", title="A good rule")
SPOILED = {
    "raises": ("x = 1\nreturn x / 0", r"line 8: ZeroDivisionError: division by zero"),
    "raises what is no Exception": ("raise KeyboardInterrupt", r"line 7: KeyboardInterrupt"),
    "exits": ("sys.exit(3)", r"line 7: SystemExit: 3"),
    "ends its process": ("os._exit(3)", r"it ended its process \(exit code 3\)"),
    "crashes": ("import ctypes\nctypes.string_at(0)", r"it ended its process \(SIGSEGV\)"),
    "kills its group": ("os.killpg(0, 9)", r"it ended its process \(SIGKILL\)"),
    "returns nothing": ("pass", r"line 6: TypeError: check returned NoneType; it must return a Finding or a Quiet"),
    "returns a text": ("return 'bad'", r"line 6: TypeError: check returned str"),
    "returns a wrong severity": ("return Finding('fatal', 'x')", r"line 6: TypeError: Invalid enum value 'fatal'"),
    "returns a line that is none": ("return Finding('info', 7)", r"TypeError: Expected `str`, got `int`"),
    "returns numbers that are none": ("return Finding('info', 'x', now=7)", r"TypeError: Expected `object`, got `int`"),
    "returns a date that is none": ("return Finding('info', 'x', since=float('nan'))", r"TypeError: Expected"),
    "takes all memory": ("return Quiet(str(len(bytearray(3 * 2**30))))", r"line 7: MemoryError"),
    "recurses without end": ("return self.check(snapshot)", r"line 7: RecursionError"),
}
LATE = {
    "hangs": ("while True:\n    pass", r"line [78]: took longer than 2 s"),
    "sleeps": ("time.sleep(60)", r"line 7: took longer than 2 s"),
    "holds on to its time": (
        "while True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass",
        r": took longer than 2 s",
    ),
}


def results(run_dir):
    return {result.rule: result for result in judge_run(read(run_dir), 2e9).results}


@pytest.mark.parametrize(("body", "why"), SPOILED.values(), ids=SPOILED)
def test_a_rule_that_misbehaves_is_named_with_line_and_error_and_the_next_one_answers(project, body, why):
    write_rules(project, rule(body), GOOD)
    found = results(write_run(project / "runs" / "r"))
    assert isinstance(found["mine"], LeftOut) and found["mine"].why.startswith("vitalsigns_rules.py"), found["mine"]
    assert re.search(why, found["mine"].why), found["mine"].why
    assert found["good"] == Quiet("good", "A good rule", "It was asked.")


@pytest.mark.parametrize(("body", "why"), LATE.values(), ids=LATE)
def test_a_rule_that_is_too_slow_costs_its_deadline_once(project, body, why, monkeypatch):
    write_rules(project, rule(body), GOOD)
    run_dir = write_run(project / "runs" / "r")
    skipped = []
    begins = asking.RulesProcess
    monkeypatch.setattr(asking, "RulesProcess", lambda job: skipped.append(job.skip) or begins(job))
    found = results(run_dir)
    assert isinstance(found["mine"], LeftOut) and re.search(why, found["mine"].why), found["mine"]
    assert isinstance(found["good"], Quiet)
    with (run_dir / "epochs.jsonl").open("a") as file:
        file.write('{"epoch": 9, "val_loss": 0.2}\n')
    assert results(run_dir)["mine"] == found["mine"]
    assert skipped == [[], ["mine"]], "it is not asked again"
    write_rules(project, rule(QUIET), GOOD)
    assert isinstance(results(run_dir)["mine"], Quiet), "its file was mended"


def test_what_a_rule_forks_and_prints_is_gone_afterwards(project):
    forks = "for _ in range(3):\n    os.fork()\nif os.fork() == 0:\n    time.sleep(300)\nreturn Quiet('forked')"
    prints = "print('x' * 10**7)\nos.write(1, b'y' * 10**6)\nos.write(2, b'z' * 10**6)\nreturn Quiet('z' * 10**7)"
    write_rules(project, rule(forks, name="forks"), rule(prints, name="prints"))
    this_test = os.environ["PYTEST_CURRENT_TEST"]
    found = results(write_run(project / "runs" / "r"))
    assert found["forks"].line == "forked."
    assert isinstance(found["prints"], Quiet) and len(found["prints"].line) < 400
    # Other tests may run at the same time: what this one has started has its name in the environment.
    known = [each.info for each in psutil.process_iter(["cmdline", "environ"])]
    mine = [each for each in known if (each["environ"] or {}).get("PYTEST_CURRENT_TEST", "") == this_test]
    assert not [each for each in mine if "own_rules.answering" in " ".join(each["cmdline"] or [])]


def test_what_a_rule_changes_nobody_else_sees(project):
    spoils = """
        for record in snapshot.epochs:
            record.metrics["spoiled"] = 1.0
        Finding.severity = "critical"
        self.__class__.seen = getattr(self, "seen", 0) + 1
        return Quiet(f"asked {self.seen} times")
    """
    looks = 'return Quiet(str(any("spoiled" in record.metrics for record in snapshot.epochs)))'
    write_rules(project, rule(spoils, name="first"), rule(looks, name="second"))
    found = results(write_run(project / "runs" / "r"))
    assert (found["first"].line, found["second"].line) == ("asked 1 times.", "False.")


LOADS = {
    "a mistake in its syntax": ("def broken(:\n", r"vitalsigns_rules.py line 3: SyntaxError: "),
    "an error": ("import nothing_of_that_name\n", r"vitalsigns_rules.py line 3: ModuleNotFoundError: "),
    "an exit": ("sys.exit()\n", r"vitalsigns_rules.py line 3: SystemExit"),
    "the end of its process": ("os._exit(0)\n", r"vitalsigns_rules.py: it ended its process while it was loaded"),
    "no rule": ("x = 1\n", r"vitalsigns_rules.py: it holds no class with a `check` method"),
    "too many rules": ("".join(rule(QUIET, name=f"r{n}") for n in range(51)), r"it holds 51 rules; 50 are the most"),
}


@pytest.mark.parametrize(("text", "why"), LOADS.values(), ids=LOADS)
def test_a_file_that_does_not_load_is_named_as_a_whole(project, text, why):
    write_rules(project, text)
    judged = judge_run(read(write_run(project / "runs" / "r")), 2e9)
    assert re.search(why, judged.results[-1].why), judged.results[-1]
    assert judged.diagnosis.not_checked[-1].startswith("Rules of vitalsigns_rules.py: left out: vitalsigns_rules.py")


@pytest.mark.slow
def test_a_file_that_never_loads_is_named_after_its_deadline_and_not_loaded_again(project, monkeypatch):
    write_rules(project, "while True:\n    pass\n")
    run_dir = write_run(project / "runs" / "r")
    assert "took longer than 10 s" in results(run_dir)["vitalsigns_rules"].why
    monkeypatch.setattr(asking, "RulesProcess", lambda job: pytest.fail("it was loaded again"))
    assert "took longer than 10 s" in results(run_dir)["vitalsigns_rules"].why


FACTS = {
    "no name": ("name = None", "NoName: left out: vitalsigns_rules.py: `name` must be lower-case letters"),
    "a name of ours": ("name = 'gap'", "another rule is called gap already"),
    "a name that is a path": ("name = '../../x'", "`name` must be lower-case letters"),
    "no title": ("name = 'a'\n    title = ' '", "`title` must be a text"),
    "thresholds that are none": ("name = 'a'\n    thresholds = {'x': 'y'}", "`thresholds` must be a dict"),
}


@pytest.mark.parametrize(("facts", "why"), FACTS.values(), ids=FACTS)
def test_a_class_with_wrong_facts_is_named(project, facts, why):
    text = f"\nclass NoName:\n    title = 'NoName'\n    {facts}\n    def check(self, snapshot):\n        {QUIET}\n"
    write_rules(project, text, GOOD)
    judged = judge_run(read(write_run(project / "runs" / "r")), 2e9)
    assert any(why in line for line in judged.diagnosis.not_checked), judged.diagnosis.not_checked
    assert isinstance(judged.results[-1], Quiet)


def test_what_an_answer_says_is_cut_and_loses_its_control_characters(project):
    line = "'\\x1b[31m<script>' + chr(0x202e) + '**bold**\\n\\n# ' + 'a' * 10**7"
    body = f"return Finding('warning', {line}, remedy={line}, cannot_tell={line}, now={{{line}: {line}}})"
    write_rules(project, rule(body, title="<b>\\x1b[2Jtitle</b>"))
    found = results(write_run(project / "runs" / "r"))["mine"]
    assert isinstance(found, Finding)
    for text in (found.title, found.line, found.remedy, found.cannot_tell, *found.now, *found.now.values()):
        assert len(text) <= 301 and "\x1b" not in text and "\u202e" not in text and "\n" not in text


def test_packages_offer_rules_too(project, tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "lab-1.0.dist-info").mkdir(parents=True)
    (site / "lab-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: lab\nVersion: 1.0\n")
    entries = "[vitalsigns.rules]\nlab = lab_rules\nbroken = no_such_module\n"
    (site / "lab-1.0.dist-info" / "entry_points.txt").write_text(entries)
    (site / "lab_rules.py").write_text(HEAD + rule(QUIET, name="of_lab"))
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", f"{os.environ['PYTHONPATH']}:{site}")
    write_rules(project, GOOD)
    found = results(write_run(project / "runs" / "r"))
    assert isinstance(found["of_lab"], Quiet) and isinstance(found["good"], Quiet)
    assert "ModuleNotFoundError" in found["broken"].why
    sources.installed.cache_clear()
