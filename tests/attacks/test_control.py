"""Attacks on the served page: controlling a run with a link that may only look, or by what was not shown.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from monitor.diagnosis.verdict import judge
from monitor.run_dir import Epoch, Run, Snapshot
from monitor.run_dir.audit import read as read_audit
from monitor.run_dir.metric import Metric
from monitor.run_dir.reader import list_runs
from tests.fake_runs import healthy
from tests.served import ROOT, STREAM, Session, answered, serving
from tests.supervised import LISTENS, end_everything, script, state_of, wait_for_state

pytest_plugins = ["tests.attacked"]


ACTS = ["stop", "restart", "resume", "check", "ack", "archive", "restore_trashed", "demo"]


def test_the_looking_link_controls_nothing_by_hand_made_messages(there, live):
    """A view-only link sends the page's control messages, made by hand."""
    before = set(list_runs(there.runs))
    query = f"run={live}"

    async def conversation(socket):
        session = Session(socket)
        await session.rerun(query)
        assert session.component
        for kind in ACTS:
            await session.act(query, {"kind": kind, "runs": ["overfitting", live], "alert": "gap-1", "option": "x"})
            assert not session.dialog, kind
        for key in ("confirm_stop", "confirm_resume", "confirm_restart"):
            guessed = WidgetState(id=f"$$ID-63fb831dad10a801cf22d9a98caad399-{key}", trigger_value=True)
            await session.rerun(query, guessed)
        odd = BackMsg()
        odd.rerun_script.query_string = query
        odd.rerun_script.fragment_id = "08cfa6ce34288ac139722c0eb01525a6"
        await session.send(odd)

    there.talk(conversation, token=there.look, **STREAM)
    assert state_of(there.runs / live).state == "running"
    refused = [entry for entry in read_audit(there.runs) if entry.run_id == live and entry.result == "refused"]
    assert [(entry.verb, entry.via) for entry in refused] == [("stop", "page, looking-only link")], "noted once"
    assert not list((there.runs / live / "control").iterdir()) and set(list_runs(there.runs)) == before


def test_the_same_messages_with_the_control_token_do_stop_the_run(there, live):
    """Not an attack: the same messages with the control token open the dialog and stop the run."""
    query = f"run={live}"

    async def conversation(socket):
        session = Session(socket)
        await session.rerun(query)
        await session.act(query, {"kind": "stop"})
        assert session.dialog == "Stop this run?"
        await session.press(query, "confirm_stop")

    there.talk(conversation, token=there.control, **STREAM)
    wait_for_state(there.runs / live, "stopped")
    done = [(entry.verb, entry.via, entry.result) for entry in read_audit(there.runs) if entry.run_id == live]
    assert done == [("start", "terminal", "done"), ("stop", "page, control link", "done")]
    serves = [(entry.via, entry.result) for entry in read_audit(there.runs) if entry.verb == "serve"]
    assert serves == [("terminal", "done")], "who serves is no visitor of the page"


@pytest.mark.parametrize("edited", [True, False], ids=["edited", "as shown"])
def test_what_was_shown_is_what_starts_or_nothing(there, live, tmp_path, edited):
    """launch.json is edited between the restart dialog and the click."""
    query, trap = f"run={live}", tmp_path / "it_ran"
    path = there.runs / live / "launch.json"

    async def conversation(socket):
        session = Session(socket)
        await session.rerun(query)
        await session.act(query, {"kind": "restart"})
        assert session.dialog == "Restart with changes"
        if edited:
            launch = json.loads(path.read_text())
            path.write_text(json.dumps({**launch, "argv": ["touch", str(trap)]}))
        await session.press(query, "confirm_restart")

    there.talk(conversation, token=there.control, **STREAM)
    made = [name for name in list_runs(there.runs) if name.startswith(f"{live}-")]
    assert not trap.exists() and len(made) == (0 if edited else 1)
    for child in made:
        wait_for_state(there.runs / child, "running", "failed")
        there.monitor("stop", child, "--yes", "--runs", there.runs)


def test_a_command_that_is_shown_can_be_pasted_whatever_the_folders_are_called(tmp_path):
    """The folder of runs has a name that a shell would execute, and a command shown in a dialog is pasted."""
    home = tmp_path / "my results; touch PWNED #"
    home.mkdir()
    shown = []
    with serving(home) as there:
        healthy(there.runs)
        start = ["start", "--runs", there.runs, "--run-id", "live", "--", *script(tmp_path, LISTENS)]
        assert there.monitor(*start).returncode == 0
        wait_for_state(there.runs / "live", "running")

        async def conversation(socket):
            session = Session(socket)
            for kind in ("stop", "away", "restart", "stop_several"):
                await session.rerun("run=live")
                await session.act("run=live", {"kind": kind, "runs": ["live"]})
                assert session.dialog, kind
                shown.extend(re.findall(r'code_text: "((?:[^"\\]|\\.)*)"', " ".join(session._texts)))

        there.talk(conversation, token=there.control, **STREAM)
        end_everything(there.runs)
    commands = [ast.literal_eval(f'"{text}"') for text in shown if "monitor" in text and "--runs" in text]
    assert len(commands) >= 4
    for command in commands:
        place = tmp_path / "pasted"
        place.mkdir(exist_ok=True)
        printing = f"""python() {{ printf '%s\\n' "$@"; }}\n{command}"""
        pasted = subprocess.run(["bash", "-c", printing], cwd=place, text=True, capture_output=True)
        assert pasted.returncode == 0 and str(there.runs) in pasted.stdout.splitlines(), command
        assert list(place.iterdir()) == []


def test_a_command_in_a_sentence_can_be_pasted_whatever_a_run_a_metric_or_a_log_is_called():
    """A run, a metric or a log has a name that a shell would execute, and a command in a sentence is pasted."""
    as_it_is = re.compile(r"python -m monitor [^\"]*\{(?!elsewhere\(|shlex\.|_address_of\(|line\})")
    found = {
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "monitor").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if as_it_is.search(line)
    }
    assert found == set(), "words.monitor_line quotes each word"
    epochs = [
        Epoch(epoch=float(e), val_loss=2.0, train_loss=2.0, metrics={"val/acc;touch x": 0.1}) for e in range(1, 61)
    ]
    run = Run(run_id="r", metrics=[Metric("val/acc;touch x", "score", "fraction", primary=True)])
    judged = judge(Snapshot(run_dir="r", run_id="r$(id)", read_at=0.0, run=run, epochs=tuple(epochs)), 0.0)
    said = [each.remedy for each in judged.diagnosis.findings if "monitor metric" in each.remedy]
    assert said and all("metric 'r$(id)' 'val/acc;touch x' --chance VALUE" in each for each in said)


def test_secrets_in_a_command_are_hidden_from_everyone_who_looks(there, tmp_path):
    """A view-only visitor, a report and a terminal show the secrets in a run's command and settings."""
    name = f"secret-{tmp_path.name[-8:]}".replace("_", "-")
    argv = script(tmp_path, LISTENS)
    given = ["--hf_token", "hunter2", "--password=hunter2", "WANDB_API_KEY=hunter2", "https://me:hunter2@host/x"]
    assert there.monitor("start", "--runs", there.runs, "--run-id", name, "--", *argv, *given).returncode == 0
    wait_for_state(there.runs / name, "running")

    async def page(socket):
        session = Session(socket)
        await session.rerun(f"run={name}")
        assert not session.shows("hunter2")

    async def live(tab):
        await tab.send(json.dumps({"kind": "hello", "run": name}))
        seen = [await tab.recv()]
        for kind in ("what", "compare", "log", "summary", "details"):
            await tab.send(json.dumps({"kind": kind, "run": name, "with": ["healthy"]}))
        seen += [await tab.recv() for _ in range(3)]
        assert "hunter2" not in " ".join(seen)

    there.talk(page, token=there.look, **STREAM)
    there.talk(live, token=there.look)
    for form in ("html", "md"):
        answer = there.ask(f"/vs/report/{name}.{form}", token=there.look)
        assert answer.status == 200 and b"hunter2" not in answer.body
    for words in (["show", name], ["show", name, "--json"], ["report", name], ["diagnose", name], ["audit"], ["list"]):
        done = there.monitor(*words, "--runs", there.runs)
        assert "hunter2" not in done.stdout + done.stderr, words
    there.monitor("stop", name, "--yes", "--runs", there.runs)
    wait_for_state(there.runs / name, "stopped", "failed", "finished")
    again = there.monitor("restart", name, "--set", "lr=0.1", "--dry-run", "--json", "--runs", there.runs)
    assert "--hf_token hunter2" in again.stdout.replace('", "', " "), again.stderr


def test_the_live_route_takes_no_order_from_anybody(there, live):
    """The control token sends orders to the live route, which only answers questions."""

    async def conversation(tab):
        await tab.send(json.dumps({"kind": "hello", "run": live}))
        for kind in ACTS:
            await tab.send(json.dumps({"kind": kind, "run": live, "runs": [live]}))
            await answered(tab)

    there.talk(conversation, token=there.control)
    assert state_of(there.runs / live).state == "running"
