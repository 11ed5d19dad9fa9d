"""What is read of a Hydra script's configs: files, groups, packages, dataclasses; Hydra itself does not run here."""

import ast

import pytest

from monitor.launcher.relaunch.hydra import DEEPEST, Configs, Stores, hydra_settings

MAIN = '@hydra.main(version_base=None, config_path="conf", config_name="config.yaml")'


@pytest.fixture
def settings(tmp_path):
    """`settings(files, words, …)`: the settings of a script `src/train.py` with these files in `src/conf`."""

    def read(files, words="", main=MAIN, stored=None, definitions=None):
        for name, text in files.items():
            path = tmp_path / "src" / "conf" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        call = ast.parse(main[1:], mode="eval").body
        argv = ["python", "train.py", *words.split()]
        script = tmp_path / "src" / "train.py"
        return hydra_settings(call, script, argv, tmp_path, stored or Stores(), definitions or {})

    return read


def values(found):
    return {key: rule.get("default") for key, rule in found.items()}


def test_what_comes_later_wins_and_without_self_the_own_settings_are_last(settings):
    group = {"opt/adam.yaml": "lr: 0.1\n", "over.yaml": "lr: 2\nseed: 3\n"}
    first = settings({**group, "config.yaml": "defaults:\n  - _self_\n  - over\nlr: 1\nseed: 1\n"})
    assert values(first) == {"lr": 2, "seed": 3}
    last = settings({**group, "config.yaml": "defaults:\n  - over\nlr: 1\n"})
    assert values(last) == {"lr": 1, "seed": 3}


def test_a_setting_is_known_as_hydras_and_may_become_null(settings):
    found = settings({"config.yaml": "lr: 0.1\nname: null\nhydra:\n  run:\n    dir: x\n"})
    assert found["lr"] == {"x-option": "lr", "x-hydra": True, "type": ["number", "null"], "default": 0.1}
    assert "default" not in found["name"] and not [key for key in found if key.startswith("hydra")]


GROUPS = {
    "opt/adam.yaml": "lr: 0.1\n",
    "opt/sgd.yaml": "lr: 0.5\nmomentum: 0.9\n",
    "exp/long.yaml": "# @package _global_\nepochs: 90\n",
    "exp/deep.yaml": "# any\n\n# @package a.b\nepochs: 9\n",
    "exp/x.yaml": "# @package _global_.x\ny: 1\n",
    "exp/group.yaml": "# @package _group_\nz: 1\n",
    "net/far.yaml": "defaults:\n  - exp: deep\n",
    "net/exp/deep.yaml": "# @package a.b\nepochs: 9\n",
    "net/base.yaml": "dim: 4\n",
    "net/big.yaml": "defaults:\n  - base\nheads: 8\n",
}


@pytest.mark.parametrize(
    ("line", "words", "found"),
    [
        ("opt: adam", "", {"opt": "adam", "opt.lr": 0.1}),
        ("opt: adam", "opt=sgd", {"opt": "sgd", "opt.lr": 0.5, "opt.momentum": 0.9}),
        ("opt@new: adam", "", {"opt@new": "adam", "new.lr": 0.1}),
        ("opt@new: adam", "opt@new=sgd", {"opt@new": "sgd", "new.lr": 0.5, "new.momentum": 0.9}),
        ("opt@_global_: adam", "", {"opt@_global_": "adam", "lr": 0.1}),
        ("/opt: adam", "", {"opt": "adam", "opt.lr": 0.1}),
        ("opt@_global_.deep: adam", "", {"opt@deep": "adam", "deep.lr": 0.1}),
        ("opt@_group_: adam", "", {"opt": "adam", "opt.lr": 0.1}),
        ("opt@_here_: adam", "", {"opt@_global_": "adam", "lr": 0.1}),
        ("exp@new: long", "", {"exp@new": "long", "new.epochs": 90}),
        ("exp: deep", "", {"exp": "deep", "a.b.epochs": 9}),
        ("exp: x", "", {"exp": "x", "x.y": 1}),
        ("exp: group", "", {"exp": "group", "exp.z": 1}),
        ("net: far", "", {"net": "far", "a.b.epochs": 9, "net/exp": "deep"}),
        ("exp: long", "", {"exp": "long", "epochs": 90}),
        ("exp: null", "", {"exp": None}),
        ("optional exp: none_such", "", {"exp": "none_such"}),
        ("net: big", "", {"net": "big", "net.dim": 4, "net.heads": 8}),
        ("opt: [adam, sgd]", "", {"opt": "[adam, sgd]", "opt.lr": 0.5, "opt.momentum": 0.9}),
        ("override hydra/job_logging: disabled", "", {}),
        ("opt: adam  # the usual", "", {"opt": "adam", "opt.lr": 0.1}),
        ("opt: 'adam'", "", {"opt": "adam", "opt.lr": 0.1}),
    ],
)
def test_a_line_of_a_defaults_list_gives_its_choice_and_the_settings_of_it(settings, line, words, found):
    assert values(settings({**GROUPS, "config.yaml": f"defaults:\n  - {line}\n"}, words)) == found


def test_a_choice_knows_those_of_its_group_and_several_have_none(settings):
    one = settings({**GROUPS, "config.yaml": "defaults:\n  - opt: adam\n  - exp: null\n"})
    assert one["opt"]["enum"] == ["adam", "sgd"]
    assert (one["exp"]["enum"], one["exp"]["type"]) == (["deep", "group", "long", "x"], ["string", "null"])
    assert "enum" not in settings({"config.yaml": "defaults:\n  - opt: [adam, sgd]\n"})["opt"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("+opt=sgd", {"opt": None, "opt.lr": 0.5, "opt.momentum": 0.9, "lr": 1}),
        ("+opt@new=adam", {"opt@new": None, "new.lr": 0.1, "lr": 1}),
        ("+opt@_global_=adam", {"opt@_global_": None, "lr": 0.1}),
        ("+exp=long", {"exp": None, "epochs": 90, "lr": 1}),
        ("+exp=deep", {"exp": None, "a.b.epochs": 9, "lr": 1}),
        ("+exp@new=long", {"exp@new": None, "new.epochs": 90, "lr": 1}),
        ("+new.key=1e-3", {"new.key": 1e-3, "lr": 1}),
        ("+new=", {"new": "", "lr": 1}),
        ("new=3", {"lr": 1}),
        ("+hydra.verbose=true", {"lr": 1}),
        ("~lr", {"lr": None}),
    ],
)
def test_what_a_word_of_the_command_adds_or_takes_away(settings, words, found):
    assert values(settings({**GROUPS, "config.yaml": "lr: 1\n"}, words)) == found


def test_what_stands_below_a_deleted_key_has_no_value_now(settings):
    found = settings({"config.yaml": "opt:\n  lr: 1\noptic: 2\n"}, "~opt")
    assert values(found) == {"opt.lr": None, "optic": 2}


def test_the_command_names_another_config_or_a_further_folder(settings, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "extra.yaml").write_text("far: 1\n")
    files = {"config.yaml": "lr: 1\n", "other.yaml": "seed: 2\n", "sub/config.yaml": "deep: 3\n"}
    assert values(settings(files, "--config-name=other")) == {"seed": 2}
    assert values(settings(files, "-cn other.yml")) == {"seed": 2}
    assert values(settings(files, "--config-path conf/sub")) == {"deep": 3}
    assert values(settings(files, "-cd more -cn extra")) == {"far": 1}
    assert settings(files, main='@hydra.main(config_path="conf")') == {}
    assert settings(files, "--config-name", main='@hydra.main(config_path="conf")') == {}


def test_configs_that_name_each_other_end(settings):
    found = settings({"config.yaml": "defaults:\n  - config\n  - _self_\nlr: 1\n"})
    assert values(found) == {"lr": 1} and DEEPEST < 10


CLASSES = "class Opt:\n    lr: float = 0.1\nclass Config:\n    epochs: int = 5\n    defaults: list = None\n"


@pytest.mark.parametrize(
    ("call", "known"),
    [
        ('cs.store(name="config", node=Config)', {("", "config")}),
        ('cs.store("config.yaml", Config)', {("", "config")}),
        ('cs.store(group="opt", name="adam", node=Opt)', {("opt", "adam")}),
        ('cs.store("adam", Opt, "opt")', {("opt", "adam")}),
        ("cs.store(name=NAME, node=Opt)", set()),
        ('cs.store(name="a", node=Unknown)', set()),
    ],
)
def test_a_stored_dataclass_is_taken_where_the_text_names_it(call, known):
    stores = Stores()
    stores.take(ast.parse(call, mode="eval").body, {node.name: node for node in ast.parse(CLASSES).body})
    assert set(stores.found) == known


def test_dataclasses_are_configs_and_files_come_first(settings):
    made = {node.name: node for node in ast.parse(CLASSES).body}
    stores = Stores({("", "config"): made["Config"], ("opt", "adam"): made["Opt"]})
    assert values(settings({}, stored=stores, definitions=made)) == {"epochs": 5}
    found = settings({"config.yaml": "defaults:\n  - opt: adam\n"}, stored=stores, definitions=made)
    assert values(found) == {"opt": "adam", "opt.lr": 0.1} and found["opt"]["enum"] == ["adam"]
    names = Configs((), stores.found, made, {})
    assert (names.names_in("opt"), names.names_in("")) == (["adam"], ["config"])
