"""Messages when no browser is open: real supervisors, a real receiver that is up, down, broken or asleep."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from monitor.diagnosis.acks import acknowledge
from monitor.diagnosis.alerts import open_alerts
from monitor.launcher import ensure_supervised, start, status, stop
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records.base import SEVERITIES
from tests.receiver import SECRET, Receiver
from tests.supervised import (
    FINISHES,
    LISTENS,
    is_locked,
    is_over,
    script,
    state_of,
    supervisors,
    wait_for,
    wait_for_state,
)

OVERFITS = """
import time
from monitor.run_dir import Floors
from monitor.writer import RunWriter

with RunWriter(epochs=1000, floors=Floors(wer_constant=0.912), config={"dropout": 0.1}) as run:
    for epoch in range(1, 1001):
        turn = min(30, max(0, epoch - 10))
        run.log_epoch(
            epoch, train_loss=5.0 * 0.9**epoch, val_loss=2.0 + 0.12 * abs(epoch - 10),
            val_wer=0.5 + 0.01 * turn, length_ratio=0.95, blank_ratio=0.84,
        )
        time.sleep(0.01 if epoch < 40 else 0.2)
        if run.should_stop():
            break
"""
"""Val loss and error rate rise from epoch 10 on: STOP by epoch 30 or so."""


def started(runs: Path, text: str, settings: str) -> Path:
    (runs.parent / "vitalsigns.toml").write_text(settings)
    return runs / start(runs, script(runs.parent, text), cwd=runs.parent, name="r")


def sent(run_dir: Path) -> list[tuple[str, str, str]]:
    alerts = RunReader(run_dir).read(time.time()).alerts
    return [(alert.alert_id, alert.of, alert.to) for alert in alerts if alert.event == "sent"]


def raised(run_dir: Path, of: tuple[str, ...] = SEVERITIES) -> list[str]:
    alerts = RunReader(run_dir).read(time.time()).alerts
    return [a.rule for a in alerts if a.event in ("raised", "worse") and a.severity in of]


def command_lines(runs: Path) -> list[list[str]]:
    """Of every supervisor and what it has started."""
    lines = []
    for process in supervisors(runs):
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                lines.append(each.cmdline())
    return lines


def is_sending(runs: Path) -> bool:
    return any("monitor.supervisor.notify.post" in line for line in command_lines(runs))


def test_without_addresses_nothing_is_sent_and_the_supervisor_goes_at_the_end(runs, box: Receiver):
    box.go_up()
    run_dir = started(runs, FINISHES, "")
    wait_for_state(run_dir, "finished")
    wait_for(lambda: is_over(run_dir))
    assert box.asked == 0


def test_a_run_that_goes_bad_is_told_once_and_its_end_too(runs, box: Receiver):
    box.go_up()
    run_dir = started(runs, OVERFITS, box.settings(severities=["critical"]))
    wait_for(lambda: any(title.startswith("STOP · r on ") for title in box.titles))
    stop(run_dir)
    wait_for(lambda: is_over(run_dir))
    told = sent(run_dir)
    assert len(told) == len(set(told)), "nothing twice"
    assert [title.split(" · ")[0] for title in box.titles].count("STOP") == 1
    assert len(box.taken) == len(set(box.titles)) <= len(told), "each message once, a message of one or more events"
    message = next(m for m in box.taken if m["title"].startswith("STOP"))
    text = message["message"]
    assert "Val WER" in text and "one constant sentence 91.2 %" in text and "Gap" in text and "(limit 1.0)" in text
    assert f"python -m monitor stop r --runs {runs}" in text
    assert "Nothing has been stopped." in text
    assert "Next message only if this gets worse, recovers or ends." in text
    assert box.titles[-1].startswith("STOPPED · r on ")
    assert box.paths[0] == f"/{SECRET}"


def test_a_receiver_that_is_down_and_comes_back_gets_each_message_exactly_once(runs, box: Receiver):
    run_dir = started(runs, OVERFITS, box.settings(severities=["critical"]))
    wait_for(lambda: "overfitting" in raised(run_dir))
    wait_for(lambda: "could not be reached" in (run_dir / "supervisor.log").read_text())
    assert sent(run_dir) == []
    box.go_up()
    wait_for(lambda: sent(run_dir))
    stop(run_dir)
    wait_for(lambda: is_over(run_dir))
    assert len([title for title in box.titles if title.startswith("STOP ·")]) == 1
    assert len([title for title in box.titles if title.startswith("STOPPED ·")]) == 1


def test_after_the_end_the_last_word_is_still_delivered_and_the_run_can_be_resumed_meanwhile(runs, box: Receiver):
    run_dir = started(runs, FINISHES, box.settings())
    wait_for_state(run_dir, "finished")
    wait_for(lambda: "could not be reached" in (run_dir / "supervisor.log").read_text())
    assert supervisors(run_dir)
    wait_for(lambda: not is_locked(run_dir))
    box.go_up()
    wait_for(lambda: is_over(run_dir))
    assert [title.split(" ·")[0] for title in box.titles] == ["FINISHED"]
    assert sent(run_dir) == [("run-end-1", "end", "1-json")]


def test_an_error_of_the_service_is_tried_again_and_a_stop_is_not_kept_waiting_by_one_that_hangs(runs, box: Receiver):
    box.go_up()
    box.answers = 500
    run_dir = started(runs, LISTENS, box.settings(severities=[], events=["start", "end"]))
    wait_for(lambda: "the service answered 500" in (run_dir / "supervisor.log").read_text())
    box.sleeps.set()
    before = box.asked
    wait_for(lambda: box.asked > before)
    stop(run_dir)
    wait_for_state(run_dir, "stopped")
    log = (run_dir / "supervisor.log").read_text()
    assert "did not answer in time" not in log, "the service, which hangs for 20 s, was waited for"
    box.answers = 200
    box.sleeps.clear()
    wait_for(lambda: is_over(run_dir))
    # The hung request was answered too; what was not known to be delivered in time may come again, nothing else.
    assert {title.split(" ·")[0] for title in box.titles} <= {"STARTED", "STOPPED"}
    assert ("run-end-1", "end", "1-json") in sent(run_dir)


def test_a_supervisor_that_is_killed_between_raising_and_sending_leaves_it_to_the_next_which_sends_it_once(
    runs, box: Receiver
):
    run_dir = started(runs, OVERFITS, box.settings(severities=["critical"], events=[]))
    wait_for(lambda: "overfitting" in raised(run_dir))
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).unsupervised)
    assert sent(run_dir) == []
    box.go_up()
    assert ensure_supervised(run_dir)
    wait_for(lambda: sent(run_dir))
    time.sleep(1.5)  # long enough for a second one to come
    assert len([title for title in box.titles if title.startswith("STOP ·")]) == 1


def test_an_acknowledged_alert_sends_nothing(runs, box: Receiver):
    run_dir = started(runs, OVERFITS, box.settings(severities=["critical"], events=[]))
    # One that gets worse after it was acknowledged is told again.
    wait_for(lambda: "overfitting" in raised(run_dir, ("critical",)))
    for rule in open_alerts(RunReader(run_dir).read(time.time()).alerts):
        acknowledge(run_dir, rule, "anna", time.time())
    wait_for(lambda: not is_sending(runs))
    box.go_up()
    stop(run_dir)
    wait_for(lambda: is_over(run_dir))
    assert not [title for title in box.titles if title.startswith("STOP ·")]


def test_the_secret_stands_in_no_file_of_the_run_and_in_no_argument(runs, box: Receiver):
    box.go_up()
    box.answers = 500
    run_dir = started(runs, OVERFITS, box.settings(events=["start", "end"]))
    wait_for(lambda: box.asked > 2)
    wait_for(lambda: is_sending(runs))
    seen = {word for line in command_lines(runs) for word in line}
    box.answers = 200
    wait_for(lambda: box.taken)
    stop(run_dir)
    wait_for(lambda: is_over(run_dir))
    assert SECRET in "".join(box.paths)
    holding = [path for path in run_dir.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert holding == []
    assert not any(SECRET in word for word in seen)


def test_a_missing_variable_is_named_and_the_other_address_gets_its_message(runs, box: Receiver):
    box.go_up()
    both = [f"json://127.0.0.1:{box.port}/${{VITALSIGNS_NOT_SET_HERE}}", f"json://127.0.0.1:{box.port}/plain"]
    run_dir = started(runs, FINISHES, box.settings(addresses=both))
    wait_for(lambda: sent(run_dir) == [("run-end-1", "end", "2-json")])
    wait_for(lambda: "1-json not delivered" in (run_dir / "supervisor.log").read_text())
    assert "the environment has no VITALSIGNS_NOT_SET_HERE" in (run_dir / "supervisor.log").read_text()
    assert box.paths == ["/plain"]


def test_a_run_that_never_began_is_told_too(runs, box: Receiver):
    box.go_up()
    (runs.parent / "vitalsigns.toml").write_text(box.settings())
    run_dir = runs / start(runs, ["pythonn", "train.py"], cwd=runs.parent, name="r")
    wait_for(lambda: box.taken)
    assert box.titles[0].startswith("FAILED · r")
    assert "'pythonn' is not on the PATH" in box.taken[0]["message"]
    wait_for(lambda: is_over(run_dir))
    assert sent(run_dir) == [("run-end-1", "end", "1-json")]
