"""A Hydra command changed word by word, then run by Hydra itself: config groups, packages, quoting, sweeps."""

import json
import os
import shlex
import subprocess
import sys

import pytest

from monitor.launcher import plan_restart, start
from monitor.launcher.relaunch.changing import changed
from monitor.launcher.relaunch.hydra_words import hydra_text, sweep_problem, unquoted
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import expand
from tests.launcher.test_parsers import command
from tests.supervised import end_everything, wait_for_state

SCRIPT = """
import hydra, json
from omegaconf import OmegaConf
@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg):
    print(json.dumps(OmegaConf.to_container(cfg, resolve=True)))
main()
"""
CONF = {
    "conf/config.yaml": (
        "defaults:\n  - model: small\n  - optim: adam\n  - data@corpus: de\n  - /extra/x@_global_\n  - _self_\n"
        "  - optional experiment: null\n  - override hydra/job_logging: disabled\n"
        "epochs: 5\nname: run\nlayers: [1, 2]\ntrainer:\n  clip: 1.0\nrate: ${optim.lr}\n"
        "hydra:\n  run:\n    dir: out\n  output_subdir: null\n"
    ),
    "conf/model/small.yaml": "dim: 16\n",
    "conf/model/big.yaml": "dim: 64\nheads: 8\n",
    "conf/optim/adam.yaml": "lr: 0.1\nbetas: [0.9, 0.99]\n",
    "conf/optim/sgd.yaml": "lr: 0.5\n",
    "conf/data/de.yaml": "path: /data/de\n",
    "conf/extra/x.yaml": "seed: 3\n",
    "conf/experiment/long.yaml": "# @package _global_\nepochs: 90\noptim:\n  lr: 0.7\n",
    "conf/other.yaml": "lr: 0.1\nepochs: 1\nhydra:\n  run:\n    dir: out\n  output_subdir: null\n",
}
STORED = """
import hydra, json
from dataclasses import dataclass, field
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
@dataclass
class Optim:
    lr: float = 0.1
@dataclass
class Config:
    epochs: int = 5
    optim: Optim = field(default_factory=Optim)
ConfigStore.instance().store(name="config", node=Config)
@hydra.main(version_base=None, config_name="config")
def main(cfg):
    print(json.dumps(OmegaConf.to_container(cfg)))
main()
"""


def told_by(argv, cwd):
    argv = [sys.executable if word == "python" else word for word in expand(argv, cwd / "runs" / "child")]
    done = subprocess.run(argv, cwd=cwd, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(argv)}\n{done.stderr}"
    return json.loads(done.stdout)


def part(config, key):
    for name in key.split("."):
        config = config[name]
    return config


@pytest.mark.parametrize(
    ("words", "changes", "right"),
    [
        (
            "epochs=3 hydra.run.dir={run_dir}/out",
            {"epochs": "7", "lr": "0.3", "name": "a b, c=d", "layers": "[3, 4]", "seed": "8"},
            {"epochs": 7, "optim.lr": 0.3, "rate": 0.3, "name": "a b, c=d", "layers": [3, 4], "seed": 8},
        ),
        ("model=small", {"model": "big", "corpus.path": "/data/x"}, {"model.heads": 8, "corpus.path": "/data/x"}),
        ("model=big +new.key=1", {"model.heads": "4", "new.key": "2"}, {"model.heads": 4, "new.key": 2}),
        ("~trainer.clip ++epochs=4", {"trainer.clip": "0.5", "epochs": "6"}, {"trainer.clip": 0.5, "epochs": 6}),
        ("", {"~optim.betas": "", "+trainer.x": "2", "name": "it's {x}"}, {"optim": {"lr": 0.1}, "name": "it's {x}"}),
        ("", {"trainer.clip": "null", "name": ""}, {"trainer.clip": None, "name": ""}),
        ("experiment=long", {"epochs": "9"}, {"epochs": 9, "optim.lr": 0.7}),
        ("lr=0.2 --config-name=other", {"epochs": "9"}, {"epochs": 9, "lr": 0.2}),
        ("--config-name other", {"+x": "1", "lr": "0.4"}, {"x": 1, "lr": 0.4}),
    ],
)
def test_what_a_child_is_given_is_what_hydra_composes(tmp_path, words, changes, right):
    known = command(tmp_path, f"python train.py {words}", SCRIPT, **CONF)
    composed = told_by(changed(known, changes).argv, tmp_path)
    assert {key: part(composed, key) for key in right} == right


def test_the_values_now_are_those_that_hydra_composes(tmp_path):
    words = "python train.py model=big experiment=long ~trainer.clip +new=1e-3 'name=\"a, b\"'"
    known = command(tmp_path, words, SCRIPT, **CONF)
    composed = told_by(known.argv, tmp_path)
    keys = ["model.dim", "model.heads", "optim.lr", "optim.betas", "epochs", "seed", "corpus.path", "name", "new"]
    assert {key: known.config[key] for key in keys} == {key: part(composed, key) for key in keys}
    assert "trainer.clip" not in known.config


TRIALS = {
    "conf/trial/far.yaml": "# @package _global_\nepochs: 70\n",
    "conf/trial/deep.yaml": "# @package trainer.deep\nwidth: 9\n",
}


@pytest.mark.parametrize(
    ("words", "keys"),
    [("+trial=far", ["epochs"]), ("+trial=deep", ["trainer.deep.width"]), ("+trial@new=far", ["epochs", "new.epochs"])],
)
def test_the_head_of_an_added_file_places_its_settings_unless_the_command_does(tmp_path, words, keys):
    known = command(tmp_path, f"python train.py {words}", SCRIPT, **CONF, **TRIALS)
    composed = told_by(known.argv, tmp_path)
    assert {key: known.config.get(key) for key in keys} == {key: part(composed, key) for key in keys}


def test_dataclasses_of_the_config_store_are_settings(tmp_path):
    known = command(tmp_path, "python train.py optim.lr=0.2", STORED)
    assert known.config == {"epochs": 5, "optim.lr": 0.2}
    assert told_by(changed(known, {"epochs": "7", "lr": "1e-3"}).argv, tmp_path) == {"epochs": 7, "optim": {"lr": 1e-3}}


def test_a_choice_that_its_group_does_not_have_is_refused_with_those_that_it_has(tmp_path):
    known = command(tmp_path, "python train.py", SCRIPT, **CONF)
    with pytest.raises(UsageError, match="model huge: must be one of big, small"):
        changed(known, {"model": "huge"})


@pytest.mark.parametrize("sweep", ["-m", "--multirun", "hydra.mode=MULTIRUN"])
def test_a_sweep_is_no_run_and_its_trainings_are_named(tmp_path, sweep):
    known = command(tmp_path, f"python train.py {sweep} optim.lr=0.1,0.2 layers=[1,2] seed=1", SCRIPT, **CONF)
    with pytest.raises(UsageError, match="several trainings"):
        changed(known, {"seed": "2"})
    with pytest.raises(RefusedError) as refused:
        start(tmp_path / "runs", known.argv, run_id="swept", cwd=tmp_path)
    assert "-- python train.py optim.lr=0.2 'layers=[1,2]' seed=1" in str(refused.value)
    assert not (tmp_path / "runs" / "swept").exists()
    assert sweep_problem(known.argv, {"lr": {"x-option": "--lr"}}) == ""


@pytest.mark.parametrize("text", ["plain", "a b", "x=1", "it's", '"', "a\\", "a\\\\", '\\"', "(1", "a,b", "ü", "100%"])
def test_a_text_is_read_back_by_hydra_as_it_was(text):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    written = hydra_text(text)
    value = OverridesParser.create().parse_override(f"key={written}").value()
    assert str(value) == text
    assert unquoted(written) == text


DATED = {
    "conf/config.yaml": (
        "defaults: [_self_, logger: null]\nepochs: 2\n"
        "paths:\n  output_dir: ${hydra:runtime.output_dir}\n  log_dir: logs/\n"
        "trainer:\n  default_root_dir: ${paths.output_dir}\n"
        "hydra:\n  run:\n    dir: ${paths.log_dir}${now:%H-%M-%S-%f}\n"
    ),
    "conf/logger/csv.yaml": "csv:\n  save_dir: ${paths.output_dir}\n",
}


def test_a_folder_that_hydra_fills_in_is_new_each_time_and_stands_in_nobodys_way(tmp_path):
    for name, text in DATED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    saves = "    open(cfg.trainer.default_root_dir + '/last.ckpt', 'w').write('weights')\n"
    (tmp_path / "train.py").write_text(SCRIPT.replace("    print(", f"{saves}    print("))
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py", "logger=csv"], run_id="first", cwd=tmp_path)
        wait_for_state(runs / "first", "finished")
        made = plan_restart(runs, "first", {"epochs": "5"})
        assert made.argv[1:] == ["train.py", "logger=csv", "epochs=5"]
        assert not [note for note in made.notes if "write over" in note]
    finally:
        end_everything(runs)
