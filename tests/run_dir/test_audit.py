"""Who did what: one line for each act, whoever acts at the same time, and never a reason for an act not to happen."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat

import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.diagnosis import acks
from monitor.launcher import attaching, trash
from monitor.run_dir import audit
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_state
from tests.supervised import LISTENS, script, wait_for_state

pytestmark = pytest.mark.usefixtures("runs_by_default", "healthy_run", "own_state")

ACTS = (
    *(getattr(launcher, name) for name in ("start", "restart_together", "resume", "stop", "cancel_stop", "hurry_stop")),
    *(launcher.more_time, launcher.start_check, acks.acknowledge, trash.archive, trash.restore),
    *(attaching.attach, attaching.end_following, launcher.set_policy),
)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_no_way_leads_around_the_record(act):
    assert act.__wrapped__.__module__ == act.__module__


def told(runs):
    return [(entry.verb, entry.run_id, entry.result) for entry in audit.read(runs)]


def test_each_act_of_a_runs_life_is_one_line_done_or_refused(tmp_path, runs, capsys):
    for words in (
        ["start", "--run-id", "mine", "--", *script(tmp_path, LISTENS)],
        ["stop", "mine"],
        ["stop", "mine"],
        ["ack", "healthy", "gap"],
        ["archive", "healthy"],
        ["restore", "healthy"],
    ):
        main(words)
        if words[0] == "stop":
            wait_for_state(runs / "mine", "stopped")
    assert told(runs) == [
        ("start", "mine", "done"),
        ("stop", "mine", "done"),
        ("stop", "mine", "refused"),
        ("ack", "healthy", "refused"),
        ("archive", "healthy", "done"),
        ("restore", "healthy", "done"),
    ]
    # Looking whether a supervisor is missing is no act: what is refused is not noted as done.
    assert main(["resume", "healthy"]) == 5
    assert told(runs)[-1] == ("resume", "healthy", "refused")
    noted = len(told(runs))
    assert main(["resume", "healthy", "--dry-run"]) == 5 and len(told(runs)) == noted, (
        "asking how it would go is no act"
    )
    assert main(["restart", "healthy", "--set", "no_such_option=1", "--yes"]) != 0
    assert told(runs)[noted:] == [("restart", "healthy", "refused")]
    capsys.readouterr()
    assert main(["audit", "mine", "--json"]) == 0
    entries = json.loads(capsys.readouterr().out)["audit"]
    assert [entry["via"] for entry in entries] == ["terminal"] * 3
    assert entries[2]["why"].startswith("mine is not running") and entries[0]["user"] == audit.read(runs)[0].user
    assert main(["audit"]) == 0 and "refused: mine is not running" in capsys.readouterr().out


def _note(runs, number):
    for count in range(40):
        audit.note(runs, "stop", f"run-{number}", "done", why=f"{count} " + "x" * 400)


def test_processes_that_act_at_once_lose_no_line_and_tear_none(runs):
    processes = [multiprocessing.get_context("spawn").Process(target=_note, args=(runs, n)) for n in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert len(audit.read(runs)) == 160
    # A line may be empty: who sees another's line half written begins a new one.
    lines = [line for line in (runs / audit.AUDIT_FILE).read_text().splitlines() if line]
    assert len(lines) == 160 and all(line.endswith("}") for line in lines)


def test_an_act_is_not_refused_because_it_cannot_be_noted(tmp_path, runs, caplog):
    (runs / audit.AUDIT_FILE).mkdir()
    launcher.start(runs, script(tmp_path, LISTENS), run_id="mine")
    launcher.stop(runs / "mine")
    wait_for_state(runs / "mine", "stopped")
    assert "was not noted" in caplog.text


def test_a_hostile_name_stays_one_short_line_and_shows_no_terminal_codes(runs, capsys):
    audit.note(runs, "stop", "\x1b[2J\n" * 500, "refused", "\x1b]0;owned\x07\n\u202e" * 500)
    assert (runs / audit.AUDIT_FILE).read_bytes().count(b"\n") == 1
    assert (runs / audit.AUDIT_FILE).stat().st_size < 4096
    assert main(["audit"]) == 0
    assert not {"\x1b", "\x07", "\u202e"} & set(capsys.readouterr().out)


def test_the_record_is_its_owners_alone_or_the_groups_where_the_group_may_make_runs(tmp_path, runs):
    with pytest.raises(MonitorError):
        launcher.stop(runs / "healthy")
    assert stat.S_IMODE((runs / audit.AUDIT_FILE).stat().st_mode) == 0o600
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    audit.note(shared, "serve", "", "done")
    assert stat.S_IMODE((shared / audit.AUDIT_FILE).stat().st_mode) == 0o660


def test_nothing_is_made_where_there_is_no_folder_of_runs(tmp_path):
    with pytest.raises(MonitorError):
        launcher.resume(tmp_path / "none", "x")
    assert not (tmp_path / "none").exists()


def test_a_run_started_for_a_form_is_noted_under_its_own_name(tmp_path, runs):
    run_id = launcher.start(runs, script(tmp_path, LISTENS), name="My run!")
    assert told(runs) == [("start", run_id, "done")] and read_state(runs / run_id) is not None


@pytest.mark.parametrize("way", ["link", "hard link", "pipe"])
def test_a_file_that_is_anothers_is_neither_written_nor_read_nor_given_away(tmp_path, runs, way, capsys, caplog):
    key = tmp_path / "key"
    key.write_text("PRIVATE")
    key.chmod(0o600)
    runs.chmod(0o2770)
    planted = runs / audit.AUDIT_FILE
    {"link": lambda: planted.symlink_to(key), "pipe": lambda: os.mkfifo(planted)}.get(
        way, lambda: os.link(key, planted)
    )()
    audit.note(runs, "stop", "r", "done")
    assert key.read_text() == "PRIVATE" and stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "was not noted" in caplog.text
    assert main(["audit"]) == 3
    assert "audit.jsonl is " in (said := capsys.readouterr()).err and "PRIVATE" not in said.out + said.err


def test_no_right_of_a_file_is_changed_that_takes_its_place_between_append_and_change(tmp_path, runs, monkeypatch):
    key = tmp_path / "key"
    key.write_text("PRIVATE")
    key.chmod(0o600)
    runs.chmod(0o2770)
    written = os.fsync

    def swap(descriptor):
        written(descriptor)
        (runs / audit.AUDIT_FILE).unlink(missing_ok=True)
        (runs / audit.AUDIT_FILE).symlink_to(key)

    monkeypatch.setattr(os, "fsync", swap)
    audit.note(runs, "stop", "r", "done")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and key.read_text() == "PRIVATE"
