"""What a folder of runs says of itself over a pipe: what is new, once, and no file that is none of a run's."""

import io

import msgspec
import pytest

from monitor.launcher.hosts import wire
from monitor.launcher.hosts.feed import FolderFeed, feed
from monitor.run_dir import LOG_FILE
from monitor.writer import RunWriter


class Heard(io.BytesIO):
    """A pipe that is read message by message."""

    def all(self) -> list[tuple[msgspec.Struct, bytes]]:
        decoder, said = msgspec.json.Decoder(wire.FromThere), []
        self.seek(0)
        while line := self.readline():
            message = decoder.decode(line)
            said.append((message, self.read(message.size) if isinstance(message, wire.Piece) else b""))
        self.seek(0)
        self.truncate()
        return said


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def look(runs_made, heard):
    """`look(*wanted)`: {(run, file): bytes} that one look sends, with the other messages by their kind."""
    feeding = FolderFeed(runs_made, heard)

    def once(*wanted: str) -> dict:
        feeding._next_names = feeding._next_rows = 0.0
        feeding.look(list(wanted))
        told: dict = {}
        for message, data in heard.all():
            if isinstance(message, wire.Piece):
                told[message.run, message.file] = told.get((message.run, message.file), b"") + data
            elif isinstance(message, wire.Gone):
                told[message.run, message.file] = None
            else:
                told[type(message).__name__] = message
        return told

    once.feeding = feeding
    return once


@pytest.fixture
def run_dir(runs_made):
    with RunWriter(runs_made / "a") as run:
        run.log_step(1, train_loss=2.0)
        run.log_epoch(1, train_loss=1.0, val_loss=1.5)
    return runs_made / "a"


def test_a_run_is_told_once_and_then_only_what_is_new_of_it(look, run_dir):
    first = look("a")
    assert first["Runs"] == wire.Runs(names=["a"]) and first["Seen"].lives.mine
    for name in ("run.json", "progress.json", "epochs.jsonl", "steps.jsonl"):
        assert first["a", name] == (run_dir / name).read_bytes(), name
    assert not {"Runs", "Seen"} & (again := look("a")).keys() and not [key for key in again if key[0] == "a"]
    with (run_dir / "epochs.jsonl").open("ab") as lines:
        lines.write(b'{"epoch": 2}\n')
    (run_dir / "run.json").write_bytes(b"{ }")
    assert look("a") == {("a", "epochs.jsonl"): b'{"epoch": 2}\n', ("a", "run.json"): b"{ }"}


def test_steps_and_the_log_are_told_of_a_run_that_is_open_alone(look, run_dir):
    (run_dir / LOG_FILE).write_text("hello\n")
    told = look()
    assert ("a", "steps.jsonl") not in told and ("a", LOG_FILE) not in told and ("a", "run.json") in told
    assert look("a", "b", "../a")["a", LOG_FILE] == b"hello\n"


def test_of_a_long_log_its_end_is_told(look, run_dir, monkeypatch):
    monkeypatch.setattr(wire, "LOG_BYTES", 4)
    (run_dir / LOG_FILE).write_text("abcdefgh")
    assert look("a")["a", LOG_FILE] == b"efgh"
    with (run_dir / LOG_FILE).open("a") as log:
        log.write("ij")
    assert look("a")["a", LOG_FILE] == b"ij"


def test_a_file_that_was_written_anew_is_told_from_its_beginning_and_one_that_is_gone_as_gone(look, run_dir):
    look("a")
    (run_dir / "steps.jsonl").write_bytes(b"{}\n")
    (run_dir / "run.json").unlink()
    assert look("a") == {("a", "steps.jsonl"): b"{}\n", ("a", "run.json"): None}
    assert look("a") == {}
    (run_dir / "steps.jsonl").write_bytes(b'{"a": 1}\n')  # longer now, with another beginning
    assert look("a") == {("a", "steps.jsonl"): b'{"a": 1}\n'}


def test_what_the_other_side_has_is_not_told_again(look, run_dir):
    whole = (run_dir / "epochs.jsonl").read_bytes()
    kept = wire.Held(size=len(whole), mtime_ns=1, end=whole[-wire.END_BYTES :].hex())
    found = (run_dir / "run.json").stat()
    document = wire.Held(size=found.st_size, mtime_ns=found.st_mtime_ns)
    look.feeding.take(wire.Have(run="a", files={"epochs.jsonl": kept, "run.json": document}))
    told = look("a")
    assert ("a", "epochs.jsonl") not in told and ("a", "run.json") not in told and ("a", "progress.json") in told


def test_a_link_and_a_file_with_another_name_are_not_told(look, run_dir, tmp_path):
    (tmp_path / "secret.json").write_text("secret")
    (run_dir / "acks").mkdir()
    (run_dir / "acks" / "x.json").symlink_to(tmp_path / "secret.json")
    (run_dir / "acks" / "gap-1.json").write_text("{}")
    (run_dir / "acks" / "notes.txt").write_text("mine")
    (run_dir / "alerts.jsonl").symlink_to(tmp_path / "secret.json")
    told = look("a")
    assert [key for key in told if key[1].startswith("acks/")] == [("a", "acks/gap-1.json")]
    assert b"secret" not in b"".join(data for data in told.values() if isinstance(data, bytes))
    (run_dir / "acks" / "gap-1.json").unlink()
    assert look("a") == {("a", "acks/gap-1.json"): None}


def test_a_file_that_is_too_long_is_cut_and_said(look, run_dir, monkeypatch):
    monkeypatch.setattr(wire, "MOST_LINES_BYTES", 10)
    assert len(look()["a", "epochs.jsonl"]) == 10
    assert look()["Runs"].problem == "a/epochs.jsonl is larger than 0 MiB: what stands beyond is not sent."


def test_there_is_an_end_to_the_runs_that_are_told(look, run_dir, runs_made, monkeypatch):
    monkeypatch.setattr(wire, "MOST_RUNS", 1)
    RunWriter(runs_made / "b").finish()
    assert look()["Runs"].names == ["a"]


def test_a_folder_that_is_not_there_is_said(look, runs_made):
    runs_made.rmdir()
    assert look()["Runs"] == wire.Runs(names=[], problem=f"There is no folder {runs_made} there.")


def test_it_greets_waits_until_somebody_wants_something_and_ends_with_the_pipe(runs_made, run_dir, heard):
    asked = [wire.Have(run="a", files={}), wire.Want(runs=["a"])]
    feed(FolderFeed(runs_made, heard), io.BytesIO(b"".join(msgspec.json.encode(each) + b"\n" for each in asked)))
    [(hello, _), *rest] = heard.all()
    assert isinstance(hello, wire.Hello) and hello.protocol == wire.PROTOCOL
    assert {message.file for message, _ in rest if isinstance(message, wire.Piece)} >= {"run.json", "steps.jsonl"}


def test_nonsense_ends_it(runs_made, heard):
    feed(FolderFeed(runs_made, heard), io.BytesIO(b"nonsense\n"))
    assert [type(message) for message, _ in heard.all()] == [wire.Hello]
