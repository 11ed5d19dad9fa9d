"""What the GPU did over time, as the Log tab and `log --json` show it."""

import json
import math

import msgspec
import pytest

from monitor.commands.cli import main
from monitor.diagnosis.verdict import judge
from monitor.run_dir import GPU_FILE, GpuHistory, encode
from monitor.run_dir.reader import RunReader
from monitor.ui.questions import Others, answer
from monitor.view.gpu import MOST_POINTS, gpu_shown
from monitor.writer import RunWriter

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
    assert shown.unsaid == "Not told by the driver: how busy it is (of a MIG slice it never is)."
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
