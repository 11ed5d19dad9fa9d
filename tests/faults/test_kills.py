"""SIGKILL at random moments: nothing acknowledged is lost, the state is told right, nothing is left running.

An independent ledger outside the run directory holds what the writer has acknowledged:
the script appends to it after `log_epoch` (or its sisters) has returned.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import websockets

from monitor.launcher import ensure_supervised, resume, start, status, stop
from monitor.launcher.starting import claim
from monitor.run_dir import Snapshot
from monitor.run_dir.launch import Order, read_state
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.view.series import MOST_EPOCHS
from tests.faults.table import times
from tests.served import cookie_of
from tests.supervised import ROOT, script, state_of, supervisors, wait_for, workers

PARTS = range(times(1, 4))
"""The long form is cut into parts that can run side by side."""
TRAINERS = times(6, 300) // len(PARTS)
SUPERVISORS = times(6, 250) // len(PARTS)
APPS = times(3, 80) // len(PARTS)
STARTS = times(6, 200) // len(PARTS)
FOREGROUND = times(6, 120) // len(PARTS)
BOTH = times(4, 120) // len(PARTS)
RIGHT_WITHIN_SECS = 5.0

SCRIBE = """
import os, sys
from monitor.run_dir import Clip
from monitor.writer import RunWriter

ledger_path = sys.argv[1]
known = open(ledger_path).read().split() if os.path.exists(ledger_path) else []
first = 1 + max((int(word[1:]) for word in known if word[0] == "e"), default=0)
ledger = os.open(ledger_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

with RunWriter(epochs=10**6, resume=True) as run:
    if not known:
        run.log_clips([Clip(clip_id="a", reference="REGEN MORGEN")])
    for epoch in range(first, 10**6):
        for step in range(epoch * 10, epoch * 10 + 10):
            run.log_step(step, train_loss=1 / epoch)
            os.write(ledger, b"s%d\\n" % step)
        run.log_decodes(epoch, ["REGEN " * 50])
        os.write(ledger, b"d%d\\n" % epoch)
        run.log_epoch(epoch, train_loss=1 / epoch, val_loss=float("nan"), val_wer=0.9)
        os.write(ledger, b"e%d\\n" % epoch)
        if run.should_stop():
            break
"""
"""Writes as fast as it can; in every new generation it goes on where the ledger ends."""

UNHURRIED = SCRIBE.replace("import os, sys", "import os, sys, time").replace(
    "        if run.should_stop", "        time.sleep(0.02)\n        if run.should_stop"
)


def acknowledged(ledger: Path) -> set[str]:
    """What the ledger holds; a word cut short by the kill does not count."""
    text = ledger.read_text() if ledger.exists() else ""
    return set(text[: text.rfind("\n") + 1].split())


def on_disk(snapshot: Snapshot) -> set[str]:
    """The same words for what a reader finds."""
    steps = {f"s{record.step}" for record in snapshot.steps}
    decodes = {f"d{record.epoch:g}" for record in snapshot.decodes}
    return steps | decodes | {f"e{int(record.epoch)}" for record in snapshot.epochs}


def lost(run_dir: Path, ledger: Path) -> set[str]:
    """Acknowledged records that a reader does not find."""
    before = acknowledged(ledger)
    return before - on_disk(RunReader(run_dir).read(time.time()))


def told(run_dir: Path) -> str:
    return status_of(RunReader(run_dir).read(time.time())).word


def wait_for_news(ledger: Path, seed: random.Random) -> None:
    """Waits until something was acknowledged since now, and then for a random instant."""
    before = len(acknowledged(ledger))
    wait_for(lambda: len(acknowledged(ledger)) > before)
    time.sleep(seed.uniform(0.0, 0.12))


@pytest.mark.parametrize("part", PARTS)
def test_killing_the_trainer_loses_nothing_and_each_time_it_is_told_as_failed(runs, tell, part):
    seed, ledger = random.Random(part), runs.parent / "ledger"
    run_dir = runs / start(runs, [*script(runs.parent, SCRIBE), str(ledger)], run_id="scribe")
    for generation in range(1, TRAINERS + 1):
        wait_for_news(ledger, seed)
        os.kill(state_of(run_dir).trainer.pid, signal.SIGKILL)
        wait_for(lambda: told(run_dir) == "failed", RIGHT_WITHIN_SECS)
        state = state_of(run_dir)
        assert (state.signal, state.generation) == (signal.SIGKILL, generation)
        assert lost(run_dir, ledger) == set()
        wait_for(lambda: not workers(run_dir) and not supervisors(run_dir), RIGHT_WITHIN_SECS)
        resume(runs, run_dir.name)
    stop(run_dir)
    wait_for(lambda: told(run_dir) == "stopped")
    assert lost(run_dir, ledger) == set()
    assert len(acknowledged(ledger)) > TRAINERS
    assert len(RunReader(run_dir).read(time.time()).problems) <= TRAINERS
    tell("SIGKILL", "a supervised writer; failed, resumed", TRAINERS)


@pytest.mark.parametrize("part", PARTS)
def test_killing_the_supervisor_never_disturbs_the_trainer_and_each_time_it_is_adopted(runs, tell, part):
    seed, ledger = random.Random(part), runs.parent / "ledger"
    run_dir = runs / start(runs, [*script(runs.parent, SCRIBE), str(ledger)], run_id="scribe")
    trainer = state_of(run_dir).trainer
    for _ in range(SUPERVISORS):
        wait_for_news(ledger, seed)
        supervisor = state_of(run_dir).supervisor
        os.kill(supervisor.pid, signal.SIGKILL)
        wait_for(lambda: status(run_dir).unsupervised, RIGHT_WITHIN_SECS)
        assert ensure_supervised(run_dir)
        now = status(run_dir)
        assert (now.live, now.unsupervised) == (True, False)
        assert state_of(run_dir).trainer == trainer
        assert state_of(run_dir).supervisor != supervisor
    stop(run_dir)
    wait_for(lambda: told(run_dir) == "stopped")
    assert lost(run_dir, ledger) == set()
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir), RIGHT_WITHIN_SECS)
    tell("SIGKILL", "a supervisor; its trainer goes on, is adopted", SUPERVISORS)


@pytest.mark.parametrize("part", PARTS)
def test_killing_both_at_once_is_told_as_lost_and_the_run_can_go_on(runs, tell, part):
    seed, ledger = random.Random(part), runs.parent / "ledger"
    run_dir = runs / start(runs, [*script(runs.parent, SCRIBE), str(ledger)], run_id="scribe")
    for _ in range(BOTH):
        wait_for_news(ledger, seed)
        victims = [state_of(run_dir).supervisor.pid, state_of(run_dir).trainer.pid]
        for pid in seed.sample(victims, 2):
            os.kill(pid, signal.SIGKILL)
        # The one that is left for an instant may still have said how the other ended.
        wait_for(lambda: told(run_dir) in ("lost", "failed"), RIGHT_WITHIN_SECS)
        evidence = status(run_dir).evidence
        assert "No process" in evidence or "SIGKILL" in evidence
        assert lost(run_dir, ledger) == set()
        wait_for(lambda: not workers(run_dir) and not supervisors(run_dir), RIGHT_WITHIN_SECS)
        resume(runs, run_dir.name)
    stop(run_dir)
    wait_for(lambda: told(run_dir) == "stopped")
    assert lost(run_dir, ledger) == set()
    tell("SIGKILL", "supervisor and trainer together; lost or failed, resumed", BOTH)


@pytest.mark.parametrize("part", PARTS)
def test_killing_a_writer_without_a_supervisor_is_told_as_lost_and_it_can_go_on(runs, tell, part):
    seed, ledger = random.Random(part), runs.parent / "ledger"
    run_dir = runs / "plain"
    text = SCRIBE.replace("RunWriter(", f"RunWriter({str(run_dir)!r}, ")
    command = [*script(runs.parent, text), str(ledger)]
    for _ in range(FOREGROUND):
        writer = subprocess.Popen(command, cwd=ROOT)
        wait_for_news(ledger, seed)
        assert told(run_dir) == "running"
        writer.kill()
        wait_for(lambda: told(run_dir) == "lost", RIGHT_WITHIN_SECS)
        writer.wait()
        assert f"No process {writer.pid}" in status(run_dir).evidence
        assert lost(run_dir, ledger) == set()
    tell("SIGKILL", "a writer without a supervisor; lost, goes on", FOREGROUND)


@pytest.mark.parametrize("part", PARTS)
def test_killing_the_app_disturbs_no_run_and_each_new_one_tells_the_same(runs, tell, part):
    """The dashboard owns nothing: it is killed while it reads, and the next one shows all that was acknowledged."""
    seed, ledger = random.Random(part), runs.parent / "ledger"
    run_dir = runs / start(runs, [*script(runs.parent, UNHURRIED), str(ledger)], run_id="scribe")
    trainer, supervisor = state_of(run_dir).trainer, state_of(run_dir).supervisor
    for _ in range(APPS):
        served = serve(runs)
        asyncio.run(watch(served, seconds=seed.uniform(0.0, 0.3)))
        app = serving(served["port"])
        before = {int(word[1:]) for word in acknowledged(ledger) if word[0] == "e"}
        assert shows(asyncio.run(watch(served, seconds=RIGHT_WITHIN_SECS, until=before)), before)
        app.kill()
        wait_for(lambda app=app: not app.is_running() or app.status() == psutil.STATUS_ZOMBIE, RIGHT_WITHIN_SECS)
        now = status(run_dir)
        assert (now.word, now.live, now.unsupervised) == ("running", True, False)
        assert (state_of(run_dir).trainer, state_of(run_dir).supervisor) == (trainer, supervisor)
        assert lost(run_dir, ledger) == set()
    stop(run_dir)
    wait_for(lambda: told(run_dir) == "stopped")
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir), RIGHT_WITHIN_SECS)
    tell("SIGKILL", "the app while a tab reads; the next one finds all", APPS)


def serve(runs: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "monitor", "serve", "--runs", str(runs), "--json"]
    return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=90).stdout)


def serving(port: int) -> psutil.Process:
    connections = psutil.net_connections("tcp")
    return psutil.Process(next(c.pid for c in connections if c.status == "LISTEN" and c.laddr.port == port))


async def watch(served: dict[str, Any], seconds: float, until: set[int] | None = None) -> set[int]:
    """The epochs that the live route sends within `seconds`, or until all of `until` have come."""
    headers = {"Cookie": cookie_of(served["look"])}
    seen: set[int] = set()
    url = f"ws://127.0.0.1:{served['port']}/vs/live"
    async with websockets.connect(url, additional_headers=headers, max_size=None) as tab:
        await tab.send(json.dumps({"kind": "hello", "run": "scribe"}))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not (until is not None and shows(seen, until)):
            try:
                message = json.loads(await asyncio.wait_for(tab.recv(), max(0.01, deadline - time.monotonic())))
            except TimeoutError:
                break
            if message["kind"] == "frame":
                seen |= {int(epoch) for epoch in message["series"]["epochs"]["epoch"]}
    return seen


def shows(seen: set[int], epochs: set[int]) -> bool:
    """Whether a page that has these epochs has all of `epochs`; of more than travel as they are, the newest."""
    return epochs <= seen if len(epochs) <= MOST_EPOCHS else max(epochs) <= max(seen, default=0)


@pytest.mark.parametrize("part", PARTS)
def test_killing_a_supervisor_while_it_starts_never_leaves_a_trainer_that_nobody_knows(runs, tell, part):
    """The trainer begins only after its pid stands in state.json, whenever the supervisor is killed."""
    seed, ledger = random.Random(part), runs.parent / "ledger"
    command = [*script(runs.parent, SCRIBE), str(ledger)]
    for number in range(STARTS):
        run_dir = _claimed(runs, command, f"start-{number}")
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "monitor.supervisor", str(run_dir)],
            cwd=ROOT,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seed.uniform(0.0, 0.25))
        supervisor.kill()
        supervisor.wait()
        _settles(run_dir)
    tell("SIGKILL", "a supervisor while it starts; no trainer that nobody knows", STARTS)


def _claimed(runs: Path, command: list[str], run_id: str) -> Path:
    order = Order(argv=command, cwd=runs.parent)
    return claim(runs, order, run_id, None)


def _settles(run_dir: Path) -> None:
    """A trainer that lives is the recorded one and can be adopted and stopped; if none was recorded, none lives."""
    state = read_state(run_dir)
    recorded = {state.trainer.pid} if state is not None and state.trainer is not None else set()
    wait_for(lambda: {process.pid for process in workers(run_dir)} <= recorded, RIGHT_WITHIN_SECS)
    ensure_supervised(run_dir)
    if status(run_dir).live:
        stop(run_dir)
        wait_for(lambda: not status(run_dir).live)
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir), RIGHT_WITHIN_SECS)
    assert told(run_dir) in ("stopped", "failed", "lost", "finished")
