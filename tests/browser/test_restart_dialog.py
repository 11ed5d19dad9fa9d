"""The restart dialog: what was shown is what runs, of any script; what is a stranger's runs only after a tick."""

import json
import shlex
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe

from monitor.run_dir import LAUNCH_FILE
from tests.browser.conftest import wait_until
from tests.supervised import call_it_stopped

pytestmark = pytest.mark.browser

SCRIPT = "import sys\nrate = 1\nprint(sys.argv[1:])\n"


def a_project(folder):
    """A script of somebody's own in a repository of its own."""
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    by = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *by, *words], check=True)
    return folder


def begin(dashboard, name, folder):
    path = str(folder / "train.py")
    options = ["--hidden_dim", "64", "--output_dir", str(folder / "ckpt" / name)]
    dashboard.monitor("start", "--runs", dashboard.runs, "--name", name, "--", "python3", path, *options)
    wait_until(lambda: dashboard.states().get(name) == "finished", 60, f"{name} never finished")


def test_what_was_shown_is_what_runs_and_an_edit_after_the_look_stops_the_start(dashboard, tab, tmp_path):
    folder = a_project(tmp_path / "project")
    begin(dashboard, "foreign", folder)
    page = tab()
    page.goto(dashboard.link("foreign"))
    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("must differ, or the parent's files are overwritten").wait_for()
    width = dialog.get_by_role("textbox", name="hidden_dim (now 64)", exact=True)
    width.fill("32")
    width.press("Enter")
    dialog.get_by_text("--hidden_dim 32").first.wait_for()

    # Edited after it was shown: the click is refused, and the change is shown; the next click starts.
    (folder / "train.py").write_text(SCRIPT.replace("rate = 1\n", "rate = 2\nseed = 4\n"))
    start = dialog.get_by_role("button", name="Start child")
    start.click()
    dialog.get_by_text("The plan has changed since it was shown").wait_for()
    dialog.get_by_text("train.py changed since the parent started: +2 −1.").wait_for()
    assert not (dashboard.runs / "foreign-2").exists()
    command = dialog.locator("[data-testid=stCode]").filter(has_text="--hidden_dim 32").last.inner_text()
    start.click()
    page.wait_for_url("**run=foreign-2*", timeout=60_000)
    wait_until(lambda: dashboard.states().get("foreign-2") == "finished", 60, "the child never finished")
    launched = json.loads((dashboard.runs / "foreign-2" / LAUNCH_FILE).read_text())
    assert launched["parent"]["code_line"] == "train.py changed since the parent started: +2 −1."
    ran = json.loads(dashboard.monitor("show", "foreign-2", "--runs", dashboard.runs, "--json"))["command"]
    assert command.split() == ran.split()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_rows_keep_their_place_beside_an_error_and_the_foot_is_always_in_sight(dashboard, tab, tmp_path, scheme):
    folder = a_project(tmp_path / "project")
    name = f"rows-{scheme}"
    many = [word for place in range(12) for word in (f"--opt_{place}", str(place))]
    options = ["--dropout", "0.3", *many, "--output_dir", str(folder / "ckpt")]
    dashboard.monitor("start", "--runs", dashboard.runs, "--name", name, "--", "python3", folder / "train.py", *options)
    wait_until(lambda: dashboard.states().get(name) == "finished", 60, "it never finished")
    page = tab(height=700, color_scheme=scheme)
    page.goto(dashboard.link(name))
    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    start = dialog.get_by_role("button", name="Start child")
    start.wait_for()
    rows = dialog.locator(".vs-form-list .vs-form-row")
    wait_until(lambda: rows.count() == 2, why="the changed one and the usual ones")
    assert rows.first.locator(".vs-form-key").inner_text() == "output_dir", "what must change stands on top"

    # A problem stands beside its field, and nothing moves.
    dialog.get_by_test_id("form-all").click()
    assert rows.count() == 14
    places = [row.bounding_box()["y"] for row in rows.all()]
    output = dialog.get_by_role("textbox", name="output_dir")
    output.fill(str(folder / "ckpt"))
    output.press("Tab")
    wrong = dialog.locator(".vs-form-note[data-kind=problem]")
    wrong.wait_for()
    assert [row.bounding_box()["y"] for row in rows.all()] == places
    wait_until(start.is_disabled, why="it can be started into the parent's folder")
    output.fill("elsewhere")
    wait_until(lambda: wrong.count() == 0 and start.is_enabled(), why="the problem stays")

    # The search looks at all settings; what was changed stands on top afterwards, marked and counted.
    search = dialog.get_by_test_id("form-search")
    search.fill("opt_7")
    field = dialog.get_by_role("textbox", name="opt_7 (now 7)")
    assert rows.count() == 1
    field.fill("70")
    dialog.get_by_text("7 → 70").wait_for()
    search.fill("")
    changed = [row.locator(".vs-form-key").inner_text() for row in dialog.locator(".vs-changed").all()]
    assert sorted(changed) == ["opt_7", "output_dir"]
    assert {row.locator(".vs-form-key").inner_text() for row in rows.all()[:2]} == set(changed)

    # Button, command and cost stand in the window, however long the form is.
    for part in (start, dialog.get_by_text("--opt_7 70").last, dialog.get_by_text("Cost:")):
        box = part.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 700
    # What axe holds against Streamlit's own fields is not ours to mend; nothing serious is left otherwise.
    page.wait_for_timeout(500)
    found = Axe().run(page, context=".vs-form").response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    ground = dialog.evaluate("(node) => getComputedStyle(node.parentElement).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 26, 33)"}[scheme]


def test_a_strangers_run_is_resumed_only_after_its_command_was_read(dashboard, tab, tmp_path):
    begin(dashboard, "theirs", a_project(tmp_path / "project"))
    call_it_stopped(dashboard.runs / "theirs")
    path = dashboard.runs / "theirs" / LAUNCH_FILE
    launch = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps({**launch, "host": "gpu3", "seal": "0" * 64}))
    page = tab()
    page.goto(dashboard.link("theirs"))
    page.get_by_test_id("btn-resume").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This run was made on another machine (gpu3). The command below has never run here.").wait_for()
    resume = dialog.get_by_role("button", name="Resume", exact=True)
    assert resume.is_disabled()
    dialog.get_by_text("I have read this command and want it to run here").click()
    wait_until(resume.is_enabled, why="the tick did not free the button")
    resume.click()
    state = dashboard.runs / "theirs" / "state.json"
    wait_until(lambda: json.loads(state.read_text())["generation"] == 2, 60, "it was never started again")


BREAKS = """
import argparse
from monitor.writer import RunWriter

options = argparse.ArgumentParser()
options.add_argument("--lr", type=float, default=0.05)
options.add_argument("--amp", action=argparse.BooleanOptionalAction, default=True)
given = options.parse_args()
with RunWriter(config=vars(given), epochs=20) as run:
    for epoch in range(1, 21):
        broken = epoch > 12 and given.lr > 0.02 and given.amp
        loss = float("nan") if broken else 2 / epoch
        run.log_epoch(epoch, train_loss=loss, val_loss=loss + 0.1, lr=given.lr, metrics={"val_accuracy": 0.5})
"""


def test_several_options_start_at_once_each_as_a_child_and_the_terminal_does_the_same(dashboard, tab, tmp_path):
    (tmp_path / "breaks.py").write_text(BREAKS)
    command = [sys.executable, tmp_path / "breaks.py", "--lr", "0.05", "--amp"]
    dashboard.monitor("start", "--runs", dashboard.runs, "--name", "broke", "--", *command)
    wait_until(lambda: dashboard.states().get("broke") == "finished", 60, "it never finished")
    page = tab(height=1100)
    page.goto(dashboard.link("broke"))
    page.get_by_role("button", name="Restart with this…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Start child", exact=True).wait_for()
    dialog.get_by_role("combobox", name="And at the same time").click()
    page.get_by_role("option").first.click()
    dialog.get_by_text("Restart with changes").click()  # closes the list of options
    start = dialog.get_by_role("button", name="Start 2 children")
    start.wait_for()
    shown = [text.strip() for text in dialog.locator("[data-testid=stCode]").all_inner_texts()]
    line = next(text for text in shown if " monitor restart " in text)
    planned = json.loads(dashboard.monitor(*shlex.split(line)[3:], "--dry-run", "--json"))
    commands = [planned["command"], planned["others"][0]["command"]]
    assert [text for text in shown if text != line] == commands and len(set(commands)) == 2
    start.click()
    page.wait_for_url("**run=broke-2*", timeout=60_000)
    wait_until(lambda: dashboard.states().get("broke-3") == "finished", 60, "the second child never finished")
    changes = [
        json.loads((dashboard.runs / name / LAUNCH_FILE).read_text())["parent"]["changes"]
        for name in ("broke-2", "broke-3")
    ]
    assert [sorted(each) for each in changes] == [["lr"], ["amp"]]


def test_a_child_of_several_without_a_change_is_refused_with_its_name(dashboard, tab, tmp_path):
    (tmp_path / "breaks.py").write_text(BREAKS)
    command = [sys.executable, tmp_path / "breaks.py", "--lr", "0.05", "--amp"]
    dashboard.monitor("start", "--runs", dashboard.runs, "--name", "unchanged", "--", *command)
    wait_until(lambda: dashboard.states().get("unchanged") == "finished", 60, "it never finished")
    page = tab(height=1100)
    page.goto(dashboard.link("unchanged"))
    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Start child", exact=True).wait_for()
    dialog.get_by_role("combobox", name="And at the same time").click()
    page.get_by_role("option").first.click()
    dialog.get_by_text("Restart with changes").click()
    dialog.get_by_text("unchanged-2 would be unchanged again, without a known change").wait_for()
    wait_until(dialog.get_by_role("button", name="Start child", exact=True).is_disabled, why="it can be started")
    assert not (dashboard.runs / "unchanged-2").exists()
