"""The settings of a Makefile: its variables."""

import pytest

from monitor.launcher.relaunch.makefiles import of_makefile
from monitor.run_dir.makefile import is_make

MAKEFILE = """
LR ?= 0.1  # the rate
EPOCHS := 9
NAME = first run
EMPTY =
UNUSED = 3
SHA = $(shell git rev-parse HEAD)
export SEED ::= 1

train:
\tpython train.py --lr $(LR) --epochs ${EPOCHS} --name "$(NAME)" $(EMPTY) $(SHA) $(SEED)
"""


def settings(tmp_path, *words, name="Makefile", text=MAKEFILE):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    return {key: rule["default"] for key, rule in of_makefile(["make", *words], tmp_path).items()}


def test_a_folder_without_a_makefile_has_no_settings(tmp_path):
    assert of_makefile(["make", "train"], tmp_path) == {}
    assert of_makefile(["make", "-f", "none.mk"], tmp_path) == {}


def test_what_is_set_and_used_is_a_setting_and_what_is_computed_or_not_used_is_none(tmp_path):
    known = {"LR": 0.1, "EPOCHS": 9, "NAME": "first run", "EMPTY": "", "SEED": 1}
    assert settings(tmp_path, "train") == known


@pytest.mark.parametrize("words", [("-f", "x.mk"), ("--file", "x.mk"), ("--makefile=x.mk",)])
def test_a_file_that_the_command_names_is_read(tmp_path, words):
    assert settings(tmp_path, *words, name="x.mk")["LR"] == 0.1


@pytest.mark.parametrize("words", [("-C", "sub"), ("--directory=sub",)])
def test_a_folder_that_the_command_names_is_looked_into(tmp_path, words):
    assert settings(tmp_path, *words, name="sub/Makefile")["LR"] == 0.1


def test_gnus_own_name_comes_first_as_make_has_it(tmp_path):
    settings(tmp_path)
    assert settings(tmp_path, name="GNUmakefile", text="A = 1\nall:\n\techo $(A)\n") == {"A": 1}


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path):
    (tmp_path / "Makefile").write_bytes(b"# \xff\xe9\nA = 1\nall:\n\techo $(A)\n")
    assert list(of_makefile(["make"], tmp_path)) == ["A"]


def test_make_is_told_from_other_programs():
    assert is_make(["make", "train"]) and is_make(["/usr/bin/gmake", "-j", "train"])
    assert not is_make(["python", "make.py"]) and not is_make(["cmake", "."])
    assert not is_make(["python3.11", "-m", "train", "--kind", "make"]) and is_make(["env", "A=1", "nice", "make"])
