"""The tools as the SDK offers them, called in this process: names, hints, sentences of a refusal, who asked."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from monitor.commands.agents.acting import Acting, PlannedAct
from monitor.commands.agents.reading import RunAnswers
from monitor.run_dir import audit
from tests.fake_runs import overfitting

pytestmark = pytest.mark.frameworks

LOOKING = {
    *("list_runs", "show_run", "verdict", "diagnosis", "curves", "metrics", "predictions", "log_tail", "outcome"),
    *("plan_stop", "plan_restart", "plan_resume", "plan_start"),
}
ACTING = {"stop_run", "restart_run", "resume_run", "start_run"}


def served(runs, budget=0):
    from monitor.commands.agents.server import serve

    return serve(RunAnswers(runs), Acting(runs, budget=budget, several=False) if budget else None)


def tools(server):
    return {tool.name: tool for tool in asyncio.run(server.list_tools())}


def called(server, tool_name, /, **arguments):
    """What the tool's own function answers; `context` is a client called Clara."""
    tool = server._tool_manager.get_tool(tool_name)
    info = SimpleNamespace(client_params=SimpleNamespace(client_info=SimpleNamespace(name="Clara")))
    context = {"context": SimpleNamespace(session=info)} if tool.context_kwarg else {}
    return tool.fn(**context, **arguments)


def test_without_control_no_tool_acts_and_with_it_those_that_act_say_so(tmp_path):
    assert set(tools(served(tmp_path))) == LOOKING - {name for name in LOOKING if name.startswith("plan_")}
    every = tools(served(tmp_path, budget=1))
    assert set(every) == LOOKING | ACTING
    assert {name for name, tool in every.items() if tool.annotations.read_only_hint} == LOOKING
    assert {name for name, tool in every.items() if tool.annotations.destructive_hint} == ACTING
    assert all(tool.description for tool in every.values())


def test_each_question_reaches_the_answer_of_its_name(tmp_path):
    server = served(tmp_path)
    reading = SimpleNamespace()
    for name in LOOKING:
        setattr(reading, name, lambda *words, name=name: {"asked": [name, *words]})
    from monitor.commands.agents.server import serve

    server = serve(reading, None)
    for name, given, words in [
        ("list_runs", {"most": 3}, [3]),
        ("show_run", {"run": "r"}, ["r"]),
        ("verdict", {"run": "r", "at_epoch": 2.0}, ["r", 2.0]),
        ("diagnosis", {"run": "r"}, ["r"]),
        ("curves", {"run": "r"}, ["r", (), 40]),
        ("curves", {"run": "r", "names": ["lr"], "most": 5}, ["r", ["lr"], 5]),
        ("metrics", {"run": "r"}, ["r"]),
        ("predictions", {"run": "r"}, ["r", "worst", 10]),
        ("log_tail", {"run": "r", "only_warnings": True}, ["r", 40, True]),
        ("outcome", {"parent": "a", "child": "b"}, ["a", "b"]),
    ]:
        assert called(server, name, **given) == {"asked": [name, *words]}


def test_a_mistake_is_the_sentence_that_a_terminal_would_print(tmp_path):
    from mcp.server.mcpserver.exceptions import ToolError

    overfitting(tmp_path)
    with pytest.raises(ToolError, match=r"^'\.\./x' is no run id; list_runs shows them\.$"):
        called(served(tmp_path), "show_run", run="../x")
    found = called(served(tmp_path), "show_run", run="overfitting")
    assert found["quoted_data"]["run_id"] == "overfitting"
    assert json.dumps(found)


ACTS = [
    ("stop", {"run": "r"}, ("r",)),
    ("restart", {"run": "r", "changes": {"lr": "1"}}, ("r", {"lr": "1"}, "", False)),
    ("resume", {"run": "r"}, ("r",)),
    ("start", {"command": ["true"], "name": "r"}, (["true"], "r")),
]


@pytest.mark.parametrize(("verb", "given", "words"), ACTS, ids=[verb for verb, *_ in ACTS])
def test_an_act_is_done_once_with_its_plan_in_the_name_of_the_client(tmp_path, monkeypatch, verb, given, words):
    from mcp.server.mcpserver.exceptions import ToolError

    monkeypatch.setattr(audit, "_via", "program")
    asked = []

    def planned(self, *said):
        asked.append(said)
        return PlannedAct(verb, "r", ["what it does"], lambda: f"done for {self.asker}")

    planned.__name__ = verb
    monkeypatch.setattr(Acting, verb, planned)
    server = served(tmp_path, budget=2)
    shown = called(server, f"plan_{verb}", **given)
    assert (shown["verb"], shown["quoted_data"]["lines"]) == (verb, ["what it does"])
    done = called(server, f"{verb}_run", plan=shown["plan"], **given)
    assert done["done"].endswith(" through Clara") and done["acts_left"] == 1
    assert asked == [words, words]
    with pytest.raises(ToolError, match="has been carried out"):
        called(server, f"{verb}_run", plan=shown["plan"], **given)
    (noted,) = audit.read(tmp_path)
    assert (noted.verb, noted.run_id, noted.result, noted.via) == (verb, "r", "refused", "agent, Clara")
