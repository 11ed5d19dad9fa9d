"""What every engine shares: an environment without marks, numbers of jobs, and the same functions in each."""

import inspect
import os

import pytest

from monitor.launcher.engines.engine import Engine, clean_environment, digits
from monitor.launcher.engines.registry import ENGINES
from monitor.run_dir import GENERATION_VARIABLE, RUN_DIR_VARIABLE
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import RAY_JOB_VARIABLE

FUNCTIONS = [name for name, value in vars(Engine).items() if inspect.isfunction(value) and not name.startswith("_")]


def test_marks_of_a_run_and_of_a_job_are_not_handed_on(monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    kept = {"PATH": "/bin", "SLURM_CONF": "/etc/slurm.conf", "MY_SLURM_JOB": "1"}
    marks = [RUN_DIR_VARIABLE, GENERATION_VARIABLE, RAY_JOB_VARIABLE, "SLURM_JOB_ID", "SLURM_CONF_DIR"]
    for name, value in {**kept, **dict.fromkeys(marks, "x")}.items():
        monkeypatch.setenv(name, value)
    assert clean_environment() == kept


def test_a_number_of_a_job_or_of_one_in_an_array_is_taken():
    assert (digits("17"), digits("17_3")) == ("17", "17_3")


@pytest.mark.parametrize("job", ["", "17;rm", "-17", "17_", "_3", "1_2_3", "17\n", "\u0661", "17.batch", "x" * 99])
def test_anything_else_is_no_word_of_a_command(job):
    with pytest.raises(RefusedError, match="is no job number") as refused:
        digits(job)
    assert len(str(refused.value)) < 70


@pytest.mark.parametrize("name", sorted(ENGINES))
@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_engine_has_every_function_with_as_many_arguments(name, function):
    wanted = [each for each in inspect.signature(vars(Engine)[function]).parameters if each != "self"]
    own = inspect.signature(getattr(ENGINES[name], function)).parameters
    assert len(own) == len(wanted)
    assert [each.lstrip("_") for each in own] == wanted
