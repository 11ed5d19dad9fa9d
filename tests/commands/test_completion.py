"""A shell completes verbs, options and run ids."""

import shutil
import subprocess
import sys

import pytest

from monitor.commands.completion import script
from monitor.writer import RunWriter


def completed(words: list[str], runs) -> list[str]:
    """What bash offers for the last of `words`."""
    ask = f"source <({sys.executable} -m monitor completion bash); export VITALSIGNS_RUNS={runs}; "
    ask += f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _vitalsigns_completion vitalsigns; "
    done = subprocess.run(["bash", "-c", ask + 'echo "${COMPREPLY[@]}"'], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_nothing_is_offered_for_what_nobody_is_called(tmp_path):
    assert completed(["vitalsigns", "show", "nobody"], tmp_path) == []


def test_verbs_options_and_run_ids_are_offered(tmp_path):
    RunWriter(tmp_path / "teacher").finish()
    shutil.copytree(tmp_path / "teacher", tmp_path / "teach;touch it")
    RunWriter(tmp_path / "pupil").finish()
    assert set(completed(["vitalsigns", "re"], tmp_path)) == {"report", "restart", "restore", "resume"}
    assert completed(["vitalsigns", "show", "tea"], tmp_path) == ["teacher"]
    assert completed(["vitalsigns", "check", "--a"], tmp_path) == ["--at"]


def test_the_short_name_is_the_whole_command_line(tmp_path):
    ask = f"source <({sys.executable} -m monitor completion bash); vitalsigns list --runs {tmp_path} --json"
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert '"version": 1' in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_asks_the_interpreter_by_its_path(shell):
    text = script(shell, "/a folder/python")
    assert text.count("'/a folder/python' -m monitor") >= 2
