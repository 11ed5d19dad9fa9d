"""The command that a Makefile's target runs is read where it is plain, and nothing else is guessed."""

import sys

import pytest

from monitor.run_dir import Launch
from monitor.run_dir.launch import Order, launch_of, name_of
from monitor.run_dir.makefile import is_make, opened, recipe_of
from monitor.run_dir.provenance import git

MAKEFILE = """
PYTHON ?= python
LR = 0.1
OUT := out/$(LR)
EXTRA =
.PHONY: train all
all: train
train: data
\t@mkdir -p $(OUT)
\t@echo "python train.py begins"
\t$(PYTHON) -u train.py --lr $(LR) \\
\t  --out ${OUT} $(EXTRA)
data:
\ttest -d data || mkdir data
tuned:
\tCUDA_VISIBLE_DEVICES=0 torchrun --nproc_per_node 2 train.py --name $@
module:
\tpython -m pip install -q -r requirements.txt
\tpython -m package.train
held:
\tscript -qefc "python train.py --lr $(LR)" log
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "train.py").write_text("print(1)\n")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("make train", "python -u train.py --lr 0.1 --out out/0.1"),
        ("make", "python -u train.py --lr 0.1 --out out/0.1"),
        ("make -s train LR=0.5 EXTRA=--amp", "python -u train.py --lr 0.5 --out out/0.5 --amp"),
        ("env PYTHON=python3.11 nice make -j 2 all", "python3.11 -u train.py --lr 0.1 --out out/0.1"),
        ("make tuned", "env CUDA_VISIBLE_DEVICES=0 torchrun --nproc_per_node 2 train.py --name tuned"),
        ("gmake module", "python -m package.train"),
        ("make held", "python train.py --lr 0.1"),
    ],
)
def test_the_plain_command_of_a_target_is_known(here, argv, words):
    recipe = recipe_of(argv.split(), here, {})
    assert recipe is not None and (" ".join(recipe.words), recipe.folder) == (words, here)


@pytest.mark.parametrize(
    ("argv", "folder"),
    [("make -C sub train", "sub"), ("make --directory=sub -f other.mk", "sub"), ("make -f sub/other.mk", ".")],
)
def test_the_folder_and_the_file_that_the_command_names_count(tmp_path, argv, folder):
    (tmp_path / "sub").mkdir()
    for name in ("Makefile", "other.mk"):
        (tmp_path / "sub" / name).write_text("train:\n\tpython train.py\n")
    recipe = recipe_of(argv.split(), tmp_path, {})
    assert recipe is not None and recipe.folder.resolve() == (tmp_path / folder).resolve()


CLOSED = {
    "cd": "train:\n\tcd sub && python train.py\n",
    "pipe": "train:\n\tpython train.py | tee log\n",
    "shell's variable": "train:\n\tpython train.py --out $$HOME\n",
    "computed": "NOW = $(shell date)\ntrain:\n\tpython train.py --name $(NOW)\n",
    "two scripts": "train:\n\tpython prepare.py\n\tpython train.py\n",
    "unknown variable": "train:\n\t$(RUNNER) train.py\n",
    "set twice": "LR=1\nLR=2\ntrain:\n\tpython train.py --lr $(LR)\n",
    "added to": "ARGS=--a\nARGS += --b\ntrain:\n\tpython train.py $(ARGS)\n",
    "a condition": "ifdef GPU\nARGS=--gpu\nendif\ntrain:\n\tpython train.py $(ARGS)\n",
    "a recipe under a condition": "ifdef GPU\ntrain:\n\tpython train.py\nendif\n",
    "first prerequisite": "train: a.yaml\n\tpython train.py $<\n",
    "one shell": ".ONESHELL:\ntrain:\n\tcd sub\n\tpython train.py\n",
    "make again": "train:\n\t$(MAKE) -C sub\n",
    "another target": "prepare:\n\tpython train.py\n",
    "only named": 'train:\n\techo "python train.py"\n',
    "a line within one": "train:\n\tpython -c 'import train'\n",
    "a loop": "A = $(B)\nB = $(A)\ntrain:\n\tpython train.py $(A)\n",
    "two that need it": "train: a b\na:\n\tpython a.py\nb:\n\tpython b.py\n",
    "itself": "train: train\n",
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_only_a_shell_or_make_understands_is_not_guessed(tmp_path, name):
    (tmp_path / "Makefile").write_text(CLOSED[name])
    argv = ["make", "train"]
    assert recipe_of(argv, tmp_path, {}) is None
    assert opened(argv, tmp_path) == (argv, tmp_path) and is_make(argv)


@pytest.mark.parametrize("argv", [["python", "make.py"], ["bash", "x.sh", "make"], ["python", "train.py", "make"], []])
def test_a_command_that_make_does_not_start_is_its_own_words(here, argv):
    assert not is_make(argv) and opened(argv, here) == (argv, here)


def test_no_makefile_and_two_targets_leave_it_unknown(here, tmp_path):
    assert recipe_of(["make", "train"], here / "nowhere", {}) is None
    assert recipe_of(["make", "data", "train"], here, {}) is None


def test_the_script_its_code_and_the_makefile_are_those_of_the_run(here):
    (here / "net.py").write_text("A = 1\n")
    (here / "train.py").write_text("import net\n")
    (here / "prose.md").write_text("text\n")
    order = Order(argv=["make", "train"], cwd=here)
    assert name_of(order, None) == "train"
    launch = launch_of(order, "train", 0.0)
    assert launch.script == str((here / "train.py").resolve()) and launch.argv == ["make", "train"]
    assert set(launch.imported) == {"train.py", "net.py", "Makefile"}


def test_the_repository_is_that_of_the_script(here):
    (here / "project").mkdir()
    for name in ("Makefile", "train.py"):
        (here / name).rename(here / "project" / name)
    folder = here / "project"
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "one"]):
        assert git(folder, *words) is not None
    launch: Launch = launch_of(Order(argv=["make", "-C", "project", "train"], cwd=here), "train", 0.0)
    assert launch.git_commit and launch.script == str((folder / "train.py").resolve())
    assert launch.interpreter and sys.executable
