"""What the GPU did over time, as the Log tab and `log --json` show it."""

import json
import math

import msgspec
import pytest

from monitor.commands.cli import main
from monitor.diagnosis.verdict import judge
from monitor.run_dir import GPU_FILE, GpuHistory, Run, State, encode
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records import Environment
from monitor.ui.questions import Others, answer
from monitor.view.gpu import MOST_POINTS, gpu_shown, gpu_unread
from monitor.writer import RunWriter
from tests.snapshots import NOW

HISTORY = GpuHistory(
    gpus=["cuda:0"],
    name="NVIDIA H200",
    memory_total_bytes=1.5e11,
    power_limit_watts=700.0,
    at=[1000.0, 1005.0, 1010.0],
    busy_ratio=[0.1, None, 0.9],
    memory_bytes=[1e9, 2e9, 3e9],
    power_watts=[100.0, 128.0, math.nan],
    temperature_celsius=[36.0, 37.0, 39.0],
    throttled_ratio=[0.0, 0.0, 1.0],
    throttled_by=["heat"],
)


def test_it_is_shown_whole_with_its_name_its_time_and_why_its_clock_was_kept_down():
    shown = gpu_shown(HISTORY, 0.0)
    assert (shown.title, shown.span, shown.at) == ("GPU 0, NVIDIA H200", "15 s", 1010.0)
    assert (shown.busy_ratio, shown.power_watts) == ([0.1, None, 0.9], [100.0, 128.0, None])
    assert (shown.times, shown.throttled_ratio) == ([1000.0, 1005.0, 1010.0], [0.0, 0.0, 1.0])
    assert shown.slowed == "Its clock was kept down 33.3 % of the time: heat."


NOTHING = "Nothing was read of this run's GPU:"
ON_GPU = Run(run_id="r", environment=Environment(device="cuda"))
SINCE = State(state="running", started_at=NOW - 3600)


@pytest.mark.parametrize(
    ("history", "run", "state"),
    [
        pytest.param(HISTORY, ON_GPU, SINCE, id="read"),
        pytest.param(None, None, SINCE, id="device unknown"),
        pytest.param(None, Run(run_id="r", environment=Environment(device="cpu")), SINCE, id="CPU"),
        pytest.param(None, ON_GPU, State(state="queued"), id="not started"),
        pytest.param(None, ON_GPU, State(state="running", started_at=NOW - 20), id="just started"),
        pytest.param(None, ON_GPU, State(state="failed", started_at=9.0, ended_at=11.0), id="ended at once"),
    ],
)
def test_where_a_gpu_is_read_or_not_expected_yet_or_there_is_none_no_reason_is_given(history, run, state):
    assert gpu_unread(history, run, state, NOW) == ""


def test_of_a_gpu_that_nobody_reads_it_is_said_why():
    of_terminal = "a supervisor reads it, and what a terminal or a notebook started has none."
    assert gpu_unread(GpuHistory(), ON_GPU, None, NOW) == f"{NOTHING} {of_terminal}"
    no_driver = "nvidia-ml-py is not installed where its supervisor runs, or no NVIDIA driver answers there"
    assert gpu_unread(None, None, msgspec.structs.replace(SINCE, device="cuda:1"), NOW) == f"{NOTHING} {no_driver}."
    assert gpu_unread(None, ON_GPU, SINCE, NOW) == (
        f"{NOTHING} {no_driver}, or the driver shows none of its processes, as of a training in another container. "
        "Started with --device, its GPU is read all the same."
    )


def test_page_and_terminal_say_it_of_a_real_run(tmp_path, capsys):
    with RunWriter(tmp_path / "r", device="cuda") as run:
        run.log_epoch(1, train_loss=1.0)
    snapshot = RunReader(tmp_path / "r").read(NOW)
    told = answer(snapshot, judge(snapshot, NOW), {"kind": "log"}, Others(tmp_path))
    assert told.gpu_unread.startswith(NOTHING)
    main(["log", "r", "--runs", str(tmp_path), "--json"])
    assert json.loads(capsys.readouterr().out)["gpu_unread"] == told.gpu_unread


def test_nothing_new_is_not_sent_again():
    assert gpu_shown(None, 0.0) is None
    assert gpu_shown(GpuHistory(), 0.0) is None
    assert gpu_shown(HISTORY, 1010.0) is None


def test_a_long_record_is_thinned_and_odd_columns_break_nothing():
    long = GpuHistory(at=[float(n) for n in range(700)], busy_ratio=[0.5] * 700, gpus=["cuda:1", "cuda:2"])
    shown = gpu_shown(long, 0.0)
    assert len(shown.busy_ratio) <= MOST_POINTS and set(shown.busy_ratio) == {0.5}
    assert (shown.title, shown.gpus, shown.memory_bytes, shown.slowed) == ("GPU 1 and 2", 2, [], "")
    assert len(shown.times) == len(shown.busy_ratio) and (shown.times[0], shown.times[-1]) == (2.0, 699.0)


def test_several_are_told_by_their_numbers_and_what_the_driver_never_told_is_said():
    shown = gpu_shown(msgspec.structs.replace(HISTORY, gpus=["cuda:0", "cuda:1", "cuda:3"], busy_ratio=[None] * 3), 0.0)
    assert shown.title == "GPU 0, 1 and 3, NVIDIA H200"
    assert shown.slowed == "The clock of one or more was kept down 33.3 % of the time: heat."
    assert shown.unsaid == "Not reported by the driver: how busy it is (of a MIG slice it never is)."
    assert gpu_shown(HISTORY, 0.0).unsaid == ""


@pytest.fixture
def run_dir(tmp_path):
    with RunWriter(tmp_path / "runs" / "teacher", config={}) as run:
        run.log_epoch(1, val_loss=2.0)
    (tmp_path / "runs" / "teacher" / GPU_FILE).write_bytes(
        encode(GpuHistory(gpus=["cuda:0"], at=[1000.0], busy_ratio=[0.5]))
    )
    return tmp_path / "runs" / "teacher"


@pytest.mark.parametrize(("known", "sent"), [(None, True), (0, True), (999, True), (1000.0, False), ("x", True)])
def test_a_tab_is_sent_what_it_does_not_have(run_dir, known, sent):
    snapshot = RunReader(run_dir).read(1000.0)
    said = answer(snapshot, judge(snapshot, 1000.0), {"kind": "log", "gpu_at": known}, Others(run_dir.parent))
    assert bool(said.gpu) == sent


def test_the_terminal_says_the_same(run_dir, capsys):
    assert main(["log", "teacher", "--runs", str(run_dir.parent), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["gpu"]["busy_ratio"] == [0.5]
