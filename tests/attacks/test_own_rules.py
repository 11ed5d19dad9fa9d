"""Attacks by a planted vitalsigns_rules.py: code that must not run because somebody looks, and answers that lie.

Each test is one attack of docs/security.md, named there by the sentence in its docstring.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor.commands.cli import main
from monitor.commands.looking import look_at
from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.own_rules.sources import RULES_FILE
from monitor.diagnosis.summaries import summary_of
from monitor.run_dir import LAUNCH_FILE, encode
from monitor.run_dir.launch import read_launch
from monitor.run_dir.seal import write_sealed
from monitor.view.report.markdown import to_markdown
from monitor.view.report.page import to_html
from monitor.view.report.whole import report_of
from tests.accounts import ATTACKER, needs_root, run_as
from tests.diagnosis.own_rules.project import QUIET, read, rule, write_rules, write_run


@pytest.fixture
def project(runs_made, monkeypatch):
    """A project of the reader's own with a run in it, and a file that shows by its marker that it was run."""
    folder = runs_made.parent / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_run(folder / "runs" / "r")
    return folder


@pytest.fixture
def planted(tmp_path):
    """(what a rules' file of the attacker's holds, whether it was run)."""
    marker = tmp_path / "was-run"
    return f"open({str(marker)!r}, 'w').close()\n{rule(QUIET)}", marker.exists


def look(run_dir: Path) -> str:
    """Everything that looks at a run, and what is said of its rules."""
    judged = judge_run(read(run_dir), 2e9)
    summary_of(run_dir)
    for verb in ("check", "show", "diagnose", "report"):
        main([verb, str(run_dir)])
    main(["list", "--runs", str(run_dir.parent)])
    return " ".join(judged.diagnosis.not_checked)


def test_not_an_attack_the_projects_own_file_is_run(project, planted):
    """Not an attack: the reader's own file in his own project is run, so the tests below show something."""
    text, was_run = planted
    write_rules(project, text)
    look(project / "runs" / "r")
    assert was_run()


@pytest.mark.parametrize("owner", ["attacker", "ours"])
def test_rules_in_a_folder_that_anybody_may_write_are_not_run(project, planted, owner):
    """A vitalsigns_rules.py that another user put into a world-writable folder above a project."""
    text, was_run = planted
    above = project.parent
    above.chmod(0o1777)
    if owner == "attacker":
        needs_root()
        for folder in (above, *above.parents):
            if folder.stat().st_mode & 0o5 != 0o5:
                folder.chmod(folder.stat().st_mode | 0o5)
        done = run_as(ATTACKER, "/bin/sh", "-c", f"cat > {above / RULES_FILE}", input=text)
        assert done.returncode == 0, done.stderr
    else:
        write_rules(above, text)  # who may write the folder may have put it there
    said = look(project / "runs" / "r")
    assert not was_run()
    assert "left out: vitalsigns_rules.py: it may hold what others wrote" in said
    assert main(["rules", "measure"]) == 5 and not was_run()


def test_rules_that_others_may_write_are_not_run(project, planted):
    """A vitalsigns_rules.py in a project that a group or everybody may write."""
    text, was_run = planted
    write_rules(project, text).chmod(0o666)
    said = look(project / "runs" / "r")
    assert not was_run() and "everybody may write" in said


@pytest.mark.parametrize("place", [".", "sub/folder"])
def test_rules_in_a_run_directory_are_not_run(project, planted, place):
    """A run directory, as an archive holds it, brings its own vitalsigns_rules.py and says it was started there."""
    text, was_run = planted
    run_dir = project / "runs" / "r"
    (run_dir / place).mkdir(parents=True, exist_ok=True)
    write_rules(run_dir / place, text)
    launch = msgspec.structs.replace(read_launch(run_dir), cwd=str((run_dir / place).absolute()))
    write_sealed(run_dir, launch, anew=True)  # even one that the reader had started there himself
    said = look(run_dir)
    assert not was_run() and "it lies in a run directory" in said


def test_a_copied_run_does_not_choose_which_rules_are_run(project, planted):
    """An unpacked or edited launch.json names a folder with a vitalsigns_rules.py as the one it was started in."""
    text, was_run = planted
    run_dir = project / "runs" / "r"
    unpacked = project.parent / "unpacked"
    unpacked.mkdir()
    write_rules(unpacked, text)
    launch = msgspec.structs.replace(read_launch(run_dir), cwd=str(unpacked))
    (run_dir / LAUNCH_FILE).write_bytes(encode(launch))
    said = look(run_dir)
    assert not was_run() and "this run was not started by you on this machine" in said
    write_rules(project, text)
    copy = project.parent / "copies" / "copy"
    shutil.copytree(write_run(project / "runs" / "other"), copy)
    assert "this run was not started by you on this machine" in look(copy) and not was_run()


@pytest.mark.parametrize("verb", [["check", "r"], ["list"], ["rules"], ["diagnose", "r"], ["compare", "r", "r2"]])
def test_rules_in_the_current_folder_are_not_run(project, planted, verb):
    """The current folder holds a vitalsigns_rules.py, and a person looks at runs of another project from there."""
    text, was_run = planted
    write_run(project / "runs" / "r2")
    here = project.parent / "here"
    here.mkdir()
    write_rules(here, text)
    command = [sys.executable, "-m", "monitor", *verb, "--runs", str(project / "runs")]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True)
    assert "Traceback" not in done.stderr and not was_run()


@pytest.mark.parametrize("to", ["a run", "a folder of others"])
def test_a_link_to_rules_is_as_trusted_as_what_it_leads_to(project, planted, to):
    """The project's vitalsigns_rules.py is a link into a run directory, or to a file that others may write."""
    text, was_run = planted
    other = project / "runs" / "r" if to == "a run" else project.parent / "others"
    other.mkdir(exist_ok=True)
    target = write_rules(other, text)
    if to != "a run":
        other.chmod(0o777)
    (project / RULES_FILE).symlink_to(target)
    said = look(project / "runs" / "r")
    assert not was_run() and "left out: vitalsigns_rules.py: it " in said


def test_links_in_a_circle_pipes_and_floods_are_named(project, planted):
    """The project's vitalsigns_rules.py is a pipe, a folder, a link to itself or a gigabyte."""
    path = project / RULES_FILE
    for make in (lambda: os.mkfifo(path), path.mkdir, lambda: path.symlink_to(path)):
        make()
        assert "left out: vitalsigns_rules.py: it cannot be read" in look(project / "runs" / "r")
        path.rmdir() if path.is_dir() else path.unlink()
    with path.open("wb") as file:
        file.truncate(2**30)
    assert "it is larger than 256 KiB" in look(project / "runs" / "r")


def test_what_rules_say_is_text_everywhere(project, capsys):
    """A rule's title, sentences and numbers hold HTML, Markdown, terminal codes and ten megabytes."""
    nasty = "'<script>alert(1)</script>\\x1b[2J[x](javascript:y)' + 'a' * 10**7"
    body = f"return Finding('critical', {nasty}, now={{{nasty}: {nasty}}}, remedy={nasty}, cannot_tell={nasty})"
    raises = "raise ValueError('<script>\\x1b[2J' * 9)"
    write_rules(project, rule(body, title="<script>\\x1b[2J"), rule(raises, name="b"))
    run_dir = project / "runs" / "r"
    capsys.readouterr()
    look(run_dir)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "script" in shown and len(shown) < 60_000
    seen = look_at(run_dir)
    blocks = report_of(seen.snapshot, seen.judged, seen.status, (), ())
    assert "<script>" not in to_html(blocks) and "<script>" not in to_markdown(blocks).replace("\\<script", "")
