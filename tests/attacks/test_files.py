"""Attacks by files: run directories made by somebody who means harm, and a reader that must not leak, hang or swell.

Each test is one attack of docs/security.md, named there by the sentence in its docstring.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import stat
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitor.commands.cli import main
from monitor.diagnosis.acks import acknowledge
from monitor.diagnosis.ledger import judge_child
from monitor.diagnosis.verdict import judge
from monitor.launcher import existing, start_check
from monitor.launcher.trash import archive, restore, trashed
from monitor.run_dir import Launch, encode, files, opening
from monitor.run_dir.errors import MonitorError, RefusedError, UsageError
from monitor.run_dir.reader import RunReader, list_runs
from monitor.view.frame import frame
from monitor.view.log import LogQuestion, log_tail
from monitor.view.rows import RowBook
from monitor.view.series import Since
from monitor.writer import RunWriter
from tests.fake_runs import healthy

pytestmark = pytest.mark.usefixtures("healthy_run")

ROOT = Path(__file__).resolve().parent.parent.parent
LINE_FILES = ("epochs.jsonl", "steps.jsonl", "clips.jsonl", "decodes.jsonl", "alerts.jsonl")
DOCUMENTS = ("run.json", "launch.json", "progress.json", "state.json", "summary.json", "outcome.json")


@pytest.fixture
def secret(tmp_path):
    """A file of the reader's own that nobody else should see."""
    path = tmp_path / "secret.jsonl"
    path.write_text('{"epoch": 1, "step": 1, "val_wer": 0.123, "metrics": {"PASSWORD": 1}}\n')
    return path


def everything_shown(run_dir: Path) -> str:
    """All that a visitor could be shown of a run, as text."""
    snapshot = RunReader(run_dir).read(1e9)
    return f"{snapshot} {log_tail(run_dir / 'trainer.log', LogQuestion())} {RowBook(run_dir.parent).rows(1e9)}"


@pytest.mark.parametrize("name", [*LINE_FILES, *DOCUMENTS, "trainer.log", "probes/x.json"])
def test_a_link_out_of_a_run_shows_nothing_of_what_it_leads_to(runs, secret, name):
    """A file of a run is a link to a file of the reader's."""
    run_dir = runs / "healthy"
    (run_dir / "probes").mkdir(exist_ok=True)
    (run_dir / name).unlink(missing_ok=True)
    (run_dir / name).symlink_to(secret)
    assert "PASSWORD" not in everything_shown(run_dir)


@pytest.mark.parametrize("name", [*LINE_FILES, *DOCUMENTS, "trainer.log", "probes/x.json"])
def test_a_hard_link_in_a_run_shows_nothing_and_changes_nothing_of_what_it_is(runs, secret, name, capsys):
    """A file of a run is a hard link to a file of the reader's, as an archive can hold one."""
    run_dir = runs / "healthy"
    (run_dir / "probes").mkdir(exist_ok=True)
    (run_dir / name).unlink(missing_ok=True)
    os.link(secret, run_dir / name)
    before = secret.read_bytes(), stat.S_IMODE(secret.stat().st_mode)
    assert "PASSWORD" not in everything_shown(run_dir)
    main(["log", "healthy", "--runs", str(runs)])
    out = capsys.readouterr().out
    assert "PASSWORD" not in out
    assert name != "trainer.log" or "is a hard link to a file outside its folder" in out
    with pytest.raises(OSError, match="hard link"):
        files.AppendFile(run_dir / name).append(b"x\n")
    assert (secret.read_bytes(), stat.S_IMODE(secret.stat().st_mode)) == before


def test_the_log_of_a_check_that_is_a_hard_link_is_not_cut_off(runs, secret):
    """The log of a check is a hard link to a file of the reader's."""
    run_dir = runs / "healthy"
    own = Launch(run_id="healthy", created_at=1.0, argv=["python", "-m", "trainer"], cwd="/")
    files.replace(run_dir / "launch.json", encode(own))
    os.link(secret, run_dir / "diagnose.log")
    before = secret.read_bytes()
    with pytest.raises(RefusedError, match=r"diagnose\.log"):
        start_check(run_dir)
    assert secret.read_bytes() == before


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("name", [*LINE_FILES, *DOCUMENTS, "trainer.log", "probes/x.json"])
def test_a_pipe_or_a_device_in_a_run_is_not_waited_for(runs, name, kind):
    """A file of a run is a pipe that never ends, or /dev/zero."""
    run_dir = runs / "healthy"
    (run_dir / "probes").mkdir(exist_ok=True)
    (run_dir / name).unlink(missing_ok=True)
    os.mkfifo(run_dir / name) if kind == "pipe" else (run_dir / name).symlink_to("/dev/zero")
    with contextlib.suppress(MonitorError):  # said in a sentence, where nothing is left of a run
        everything_shown(run_dir)
    RowBook(runs).rows(1e9)


def test_a_link_to_a_run_elsewhere_is_no_run_of_this_folder(runs, tmp_path):
    """A folder in runs/ is a link to a folder elsewhere."""
    elsewhere = healthy(tmp_path / "elsewhere")
    (runs / "linked").symlink_to(elsewhere)
    (runs / "latest").symlink_to(runs / "healthy")
    assert list_runs(runs) == ["healthy", "latest"], "a link to a neighbour shows nothing new"
    with pytest.raises(MonitorError):
        existing(runs, "linked")


@pytest.mark.parametrize(
    "name",
    ["..", ".", "../runs/healthy", "/etc", "a/../../b", "healthy/", "healthy\0", "%2e%2e", "..%2f", "\u2024\u2024",
     "\uff0e\uff0e", "healthy\n", "x" * 101, "", ".trash", "healthy/epochs.jsonl", "~", "-rf"],
)  # fmt: skip
def test_a_name_that_is_a_way_out_is_no_run_id(runs, name):
    """Traversal run ids: dots, escapes, NUL, absolute, look-alike dots, far too long, a file's name."""
    for act in (existing, lambda folder, run_id: archive(folder, run_id, 1e9)):
        with pytest.raises((UsageError, MonitorError)):
            act(runs, name)


def test_a_file_is_no_run(runs):
    """A run id that names a plain file."""
    (runs / "notes").write_text("x")
    with pytest.raises(MonitorError):
        existing(runs, "notes")


def test_a_parent_that_is_a_way_out_is_not_followed(runs, tmp_path):
    """launch.json names a parent outside the folder."""
    healthy(tmp_path / "other")
    launch = json.loads((runs / "healthy" / "launch.json").read_text())
    launch["parent"] = {"run_id": "../other/healthy"}
    (runs / "healthy" / "launch.json").write_text(json.dumps(launch))
    snapshot = RunReader(runs / "healthy").read(1e9)
    assert snapshot.launch is None and [problem.file for problem in snapshot.problems] == ["launch.json"]
    assert judge_child(runs / "healthy", snapshot, 1e9) is None


def test_an_alert_that_is_a_way_out_writes_nothing_there(runs, tmp_path):
    """An alert's id is a path."""
    alert = {"alert_id": "../../../stolen", "rule": "gap", "event": "raised", "at": 1.0, "severity": "warning"}
    with (runs / "healthy" / "alerts.jsonl").open("a") as file:
        file.write(json.dumps(alert) + "\n")
    with pytest.raises(UsageError):
        acknowledge(runs / "healthy", "../../../stolen", "me", 1.0)
    assert not list(tmp_path.rglob("stolen*"))


@pytest.mark.parametrize("name", ["..~1234567890", ".ssh~1234567890", "a b~1234567890", "x" * 200 + "~1234567890"])
def test_a_name_in_the_trash_that_is_a_way_out_is_not_taken_back(runs, name):
    """A folder in the trash whose name is not a run id."""
    trash = runs / ".trash" / name
    trash.mkdir(parents=True)
    (trash / "run.json").write_text("{}")
    assert trashed(runs) == []
    with pytest.raises(MonitorError):
        restore(runs, name)


def test_nothing_is_written_through_a_link(runs, secret):
    """The files that are written to are links to a file of the writer's own."""
    before = secret.read_bytes()
    run_dir = runs / "healthy"
    for name in ("diagnose.log", "extra.jsonl"):
        (run_dir / name).unlink(missing_ok=True)
        (run_dir / name).symlink_to(secret)
    with pytest.raises((RefusedError, OSError, opening.OddFileError)):
        start_check(run_dir)
    with pytest.raises(OSError):
        files.AppendFile(run_dir / "extra.jsonl").append(b"x\n")
    with pytest.raises(opening.OddFileError):
        opening.open_to_write(run_dir / "diagnose.log", os.O_WRONLY | os.O_TRUNC)
    assert secret.read_bytes() == before


@pytest.mark.parametrize("folder", ["acks", "control", "probes", "checkpoints"])
def test_a_folder_in_a_run_that_is_a_link_is_not_written_into(tmp_path, folder):
    """A folder of a run is a link to a folder of the writer's own."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / folder).symlink_to(tmp_path / "mine")
    with pytest.raises(OSError):
        opening.make_folder(tmp_path / "run" / folder)


def limited_read(run_dir: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    """Reads a run in a process that may not use more memory than that."""
    limit = megabytes * 2**20
    code = (
        "import sys, monitor.diagnosis.verdict; from pathlib import Path; from monitor.run_dir.reader import RunReader;"
        "s = RunReader(Path(sys.argv[1])).read(1e9); print(len(s.epochs), [p.reason for p in s.problems])"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(run_dir)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


@pytest.mark.parametrize("name", ["epochs.jsonl", "steps.jsonl", "run.json", "launch.json"])
def test_a_file_of_five_gigabytes_fills_no_memory(runs, name):
    """A file of 5 GB without a single line end."""
    os.truncate(runs / "healthy" / name, 5 * 2**30)
    done = limited_read(runs / "healthy", 600)
    assert done.returncode == 0, done.stderr
    assert ("longer than 16 MiB" if name.endswith(".jsonl") else "larger than 16 MiB") in done.stdout


def test_one_line_of_a_gigabyte_is_passed_over_and_the_rest_is_read(runs):
    """One line of 1 GB between good ones."""
    path = runs / "healthy" / "epochs.jsonl"
    whole = path.read_bytes()
    os.truncate(path, len(whole) + 2**30)
    with path.open("ab") as file:
        file.write(b'\n{"epoch":31.0,"step":310}\n')
    reader = RunReader(runs / "healthy")
    for _ in range(3):
        snapshot = reader.read(1e9)
    assert len(snapshot.epochs) == 31
    assert [problem.reason for problem in snapshot.problems] == ["longer than 16 MiB"]


CODES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\r"


@pytest.mark.parametrize(
    "verb", ["list", "show", "check", "diagnose", "report", "compare", "resume", "restart", "stop"]
)
def test_a_runs_words_do_nothing_to_the_terminal(runs, verb, capsys, monkeypatch, tmp_path):
    """A run's text contains terminal control codes, in everything that a command prints."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run_dir = runs / "healthy"
    run = json.loads((run_dir / "run.json").read_text())
    run |= {"name": CODES, "config": {CODES: CODES}, "notes": CODES, "units": {"loss": CODES}}
    (run_dir / "run.json").write_text(json.dumps(run))
    launch = json.loads((run_dir / "launch.json").read_text())
    launch |= {"asked_by": CODES, "host": CODES, "argv": ["true", CODES], "script": CODES, "cwd": "/", "how": "start"}
    (run_dir / "launch.json").write_text(json.dumps(launch))
    state = {"state": "failed", "generation": 1, "error": CODES, "traceback": CODES}
    (run_dir / "state.json").write_text(json.dumps(state))
    words = {"list": [], "compare": ["healthy", "healthy"], "restart": ["healthy", "--dry-run"]}
    main([verb, *words.get(verb, ["healthy"]), "--runs", str(runs)])
    said = capsys.readouterr()
    assert said.out + said.err
    assert not set("\x1b\x07\x9b\u202e\r") & set(said.out + said.err)


HOSTILE = {
    "deep nesting": "[" * 100_000,
    "deep objects": '{"config":' * 50_000,
    "wrong types": '{"schema_version": 1, "run_id": [], "name": {"x": 1}, "config": 7, "floors": "no", "data": []}',
    "a list": "[1, 2, 3]",
    "giant numbers": '{"schema_version": 1, "run_id": "x", "created_at": ' + "9" * 5000 + ', "warmup_epochs": 1e999}',
    "bare NaN": '{"schema_version": 1, "run_id": "x", "created_at": NaN, "warmup_epochs": Infinity}',
    "duplicate keys": '{"schema_version": 1, "schema_version": 1, "run_id": "a", "run_id": "b", "created_at": 1}',
    "not UTF-8": b"\xff\xfe{}",
    "a giant string": '{"schema_version": 1, "run_id": "x", "created_at": 1, "name": "' + "A" * 10_000_000 + '"}',
    "lone surrogates": '{"schema_version": 1, "run_id": "x", "created_at": 1, "name": "\\ud800"}',
    "empty": "",
}


@pytest.mark.parametrize("name", ["run.json", "launch.json", "state.json", "progress.json", "summary.json"])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_document_is_a_problem_of_its_run_and_of_nothing_else(runs, what, name):
    """A hostile document: deep nesting, wrong types, giant strings and numbers, NaN, duplicate keys, invalid UTF-8."""
    content = HOSTILE[what]
    (runs / "healthy" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    began = time.process_time()
    snapshot = RunReader(runs / "healthy").read(1e9)
    rows = RowBook(runs).rows(1e9)
    assert len(snapshot.epochs) == 30 and [row.run for row in rows] == ["healthy"]
    assert time.process_time() - began < 30


@pytest.mark.parametrize("sign", ["[", "("])
def test_a_name_of_brackets_that_are_never_closed_costs_a_moment(runs, sign):
    """A metric in a run's records has a name of 60,000 opening brackets."""
    with (runs / "healthy" / "epochs.jsonl").open("a") as file:
        file.write(
            json.dumps({"epoch": 31, "val_loss": 2.0, "train_loss": 1.0, "metrics": {sign * 60_000: 0.5}}) + "\n"
        )
    began = time.process_time()
    assert main(["show", "healthy", "--runs", str(runs)]) == 0
    assert [row.run for row in RowBook(runs).rows(1e9)] == ["healthy"]
    assert time.process_time() - began < 5


def test_a_giant_text_is_not_sent_to_every_tab(runs):
    """A text of 5 MB in every field that the page shows."""
    giant, run_dir = "A" * 5_000_000, runs / "healthy"
    for name, fields in {
        "run.json": {"name": giant, "notes": giant, "units": {"loss": giant}, "config": {giant: giant}},
        "launch.json": {"asked_by": giant, "script": giant},
        "state.json": {"state": "failed", "generation": 1, "error": giant, "traceback": giant},
        "summary.json": {"run_id": "healthy", "verdict": giant, "reason": giant},
    }.items():
        before = json.loads((run_dir / name).read_text()) if (run_dir / name).exists() else {}
        (run_dir / name).write_text(json.dumps(before | fields))
    alert = {"alert_id": "gap-1", "rule": "gap", "event": "raised", "at": 1.0, "severity": "warning", "line": giant}
    with (run_dir / "alerts.jsonl").open("a") as file:
        file.write(json.dumps(alert) + "\n")
    began = time.process_time()
    snapshot = RunReader(run_dir).read(1e9)
    shown = frame(snapshot, judge(snapshot, 1e9), 1e9, since=Since())
    assert len(msgspec.json.encode(shown)) < 200_000
    assert time.process_time() - began < 20
    assert len(msgspec.json.encode(RowBook(runs).rows(1e9))) < 20_000


def test_a_run_of_schema_99_is_refused_in_a_sentence_and_stays_a_row(runs):
    """run.json claims schema 99."""
    (runs / "healthy" / "run.json").write_text('{"schema_version": 99}')
    with pytest.raises(MonitorError, match="newer Vitalsigns"):
        RunReader(runs / "healthy").read(1e9)
    assert [row.run for row in RowBook(runs).rows(1e9)] == ["healthy"]


def modes_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.lstat().st_mode) & 0o777)
        for path in (folder, *folder.rglob("*"))
    }


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("shared", [False, True], ids=["private", "given to the group"])
def test_what_is_made_is_for_its_owner_alone_whatever_the_umask(tmp_path, umask, shared):
    """Another user of the machine reads the files of a run: they are made 0600 in folders 0700."""
    runs = tmp_path / "made"
    if shared:
        runs.mkdir(mode=0o700)
        runs.chmod(0o2750)
    before = os.umask(umask)
    try:
        with RunWriter(runs / "x", epochs=2) as run:
            run.log_step(1, train_loss=1.0)
            run.log_probe("figures", {"wer": 1})
            run.log_decodes(1, ["A"], references=["A"])
            run.log_epoch(1, val_loss=1.0)
    finally:
        os.umask(before)
    folders, plain = ("0o750", "0o640") if shared else ("0o700", "0o600")
    made = modes_below(runs)
    assert {made[name] for name in (".", "x", "x/control", "x/probes")} == {folders}
    written = {mode for name, mode in made.items() if name.endswith((".json", ".jsonl"))}
    assert written == {plain} and made["x/writer.lock"] == "0o600"
