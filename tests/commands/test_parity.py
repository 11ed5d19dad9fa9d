"""What the page can do, the command line can: each action and question has a verb; every verb speaks JSON."""

import ast
import json
import re
from pathlib import Path

import pytest

from monitor.commands.cli import VERBS, main
from monitor.ui.questions import ANSWERS
from tests.supervised import ROOT, script

PAGE = ROOT / "monitor" / "ui" / "page" / "page.py"
WAYS = {
    "open": "show RUN",
    "home": "list",
    "compare": "compare RUN OTHER",
    "demo": "start --demo",
    "start": "start --run-id --device --if-bad --if-bad-hours",
    "stop": "stop RUN",
    "stop_several": "stop RUN OTHER",
    "cancel_stop": "stop RUN --cancel",
    "hurry_stop": "stop RUN --hurry",
    "more_time": "stop RUN --more-time",
    "resume": "resume RUN",
    "restart": "restart RUN --set --fix --option --from --judge-at --keep-parent --if-bad --trust-command",
    "check": "diagnose RUN --measure",
    "ack": "ack RUN ALERT",
    "metric": "metric RUN NAME",
    "label": "label RUN --name --note --tag --untag --pin --unpin",
    "archive": "archive RUN",
    "restore_trashed": "restore RUN",
    "away": "away RUN",
    "test_messages": "notify --test --project",
    "follow_log": "attach LOG --map --percent --yes",
    "confirm_reading": "attach RUN --map --yes",
    "seeds": "restart RUN --set --option --judge-at --keep-parent",
}
"""What a click on the page asks for → the same from a terminal."""
ASKED = {
    "predictions": "predictions RUN --at --filter --word --decoder",
    "clip": "predictions RUN --clip",
    "moment": "check RUN --at",
    "log": "log RUN --word --warnings",
    "metrics": "metric RUN",
    "compare": "compare RUN OTHER --at --by",
    "channels": "notify --project",
}
"""What a tab asks for over its socket."""
LOADED = {"report": "report RUN --html"}
"""What the page links to."""


def actions_of_the_page() -> set[str]:
    """Every text that `kind` is compared with in page.py, and the keys of its tables."""
    tree = ast.parse(PAGE.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == "kind":
            found |= {each.value for each in ast.walk(node.comparators[0]) if isinstance(each, ast.Constant)}
        if isinstance(node, ast.Dict):
            found |= {key.value for key in node.keys if isinstance(key, ast.Constant) and key.value in WAYS}
    return found


def options_of(verb: str, capsys) -> str:
    assert main([verb, "--help"]) == 0
    return capsys.readouterr().out


def test_every_action_of_the_page_is_in_the_table():
    assert actions_of_the_page() - set(WAYS) == set()


def test_every_question_of_a_tab_is_in_the_table():
    assert set(ANSWERS) | {"compare"} <= set(ASKED)


@pytest.mark.parametrize("way", [*WAYS.values(), *ASKED.values(), *LOADED.values()])
def test_every_way_of_the_page_has_its_verb_with_its_options(way, capsys):
    verb, *rest = way.split()
    assert verb in VERBS
    told = options_of(verb, capsys)
    for option in (word for word in rest if word.startswith("--")):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", told), f"{verb} has no {option}"


def command_lines(runs: Path) -> dict[str, list[str]]:
    """A use of every verb that ends by itself; what would need a living run is refused in JSON-less words."""
    return {
        "list": [],
        "show": ["one"],
        "check": ["one"],
        "diagnose": ["one"],
        "report": ["one"],
        "compare": ["one", "two"],
        "ledger": [],
        "predictions": ["one"],
        "log": ["one"],
        "import": [str(runs.parent / "history.csv")],
        "attach": [str(runs / "one" / "trainer.log"), "--dry-run"],
        "start": ["--name", "new", "--", *script(runs.parent, "pass")],
        "stop": ["one", "--dry-run"],
        "restart": ["one", "--dry-run"],
        "resume": ["one", "--dry-run"],
        "ack": ["one", "gap"],
        "watch": ["--once"],
        "notify": [],
        "away": ["one"],
        "metric": ["one"],
        "rules": [],
        "label": ["one", "--tag", "paper"],
        "archive": ["two"],
        "restore": [],
        "export": ["one", "--to", "csv", "--out", str(runs.parent / "out")],
        "paper": ["one", "two"],
        "audit": [],
        "serve": ["--stop"],
        "link": [],
        "completion": [],
        "mcp": [],
    }


def test_the_walk_below_takes_every_verb(two_runs):
    assert set(command_lines(two_runs)) == set(VERBS)


STREAMS = {"watch"}
"""One document a line, as things happen."""
SCRIPTS = {"completion", "mcp"}
"""Speak to a program and to nobody else."""


@pytest.mark.parametrize("verb", sorted(set(VERBS) - SCRIPTS))
def test_every_verb_has_help_and_an_option_for_json(verb, capsys):
    assert "--json" in options_of(verb, capsys)


@pytest.mark.parametrize("verb", sorted(set(VERBS) - SCRIPTS))
def test_every_verb_prints_one_json_document_or_one_sentence(two_runs, capsys, verb):
    arguments = command_lines(two_runs)[verb]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    code = main([verb, *arguments[:at], "--json", *arguments[at:]])
    told = capsys.readouterr()
    if told.out:
        documents = told.out.splitlines() if verb in STREAMS else [told.out]
        assert all(isinstance(json.loads(document), dict) for document in documents)
    else:
        assert code != 0 and told.err.startswith("error: ") and "Traceback" not in told.err
