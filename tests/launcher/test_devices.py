"""The machine that runs share, asked of an nvidia-smi that answers as the real one does; no GPU is needed."""

import os
import stat
from pathlib import Path

import pytest

from monitor.launcher import start
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


def fake_nvidia_smi(folder: Path, monkeypatch, *, processes: str = "", used=(21_504, 9_216), code: int = 0) -> None:
    """An executable of that name on the PATH. `processes`: lines of pid, MiB, uuid, as --query-compute-apps prints."""
    folder.mkdir(exist_ok=True)
    gpus = "\n".join(
        f"{number}, NVIDIA GeForce RTX 4090, {used[number]}, 24564, {(97, 40)[number]}, {UUIDS[number]}"
        for number in (0, 1)
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
    with pytest.raises(RefusedError, match="finds none"):
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
