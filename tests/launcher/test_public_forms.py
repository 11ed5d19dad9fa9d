"""Forms in which published training scripts take their settings, run for real: what the child is given, it gets."""

import json
import shlex
import subprocess
import sys

import pytest

from monitor.launcher import plan_restart, restart, start
from monitor.launcher.relaunch.changing import changed
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import expand
from tests.launcher.test_parsers import command
from tests.supervised import end_everything, wait_for_state

SAYS = "import json\nprint(json.dumps({'lr': float(LR), 'amp': bool(AMP)}))\n"


def says(rate: str, amp: str) -> str:
    return SAYS.replace("LR", rate).replace("AMP", amp)


IMAGENET = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("data", metavar="DIR")
p.add_argument("-a", "--arch", default="r18")
p.add_argument("-b", "--batch-size", default=256, type=int)
p.add_argument("--lr", "--learning-rate", default=0.1, type=float, dest="rate")
p.add_argument("--amp", action="store_true")
a = p.parse_args()
assert a.data == "/data" and a.batch_size == 8
""" + says("a.rate", "a.amp")
SINGLE_DASH = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("-lr", type=float, default=0.1)
p.add_argument("--amp", action=argparse.BooleanOptionalAction, default=False)
p.add_argument("-gpu", nargs="+", type=int)
a = p.parse_args()
assert a.gpu == [0, 1]
""" + says("a.lr", "a.amp")
BOOL_TYPE = """
import argparse
p = argparse.ArgumentParser()
sub = p.add_subparsers(dest="mode")
t = sub.add_parser("train")
t.add_argument("--lr", type=float)
t.add_argument("--amp", type=bool, default=False)
a = p.parse_args()
assert a.mode == "train"
""" + says("a.lr", "a.amp")
CLICK = """
import click
@click.command()
@click.argument("data")
@click.option("-l", "--lr", type=float, default=0.1)
@click.option("--amp/--no-amp", default=False)
def main(data, lr, amp):
    assert data == "/data"
    import json
    print(json.dumps({"lr": lr, "amp": amp}))
main()
"""
TYPER = """
import json, typer
def main(data: str, lr: float = 0.1, amp: bool = False, batch_size: int = 4):
    assert data == "/data"
    print(json.dumps({"lr": lr, "amp": amp}))
typer.run(main)
"""
ABSL = """
from absl import app, flags
FLAGS = flags.FLAGS
flags.DEFINE_float("lr", 0.1, "step size")
flags.DEFINE_bool("amp", False, "half precision")
def main(_):
    import json
    print(json.dumps({"lr": FLAGS.lr, "amp": FLAGS.amp}))
app.run(main)
"""
GLOBALS = "lr = 0.1\namp = False\nexec(open('configurator.py').read())\n" + says("lr", "amp")
CONFIGURATOR = """
import sys
from ast import literal_eval
for word in sys.argv[1:]:
    key, value = word[2:].split("=")
    assert type(literal_eval(value)) == type(globals()[key])
    globals()[key] = literal_eval(value)
"""
YAML = """
import argparse, yaml
p = argparse.ArgumentParser()
p.add_argument("--config", default="base.yaml")
c = yaml.safe_load(open(p.parse_args().config))
""" + says("c['optim']['lr']", "c['amp']")
JSON = "import json, sys\nc = json.load(open(sys.argv[1]))\n" + says("c['optim']['lr']", "c['amp']")
PYTHON = "import runpy, sys\nc = runpy.run_path(sys.argv[1])\n" + says("c['optim']['lr']", "c['amp']")
OVERRIDES = """
import sys, yaml
c = yaml.safe_load(open(sys.argv[1]))
c.update(zip([word[2:] for word in sys.argv[2::2]], map(yaml.safe_load, sys.argv[3::2])))
""" + says("c['lr']", "c['amp']")
DEFAULTS_OF_A_FILE = """
import argparse, yaml
first = argparse.ArgumentParser(add_help=False)
first.add_argument("-c", "--config")
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.5)
p.add_argument("--amp", action="store_true")
p.add_argument("--epochs", type=int, default=3)
given, rest = first.parse_known_args()
p.set_defaults(**yaml.safe_load(open(given.config)))
a = p.parse_args(rest)
assert a.epochs == 9
""" + says("a.lr", "a.amp")
OPENMMLAB = """
import argparse, runpy
class DictAction(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, dict(word.split("=", 1) for word in values))
p = argparse.ArgumentParser()
p.add_argument("config")
p.add_argument("--work-dir")
p.add_argument("--cfg-options", nargs="+", action=DictAction, default={})
a = p.parse_args()
c = runpy.run_path(a.config)
base = runpy.run_path("configs/" + c["_base_"][0])
given = {key: eval(value) for key, value in a.cfg_options.items()}
assert a.work_dir == "w" and given.get("train_cfg.epochs") == 4
""" + says("given.get('optim.lr', c['optim']['lr'])", "given.get('amp', base['amp'])")
YACS = """
import argparse, yaml
class Node(dict):
    def merge_from_list(self, words):
        for key, value in zip(words[::2], words[1::2]):
            self[key.split(".")[-1]] = eval(value)
p = argparse.ArgumentParser()
p.add_argument("--config-file", metavar="FILE")
p.add_argument("--num-gpus", type=int, default=1)
p.add_argument("opts", default=None, nargs=argparse.REMAINDER)
a = p.parse_args()
c = Node(yaml.safe_load(open(a.config_file))["SOLVER"])
c.merge_from_list(a.opts)
assert c["STEPS"] == 7 and a.num_gpus == 2
""" + says("c['LR']", "c['AMP']")
HUGGING_FACE = """
import sys
from dataclasses import dataclass, field
from transformers import HfArgumentParser
@dataclass
class Arguments:
    model: str = field(metadata={"help": "which"})
    lr: float = 0.5
    amp: bool = False
p = HfArgumentParser((Arguments,))
if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
    (a,) = p.parse_json_file(sys.argv[1])
else:
    (a,) = p.parse_args_into_dataclasses()
assert a.model == "bert"
""" + says("a.lr", "a.amp")
FIRE = """
import fire
def evaluate(ckpt): ...
def train(data, lr=0.1, amp=False):
    assert data == "/data"
    import json
    print(json.dumps({"lr": lr, "amp": amp}))
fire.Fire({"train": train, "evaluate": evaluate})
"""
FIRE_CLASS = """
import fire, json
class Trainer:
    def __init__(self, lr=0.1):
        self.lr = lr
    def fit(self, amp=False):
        print(json.dumps({"lr": self.lr, "amp": amp}))
if __name__ == "__main__":
    fire.Fire(Trainer)
"""
BASE = "optim:\n  lr: 0.1  # usual\n  name: adam\namp: false\n"
FLAT = "lr: 0.1\namp: false\n"
FILES = {
    "base.yaml": BASE,
    "flat.yaml": FLAT,
    "base.json": '{"optim": {"lr": 0.1}, "amp": false}',
    "base.py": "optim = dict(lr=0.1, type='adam')\namp = False\n",
    "configurator.py": CONFIGURATOR,
    "train.sh": 'set -e\npython train.py -b 8 "$@"\n',
    "flat9.yaml": "lr: 0.1\nepochs: 9\n",
    "solver.yaml": "SOLVER:\n  LR: 0.1\n  STEPS: 5\n  AMP: false\n",
    "hf.json": '{"model": "bert", "lr": 0.1}',
    "configs/base.py": "amp = False\n",
    "configs/own.py": "_base_ = ['base.py']\noptim = dict(type='SGD', lr=0.1)\ntrain_cfg = dict(epochs=3)\n",
    "Makefile": "LR ?= 0.1\nAMP =\ntrain:\n\tpython train.py -b 8 --lr $(LR) $(AMP) /data\n",
    "src/below/__init__.py": "",
    "src/below/__main__.py": (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float)\n"
        "p.add_argument('--amp', action='store_true')\na = p.parse_args()\n" + says("a.lr", "a.amp")
    ),
    "pack/__init__.py": "",
    "pack/__main__.py": "from pack.options import parser\na = parser().parse_args()\n" + says("a.lr", "a.amp"),
    "pack/options.py": (
        "import argparse\ndef parser():\n    p = argparse.ArgumentParser()\n"
        "    p.add_argument('--lr', type=float)\n    p.add_argument('--amp', action='store_true')\n    return p\n"
    ),
}
FORMS = {
    "an ImageNet script": (IMAGENET, "python train.py -a r50 -b8 --learning-rate 0.1 /data"),
    "single dashes": (SINGLE_DASH, "python train.py -gpu 0 1 -lr 0.1 --no-amp"),
    "a sub-command and type=bool": (BOOL_TYPE, "python train.py train --lr=0.1"),
    "click": (CLICK, "python train.py -l 0.1 /data"),
    "typer": (TYPER, "python train.py /data --batch-size 2"),
    "absl": (ABSL, "python train.py --noamp"),
    "global names": (GLOBALS, "python train.py --lr=0.5"),
    "YAML by default": (YAML, "python train.py"),
    "JSON": (JSON, "python train.py base.json"),
    "a Python file": (PYTHON, "python train.py base.py"),
    "YAML with overrides": (OVERRIDES, "python train.py flat.yaml --lr 0.3"),
    "a shell script": (IMAGENET, "env X=1 bash train.sh /data --lr 0.1"),
    "a YAML file of a parser's defaults": (DEFAULTS_OF_A_FILE, "python train.py -c flat9.yaml"),
    "a Python config with a base": (
        OPENMMLAB,
        "python train.py configs/own.py --work-dir w --cfg-options train_cfg.epochs=4 optim.lr=0.3",
    ),
    "key and value behind the options": (
        YACS,
        "python train.py --config-file solver.yaml --num-gpus 2 SOLVER.STEPS 7 SOLVER.LR 0.3",
    ),
    "dataclasses from one JSON file": (HUGGING_FACE, "python train.py hf.json"),
    "functions of fire": (FIRE, "python train.py train /data --lr=0.5"),
    "a class of fire": (FIRE_CLASS, "python train.py --lr 0.5 fit"),
    "a package below src": ("", "env PYTHONPATH=src python -m below --lr 0.1"),
    "a Makefile": (IMAGENET, "make -s train LR=0.5"),
    "a package": ("", "python -m pack --lr 0.1"),
}


AS_THEY_STAND = {
    "key and value behind the options": {"SOLVER.LR": "0.25", "SOLVER.AMP": "True"},
    "a Makefile": {"lr": "0.25", "AMP": "--amp"},
}
"""The changes of forms whose settings have names of their own."""
IN_A_FRAMEWORK = {"dataclasses from one JSON file"}
"""Forms whose parser only a framework has."""


@pytest.mark.parametrize(
    "form", [pytest.param(f, marks=pytest.mark.frameworks) if f in IN_A_FRAMEWORK else f for f in FORMS]
)
def test_what_a_child_is_given_is_what_its_script_gets(form, tmp_path):
    source, words = FORMS[form]
    known = command(tmp_path, words, source, **FILES)
    made = changed(known, AS_THEY_STAND.get(form, {"lr": "0.25", "amp": "true"}))
    child = tmp_path / "runs" / "child"
    for place, text in made.copies.items():
        (child / place).parent.mkdir(parents=True, exist_ok=True)
        (child / place).write_text(text)
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    argv = [sys.executable if word == "python" else word for word in expand(made.argv, child)]
    done = subprocess.run(argv, cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(made.argv)}\n{done.stderr}"
    assert json.loads(done.stdout) == {"lr": 0.25, "amp": True}
    assert (tmp_path / "base.yaml").read_text() == BASE


@pytest.mark.parametrize(
    ("form", "now"),
    [
        ("a YAML file of a parser's defaults", {"lr": 0.1, "epochs": 9}),
        ("a Python config with a base", {"optim.lr": 0.3, "train_cfg.epochs": 4, "amp": False}),
        ("key and value behind the options", {"SOLVER.LR": 0.3, "SOLVER.STEPS": 7}),
        ("dataclasses from one JSON file", {"lr": 0.1, "amp": False}),
    ],
)
def test_the_value_now_is_the_one_that_wins_in_the_script(form, now, tmp_path):
    source, words = FORMS[form]
    config = command(tmp_path, words, source, **FILES).config
    assert {key: config.get(key) for key in now} == now


def test_a_restart_with_a_changed_file_runs_with_the_copy_and_so_does_its_own_child(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "train.py").write_text(YAML)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py"], run_id="one", cwd=tmp_path)
        wait_for_state(runs / "one", "finished")
        assert restart(plan_restart(runs, "one", {"lr": "0.25"}), stop_parent=False) == "one-2"
        wait_for_state(runs / "one-2", "finished")
        assert '"lr": 0.25, "amp": false' in (runs / "one-2" / "trainer.log").read_text()
        plan = plan_restart(runs, "one-2", {"amp": "true"})
        assert plan.diff == [("amp", False, True)]
        restart(plan, stop_parent=False)
        wait_for_state(runs / "one-3", "finished")
        assert '"lr": 0.25, "amp": true' in (runs / "one-3" / "trainer.log").read_text()
    finally:
        end_everything(runs)


WRITES = """
import os, sys, yaml
c = yaml.safe_load(open(sys.argv[1]))
os.makedirs(c["output"]["dir"], exist_ok=True)
open(os.path.join(c["output"]["dir"], "model.pth"), "w").write(str(c["lr"]))
"""


def test_a_folder_in_a_file_of_settings_becomes_the_childs_and_the_grandchilds_own(tmp_path):
    (tmp_path / "base.yaml").write_text("lr: 0.1\noutput:\n  dir: results\n")
    (tmp_path / "train.py").write_text(WRITES)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py", "base.yaml"], run_id="one", cwd=tmp_path)
        wait_for_state(runs / "one", "finished")
        (note,) = [note for note in plan_restart(runs, "one", {"lr": "0.2"}).notes if "write over" in note]
        assert note.endswith("Avoid it with: --set output.dir={run_dir}/results")
        restart(plan_restart(runs, "one", {"lr": "0.2", "output.dir": "{run_dir}/results"}), stop_parent=False)
        wait_for_state(runs / "one-2", "finished")
        restart(plan_restart(runs, "one-2", {"lr": "0.3"}), stop_parent=False)
        wait_for_state(runs / "one-3", "finished")
        saved = [folder / "results" / "model.pth" for folder in (tmp_path, runs / "one-2", runs / "one-3")]
        assert [path.read_text() for path in saved] == ["0.1", "0.2", "0.3"]
        assert not (tmp_path / "{run_dir}").exists()
    finally:
        end_everything(runs)


def test_a_shell_script_that_takes_no_words_is_refused_however_the_change_is_spelled(tmp_path):
    known = command(tmp_path, "bash fixed.sh", "", **{"fixed.sh": "python train.py --lr 0.1\n"})
    for name in ("lr", "--lr"):
        with pytest.raises(UsageError, match=r"fixed\.sh ignores the words behind its name"):
            changed(known, {name: "0.2"})
    with pytest.raises(UsageError, match="the Makefile has no such variable; nearest: LR"):
        changed(command(tmp_path, "make train", "", Makefile=FILES["Makefile"]), {"LRS": "0.2"})


ML_COLLECTIONS = """
import ml_collections
def get_config():
    config = ml_collections.ConfigDict()
    config.optim = ml_collections.ConfigDict()
    config.optim.lr = 0.1
    config.steps = 10
    return config
"""


def test_the_settings_of_a_config_that_a_function_makes_are_options_of_their_own(tmp_path):
    source = "from ml_collections import config_flags\nconfig_flags.DEFINE_config_file('config', None, 'Settings.')\n"
    known = command(tmp_path, "python train.py --config=c.py --config.steps=7", source, **{"c.py": ML_COLLECTIONS})
    assert known.config == {"config": "c.py", "config.optim.lr": 0.1, "config.steps": 7}
    words = ["--config=c.py", "--config.steps=9", "--config.optim.lr=0.2"]
    assert changed(known, {"steps": "9", "lr": "0.2"}).argv[2:] == words


TRAINING_ARGUMENTS = """
import json
from dataclasses import dataclass
from transformers import HfArgumentParser, Seq2SeqTrainingArguments
@dataclass
class Own(Seq2SeqTrainingArguments):
    margin: float = 0.5
(a,) = HfArgumentParser(Own).parse_args_into_dataclasses()
names = "learning_rate weight_decay lr_scheduler_type gradient_checkpointing report_to predict_with_generate margin"
print(json.dumps({name: str(getattr(a, name)) for name in names.split()}))
"""


@pytest.mark.frameworks
def test_what_hugging_face_declares_can_be_changed_though_the_command_names_none_of_it(tmp_path):
    words = f"{sys.executable} train.py --output_dir out --learning_rate 1e-4"
    known = command(tmp_path, words, TRAINING_ARGUMENTS)
    shown = {"learning_rate": 1e-4, "lr_scheduler_type": "linear", "margin": 0.5}
    assert shown.items() <= known.config.items()
    assert "_n_gpu" not in known.rules
    wanted = {"weight_decay": "0.25", "lr_scheduler_type": "cosine", "gradient_checkpointing": "true"}
    wanted |= {"report_to": "none", "predict_with_generate": "true", "margin": "0.75"}
    argv = changed(known, wanted).argv
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    got = json.loads(done.stdout.splitlines()[-1])
    assert got.pop("report_to") in ("[]", "['none']", "none")
    told = {"learning_rate": "0.0001", "weight_decay": "0.25", "lr_scheduler_type": "SchedulerType.COSINE"}
    told |= {"gradient_checkpointing": "True", "predict_with_generate": "True", "margin": "0.75"}
    assert got == told
