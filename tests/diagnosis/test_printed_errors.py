"""What a program prints without an exception, with exit code 2: the advice fits the words."""

from pathlib import Path

import pytest

from monitor.diagnosis.crash_kinds.missing import missing_place
from monitor.diagnosis.crash_kinds.registry import failure_in
from monitor.diagnosis.verdict import judge
from monitor.run_dir import LOG_FILE, Launch, State
from monitor.supervisor.ending import final_of
from monitor.supervisor.trainer import Ending
from tests.snapshots import NOW, snapshot

PRINTED = [
    ("data/train.csv does not exist", "Correct the path; a relative one counts from the folder in which the run was"),
    ("[2026-11-29 03:00:00] ERROR train: data file /data/x.h5 does not exist.", "Correct the path; "),
    ("Config file not found: cfg/a.yaml", "Correct the path; "),
    ("Could not find config cfg/a.yaml", "Correct the path; "),
    ("Path data/train not found!", "Correct the path; "),
    ("ls: cannot access 'data': No such file or directory", "Correct the name or the path; "),
    ("bash: train.sh: No such file or directory", "Correct the path; "),
    ("Dataset cifar11 not found", "Correct the name or the path; "),
    ("train.py: error: argument --config: can't open 'x.yaml': [Errno 2] No such file or directory: 'x.yaml'",
     "Correct the path that --config gives; "),
    ("Usage: train.py [OPTIONS]\n\nError: Invalid value for '--data': Path 'foo' does not exist.",
     "Correct the path that --data gives; "),
    ("train.py: error: config file x.yaml does not exist", "Correct the path; "),
    ("data/train.csv does not exist\nmake: *** [Makefile:2: train] Error 3", "Correct the path; "),
    ("make: train.sh: No such file or directory\nmake: *** [Makefile:2: train] Error 127", "Correct the path; "),
    ("train.py: error: argument --depth: invalid int value: 'x'", "Correct --depth in the command: the "),
    ("Column 'label' does not exist", "Read the end of its log: code 2 is usually a command that"),
    ("best.pt not found, training from scratch", "Read the end of its log: code 2 is usually a command that"),
    ("ptxas not found in the toolkit https://a.b/c", "Read the end of its log: code 2 is usually"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "advice"), PRINTED)
def test_the_advice_for_exit_code_2_fits_what_was_printed(text, advice, tmp_path):
    assert first_words(tmp_path, text).next_step.startswith(advice)


def first_words(folder: Path, text: str, launch: Launch | None = None):
    """The diagnosis of a run that ended with exit code 2 before it had evaluated."""
    (folder / LOG_FILE).write_text(f"{text}\n")
    final = final_of(Ending(exit_code=2, signal=None), None, None, folder)
    kept = State(state="failed", exit_code=2, error=final.error, traceback=final.traceback)
    return judge(snapshot(state=kept, launch=launch), NOW).diagnosis


def test_make_ends_with_code_2_whatever_its_command_said(tmp_path):
    launch = Launch(run_id="a", created_at=0.0, argv=["env", "LR=1", "make", "train"], cwd="/")
    said = first_words(tmp_path, "no GPU is free\nmake: *** [Makefile:2: train] Error 3", launch)
    assert said.reason.endswith("It ended with exit code 2. The last line of its log: “no GPU is free”.")
    assert said.next_step.startswith("make ends with code 2 whatever its command ended with: ")


def test_lines_made_to_be_slow_are_read_quickly():
    for line in ("not found " * 400, "not found" + " " * 4000 + "x", "no such file or directory " + "." * 4000 + "x"):
        assert missing_place(line) is None or failure_in(line) is not None
