"""The plan of a restart: flags in the style of the command, values checked at the field, no folder used twice."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.launcher import plan_restart
from monitor.launcher.relaunch.changing import refuse_lost_words
from monitor.launcher.relaunch.fields import checked, checked_value
from monitor.launcher.relaunch.flags import canonical, find_flags, text_of, value_of
from monitor.launcher.relaunch.plan import free_run_id
from monitor.launcher.relaunch.writing import with_option, with_value
from monitor.run_dir import LAUNCH_FILE, RUN_FILE, Launch, Run, encode, files
from monitor.run_dir.errors import RefusedError, UnreadableRunError, UsageError
from monitor.run_dir.reader import RunReader
from monitor.run_dir.redaction import HIDDEN

SCHEMA = {
    "properties": {
        "dropout": {"type": "number", "minimum": 0, "maximum": 0.9},
        "batch_size": {"type": "integer", "minimum": 1},
        "preset": {"type": "string", "enum": ["broken", "fixed"]},
        "amp": {"type": "boolean"},
        "patience": {"type": ["integer", "null"], "minimum": 0},
        "temperature": {"type": "number", "exclusiveMinimum": 0},
    }
}


@pytest.mark.parametrize(
    ("argv", "key", "value", "expected"),
    [
        pytest.param("t --lr 0.1 --n 3", "lr", 0.2, "t --lr 0.2 --n 3", id="replaced where it stands"),
        pytest.param("t --lr=0.1 --n=3", "lr", 0.2, "t --lr=0.2 --n=3", id="joined stays joined"),
        pytest.param("t --batch-size 8", "batch_size", 4, "t --batch-size 4", id="dashes stay dashes"),
        pytest.param("t --batch_size 8", "batch-size", 4, "t --batch_size 4", id="underscores stay underscores"),
        pytest.param("t --lr 0.1", "hidden_dim", 64, "t --lr 0.1 --hidden_dim 64", id="added at the end"),
        pytest.param("t --out-dir x", "hidden_dim", 64, "t --out-dir x --hidden-dim 64", id="added with dashes"),
        pytest.param("t --a=1 --b=2", "hidden_dim", 64, "t --a=1 --b=2 --hidden_dim=64", id="added joined"),
        pytest.param("t lr=0.1 model=x", "lr", 0.2, "t lr=0.2 model=x", id="an override without dashes"),
        pytest.param("t lr=0.1 model=x", "seed", 3, "t lr=0.1 model=x seed=3", id="added without dashes"),
        pytest.param("t --amp --n 3", "amp", False, "t --n 3", id="a flag alone is switched off"),
        pytest.param("t --amp --n 3", "amp", True, "t --amp --n 3", id="a flag alone stays on"),
        pytest.param("t --n 3 --lr 1", "n", None, "t --lr 1", id="no value takes the option away"),
        pytest.param("t --lr -0.5 --n 3", "lr", -1, "t --lr -1 --n 3", id="a negative number is a value"),
        pytest.param("t --lr 1 --lr 2", "lr", 3, "t --lr 1 --lr 3", id="the last one given wins and is changed"),
        pytest.param("t --steps 1 2 3 --n 3", "steps", [4, 5], "t --steps 4 5 --n 3", id="several values"),
        pytest.param("t --preset broken", "dropout", 0.5, "t --preset broken --dropout 0.5", id="a preset stays"),
        pytest.param("t", "lr", 1e-05, "t --lr 1e-05", id="a command without options"),
    ],
)
def test_an_option_is_set_in_the_style_of_the_command(argv, key, value, expected):
    assert with_value(argv.split(), key, value) == expected.split()


@pytest.mark.parametrize(
    ("argv", "key", "value", "rule", "expected"),
    [
        ("t --arch r50 --epochs 90 /data", "epochs", 120, {}, "t --arch r50 --epochs 120 /data"),
        ("t --arch r50 /data", "arch", "r18", {}, "t --arch r18 /data"),
        ("t --amp data/", "amp", False, {"x-option": "--amp", "x-switch": "on"}, "t data/"),
        ("t --amp data/", "amp", False, {}, "t data/"),
        ("t --amp data/", "amp", True, {}, "t --amp data/"),
        ("t --amp true data/", "amp", False, {}, "t --amp false data/"),
        ("t --ema 5", "ema", False, {"x-option": "--ema", "x-switch": "pair"}, "t 5 --no-ema"),
        ("t --size 2 3 4", "size", [5, 6], {"x-option": "--size", "x-nargs": 2}, "t --size 5 6 4"),
        ("t --n 2 3", "n", 7, {"x-option": "--n", "type": "integer"}, "t --n 7 3"),
        ("t --tags a b", "tags", ["c"], {"x-option": "--tags", "x-nargs": "+"}, "t --tags c"),
        ("t --lr 0.1 in.txt", "lr", None, {}, "t in.txt"),
    ],
)
def test_a_positional_argument_behind_an_option_stays(argv, key, value, rule, expected):
    assert with_option(argv.split(), key, value, rule) == expected.split()


def test_a_command_that_would_lose_a_word_of_no_changed_option_is_refused():
    before = ["t", "--epochs", "90", "/data"]
    refuse_lost_words(before, ["t", "--epochs", "120", "/data"], {"epochs": 120}, {})
    with pytest.raises(RefusedError, match="would lose '/data'"):
        refuse_lost_words(before, ["t", "--epochs", "120"], {"epochs": 120}, {})


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
keys = st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True)


@example(argv=[], key="a", value=float("-inf"))
@given(argv=st.lists(words, max_size=8), key=keys, value=st.one_of(st.floats(allow_nan=False), st.integers(), keys))
def test_what_was_set_is_what_is_read_back_and_no_other_option_moves(argv: list[str], key: str, value: Any):
    before = {flag.key: flag for flag in find_flags(["t", *argv])}
    after = with_value(["t", *argv], key, value)
    assert value_of(after, key) == text_of(value)
    others = {flag.key: (flag.name, flag.values) for flag in find_flags(after) if flag.key != key}
    assert others == {k: (f.name, f.values) for k, f in before.items() if k != canonical(key)}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("dropout", "0.5", 0.5),
        ("dropout", 0, 0),
        ("dropout", "0", 0),
        ("batch_size", "16", 16),
        ("batch_size", 16.0, 16),
        ("amp", "true", True),
        ("amp", "no", False),
        ("patience", "none", None),
        ("patience", "3", 3),
        ("preset", "fixed", "fixed"),
    ],
)
def test_a_value_becomes_the_type_that_the_schema_names(key, value, expected):
    found = checked_value(key, value, SCHEMA["properties"])
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("dropout", 1.5, "dropout 1.5: must be 0 to 0.9."),
        ("dropout", "-1", "dropout -1: must be 0 to 0.9."),
        ("dropout", "much", "dropout much: must be a number."),
        ("dropout", "nan", "dropout nan: must be a number."),
        ("batch_size", 0, "batch_size 0: must be at least 1."),
        ("batch_size", 2.5, "batch_size 2.5: must be a whole number."),
        ("temperature", 0, "temperature 0: must be more than 0."),
        ("preset", "best", "preset best: must be one of broken, fixed."),
        ("amp", "maybe", "amp maybe: must be true or false."),
        ("drop_out", 1, "drop_out: there is no such setting; nearest: dropout."),
        ("dropout", None, "dropout: must not be empty."),
    ],
)
def test_a_value_that_is_not_allowed_is_told_at_its_field(key, value, sentence):
    with pytest.raises(UsageError) as told:
        checked_value(key, value, SCHEMA["properties"])
    assert str(told.value) == sentence


def test_a_float_in_a_file_of_settings_stays_one():
    assert type(checked_value("lr", "2", {"lr": {"type": "number", "x-file": "base.yaml"}})) is float


def test_every_wrong_field_is_told_at_once():
    with pytest.raises(UsageError) as told:
        checked({"dropout": 2, "batch-size": 0, "amp": True}, SCHEMA)
    assert str(told.value).splitlines() == ["dropout 2: must be 0 to 0.9.", "batch_size 0: must be at least 1."]


def test_a_script_without_a_schema_takes_any_value():
    assert checked({"lr": "0.1"}, {}) == {"lr": "0.1"}


def a_run(runs: Path, argv: list[str], *, how="start", config=None, schema=None) -> Path:
    """A run directory as a launcher and a trainer leave it."""
    run_dir = runs / "parent"
    run_dir.mkdir(parents=True)
    launch = Launch(run_id="parent", created_at=0.0, argv=argv, cwd=str(runs.parent), how=how)
    files.create(run_dir / LAUNCH_FILE, encode(launch))
    if config is not None:
        run = Run(run_id="parent", config=config, config_schema=schema or {})
        files.create(run_dir / RUN_FILE, encode(run))
    return run_dir


def test_the_diff_shows_the_value_before_from_the_runs_own_config(runs):
    a_run(runs, ["python", "t.py", "--preset", "broken"], config={"dropout": 0.3, "batch_size": 8}, schema=SCHEMA)
    plan = plan_restart(runs, "parent", {"dropout": "0.5", "batch_size": 8})
    assert plan.diff == [("dropout", 0.3, 0.5)]
    assert plan.argv == ["python", "t.py", "--preset", "broken", "--dropout", "0.5", "--batch_size", "8"]


def test_an_option_without_a_value_is_shown_as_what_the_script_reads(runs):
    schema = {"properties": {"resume": {"x-option": "--resume", "x-nargs": "?", "x-const": "last"}}}
    a_run(runs, ["python", "t.py", "--resume", "ck.pt"], config={"resume": "ck.pt"}, schema=schema)
    plan = plan_restart(runs, "parent", {"resume": ""})
    assert plan.diff == [("resume", "ck.pt", "last")] and plan.argv == ["python", "t.py", "--resume"]


def test_only_a_preset_of_the_runs_own_corpus_may_be_chosen(runs):
    schema = {**SCHEMA, "presets": {"synthetic": {"broken": {}, "fixed": {}}, "digits": {"more_data": {}}}}
    a_run(runs, ["python", "-m", "trainer", "--preset", "broken"], config={"data": "synthetic"}, schema=schema)
    assert plan_restart(runs, "parent", {"preset": "fixed"}).argv[-2:] == ["--preset", "fixed"]
    with pytest.raises(UsageError, match="preset more_data: must be one of broken, fixed"):
        plan_restart(runs, "parent", {"preset": "more_data"})


def test_a_folder_inside_the_parents_run_directory_becomes_the_childs(runs):
    parent = a_run(runs, ["python", "t.py", "--log_dir", "{run_dir}/tb", "--save_dir", "runs/parent/ckpt"])
    plan = plan_restart(runs, "parent", {})
    assert plan.command == f"python t.py --log_dir {runs}/parent-2/tb --save_dir {runs}/parent-2/ckpt"
    assert str(parent) + "/" not in plan.command


def test_the_output_folder_of_our_own_foreground_trainer_becomes_the_childs(runs):
    a_run(runs, ["python", "-m", "trainer", "--output-dir", "elsewhere/x", "--dropout", "0.3"])
    assert plan_restart(runs, "parent", {}).argv[4] == "{run_dir}"


def test_an_output_folder_of_somebody_elses_script_is_never_used_twice(runs):
    a_run(runs, ["python", "t.py", "--output_dir", "checkpoints/teacher"])
    with pytest.raises(UsageError, match="checkpoints/teacher: the child would overwrite the files"):
        plan_restart(runs, "parent", {})
    with pytest.raises(UsageError, match="must differ"):
        plan_restart(runs, "parent", {"output_dir": "./checkpoints/../checkpoints/teacher/"})
    plan = plan_restart(runs, "parent", {"output_dir": "checkpoints/teacher-2"})
    assert plan.command == "python t.py --output_dir checkpoints/teacher-2"


def test_an_imported_run_has_no_command_and_says_so(runs):
    a_run(runs, [], how="import")
    with pytest.raises(RefusedError, match="it was imported"):
        plan_restart(runs, "parent", {})


def test_a_run_without_launch_record_has_no_command_and_says_so(runs):
    (runs / "bare").mkdir(parents=True)
    with pytest.raises(RefusedError, match="How bare was started is not known"):
        plan_restart(runs, "bare", {})


def test_a_run_that_is_not_there_is_unreadable(runs):
    with pytest.raises(UnreadableRunError, match="no run nowhere"):
        plan_restart(runs, "nowhere", {})


def test_a_changed_option_of_a_script_without_schema_is_passed_on_and_noted(runs):
    a_run(runs, ["python", "t.py", "--hidden_dim", "32"])
    plan = plan_restart(runs, "parent", {"hidden_dim": "64"})
    assert plan.argv == ["python", "t.py", "--hidden_dim", "64"]
    assert "unchecked" in plan.notes[0]


@pytest.mark.parametrize("around", [["script", "-qefc", "…", "typescript"], ["bash", "-c", "…"]])
def test_a_command_that_is_one_word_of_another_is_changed_within_that_word(runs, around):
    within = [word.replace("…", "python train.py --lr 0.1 --tag 'a b' --out {run_dir}/out") for word in around]
    a_run(runs, within)
    plan = plan_restart(runs, "parent", {"lr": "0.2"})
    assert plan.diff == [("lr", "0.1", "0.2")]
    changed = "python train.py --lr 0.2 --tag 'a b' --out '{run_dir}/out'"
    assert plan.argv == [word.replace("…", changed) for word in around]


def test_a_change_without_a_place_is_refused_with_the_nearest_name_and_the_way_to_pass_it(runs):
    a_run(runs, ["python", "t.py", "--hidden_dim", "32"])
    with pytest.raises(UsageError) as told:
        plan_restart(runs, "parent", {"hiden_dim": "64"})
    assert str(told.value) == (
        "hiden_dim: there is no such setting; nearest: hidden_dim. "
        "To pass it anyway, write it as the script takes it: --set --hiden_dim=64"
    )
    plan = plan_restart(runs, "parent", {"--hiden-dim": "64", "--amp": ""})
    assert plan.argv == ["python", "t.py", "--hidden_dim", "32", "--hiden-dim", "64", "--amp"]
    assert "--hiden-dim is passed on unchecked." in plan.notes


def test_children_of_children_are_counted_on(runs):
    for name in ("demo", "demo-2", "lr-0.1"):
        (runs / name).mkdir(parents=True)
    assert free_run_id(runs, "demo") == "demo-3"
    assert free_run_id(runs, "demo-2") == "demo-3"
    assert free_run_id(runs, "lr-0.1") == "lr-0.1-2"


def test_a_child_is_given_the_secrets_that_are_hidden_where_its_parent_is_shown(runs):
    argv = ["python", "t.py", "--hf_token", "abc", "--lr", "0.1"]
    run_dir = a_run(runs, argv, config={"hf_token": "abc", "lr": 0.1})
    shown = RunReader(run_dir).read(0.0)
    assert shown.launch.argv[3] == shown.run.config["hf_token"] == HIDDEN
    assert plan_restart(runs, "parent", {"lr": "0.2"}).argv == ["python", "t.py", "--hf_token", "abc", "--lr", "0.2"]
    with pytest.raises(UsageError, match="hf_token: its value is hidden where a run is shown"):
        plan_restart(runs, "parent", {"hf_token": HIDDEN})


OWN = ["python", "-m", "trainer", "--seed", "5", "--output_dir", "{run_dir}"]
MADE = {"data": "synthetic", "eval_clips": 40, "seed": 5}


def test_a_child_of_an_older_run_of_our_trainer_keeps_its_corpus(runs):
    """One seed fixed weights and corpus then; today's default would make another validation set."""
    a_run(runs, OWN, config=MADE, schema=SCHEMA)
    plan = plan_restart(runs, "parent", {"dropout": 0.5})
    assert "--data_seed 5" in " ".join(plan.argv)
    assert ("data_seed", None, 5) in plan.diff
    other = plan_restart(runs, "parent", {"data_seed": 3})
    assert "--data_seed 3" in " ".join(other.argv) and "--data_seed 5" not in " ".join(other.argv)


@pytest.mark.parametrize(
    ("argv", "config"),
    [
        (OWN, {**MADE, "data_seed": 2}),
        (OWN, {**MADE, "data": "rwth"}),
        (["python", "train.py", "--seed", "5"], MADE),
        ([*OWN[:4], "0", *OWN[5:]], {**MADE, "seed": 0}),
    ],
    ids=["has one", "another corpus", "another trainer", "seed 0"],
)
def test_where_the_corpus_is_not_fixed_by_that_seed_nothing_is_added(runs, argv, config):
    a_run(runs, argv, config=config, schema=SCHEMA)
    assert "data_seed" not in " ".join(plan_restart(runs, "parent", {"dropout": 0.5}).argv)
