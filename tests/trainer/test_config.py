"""Options, presets and the command line: what is allowed, and what one reads when it is not."""

import json
import subprocess
import sys

import pytest

from monitor.run_dir.errors import UsageError
from trainer import arguments, config
from trainer.arguments import parse
from trainer.config import PROPERTIES, Config, check, check_stored
from trainer.presets import PRESETS, preset

REFERENCE_OPTIONS = (
    *("batch_size", "learning_rate", "dropout", "weight_decay", "epochs", "warmup_epochs"),
    *("accumulation_steps", "patience", "hidden_dim", "device", "seed", "data", "model"),
)


def test_no_option_at_all_gives_the_defaults():
    assert parse([]).config == config.check({})


@pytest.mark.parametrize("key", REFERENCE_OPTIONS)
def test_the_options_of_the_reference_analysis_exist_under_those_names(key):
    assert key in PROPERTIES


@pytest.mark.parametrize("argv", [["--batch_size", "4"], ["--batch-size", "4"], ["--batch_size=4"]])
def test_both_spellings_of_a_flag_mean_the_same(argv):
    assert parse(argv).config.batch_size == 4


def test_output_dir_has_both_spellings_too():
    assert parse(["--output-dir", "x"]).output_dir == parse(["--output_dir", "x"]).output_dir


@pytest.mark.parametrize("data", PRESETS)
def test_every_value_of_every_preset_is_an_allowed_option(data):
    for name, values in PRESETS[data].items():
        checked = parse(["--data", data, "--preset", name]).config
        assert {key: getattr(checked, key) for key in values} == values


def test_the_command_line_overrides_a_preset():
    checked = parse(["--preset", "broken", "--dropout", "0.45"]).config
    assert (checked.dropout, checked.weight_decay) == (0.45, PRESETS["synthetic"]["broken"]["weight_decay"])


def test_the_fixed_preset_makes_the_changes_of_the_reference_analysis():
    broken, fixed = preset("broken", "synthetic"), preset("fixed", "synthetic")
    assert (broken["dropout"], fixed["dropout"]) == (0.3, 0.5)
    assert (broken["weight_decay"], fixed["weight_decay"]) == (1e-4, 1e-3)
    assert fixed["hidden_dim"] * 2 == broken["hidden_dim"]


def test_parent_and_cure_of_the_sign_corpus_train_on_the_same_clips():
    landmarks = [values for values in PRESETS["synthetic"].values() if "modality" not in values]
    assert len({tuple(values.get(key) for key in ("train_clips", "signers")) for values in landmarks}) == 1


def test_more_people_and_clips_are_what_cures_pictures_and_val_stays_the_same():
    broken, fixed = preset("video_broken", "synthetic"), preset("video_fixed", "synthetic")
    assert (broken["signers"], fixed["signers"]) == (2, 20)
    assert "eval_clips" not in broken | fixed and "seed" not in broken | fixed


def test_a_run_of_before_an_option_goes_on_as_it_began():
    assert check({}).auxiliary_ctc == 1.0
    assert check_stored({}).auxiliary_ctc == 0.0
    assert check_stored({"auxiliary_ctc": 0.5}).auxiliary_ctc == 0.5


def test_the_popular_advice_changes_nothing_but_regularisation():
    broken, advice = preset("broken", "synthetic"), preset("regularised_only", "synthetic")
    assert {key for key in broken if broken[key] != advice[key]} == {"dropout", "weight_decay", "hidden_dim"}


def test_each_corpus_takes_the_network_that_fits_it():
    assert [parse(["--data", data]).config.model for data in ("synthetic", "digits")] == ["landmark_tcn", "digits_cnn"]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--dropout", "1.5"], "--dropout 1.5 is not allowed; give a number from 0 to 0.95."),
        (["--dropout", "nan"], "--dropout nan is not allowed; give a number from 0 to 0.95."),
        (["--dropout", "much"], "--dropout much is not allowed; give a number from 0 to 0.95."),
        (["--batch_size", "0"], "--batch_size 0 is not allowed; give a whole number from 1 to 1024."),
        (["--epochs", "2.5"], "--epochs 2.5 is not allowed; give a whole number from 1 to 100000."),
        (["--crop", "0.2"], "--crop cuts pictures; leave it out, or give --modality video."),
        (
            ["--data", "digits", "--flip", "0.5"],
            "--flip cannot mirror the digits corpus: which of its values are left and right is not known.",
        ),
        (
            ["--data", "digits", "--seen_clips", "5"],
            "--seen_clips is for the synthetic and phoenix2014 corpora; a manifest names its split seen.",
        ),
        (["--device", "tpu"], "--device tpu is unknown; choose one of auto, cpu, cuda."),
        (
            ["--preset", "finest"],
            "There is no preset finest for the synthetic corpus; "
            "it has broken, fixed, best, regularised_only, video_broken, video_fixed.",
        ),
        (
            ["--data", "digits", "--preset", "fixed"],
            "There is no preset fixed for the digits corpus; it has broken, regularised, more_data.",
        ),
        (
            ["--data", "digits", "--model", "landmark_tcn"],
            "--model landmark_tcn cannot read the digits corpus; leave it out or give --model digits_cnn.",
        ),
        (["--speed", "9"], "Unrecognized arguments: --speed 9; see python -m trainer --help."),
        (["--epochs"], "Argument --epochs: expected one argument; see python -m trainer --help."),
    ],
)
def test_an_impossible_option_is_refused_in_one_sentence(argv, sentence):
    with pytest.raises(UsageError) as caught:
        parse(argv)
    assert str(caught.value) == sentence


def test_a_form_with_an_unknown_key_is_refused():
    with pytest.raises(UsageError, match="There is no option --speed"):
        config.check({"speed": 1})


def test_a_number_that_came_as_text_or_as_float_is_the_same_option():
    assert config.check({"epochs": "7", "dropout": 0}) == config.check({"epochs": 7.0, "dropout": "0"})


def test_true_is_no_number():
    with pytest.raises(UsageError):
        config.check({"epochs": True})


@pytest.mark.parametrize("key", PROPERTIES)
def test_every_option_says_what_it_is_and_its_default_is_allowed(key):
    schema = PROPERTIES[key]
    assert schema["description"].endswith(".")
    assert config.parse(key, schema["default"]) == schema["default"]
    assert "enum" in schema or schema["type"] == "string" or schema["minimum"] <= schema["maximum"]


def test_the_help_names_every_option_in_both_spellings():
    text = arguments.parser().format_help()
    assert all(f"--{key}" in text and f"--{key.replace('_', '-')}" in text for key in PROPERTIES)


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "trainer", *argv], capture_output=True, text=True, timeout=120)


def test_a_bad_option_prints_one_line_and_exits_with_64():
    done = run("--dropout", "1.5")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "error: --dropout 1.5 is not allowed; give a number from 0 to 0.95.\n"


def test_the_schema_is_printed_without_loading_torch():
    code = "import sys; from trainer.__main__ import main; main(['--schema']); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    printed = json.loads(done.stdout)
    assert set(printed["properties"]) == set(Config.__struct_fields__)
    assert printed["presets"] == PRESETS
