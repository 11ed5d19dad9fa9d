"""Export to real trackers, and import of what they write while they write it; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.importers.following import Following
from monitor.importers.importing import Asked, NothingYetError, plan
from monitor.run_dir import Epoch, Outcome
from monitor.run_dir.reader import RunReader
from monitor.supervisor.wandb_runs import WandbRuns
from monitor.writer import RunWriter
from tests import foreign
from tests.frameworks.test_examples import environment
from tests.frameworks.test_importers_real import FIGURES

pytestmark = pytest.mark.frameworks

CONFIG = {"lr": 1e-3, "api_key": "sk-1234567890abcdef", "model": {"layers": 2}}
SECRET = b"1234567890"
PATIENCE_SECS = 120.0
WHERE = {"mlflow": "mlflow.db", "wandb-offline": "wandb/latest-run", "trackio": "vitalsigns.db"}
"""What `import` is given of a folder that `export` wrote."""


def tracking() -> dict[str, str]:
    """The environment of a tracker that sends nothing."""
    return {**environment(), "WANDB_MODE": "offline", "WANDB_SILENT": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}


def run(*words: object, cwd: Path | None = None) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=tracking(), capture_output=True, text=True, timeout=240, cwd=cwd
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "teacher"
    with RunWriter(folder, config=CONFIG) as writer:
        rows = zip(foreign.TRAIN_LOSS, foreign.VAL_LOSS, foreign.VAL_WER, strict=True)
        for epoch, (train, val, wer) in enumerate(rows, 1):
            writer.log_step(20 * epoch, train_loss=train)
            val = float("nan") if epoch == 2 else val
            writer.log_epoch(epoch, step=20 * epoch, train_loss=train, val_loss=val, val_wer=wer)
    return folder


@pytest.fixture(scope="module", params=WHERE)
def exported(
    request: pytest.FixtureRequest, run_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    out = tmp_path_factory.mktemp(request.param) / "out"
    run("-m", "monitor", "export", run_dir, "--to", request.param, "--out", out)
    return request.param, out


READERS = {
    "mlflow": """
import mlflow
client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
[found] = client.search_runs([client.get_experiment_by_name("vitalsigns").experiment_id])
assert (found.info.run_name, found.info.status) == ("teacher", "FINISHED"), found.info
assert found.data.params["lr"] == "0.001" and found.data.params["model"] == '{"layers":2}', found.data.params
history = client.get_metric_history(found.info.run_id, "train_loss")
read = [(each.step, each.value) for each in history]
""",
    "wandb-offline": """
import json
from monitor.importers.formats.level_log import LevelLog
from wandb.proto.wandb_internal_pb2 import Record
[file] = folder.glob("wandb/offline-run-*/run-*.wandb")
read = []
for data in LevelLog(file, b":W&B", "W&B").read(last=True):
    record = Record.FromString(data)
    if record.WhichOneof("record_type") == "history":
        row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        read += [(row["at_step"], row["train_loss"])] if "train_loss" in row else []
    elif record.WhichOneof("record_type") == "run":
        assert record.run.display_name == "teacher"
""",
    "trackio": """
import os
os.environ["TRACKIO_DIR"] = str(folder)
from trackio.sqlite_storage import SQLiteStorage
assert SQLiteStorage.get_runs("vitalsigns") == ["teacher"]
rows = SQLiteStorage.get_logs("vitalsigns", "teacher")
read = [(row["step"], row["train_loss"]) for row in rows if "train_loss" in row]
""",
}


def test_the_trackers_own_reader_finds_the_run_there(exported: tuple[str, Path]) -> None:
    """W&B has no reader in Python any more: its own message is read out of the frames."""
    kind, out = exported
    run("-c", f"{FIGURES}{READERS[kind]}\nassert read == [(20 * n, row[0]) for n, row in EPOCHS], read", out)


def test_what_goes_out_comes_in_as_the_same_evaluations_and_no_secret_goes_out(exported: tuple[str, Path]) -> None:
    kind, out = exported
    runs = out.parent / "runs"
    run("-m", "monitor", "import", out / WHERE[kind], "--runs", runs, "--yes", "--name", "back")
    back = RunReader(runs / "back").read(time.time()).epochs
    assert [each.epoch for each in back] == [1, 2, 3, 4, 5, 6]
    assert [each.train_loss for each in back] == pytest.approx(foreign.TRAIN_LOSS)
    wanted = [float("nan") if epoch == 2 else loss for epoch, loss in enumerate(foreign.VAL_LOSS, 1)]
    assert [each.val_loss for each in back] == pytest.approx(wanted, nan_ok=True)
    assert [each.val_wer for each in back] == pytest.approx(foreign.VAL_WER)
    assert not [path for path in out.rglob("*") if path.is_file() and SECRET in path.read_bytes()]


@pytest.mark.parametrize("kind", WHERE)
def test_a_followed_export_gives_each_number_once_and_ends_with_the_run(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with RunWriter(tmp_path / "teacher") as writer:
        writer.log_epoch(1, train_loss=foreign.TRAIN_LOSS[0])
        words = ["export", str(tmp_path / "teacher"), "--to", kind, "--out", str(out), "--follow"]
        follower = subprocess.Popen([sys.executable, "-m", "monitor", *words], env=tracking(), cwd=tmp_path)
        try:
            until(lambda: out.exists() and any(path.is_file() for path in out.rglob("*")), follower)
            for epoch, loss in enumerate(foreign.TRAIN_LOSS[1:], 2):
                writer.log_epoch(epoch, train_loss=loss)
                time.sleep(0.2)
        except BaseException:
            follower.kill()
            raise
    assert follower.wait(timeout=PATIENCE_SECS) == 0
    script = f"{FIGURES}{READERS[kind]}" if kind == "trackio" else None
    if script:
        run("-c", f"{script}\nassert [value for _, value in read] == {foreign.TRAIN_LOSS}, read", out)
    run("-m", "monitor", "import", out / WHERE[kind], "--runs", tmp_path / "runs", "--yes", "--name", "back")
    back = RunReader(tmp_path / "runs" / "back").read(time.time()).epochs
    assert [each.train_loss for each in back] == pytest.approx(foreign.TRAIN_LOSS)


STATUS = """
import mlflow
client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")
[found] = client.search_runs([client.get_experiment_by_name("vitalsigns").experiment_id])
assert found.info.status == "@", found.info.status
"""


@pytest.mark.parametrize(("outcome", "status"), [("failed", "FAILED"), ("stopped", "KILLED"), (None, "RUNNING")])
def test_mlflow_is_told_how_the_run_ended_or_that_it_goes_on(
    outcome: Outcome | None, status: str, tmp_path: Path
) -> None:
    writer = RunWriter(tmp_path / "teacher")
    writer.log_epoch(1, train_loss=1.0)
    if outcome is not None:
        writer.finish(outcome)
    run("-m", "monitor", "export", tmp_path / "teacher", "--to", "mlflow", "--out", tmp_path / "out")
    run("-c", FIGURES + STATUS.replace("@", status), tmp_path / "out")
    writer.finish()


def until(condition, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while not condition():
        assert process.poll() in (None, 0) and time.monotonic() < deadline
        time.sleep(0.1)


PAUSE = "\n    time.sleep(0.2)\n"
WRITERS = {
    "mlflow.db": """
import time, mlflow
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.start_run(run_name="owl")
for epoch, (train, val, wer, lr) in EPOCHS:
    mlflow.log_metrics({"train_loss": train, "val_loss": val, "val_wer": wer, "lr": lr}, step=epoch)"""
    f"{PAUSE}mlflow.end_run()",
    "speech.db": """
import os, time
os.environ["TRACKIO_DIR"] = str(folder)
import trackio
trackio.init(project="speech", name="owl", embed=False, auto_log_cpu=False, auto_log_gpu=False)
for epoch, (train, val, wer, lr) in EPOCHS:
    trackio.log({"train_loss": train, "val_loss": val, "val_wer": wer, "lr": lr, "epoch": epoch}, step=20 * epoch)"""
    f"{PAUSE}trackio.finish()",
    "tb": """
import time
from tensorboardX import SummaryWriter
writer = SummaryWriter(str(folder / "tb"), flush_secs=0)
for epoch, (train, val, wer, lr) in EPOCHS:
    for tag, value in {"Loss/train": train, "Loss/val": val, "WER/val": wer, "lr": lr, "epoch": epoch}.items():
        writer.add_scalar(tag, value, 20 * epoch)
    writer.flush()"""
    f"{PAUSE}writer.close()",
}


@pytest.fixture
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The tool, at work in tmp_path."""
    process = subprocess.Popen(
        [sys.executable, "-c", FIGURES + request.param, str(tmp_path)], env=tracking(), cwd=tmp_path
    )
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize(("writer", "name"), [(script, name) for name, script in WRITERS.items()], indirect=["writer"])
def test_a_run_is_followed_while_its_tool_writes_it(writer, name: str, tmp_path: Path) -> None:
    following = None
    deadline = time.monotonic() + PATIENCE_SECS
    over = False
    while not over:
        over = writer.poll() is not None
        assert time.monotonic() < deadline
        if following is None and has_begun(tmp_path / name):
            try:
                chosen = plan(tmp_path / name, Asked(), follow=True)
                following = Following.begin(tmp_path / "runs", chosen, "owl", time.time())
            except NothingYetError:
                pass
        if following is not None:
            following.look(time.time())
        time.sleep(0.05)
    assert writer.returncode == 0 and following is not None
    following.look(time.time())
    (following.stop if following.ended else following.end)(time.time())
    assert following.ended == (name == "mlflow.db")
    check(RunReader(tmp_path / "runs" / "owl").read(time.time()).epochs)


def has_begun(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists() and path.stat().st_size > 0


WANDB = """
import time, wandb
with wandb.init(project="speech", name="owl", mode="offline") as run:
    for epoch, (train, val, wer, lr) in EPOCHS:
        run.log({"train_loss": train, "val_loss": val, "val_wer": wer, "lr": lr, "epoch": epoch})
        time.sleep(0.2)
"""


@pytest.mark.parametrize("writer", [WANDB], indirect=True)
def test_a_run_of_wandb_is_found_and_followed_while_it_is_written(
    writer: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    others = WandbRuns(tmp_path, tmp_path / "runs", 3600.0)
    news = []
    deadline = time.monotonic() + PATIENCE_SECS
    while writer.poll() is None:
        assert time.monotonic() < deadline
        news += others.round(time.time())
        time.sleep(0.05)
    news += others.round(time.time())
    others.close(time.time())
    assert writer.returncode == 0 and [(each["event"], each["run_id"]) for each in news] == [("following", "owl")]
    check(RunReader(tmp_path / "runs" / "owl").read(time.time()).epochs)


def check(epochs: tuple[Epoch, ...]) -> None:
    assert [each.epoch for each in epochs] == [1, 2, 3, 4, 5, 6]
    assert [each.train_loss for each in epochs] == pytest.approx(foreign.TRAIN_LOSS)
    assert [each.val_loss for each in epochs] == pytest.approx(foreign.VAL_LOSS)
    assert [each.val_wer for each in epochs] == pytest.approx(foreign.VAL_WER)
