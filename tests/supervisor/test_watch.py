"""`python -m monitor watch`: runs without a supervisor are judged and told of; the others are left to theirs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from monitor.diagnosis.settings import Settings
from monitor.launcher import start, status, stop
from monitor.run_dir import ALERTS_FILE, EPOCHS_FILE
from monitor.supervisor.watching import Watcher
from tests import fake_runs
from tests.receiver import SECRET, Receiver
from tests.supervised import (
    LISTENS,
    script,
    state_of,
    supervisors,
    wait_for,
    wait_for_state,
    workers,
)
from tests.supervisor.test_notify import OVERFITS

pytestmark = pytest.mark.usefixtures("runs_made")

LONG_AGO = time.time() - 30 * 86_400


class Daemon:
    """The verb as a process of its own, and what it has said so far."""

    def __init__(self, runs: Path, *more: str) -> None:
        self.said = runs.parent / f"watch-{time.monotonic_ns()}.jsonl"
        with self.said.open("wb") as out:
            command = [sys.executable, "-m", "monitor", "watch", str(runs), "--json", *more]
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, cwd=runs.parent)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.said.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [event for event in lines if not kinds or event["event"] in kinds]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=120)
        return self.process.returncode, err.decode()


@pytest.fixture
def watch(runs: Path):
    daemons: list[Daemon] = []

    def begin(*more: str) -> Daemon:
        daemons.append(Daemon(runs, *more))
        return daemons[-1]

    yield begin
    for daemon in daemons:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


def make_old(run_dir: Path, at: float = LONG_AGO) -> None:
    for path in run_dir.rglob("*"):
        if path.is_file():
            os.utime(path, (at, at))


def once(runs: Path, *more: str) -> tuple[int, list[dict[str, Any]]]:
    command = [sys.executable, "-m", "monitor", "watch", str(runs), "--once", "--json", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_old_runs_are_left_alone_and_not_even_opened(runs, monkeypatch):
    for place in range(40):
        make_old(fake_runs.overfitting(runs / str(place)).rename(runs / f"old-{place}").parent / f"old-{place}")
    watcher = Watcher(runs, Settings, 3600.0)
    monkeypatch.setattr("monitor.supervisor.watching.Watch", None)  # using one would raise
    assert watcher.round(time.time(), 0.0) == []
    assert watcher.round(time.time(), 100.0) == []
    assert not list(runs.glob(f"*/{ALERTS_FILE}"))


def test_one_look_says_by_its_exit_code_how_bad_the_worst_is(runs):
    assert once(runs)[0] == 0
    fake_runs.healthy(runs)
    assert once(runs)[0] == 0
    fake_runs.newer_schema(runs)
    code, events = once(runs)
    assert code == 3
    assert [(event["run_id"]) for event in events if event["event"] == "unreadable"] == ["newer-schema"]
    fake_runs.overfitting(runs)
    code, events = once(runs)
    assert code == 2
    assert ("overfitting", "overfitting") in [(e["run_id"], e["rule"]) for e in events if e["event"] == "raised"]
    assert not [event for event in once(runs)[1] if event["event"] == "raised"], "each is raised once"


def test_a_run_in_a_terminal_is_found_judged_and_told_of_and_so_is_its_end(runs, box: Receiver, watch):
    box.go_up()
    (runs.parent / "vitalsigns.toml").write_text(box.settings(severities=["critical"]))
    daemon = watch()
    text = OVERFITS.replace("RunWriter(epochs", f"RunWriter({str(runs / 'mine')!r}, epochs")
    trainer = subprocess.Popen([*script(runs.parent, text)], cwd=runs.parent, start_new_session=True)
    try:
        wait_for(lambda: any(title.startswith("STOP · mine on ") for title in box.titles))
        assert [event["run_id"] for event in daemon.events("watched")] == ["mine"]
        assert "overfitting" in [event["rule"] for event in daemon.events("raised")]
        stop(runs / "mine")
        wait_for(lambda: any(title.startswith("STOPPED · mine on ") for title in box.titles))
        wait_for(lambda: any(event["alert_id"] == "run-end-1" for event in daemon.events("sent")))
    finally:
        trainer.kill()
        trainer.wait()
    code, err = daemon.end()
    assert (code, err) == (0, "")
    assert len([title for title in box.titles if title.startswith("STOP ·")]) == 1
    holding = [path for path in runs.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert holding == [] and SECRET not in daemon.said.read_text()


def test_a_file_that_is_followed_is_judged_and_told_of_while_it_grows(runs, box: Receiver, watch):
    box.go_up()
    (runs.parent / "vitalsigns.toml").write_text(box.settings(severities=["critical"], events=[]))
    history = runs.parent / "history.csv"
    history.write_text("epoch,train_loss,val_loss,val_wer\n1,5,4,0.9\n2,4,3,0.8\n")
    follow = [sys.executable, "-m", "monitor", "import", str(history), "--follow", "--yes", "--runs", str(runs)]
    follower = subprocess.Popen(follow, cwd=runs.parent, stdout=subprocess.DEVNULL)
    try:
        daemon = watch()
        wait_for(lambda: [event["state"] for event in daemon.events("watched")] == ["followed"])
        with history.open("a") as file:
            for epoch in range(3, 40):
                file.write(f"{epoch},{5 * 0.9**epoch},{2 + 0.12 * abs(epoch - 10)},0.5\n")
        wait_for(lambda: any(title.startswith("STOP · history ") for title in box.titles))
        assert "overfitting" in [event["rule"] for event in daemon.events("raised")]
        assert follower.poll() is None
    finally:
        follower.kill()
        follower.wait()


def test_two_watchers_tell_each_thing_once(runs, box: Receiver, watch):
    box.go_up()
    (runs.parent / "vitalsigns.toml").write_text(box.settings(severities=["critical"], events=[]))
    daemons = [watch(), watch()]
    fake_runs.overfitting(runs)
    wait_for(lambda: box.taken)
    time.sleep(3.0)
    assert len(box.taken) == 1
    assert sum(len(daemon.events("watched")) for daemon in daemons) == 1


def test_a_supervised_run_is_left_to_its_supervisor_and_gets_a_new_one_when_that_dies(runs, watch):
    run_dir = runs / start(runs, script(runs.parent, LISTENS), cwd=runs.parent, name="r")
    wait_for_state(run_dir, "running")
    daemon = watch()
    fake_runs.healthy(runs)
    wait_for(lambda: daemon.events("watched"))
    assert [event["run_id"] for event in daemon.events("watched")] == ["healthy"]
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: daemon.events("adopted"))
    assert [event["run_id"] for event in daemon.events("adopted")] == ["r"]
    assert not status(run_dir).unsupervised
    assert daemon.end(signal.SIGINT)[0] == 0
    stop(run_dir)
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir))


def test_an_unreadable_run_is_said_once_and_the_others_go_on(runs, watch):
    fake_runs.newer_schema(runs)
    daemon = watch()
    wait_for(lambda: daemon.events("unreadable"))
    fake_runs.overfitting(runs)
    wait_for(lambda: daemon.events("raised"))
    time.sleep(2.5)
    events = daemon.events("unreadable")
    assert [event["run_id"] for event in events] == ["newer-schema"]
    assert "newer Vitalsigns" in events[0]["line"]


def test_nobody_is_woken_for_records_that_were_written_long_ago(runs, box: Receiver):
    box.go_up()
    (runs.parent / "vitalsigns.toml").write_text(box.settings())
    run_dir = fake_runs.overfitting(runs)
    (run_dir / "progress.json").unlink()
    path = run_dir / EPOCHS_FILE
    records = [json.loads(line) | {"at": LONG_AGO} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    code, events = once(runs)
    assert code == 2 and [event for event in events if event["event"] == "raised"]
    assert box.asked == 0


def test_a_file_instead_of_a_folder_is_wrong_usage(runs):
    (runs / "x").write_text("")
    assert once(runs / "x")[0] == 64
