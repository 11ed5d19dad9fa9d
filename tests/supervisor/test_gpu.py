"""gpu.json: what the driver says, over time; a driver that is absent, odd or hung harms nothing."""

import sys
import threading
import time
import types

import pytest

from monitor.run_dir import GPU_FILE, GpuHistory, encode, files
from monitor.supervisor.gpu_watch import MOST, GpuWatch, grown, halved, values_of
from monitor.supervisor.nvml import GpuReading, NoDriverError, Nvml, together
from tests.supervised import wait_for

GIB = 2**30
READING = GpuReading(
    gpus=("cuda:0",),
    name="NVIDIA H200",
    busy_ratio=0.08,
    memory_bytes=3789.0 * 2**20,
    memory_total_bytes=143771.0 * 2**20,
    power_watts=128.0,
    power_limit_watts=700.0,
    temperature_celsius=39.0,
    throttled_by=(),
)


class FakeNvml(types.ModuleType):
    """nvidia-ml-py of a machine with an H200, a card that is cut in slices (MIG) and one with no power meter."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    def __init__(self, processes=None, reasons=0):
        super().__init__("pynvml")
        self.processes, self.reasons = processes or {}, reasons

    def nvmlInit(self):  # noqa: N802 - NVIDIA's names
        pass

    def nvmlDeviceGetCount(self):  # noqa: N802
        return 3

    def nvmlDeviceGetHandleByIndex(self, number):  # noqa: N802
        return number

    def nvmlDeviceGetName(self, handle):  # noqa: N802
        return "NVIDIA H200"

    def nvmlDeviceGetComputeRunningProcesses(self, handle):  # noqa: N802
        return [types.SimpleNamespace(pid=pid) for pid in self.processes.get(handle, ())]

    def nvmlDeviceGetUtilizationRates(self, handle):  # noqa: N802
        if handle == 1:
            raise self.NVMLError("Not Supported")
        return types.SimpleNamespace(gpu=8, memory=1)

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802
        return types.SimpleNamespace(used=3789 * 2**20, total=143771 * 2**20)

    def nvmlDeviceGetPowerUsage(self, handle):  # noqa: N802
        if handle == 2:
            raise self.NVMLError("Not Supported")
        return 128_000

    def nvmlDeviceGetEnforcedPowerLimit(self, handle):  # noqa: N802
        if handle == 2:
            raise self.NVMLError("Not Supported")
        return 700_000

    def nvmlDeviceGetTemperature(self, handle, sensor):  # noqa: N802
        return 39

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle):  # noqa: N802
        return self.reasons


def driver(monkeypatch, **given) -> Nvml:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(**given))
    return Nvml()


def test_the_gpu_on_which_the_driver_sees_the_run_is_read(monkeypatch):
    found = driver(monkeypatch, processes={0: [1694], 1: [77]}).read([1693, 1694], "")
    assert found == READING


def test_other_containers_processes_and_none_at_all_are_no_gpu_of_the_run_unless_it_is_reserved(monkeypatch):
    nvml = driver(monkeypatch, processes={0: [48211], 1: [4_000_000]})
    assert nvml.read([1694], "") is None
    assert nvml.read([1694], "cpu") is None
    assert nvml.read([1694], "cuda:2").gpus == ("cuda:2",)


def test_what_a_card_does_not_tell_is_left_open(monkeypatch):
    nvml = driver(monkeypatch, processes={1: [7]})
    sliced = nvml.read([7], "")
    assert (sliced.busy_ratio, sliced.power_watts) == (None, 128.0)
    no_meter = nvml.read([], "cuda:2")
    assert (no_meter.busy_ratio, no_meter.power_watts, no_meter.power_limit_watts) == (0.08, None, None)


@pytest.mark.parametrize(
    ("bits", "words"),
    [(0x1, ()), (0x4, ("power limit",)), (0x40, ("heat",)), (0x20 | 0x8, ("heat", "hardware slowdown"))],
)
def test_why_the_clock_is_kept_down_is_said_in_words(monkeypatch, bits, words):
    assert driver(monkeypatch, reasons=bits).read([], "cuda:0").throttled_by == words


def test_several_gpus_are_told_as_one():
    hot = GpuReading(("cuda:3",), "NVIDIA H200", 0.4, 1.0 * GIB, 80.0 * GIB, 100.0, 700.0, 80.0, ("heat",))
    found = together([READING, hot])
    assert found.gpus == ("cuda:0", "cuda:3")
    assert (found.busy_ratio, found.power_watts, found.power_limit_watts) == (pytest.approx(0.24), 228.0, 1400.0)
    assert (found.temperature_celsius, found.throttled_by) == (80.0, ("heat",))
    assert found.memory_bytes == READING.memory_bytes


@pytest.mark.parametrize("module", [None, FakeNvml()])
def test_without_the_package_or_the_driver_there_is_no_record(monkeypatch, tmp_path, module):
    if module is not None:

        def absent():
            raise module.NVMLError("NVML Shared Library Not Found")

        module.nvmlInit = absent
    monkeypatch.setitem(sys.modules, "pynvml", module)
    with pytest.raises(NoDriverError):
        Nvml()
    watch = GpuWatch(tmp_path, 1, "cuda:0", every_secs=0.01)
    watch.look(1.0)
    wait_for(lambda: not watch._thread.is_alive())
    watch.look(2.0)
    assert not (tmp_path / GPU_FILE).exists()


class Reads:
    """A driver that has this reading each time."""

    def __init__(self, reading=READING):
        self.reading = reading

    def read(self, pids, device):
        return self.reading


def history_of(folder) -> GpuHistory | None:
    return files.read_document(folder / GPU_FILE, GpuHistory) if (folder / GPU_FILE).exists() else None


def looked(watch: GpuWatch, folder, entries: int) -> GpuHistory:
    """The record once it has so many entries."""
    now = iter(range(1000, 10**6, 5))

    def enough():
        watch.look(float(next(now)))
        found = history_of(folder)
        return found is not None and len(found.at) >= entries

    wait_for(enough)
    watch.close()
    return history_of(folder)


def test_readings_become_a_record_and_a_later_start_of_the_run_goes_on_with_it(tmp_path):
    first = looked(GpuWatch(tmp_path, 1, "", Reads, every_secs=0.01), tmp_path, 3)
    assert (first.gpus, first.name, first.every_secs) == (["cuda:0"], "NVIDIA H200", 0.01)
    assert first.busy_ratio[:3] == [0.08] * 3 and first.throttled_ratio[:3] == [0.0] * 3
    hot = GpuReading(("cuda:0",), "NVIDIA H200", 1.0, None, None, None, None, 90.0, ("heat",))
    second = looked(GpuWatch(tmp_path, 1, "", lambda: Reads(hot), every_secs=0.01), tmp_path, len(first.at) + 2)
    assert second.at[: len(first.at)] == first.at
    assert (second.busy_ratio[-1], second.memory_bytes[-1], second.throttled_by) == (1.0, None, ["heat"])


@pytest.mark.parametrize("odd", [b"{", b"[]", encode(GpuHistory(at=[1.0, 2.0], busy_ratio=[0.5]))])
def test_a_record_that_is_none_is_begun_anew(tmp_path, odd):
    (tmp_path / GPU_FILE).write_bytes(odd)
    watch = GpuWatch(tmp_path, 1, "", Reads, every_secs=0.01)
    wait_for(lambda: watch.look(3.0) or (tmp_path / GPU_FILE).read_bytes() != odd)
    watch.close()
    found = history_of(tmp_path)
    assert (found.at[0], found.busy_ratio[0]) == (3.0, 0.08)


def test_a_driver_that_hangs_holds_nobody_up(tmp_path):
    let_go = threading.Event()

    class Hangs:
        def read(self, pids, device):
            let_go.wait(60)

    watch = GpuWatch(tmp_path, 1, "cuda:0", Hangs, every_secs=0.01)
    watch.look(1.0)
    time.sleep(0.1)
    began = time.monotonic()
    for moment in range(50):
        watch.look(float(moment))
    watch.close()
    assert time.monotonic() - began < 30, "the reader would have held it for 60 s"
    assert not (tmp_path / GPU_FILE).exists()
    assert watch._thread.daemon, "the supervisor ends all the same"
    let_go.set()


def test_a_full_disk_delays_the_record(tmp_path, monkeypatch):
    def full(path, data):
        raise OSError(28, "No space left on device")

    watch = GpuWatch(tmp_path, 1, "", Reads, every_secs=0.01)
    with monkeypatch.context() as small:
        small.setattr(files, "replace", full)
        wait_for(lambda: watch.look(2.0) or watch._history is not None)
        assert not (tmp_path / GPU_FILE).exists()
    assert looked(watch, tmp_path, 2).at[0] == 2.0, "what was read meanwhile is there"


def test_the_record_of_a_long_run_keeps_the_whole_of_it_in_few_entries():
    history = GpuHistory()
    for number in range(MOST * 5):
        at, use = 5.0 * number, 0.9 if number < MOST else 0.1
        history = grown(history, {**values_of(READING), "busy_ratio": use}, at)
    assert len(history.at) < MOST and history.at[-1] == 5.0 * (MOST * 5 - 1)
    assert history.every_secs >= 10.0
    assert len({len(getattr(history, name)) for name in ("at", "busy_ratio", "memory_bytes", "throttled_ratio")}) == 1
    assert len(encode(history)) < 100_000


def test_two_entries_become_their_mean_and_what_is_not_known_counts_for_nothing():
    columns = {"memory_bytes": [1.0, None, None], "power_watts": [None] * 3, "temperature_celsius": [1.0, 2.0, 5.0]}
    history = GpuHistory(at=[1.0, 2.0, 3.0], busy_ratio=[0.2, 0.4, 0.9], throttled_ratio=[0.0, 1.0, 1.0], **columns)
    half = halved(history)
    assert (half.at, half.every_secs) == ([2.0, 3.0], 10.0)
    assert half.busy_ratio == [pytest.approx(0.3), 0.9] and half.throttled_ratio == [0.5, 1.0]
    assert (half.memory_bytes, half.power_watts, half.temperature_celsius) == ([1.0, None], [None, None], [1.5, 5.0])
