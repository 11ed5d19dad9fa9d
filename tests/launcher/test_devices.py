"""The machine that runs share, asked of an nvidia-smi that answers as the real one does; no GPU is needed."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from monitor.launcher import devices, start
from monitor.launcher.devices import gpu_names, machine
from monitor.launcher.headroom import Need, headroom_notes, need_of, need_of_script
from monitor.launcher.slots import capacity_for, device_name
from monitor.launcher.starting import start_notes
from monitor.run_dir import STEPS_FILE, Step, encode_line
from monitor.run_dir.errors import RefusedError, UsageError
from tests.supervised import SILENT, script, wait_for, wait_for_state

pytestmark = pytest.mark.usefixtures("runs_made")

UUIDS = ("GPU-8a3f1c52-0001-4d2c-9f77-000000000000", "GPU-8a3f1c52-0002-4d2c-9f77-000000000001")
GIB = 2**30


REAL = (Path(__file__).parent / "nvidia-smi-h200.txt").read_text().removeprefix("$ ").split("\n$ ")
"""What the real program printed on a machine with one H200: each command with its answer, then the same under load."""


def real(*words: str) -> list[str]:
    """The lines that the real program answered to the command with these words."""
    return next(part for part in REAL if all(word in part.splitlines()[0] for word in words)).splitlines()[1:]


def fake_nvidia_smi(
    folder: Path, monkeypatch, *, processes: str = "", used=(21_504, 9_216), code: int = 0, lines=None
) -> None:
    """An executable of that name on the PATH. `processes`: lines of pid, MiB, uuid, as --query-compute-apps prints;
    `lines`: those of --query-gpu, else two cards with `used` MiB taken."""
    folder.mkdir(exist_ok=True)
    gpus = (
        lines
        if lines is not None
        else "\n".join(
            f"{number}, NVIDIA GeForce RTX 4090, {used[number]}, 24564, {(97, 40)[number]}, {UUIDS[number]}"
            for number in (0, 1)
        )
    )
    (folder / "gpus.txt").write_text(gpus + "\n")
    (folder / "processes.txt").write_text(processes)
    program = folder / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n"
        f"case \"$1\" in --query-gpu=*) cat '{folder}/gpus.txt';; "
        f"--query-compute-apps=*) cat '{folder}/processes.txt';; esac\nexit {code}\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_without_nvidia_smi_there_is_the_processor_alone(runs, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [device.name for device in machine(runs).devices] == ["cpu"]
    assert gpu_names() == ()


def test_a_driver_that_fails_is_no_fault(runs, monkeypatch, tmp_path):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, code=9)
    assert machine(runs).gpus == ()


@pytest.mark.parametrize("odd", ["", "No running processes found\n", "[Not Supported], x\n", "1, [N/A], GPU-unknown\n"])
def test_odd_answers_about_processes_leave_the_devices_as_they_are(runs, monkeypatch, tmp_path, odd):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, processes=odd)
    first, second, _ = machine(runs).devices
    assert (first.name, first.used_bytes, first.free_bytes) == ("cuda:0", 21 * GIB, (24_564 - 21_504) * 2**20)
    assert (first.tenants, second.tenants) == ((), ())


def test_the_real_programs_answer_at_rest_is_read(runs, monkeypatch, tmp_path):
    (gpu,) = real("--query-gpu=index")
    processes = "\n".join(real("--query-compute-apps"))
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, lines=gpu, processes=processes)
    device, _ = machine(runs).devices
    assert (device.name, device.label, device.tenants) == ("cuda:0", "GPU 0, NVIDIA H200", ())
    assert (device.used_bytes, device.total_bytes, device.busy_ratio) == (0, 143_771 * 2**20, 0.0)


def test_the_real_programs_answer_under_load_is_read(runs, monkeypatch, tmp_path):
    gpu, process, *_ = real("under load")
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, lines=gpu, processes=process)
    device, _ = machine(runs).devices
    assert (device.used_bytes, device.busy_ratio) == (3789 * 2**20, 0.08)
    assert [(each.pid, each.used_bytes) for each in device.tenants] == [(1694, 3780 * 2**20)]


UUID = "GPU-6df39de9-d1db-34b7-331f-c9817df4ac4e"


@pytest.mark.parametrize("slice_", ["MIG-21a0f5e1-9b1c-5c3c-8d3e-6d2c7f0e1b11", f"MIG-{UUID}/1/0"])
def test_a_card_cut_into_slices_has_no_use_of_its_own_and_the_processes_of_all_of_them(
    runs, monkeypatch, tmp_path, slice_
):
    line = f"0, NVIDIA A100-SXM4-40GB, 2431, 40960, [N/A], {UUID}"
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, lines=line, processes=f"{2**22 + 9}, 1022, {slice_}\n")
    device, _ = machine(runs).devices
    assert (device.busy_ratio, device.used_bytes) == (None, 2431 * 2**20)
    assert [each.used_bytes for each in device.tenants] == [1022 * 2**20]


def test_of_a_slice_whose_card_is_not_known_nothing_is_said(runs, monkeypatch, tmp_path):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, processes="7, 1022, MIG-21a0f5e1-9b1c-5c3c-8d3e-6d2c7f0e1b11\n")
    assert [device.tenants for device in machine(runs).devices] == [(), (), ()]


@pytest.mark.parametrize("odd", ["[N/A]", "[Not Supported]", "[Insufficient Permissions]", "[Unknown Error]", "ERR!"])
def test_what_a_card_does_not_tell_is_not_known(runs, monkeypatch, tmp_path, odd):
    line = f"0, NVIDIA GB10, {odd}, {odd}, {odd}, {UUID}\n1, NVIDIA GB10, 5, 10, 100, GPU-2"
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, lines=line, processes=f"77, {odd}, {UUID}\n[N/A], 5, {UUID}\n")
    first, second, _ = machine(runs).devices
    assert (first.used_bytes, first.total_bytes, first.busy_ratio, first.free_bytes) == (None, None, None, None)
    assert second.busy_ratio == 1.0
    assert [each.used_bytes for each in first.tenants] == [None]


def test_eight_cards_are_eight_devices(runs, monkeypatch, tmp_path):
    lines = "\n".join(f"{number}, NVIDIA H200, {number}, 143771, 0, GPU-{number}" for number in range(8))
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, lines=lines, processes="77, 5, GPU-6\n")
    found = machine(runs).devices
    assert machine(runs).gpus == tuple(f"cuda:{number}" for number in range(8))
    assert [device.name for device in found if device.tenants] == ["cuda:6"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", 9),
        ("Failed to initialize NVML: Driver/library version mismatch", 18),
        ("No devices were found", 6),
        ("Unable to determine the device handle for GPU0000:01:00.0: Unknown Error", 0),
    ],
)
def test_a_sentence_in_place_of_an_answer_is_no_card(runs, monkeypatch, tmp_path, said, code):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, lines=said, code=code)
    assert machine(runs).gpus == ()


def test_a_hung_driver_costs_its_patience_once_and_no_second_program_is_started(runs, monkeypatch, tmp_path):
    """What hangs in a driver cannot be killed, so nobody waits for its end."""
    fake_nvidia_smi(tmp_path / "bin", monkeypatch)
    program, started = tmp_path / "bin" / "nvidia-smi", tmp_path / "started"
    program.write_text(f"#!/bin/sh\necho x >> '{started}'\nexec sleep 600\n")
    monkeypatch.setattr(devices, "PATIENCE_SECS", 0.5)
    hung = []
    with monkeypatch.context() as stuck:
        stuck.setattr(subprocess.Popen, "kill", lambda process: hung.append(process))
        assert machine(runs).gpus == () and gpu_names() == ()
        assert gpu_names() == () and started.read_text() == "x\n" and len(hung) == 1
    hung[0].kill()
    hung[0].wait()
    fake_nvidia_smi(tmp_path / "bin", monkeypatch)
    assert gpu_names() == ("cuda:0", "cuda:1"), "a driver that has come back is asked again"


def test_the_processes_on_a_gpu_are_told_with_their_memory_user_and_run(runs, monkeypatch, tmp_path):
    """One is a run of ours, one another process of this user, one of nobody that can be seen."""
    run_dir = runs / start(runs, script(tmp_path, SILENT), run_id="teacher")
    trainer = wait_for_state(run_dir, "starting", "running").trainer
    lines = f"{trainer.pid}, 20480, {UUIDS[0]}\n{os.getpid()}, 9000, {UUIDS[1]}\n{2**22 + 7}, [N/A], {UUIDS[1]}\n"
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, processes=lines)
    wait_for(lambda: machine(runs).devices[0].tenants[0].run == "teacher")
    first, second, _ = machine(runs).devices
    assert [(each.pid, each.used_bytes, each.run, each.is_mine) for each in first.tenants] == [
        (trainer.pid, 20 * GIB, "teacher", True)
    ]
    mine, unknown = second.tenants
    assert mine.user and mine.is_mine and mine.run == ""
    assert (unknown.user, unknown.used_bytes, unknown.run) == ("", None, "")


@pytest.mark.parametrize(
    ("text", "wish"), [("2", "cuda:2"), ("cuda:0", "cuda:0"), ("any", "cuda"), ("cpu", "cpu"), ("GPU 1", "cuda:1")]
)
def test_a_device_is_named_as_people_name_it(text, wish):
    assert device_name(text.replace(" ", "")) == wish


@pytest.mark.parametrize("text", ["", "tpu", "-1", "cuda:x", "1,2"])
def test_what_is_no_device_is_refused_with_what_would_be_one(text):
    with pytest.raises(UsageError, match="must be the number of a GPU"):
        device_name(text)


def test_a_gpu_that_is_not_there_is_refused_before_anything_starts(runs, monkeypatch, tmp_path):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch)
    with pytest.raises(RefusedError, match="no GPU 7 on this machine; nvidia-smi knows 0 and 1"):
        start_notes(runs, None, "cuda:7")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RefusedError, match="finds no usable one"):
        capacity_for("cuda", None, runs)


def test_of_any_gpu_only_those_count_that_the_starter_may_see(runs, monkeypatch, tmp_path):
    fake_nvidia_smi(tmp_path / "bin", monkeypatch)
    assert capacity_for("cuda", None, runs).gpus == ("cuda:0", "cuda:1")
    assert capacity_for("cuda", "1", runs).gpus == ("cuda:1",)


def steps(run_dir: Path, *memory: int) -> None:
    run_dir.mkdir(exist_ok=True)
    with (run_dir / STEPS_FILE).open("ab") as file:
        for number, size in enumerate(memory):
            file.write(encode_line(Step(step=number, device_memory_bytes=size)))


def test_a_run_that_never_told_its_memory_needs_nothing_known(runs):
    assert need_of(runs / "nowhere") == Need("nowhere")
    assert headroom_notes(need_of(runs / "nowhere"), machine(runs), "") == []
    assert need_of_script(runs, "train.py") is None


def test_memory_that_will_not_do_is_told_before_the_start(runs, monkeypatch, tmp_path):
    steps(runs / "parent", 5 * GIB, 21 * GIB, 20 * GIB)
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, processes=f"{os.getpid()}, 9216, {UUIDS[1]}\n")
    need = need_of(runs / "parent")
    (note,) = headroom_notes(need, machine(runs), "cuda:1")
    assert note.startswith("GPU 1 has 15.0 GiB of 24.0 GiB free, and parent used up to 21.0 GiB: it will probably run")
    assert f"process {os.getpid()} has 9.0 GiB" in note
    assert headroom_notes(Need("parent", "cuda:1", GIB), machine(runs), "") != [], (
        "others' processes are told in any case"
    )
    assert headroom_notes(Need("parent", "cuda:0", GIB), machine(runs), "") == []


def test_memory_that_the_parent_gives_back_counts_once_it_has_ended(runs, monkeypatch, tmp_path):
    run_dir = runs / start(runs, script(tmp_path, SILENT), run_id="parent")
    trainer = wait_for_state(run_dir, "starting", "running").trainer
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, processes=f"{trainer.pid}, 20480, {UUIDS[0]}\n")
    wait_for(lambda: machine(runs).devices[0].tenants[0].run == "parent")
    (note,) = headroom_notes(Need("parent", "cuda:0", 20 * GIB), machine(runs), "")
    assert "enough only once it has ended. parent gives 20.0 GiB back when it ends." in note


def test_a_disk_without_room_for_the_checkpoints_is_told(runs):
    free = machine(runs).disk_free_bytes
    assert headroom_notes(Need("p", checkpoint_bytes=free // 100), machine(runs), "") == []
    (note,) = headroom_notes(Need("p", checkpoint_bytes=free // 2), machine(runs), "")
    assert "has room for" in note and "a run needs room for 4" in note
