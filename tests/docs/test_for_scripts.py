"""docs/for-scripts.md says what every verb prints, and the help's examples are command lines that parse."""

import json
import re
import shlex

import pytest

from monitor.commands.cli import VERBS, command, main
from monitor.commands.examples import EXAMPLES, GROUPS
from monitor.run_dir import errors
from tests.commands.test_parity import SCRIPTS, STREAMS, command_lines
from tests.supervised import ROOT, call_it_stopped

DOC = (ROOT / "docs" / "for-scripts.md").read_text(encoding="utf-8")
ROWS = {row[1]: re.findall(r"`(\w+)`", row[2]) for row in re.finditer(r"^\| `(\w+)` \| (.*) \|$", DOC, re.MULTILINE)}
ENDS_ELSEWHERE = {"attach", "serve", "watch"}
"""Their documents depend on what is there; each has a test of its own below or in tests/."""


def test_every_verb_that_answers_has_its_row():
    assert set(VERBS) - SCRIPTS == set(ROWS)


@pytest.mark.parametrize("verb", sorted(set(VERBS) - SCRIPTS - STREAMS - ENDS_ELSEWHERE))
def test_a_document_has_the_fields_that_are_described(two_runs, capsys, verb):
    call_it_stopped(two_runs / "one")  # for `resume`
    arguments = command_lines(two_runs)[verb]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    main([verb, *arguments[:at], "--json", *arguments[at:]])
    assert ROWS[verb] == list(json.loads(capsys.readouterr().out))


def test_a_proposal_of_attach_has_the_fields_that_are_described(two_runs, capsys):
    log = two_runs.parent / "train.log"
    log.write_text("epoch 1 train loss 2.0 val loss 2.5\nepoch 2 train loss 1.0 val loss 2.0\n")
    assert main(["attach", str(log), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) <= set(ROWS["attach"])


def test_an_event_of_watch_has_the_fields_that_are_described(two_runs, capsys):
    main(["watch", "--once", "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events and all(set(ROWS["watch"]) <= set(event) for event in events)


def test_every_exit_code_is_described():
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", DOC, re.MULTILINE)}


def test_every_verb_stands_in_one_group_and_has_examples():
    grouped = [verb for verbs in GROUPS.values() for verb in verbs]
    assert sorted(VERBS) == sorted(grouped) == sorted(EXAMPLES)


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line in lines])
def test_an_example_of_the_help_is_a_command_line_that_parses(line):
    verb, *words = shlex.split(line)
    assert verb == command(verb).make_context(verb, words).info_name
