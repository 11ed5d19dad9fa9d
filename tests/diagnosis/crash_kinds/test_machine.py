"""Crashes of the machine around a run: each form is known, and the nearest line that is none is not."""

import pytest

from monitor.diagnosis.crash_kinds.machine import KINDS
from tests.diagnosis.crash_kinds.rows import told

FORMS = [
    ("open_files", "OSError: [Errno 24] Too many open files: '/data/1.wav'"),
    ("open_files", "RuntimeError: received 0 items of ancdata"),
    ("shared_memory", "NCCL WARN Error while creating shared memory segment /dev/shm/nccl-1 (size 9)"),
    ("shared_memory", "OSError: [Errno 28] No space left on device: '/dev/shm/x'"),
    ("shared_memory", "RuntimeError: unable to write to file </torch_1_2>: No space left on device (28)"),
    ("shared_memory", "RuntimeError: unable to allocate shared memory(shm) for file"),
    ("shared_memory", "RuntimeError: DataLoader worker (pid 7) is killed by signal: Bus error."),
    ("disk", "OSError: [Errno 28] No space left on device: '/scratch/e.pt'"),
    ("disk", "cp: error writing 'x': No space left on device"),
    ("disk", "OSError: [Errno 122] Disk quota exceeded"),
    ("disk", "RuntimeError: PytorchStreamWriter failed writing file data/7: file write failed"),
    ("disk", "RuntimeError: [enforce fail at inline_container.cc:603] . unexpected pos 64 vs 0"),
    ("host_memory", "MemoryError"),
    ("host_memory", "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 14.9 GiB for an array"),
    ("host_memory", "RuntimeError: DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
    ("host_memory", "OSError: [Errno 12] Cannot allocate memory"),
    ("host_memory", "terminate called after throwing an instance of 'std::bad_alloc'"),
    ("host_memory", "slurmstepd: error: Detected 1 oom_kill event in StepId=1.0"),
    ("host_memory", "srun: error: node7: task 0: Out Of Memory"),
    ("host_memory", "slurmstepd: error: Exceeded job memory limit"),
    ("host_memory", "TERM_MEMLIMIT: job killed after reaching LSF memory usage limit."),
    ("host_memory", "=>> PBS: job killed: mem 9kb exceeded limit 8kb"),
    ("host_memory", "RuntimeError: DataLoader worker (pid 7) is killed by signal: Killed."),
    ("host_memory", "Killed"),
    ("host_memory", "run.sh: line 3: 71 Killed python train.py"),
    ("host_memory", "srun: error: node7: task 0: Killed"),
    ("host_memory", "exitcode : -9 (pid: 7)"),
    ("host_memory", "failed (exitcode: -9) local_rank: 0"),
    ("host_memory", "ProcessExitedException: process 0 terminated with signal SIGKILL"),
    ("host_memory", "subprocess.CalledProcessError: Command died with <Signals.SIGKILL: 9>."),
    ("host_memory", "[ERROR] exits with return code = -9"),
    ("host_memory", "mpirun noticed that process rank 0 exited on signal 9 (Killed)."),
    ("scheduler", "slurmstepd: error: *** JOB 7 ON n1 CANCELLED AT 2026-01-01T00:00:00 DUE TO TIME LIMIT ***"),
    ("scheduler", "=>> PBS: job killed: walltime 3600 exceeded limit 3500"),
    ("scheduler", "TERM_RUNLIMIT: job killed after reaching LSF run time limit."),
    ("scheduler", "slurmstepd: error: *** JOB 7 CANCELLED AT 2026-01-01T00:00:00 DUE TO PREEMPTION ***"),
    ("node", "slurmstepd: error: *** JOB 7 CANCELLED AT 2026-01-01T00:00:00 DUE TO NODE FAILURE ***"),
    ("scheduler", "slurmstepd: error: *** STEP 7.0 ON n1 CANCELLED AT 2026-01-01T00:00:00 ***"),
    ("scheduler", "torch.distributed.elastic.multiprocessing.api.SignalException: Process 7 got signal: 15"),
    ("scheduler", "run.sh: line 3: 71 Terminated python train.py"),
    ("process_limit", "RuntimeError: can't start new thread"),
    ("process_limit", "libgomp: Thread creation failed: Resource temporarily unavailable"),
    ("process_limit", "OpenBLAS blas_thread_init: pthread_create failed for thread 3 of 64"),
    ("process_limit", "BlockingIOError: [Errno 11] Resource temporarily unavailable"),
    ("loader", "RuntimeError: DataLoader worker (pid(s) 7, 8) exited unexpectedly"),
    ("loader", "RuntimeError: DataLoader worker (pid 7) is killed by signal: Segmentation fault."),
    ("loader", "RuntimeError: DataLoader timed out after 60 seconds"),
]
SIBLINGS = [
    "120 open files",
    "received 3 items of ancdata",
    "/dev/shm has no space left",
    "unable to write to file: it is closed",
    "INFO no space left on device was seen before",
    "PytorchStreamWriter wrote file data/7",
    "inline_container.cc:603] . pos 64",
    "a MemoryError was caught and the batch halved",
    "DefaultCPUAllocator: allocates memory",
    "OSError: [Errno 11] Cannot allocate",
    "the oom killer is off",
    "srun: error: node7: task 0: Exited with exit code 1",
    "memory limit: 64 GB",
    "=>> PBS: job killed: node is down",
    "Killed 3 zombies",
    "run.sh: line 3: 71 Stopped python train.py",
    "exitcode : -6 (pid: 7)",
    "exits with return code = -7",
    "exited on signal 15 (Terminated)",
    "DUE TODAY: TIME LIMIT",
    "JOB 7 CANCELLED AT 2026-01-01T00:00:00",
    "SignalException: Process 7 got signal: 2",
    "can't start new thread of this talk",
    "DataLoader worker (pid 7) started",
    "DataLoader timed out after 60 seconds, trying again",
]


SHARED = "Give /dev/shm more room (df -h /dev/shm; of a container --shm-size=8g or --ipc=host), or use fewer loader"
MEMORY = "Use fewer loader workers or read the data in parts; in a job or container, ask for more memory."
KILLED = "Killed by SIGKILL without a stop being asked: usually the kernel or the scheduler, when memory runs out."


@pytest.mark.parametrize(
    ("text", "happened", "advice"),
    [
        ("OSError: Too many open files", "OSError: Too many open files.", "Raise the limit (ulimit -n 65535) and look"),
        ("unable to allocate shared memory", "unable to allocate shared memory.", SHARED),
        (
            "DataLoader worker (pid 7) is killed by signal: Bus error",
            "Usually /dev/shm is full, the memory in which loader workers hand over their data.",
            SHARED,
        ),
        ("OSError: No space left on device: '/s/e.pt'", "The disk is full: no room for '/s/e.pt'.", "Make room, or ke"),
        ("OSError: No space left on device", "The disk is full.", "Make room, or keep fewer checkpoints; then resume"),
        ("OSError: Disk quota exceeded: '/s/e'", "The quota is used up: no room for '/s/e'.", "Make room, or keep few"),
        (
            "PytorchStreamWriter failed writing file data/7",
            "A checkpoint could not be written to its end: usually the disk or the quota is full.",
            "Look at df -h and the quota of that folder, make room, or keep fewer checkpoints; then resume it.",
        ),
        ("MemoryError", "The machine or the job's limit has no memory left.", MEMORY),
        (
            "MemoryError: Unable to allocate 14.9 GiB for an array",
            "The machine had no room for 14.9 GiB more: out of memory on the host.",
            MEMORY,
        ),
        (
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 34359738368 bytes.",
            "The machine had no room for 32.0 GiB more: out of memory on the host.",
            MEMORY,
        ),
        ("Killed", KILLED, MEMORY),
        (
            "JOB 7 CANCELLED DUE TO TIME LIMIT",
            "The scheduler ended it at its time limit.",
            "Resume it from its checkpoint, with a longer time limit.",
        ),
        (
            "JOB 7 CANCELLED DUE TO PREEMPTION",
            "The scheduler gave its place to another job.",
            "Resume it from its checkpoint: another job took its place, and nothing in the run is wrong.",
        ),
        (
            "JOB 7 CANCELLED DUE TO NODE FAILURE",
            "Its node failed.",
            "Resume it from its checkpoint: the engine chooses another node.",
        ),
        (
            "slurmstepd: error: JOB 7 CANCELLED AT 12:00",
            "The scheduler cancelled it.",
            "Resume it from its checkpoint; if this was a time limit, with a longer one.",
        ),
        (
            "CalledProcessError: died with <Signals.SIGTERM: 15>.",
            "Ended by SIGTERM, which a scheduler, a container or a person sends.",
            "Resume it from its checkpoint; if this was a time limit, with a longer one.",
        ),
        (
            "pthread_create failed",
            "The system allows this user no more processes or threads.",
            "Use fewer loader workers and threads (OMP_NUM_THREADS), or raise the limit (ulimit -u; in a container",
        ),
        (
            "RuntimeError: DataLoader timed out after 60 seconds",
            "A process that loads data ended or did not answer, and did not say why.",
            "Start it with num_workers=0: the error of the worker is then shown with its line",
        ),
    ],
)
def test_what_happened_and_what_to_look_at(text, happened, advice):
    found = told(KINDS, text)
    assert found.happened == happened and found.advice.startswith(advice)


def test_only_too_many_open_files_are_often_caught():
    assert {kind.name for kind in KINDS if kind.handled} == {"open_files"}
    assert [kind.name for kind in KINDS if kind.adds] == ["shared_memory", "disk", "process_limit", "loader"]
