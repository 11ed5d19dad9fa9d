"""A folder on another host, or the host itself, that means harm: nothing is followed, run, or written elsewhere."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time

import pytest

from monitor.launcher.hosts import wire
from monitor.launcher.hosts.acting import asked_there
from monitor.launcher.hosts.mirror import want
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.folders import folders_of
from monitor.run_dir.reader import RunReader
from monitor.writer import RunWriter
from tests.hosts.conftest import far, follow, short  # noqa: F401 - fixtures
from tests.hosts.test_control import running
from tests.hosts.test_reading import record, row_of
from tests.supervised import wait_for

pytestmark = pytest.mark.hosts


def test_links_pipes_giants_and_odd_names_of_a_folder_are_left_there(far, follow):  # noqa: F811
    """A folder on another host holds links, hard links, pipes, files of 64 GB and names that are paths or options."""
    secret = far.place / "secret"
    secret.write_text('{"epoch": 1, "val_loss": 1.0}\n')
    with RunWriter(far.runs / "a") as run:
        record(run, 1, 3)
    bad = far.runs / "bad"
    bad.mkdir()
    (bad / "run.json").write_bytes((far.runs / "a" / "run.json").read_bytes())
    (bad / "epochs.jsonl").symlink_to(secret)
    os.mkfifo(bad / "steps.jsonl")
    os.link(secret, bad / "alerts.jsonl")
    with (bad / "decodes.jsonl").open("wb") as giant:
        giant.truncate(1 << 36)  # 64 GiB of nothing
    (bad / "progress.json").write_bytes(b" " * (17 << 20))
    (bad / "acks").symlink_to("/etc")
    (far.runs / "out").symlink_to("/etc")
    for name in ("..x", "-oProxyCommand=x", "a b", "x\ny", "é"):
        (far.runs / name).mkdir()
        (far.runs / name / "run.json").write_text("{}")
    folder, following = follow()
    wait_for(lambda: row_of(folder, "a") and row_of(folder, "bad"))
    for _ in range(8):
        want(folder.path / "bad")
        time.sleep(0.5)
    said = following.problem(time.time())
    assert said == "bad/decodes.jsonl is larger than 512 MiB: what stands beyond is not sent."
    there = {path.name for path in (folder.path / "bad").iterdir()}
    assert there <= {"run.json", "decodes.jsonl"}, there
    assert (folder.path / "bad" / "decodes.jsonl").stat().st_size <= wire.MOST_LINES_BYTES
    assert {path.name for path in folder.path.iterdir()} == {"a", "bad"}
    assert RunReader(folder.path / "bad").read(time.time()).epochs == ()
    mode = {oct(path.stat().st_mode & 0o777) for path in [folder.path, *folder.path.rglob("*")]}
    assert mode == {"0o700", "0o600"}


SPEAKS = """
import json, sys
say = lambda **words: print(json.dumps(words), flush=True)
say(kind="hello", protocol=%d, version="0.1.0", host="x", now=0.0)
sys.stdin.readline()
say(kind="runs", names=["a"])
%s
sys.stdin.read()
"""
PIECE = (
    'say(kind="piece", run={run!r}, file={file!r}, at={at}, size={size}, mtime_ns={mtime_ns}); '
    'print("x" * {size}, flush=True)'
)


def piece(**changes):
    return PIECE.format(**{"run": "a", "file": "run.json", "at": 0, "size": 4, "mtime_ns": 1, **changes})


@pytest.mark.parametrize(
    "word",
    [
        piece(run="../../../a"),
        piece(run="b"),
        piece(file="../../escaped"),
        piece(file="launch.key"),
        piece(file="acks/../../../x.json"),
        piece(file="/etc/passwd"),
        piece(at=4),
        piece(file="epochs.jsonl", at=10**6),
        piece(size=-1),
        piece(mtime_ns=2**63),
        'say(kind="piece", run="a", file="run.json", at=0, size=2**40, mtime_ns=1)',
        'say(kind="runs", names=["..", "a/b"])',
        'say(kind="runs", names=["a"] * 10**5)',
        'say(kind="seen", run="a", lives={"trainer": "immortal"})',
        'say(kind="seen", run="b", lives={}, label={"title": "of another run"})',
        'say(kind="seen", run="a", lives={}, label={"tags": [["x"]]})',
        'sys.stdout.write("[" * 10**6 + "\\n"); sys.stdout.flush()',
        'sys.stdout.write("x" * (40 << 20)); sys.stdout.flush()',
    ],
)
def test_a_host_that_breaks_a_rule_is_not_believed(far, follow, word):  # noqa: F811
    """Another host sends paths, other files, wrong offsets and sizes, nesting, and lines without an end."""
    script = far.place / "speaks.py"
    script.write_text(SPEAKS % (wire.PROTOCOL, word))
    folder, following = follow(shlex.join([sys.executable, str(script)]) + " #")
    wait_for(lambda: "is not believed" in following.problem(time.time()))
    files = {path.relative_to(folder.path.parent).as_posix() for path in folder.path.parent.rglob("*")}
    assert files - {"runs", "seen", "want", "heard", "mirror.lock"} <= {"runs/a"}
    assert not list(far.place.parent.rglob("escaped")) and not list(far.place.parent.rglob("launch.key"))


def test_a_value_is_data_for_the_other_shell(far):  # noqa: F811
    """A setting of a restart on another host is a command for its shell."""
    folder = folders_of([far.spec], [far.program]).all[0]
    running(far)
    mark = far.place / "executed"
    for value in (f"$(touch {mark})", f"'; touch {mark}; '", f"`touch {mark}`", f"\n touch {mark}"):
        with pytest.raises(RefusedError):
            asked_there(folder, "restart", "b", "--set", f"lr={value}", "--dry-run", asked_from=f"page {value}")
    assert not mark.exists()
    far.do("stop", "b", "--runs", far.runs)


@pytest.mark.parametrize("text", ["-oProxyCommand=touch:/x", "host -v:/x", "$(touch x):/x", "a;b:/x", "a:/x\ny"])
def test_what_is_no_host_is_no_word_for_ssh(tmp_path, monkeypatch, text):
    """A folder is given whose host is an option or a command for ssh."""
    monkeypatch.chdir(tmp_path)
    with contextlib.suppress(UsageError):
        assert folders_of([text]).all[0].host == ""
