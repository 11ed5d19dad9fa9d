"""Acts on runs of another host: asked over ssh, checked and noted there."""

from __future__ import annotations

import json
import re
import sys

import pytest

from monitor.commands.cli import main
from monitor.launcher.hosts.acting import act_there, asked_there, there
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import folders_of
from monitor.run_dir.labels import Label, label_of
from monitor.ui.dialogs.label import changes
from monitor.writer import RunWriter
from tests.hosts.test_reading import PRINTS, record, row_of
from tests.supervised import wait_for

pytestmark = pytest.mark.hosts

TRAINS = """
import argparse, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
given = parser.parse_args()
for e in range(1, 2000):
    print(f"Epoch {e} train loss {given.lr / e} val loss {1.1 * given.lr / e}", flush=True)
    time.sleep(.2)
"""


@pytest.fixture
def folder(far):
    return folders_of([far.spec], [far.program]).all[0]


def acts_of(far):
    return json.loads(far.do("audit", "--runs", far.runs, "--json").stdout)["audit"]


def running(far, name="b"):
    script = far.place / "train.py"
    script.write_text(TRAINS)
    started = far.do("start", "--runs", far.runs, "--name", name, "--", sys.executable, script)
    assert started.returncode == 0, started.stderr
    wait_for(lambda: state_of(far, name) == "running")


def state_of(far, name):
    return json.loads(far.do("show", name, "--runs", far.runs, "--json").stdout)["status"]["word"]


def test_a_stop_is_asked_there_and_noted_there_with_who_asked(far, folder):
    running(far)
    act_there(folder, "stop", "b", "--no-wait", asked_from="page, control link")
    wait_for(lambda: state_of(far, "b") == "stopped")
    noted = [each for each in acts_of(far) if each["verb"] == "stop"]
    assert [(each["run_id"], each["result"]) for each in noted] == [("b", "done")]
    assert noted[0]["via"].startswith("ssh, page, control link on ")
    with pytest.raises(RefusedError, match=r"^gpu3: .*b has ended|^gpu3: .*stopped"):
        act_there(folder, "stop", "b", "--no-wait", asked_from="page")
    assert acts_of(far)[-1]["result"] == "refused"


def test_a_restart_with_a_change_is_planned_and_started_there(far, folder):
    running(far)
    words = ("restart", "b", "--set", "lr=0.01")
    plan = asked_there(folder, *words, "--dry-run", asked_from="page")
    assert "--lr" in plan["command"] and not plan["started"] and state_of(far, "b") == "running"
    done = asked_there(folder, *words, "--yes", asked_from="page")
    assert done["started"] and done["child_id"] != "b"
    wait_for(lambda: state_of(far, done["child_id"]) == "running")
    assert state_of(far, "b") == "stopped"
    far.do("stop", done["child_id"], "--runs", far.runs)


def test_a_host_that_is_gone_says_that_nothing_was_done(far, folder):
    far.kill()
    with pytest.raises(RefusedError, match=r"^Nothing was done. gpu3 cannot be reached: Connection refused\.$"):
        act_there(folder, "stop", "b", "--no-wait", asked_from="page")


def test_an_act_goes_through_the_connection_that_is_open(far, follow):
    assert far.do("start", "--runs", far.runs, "--name", "b", "--", sys.executable, "-c", PRINTS).returncode == 0
    folder, following = follow()
    wait_for(lambda: (row := row_of(folder, "b")) and row.state == "running")

    def logins():
        return (far.place / "sshd.log").read_text().count("Accepted publickey")

    before = logins()
    act_there(folder, "stop", "b", "--no-wait", asked_from="page")
    assert logins() == before, "no second login"
    wait_for(lambda: row_of(folder, "b").state == "stopped")
    assert following.connections == 1


def test_the_same_from_a_terminal_is_a_line_to_copy(tmp_path):
    folder = folders_of(["gpu3:/data/my runs"]).all[0]
    assert there(folder, "stop", "b") == """ssh gpu3 'vitalsigns stop b --runs '"'"'/data/my runs'"'"''"""


def test_list_asks_each_host_and_says_which_could_not_be_asked(far, monkeypatch, capsys):
    monkeypatch.setenv("VITALSIGNS_PROGRAMS", far.program)
    running(far)
    folders = ["--runs", str(far.place / "near"), "--runs", far.spec]
    assert main(["list", *folders]) == 0
    text = capsys.readouterr().out
    assert "gpu3  gpu3:" in text and re.search(r"^b +running", text, re.MULTILINE)
    assert main(["list", *folders, "--json"]) == 0
    near, there_ = json.loads(capsys.readouterr().out)["folders"]
    assert near["runs"] == [] and [row["run_id"] for row in there_["runs"]] == ["b"]
    far.kill()
    assert main(["list", *folders, "--json"]) == 5
    assert json.loads(capsys.readouterr().out)["folders"][1]["problem"] == "gpu3 cannot be reached: Connection refused."


def test_a_label_is_given_there_comes_here_and_goes_with_its_run(far, follow):
    with RunWriter(far.runs / "a") as run:
        record(run, 1, 3)
    folder, _ = follow()
    wait_for(lambda: row_of(folder, "a"))
    first = Label(title="baseline — of O'Hara", note="two\nlines; $(id)", tags=["paper", "x"], pinned=True)
    act_there(folder, "label", "a", *changes(Label(), first), asked_from="page, control link")
    wait_for(lambda: label_of(folder.path, "a").pinned)
    seen = label_of(folder.path, "a")
    assert (seen.title, seen.note, seen.tags) == (first.title, first.note, first.tags)
    assert row_of(folder, "a").title == first.title
    then = Label(title="", note="later", tags=["x", "y"])
    act_there(folder, "label", "a", *changes(seen, then), asked_from="page, control link")
    wait_for(lambda: label_of(folder.path, "a").note == "later")
    seen = label_of(folder.path, "a")
    assert (seen.title, seen.tags, seen.pinned) == ("", ["x", "y"], False)
    assert [(each["verb"], each["result"]) for each in acts_of(far)] == [("label", "done")] * 2
    far.do("archive", "a", "--runs", far.runs)
    wait_for(lambda: label_of(folder.path, "a").says_nothing)
