"""Secrets in a run's command and settings: hidden where they are shown, whole where a process is started."""

import json
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir import Launch, Run
from monitor.run_dir.reader import RunReader
from monitor.run_dir.redaction import HIDDEN, is_secret_name, redacted, redacted_text


@pytest.mark.parametrize(
    "name",
    ["lr", "max_tokens", "pad_token", "eos_token", "n_tokens", "token_dim", "tokenizer", "key_dim", "num_keys", "keys",
     "label_key", "text_key", "monitor", "secretary", "passes", "bypass", "top_token_ratio", "blank_token",
     "token_dominance", "author", "authors", "key", "--epochs", "credentialed", "unk_token_id"],
)  # fmt: skip
def test_ordinary_names_are_none_of_a_secret(name):
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "--hf_token",
        "--hf-token",
        "hf_token",
        "token",
        "password",
        "--password",
        "db.password",
        "passwd",
        "PASSWORD",
        "secret",
        "client_secret",
        "KEY",
        "MY_KEY",
        "WANDB_API_KEY",
        "wandb_api_key",
        "AWS_SECRET_ACCESS_KEY",
        "aws_secret_access_key",
        "api_key",
        "apikey",
        "+trainer.hf_token",
        "access_key_id",
        "private_key",
        "Authorization",
        "auth_token",
    ],
)
def test_names_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["python", "t.py", "--lr", "0.1", "--epochs", "5"], None),
        (["python", "t.py", "--pad_token", "<pad>", "--tokenizer", "bpe", "--max_tokens", "400"], None),
        (["python", "t.py", "--data", "https://example.org/a@b", "git@github.com:me/x.git"], None),
        (["python", "t.py", "--hf_token", "X", "--lr", "1"], ["python", "t.py", "--hf_token", HIDDEN, "--lr", "1"]),
        (["t", "--password=hunter2"], ["t", f"--password={HIDDEN}"]),
        (["t", "KEY=abc", "WANDB_API_KEY=w"], ["t", f"KEY={HIDDEN}", f"WANDB_API_KEY={HIDDEN}"]),
        (["t", "+trainer.hf_token=abc"], ["t", f"+trainer.hf_token={HIDDEN}"]),
        (["sh", "-c", "HF_TOKEN=ab python t.py --password cd -v"],
         ["sh", "-c", f"HF_TOKEN={HIDDEN} python t.py --password {HIDDEN} -v"]),
        (["t", "https://me:pw@host/x"], ["t", f"https://{HIDDEN}@host/x"]),
        (["t", "AKIAIOSFODNN7EXAMPLE"], ["t", HIDDEN]),
        (["t", "x=hf_abcDEF123456789"], ["t", f"x={HIDDEN}"]),
        (["t", "sk-proj-abcdef1234567890abcd"], ["t", HIDDEN]),
        (["t", "ghp_abcdefghijklmnop1234"], ["t", HIDDEN]),
        (["curl", "-H", "Authorization: Bearer abc.def"], ["curl", "-H", f"Authorization: Bearer {HIDDEN}"]),
    ],
)  # fmt: skip
def test_a_command_shows_its_secrets_hidden_and_all_else_as_it_is(argv, shown):
    assert redacted(argv) == (argv if shown is None else shown)


def test_settings_at_any_depth_changes_and_defaults_are_hidden_by_their_names():
    settings = {
        "lr": 1e-3,
        "hub": {"hf_token": "abc", "name": "x"},
        "password": 1234,
        "token": 7,
        "deep": [{"secret": "s"}],
    }
    hidden = {"lr": 1e-3, "hub": {"hf_token": HIDDEN, "name": "x"}, "token": 7}
    assert redacted(settings) == {**hidden, "password": HIDDEN, "deep": [{"secret": HIDDEN}]}
    assert redacted({"hf_token": ["a", "b"]}) == {"hf_token": [HIDDEN, HIDDEN]}
    schema = {"properties": {"hf_token": {"type": "string", "default": "abc"}}}
    assert redacted(schema) == {"properties": {"hf_token": {"type": "string", "default": HIDDEN}}}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_hiding_twice_is_hiding_once_and_nothing_fails(value):
    once = redacted(value)
    assert redacted(once) == once
    assert redacted_text(redacted_text(str(value))) == redacted_text(str(value))


@given(st.text(alphabet="abcdefgh .:/-_=,0123456789\n"))
def test_text_without_a_secret_must_not_change(text):
    assert redacted_text(text) == text


def test_a_long_text_takes_no_longer_than_a_look():
    for text in (
        "a" * 200_000,
        "a_" * 100_000,
        "token " * 30_000,
        "://" + "x" * 200_000,
        "-" * 200_000,
        "eyJ" * 60_000,
    ):
        began = time.process_time()
        redacted_text(text)
        assert time.process_time() - began < 2, text[:10]


def test_the_reader_hides_what_the_file_keeps(tmp_path):
    run = tmp_path / "r"
    run.mkdir()
    argv = ["python", "t.py", "--hf_token", "abc", "--lr", "0.1"]
    launch = Launch(run_id="r", created_at=1.0, argv=argv, config={"password": "hunter2", "lr": 0.1})
    (run / "launch.json").write_bytes(msgspec.json.encode(launch))
    (run / "run.json").write_bytes(
        msgspec.json.encode(Run(run_id="r", created_at=1.0, config={"api_key": "k", "lr": 0.1}))
    )
    seen = RunReader(run).read(2.0)
    assert seen.launch.argv == ["python", "t.py", "--hf_token", HIDDEN, "--lr", "0.1"]
    assert seen.launch.config == {"password": HIDDEN, "lr": 0.1} and seen.run.config == {"api_key": HIDDEN, "lr": 0.1}
    assert json.loads((run / "launch.json").read_text())["argv"] == argv


def test_a_record_without_a_secret_is_the_same_object():
    launch = Launch(run_id="r", created_at=1.0, argv=["python", "t.py", "--lr", "0.1"])
    assert redacted(launch) is launch
