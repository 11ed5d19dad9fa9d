"""Settings in files that a command names: read, shown, and changed in a copy for the child, never in place."""

import json
import shlex
import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.launcher.relaunch.changing import changed
from monitor.launcher.relaunch.configs import changed_copy, settings_in
from monitor.run_dir.errors import UsageError
from tests.launcher.test_parsers import command

YAML = """# how we train
seed: !!int 7
model:
  hidden: 256   # as in the paper
  name: 'big #1'
  layers: [3, 4]
optimizer: &opt
    lr: 1e-3
    betas:
      - 0.9
      - 0.98
amp: false
out: results/run
note: |
  lr: 5
"""
TOML = 'title = "t"\n[optimizer]\nlr = 0.001 # small\nbetas = [0.9, 0.98]\n[model.encoder]\nhidden = 256\n'
PYTHON = 'lr = 1e-3\nmodel = dict(type="big", encoder=dict(hidden=256))\ntrain = {"epochs": 12}\ncomputed = lr * 2\n'
JSON = '{"optimizer": {"lr": 0.001, "amp": true}, "name": "ä", "epochs": 12}'


def test_each_kind_of_file_is_read_with_dotted_names(tmp_path):
    for name, text, expected in (
        (
            "a.yaml",
            YAML,
            {
                "model.hidden": 256,
                "model.name": "big #1",
                "optimizer.lr": 1e-3,
                "amp": False,
                "model.layers": [3, 4],
                "out": "results/run",
            },
        ),
        (
            "a.toml",
            TOML,
            {"title": "t", "optimizer.lr": 0.001, "optimizer.betas": [0.9, 0.98], "model.encoder.hidden": 256},
        ),
        ("a.py", PYTHON, {"lr": 1e-3, "model.type": "big", "model.encoder.hidden": 256, "train.epochs": 12}),
        ("a.json", JSON, {"optimizer.lr": 0.001, "optimizer.amp": True, "name": "ä", "epochs": 12}),
    ):
        (tmp_path / name).write_text(text)
        values = {key: setting.value for key, setting in settings_in(tmp_path / name).items()}
        assert {key: values.get(key) for key in expected} == expected
        assert "note.lr" not in values and "computed" not in values


@pytest.mark.parametrize(
    ("name", "text", "changes", "before", "after"),
    [
        ("a.yaml", YAML, {"optimizer.lr": 5e-4}, "lr: 1e-3", "lr: 0.0005"),
        ("a.yaml", YAML, {"model.name": "small"}, "'big #1'", '"small"'),
        ("a.yaml", YAML, {"amp": True, "model.hidden": 8}, None, None),
        ("a.toml", TOML, {"optimizer.lr": 0.5}, "lr = 0.001", "lr = 0.5"),
        ("a.py", PYTHON, {"model.encoder.hidden": 8}, "hidden=256", "hidden=8"),
        ("a.json", JSON, {"optimizer.amp": False}, "true", "false"),
    ],
)
def test_a_copy_differs_in_the_changed_values_only(tmp_path, name, text, changes, before, after):
    path = tmp_path / name
    path.write_text(text)
    copy = changed_copy(path, changes)
    assert path.read_text() == text
    if before is not None:
        assert copy == text.replace(before, after)
    path.write_text(copy)
    assert {key: settings_in(path)[key].value for key in changes} == changes


@given(
    values=st.dictionaries(
        st.from_regex(r"k_[a-z]{1,6}", fullmatch=True),
        st.one_of(
            st.integers(),
            st.booleans(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8),
        ),
        min_size=1,
    )
)
def test_what_is_written_into_a_copy_is_what_the_formats_own_reader_finds(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("c")
    for name, read, line in (("a.yaml", yaml.safe_load, "{}: 1\n"), ("a.toml", tomllib.loads, "{} = 1\n")):
        path = folder / name
        path.write_text("".join(line.format(key) for key in values))
        found = read(changed_copy(path, values))
        assert {key: found[key] for key in values} == pytest.approx(values)
    (folder / "a.json").write_text(json.dumps(dict.fromkeys(values, 1)))
    assert json.loads(changed_copy(folder / "a.json", values)) == values


def test_a_changed_setting_comes_in_a_copy_in_the_childs_folder(tmp_path):
    made = changed(
        command(tmp_path, "python train.py --config conf/a.yaml --gpu 0", **{"conf/a.yaml": YAML}),
        {"optimizer.lr": "0.5"},
    )
    assert made.argv == shlex.split("python train.py --config {run_dir}/settings/a.yaml --gpu 0")
    assert yaml.safe_load(made.copies["settings/a.yaml"])["optimizer"]["lr"] == 0.5
    assert (tmp_path / "conf" / "a.yaml").read_text() == YAML


@pytest.mark.parametrize("words", ["-c a.yaml", "a.yaml --gpu 0", "--cfg=a.yaml", "--hparams_file a.yaml"])
def test_a_file_is_found_however_it_is_named_and_the_last_part_of_a_name_is_enough(tmp_path, words):
    known = command(tmp_path, f"python train.py {words}", **{"a.yaml": YAML})
    assert known.config["optimizer.lr"] == 1e-3
    made = changed(known, {"lr": "0.5"})
    assert made.argv == shlex.split(f"python train.py {words.replace('a.yaml', '{run_dir}/settings/a.yaml')}")


def test_the_file_that_a_script_takes_by_default_is_named_where_it_is_changed(tmp_path):
    source = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--gpu')\n"
    source += "p.add_argument('--config', default='a.json')\n"
    known = command(tmp_path, "python train.py --gpu 0", source, **{"a.json": JSON})
    assert known.config["epochs"] == 12
    assert changed(known, {"gpu": "1"}).argv == shlex.split("python train.py --gpu 1")
    made = changed(known, {"epochs": "5"})
    assert made.argv == shlex.split("python train.py --gpu 0 --config={run_dir}/settings/a.json")


def test_a_grandchild_takes_the_copy_of_its_parent_along(tmp_path):
    (tmp_path / "runs" / "r" / "settings").mkdir(parents=True)
    (tmp_path / "runs" / "r" / "settings" / "a.yaml").write_text(YAML)
    known = command(tmp_path, "python train.py --config {run_dir}/settings/a.yaml --gpu 0")
    made = changed(known, {"gpu": "1"})
    assert made.argv == shlex.split("python train.py --config {run_dir}/settings/a.yaml --gpu 1")
    assert made.copies == {"settings/a.yaml": YAML}


def test_a_file_with_the_placeholder_of_its_own_is_not_copied(tmp_path):
    known = command(tmp_path, "python train.py --config a.yaml", **{"a.yaml": "lr: 1\nout: '{run_dir}/x'\n"})
    with pytest.raises(UsageError, match=r"a\.yaml holds \{run_dir\} itself"):
        changed(known, {"lr": "2"})


def test_a_file_that_names_others_beside_it_is_not_copied_elsewhere(tmp_path):
    known = command(tmp_path, "python train.py --config a.yaml", **{"a.yaml": "lr: 1\ndata: !include other.yaml\n"})
    with pytest.raises(UsageError, match=r"a\.yaml names other files"):
        changed(known, {"lr": "2"})


def test_a_data_file_is_no_file_of_settings(tmp_path):
    known = command(tmp_path, "python train.py --train_manifest m.json --lr 1", **{"m.json": '{"lr": 5}'})
    assert known.config == {"train_manifest": "m.json", "lr": "1"}


HYDRA = "import hydra\n@hydra.main(version_base=None, config_path='conf', config_name='config')\ndef main(cfg): ...\n"
CONF = {
    "conf/config.yaml": "defaults:\n  - optim: adam\n  - _self_\nepochs: 5\nhydra:\n  verbose: false\n",
    "conf/optim/adam.yaml": "lr: 0.1\n",
    "conf/optim/sgd.yaml": "lr: 0.5\nmomentum: 0.9\n",
}


def test_a_hydra_script_is_changed_by_overrides(tmp_path):
    known = command(tmp_path, "python train.py epochs=3", HYDRA, **CONF)
    assert known.config == {"optim": "adam", "optim.lr": 0.1, "epochs": 3}
    assert changed(known, {"epochs": "7", "lr": "0.2"}).argv[2:] == ["epochs=7", "optim.lr=0.2"]
    with pytest.raises(UsageError, match=r"epoch: there is no such setting; nearest: epochs\..*--set \+\+epoch=2"):
        changed(known, {"epoch": "2"})
    assert changed(known, {"+trainer.x": "2"}).argv[2:] == ["epochs=3", "+trainer.x=2"]


def test_the_group_that_a_hydra_command_chooses_is_the_one_that_is_read(tmp_path):
    known = command(tmp_path, "python train.py optim=sgd", HYDRA, **CONF)
    assert (known.config["optim.lr"], known.config["optim.momentum"]) == (0.5, 0.9)
