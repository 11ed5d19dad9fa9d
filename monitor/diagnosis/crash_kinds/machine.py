"""Crashes of the machine around a run: memory, disk, limits of the system, the scheduler."""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import Kind, anywhere, quoted
from monitor.run_dir.words import size

KILLED = "Killed by SIGKILL without a stop being asked: usually the kernel or the scheduler, when memory runs out."
TERMINATED = "Ended by SIGTERM, which a scheduler, a container or a person sends."
MORE_MEMORY = "Use fewer loader workers or read the data in parts; in a job or container, ask for more memory."
RESUME = "Resume it from its checkpoint; if this was a time limit, with a longer one."
LONGER = "Resume it from its checkpoint, with a longer time limit."
PREEMPTED = "Resume it from its checkpoint: another job took its place, and nothing in the run is wrong."
OTHER_NODE = "Resume it from its checkpoint: the engine chooses another node."
SHARED_MEMORY = (
    "Give /dev/shm more room (df -h /dev/shm; of a container --shm-size=8g or --ipc=host), "
    "or use fewer loader workers: none with num_workers=0."
)


def _host_memory(match: re.Match[str], text: str) -> str:
    asked = re.search(r"Unable to allocate ([\d.]+ [KMGT]?i?B)|tried to allocate (\d+) bytes", text)
    if match["code"]:
        return KILLED
    if asked is None:
        return "The machine or the job's limit has no memory left."
    return f"The machine had no room for {asked[1] or size(float(asked[2]))} more: out of memory on the host."


def _disk(match: re.Match[str], _: str) -> str:
    what = "The quota is used up" if "uota" in match[0] else "The disk is full"
    return f"{what}: no room for {quoted(match)}." if quoted(match) else f"{what}."


KINDS = (
    Kind(
        "open_files",
        anywhere(r"Too many open files", r"received 0 items of ancdata"),
        "Raise the limit (ulimit -n 65535) and look for files that are opened and never closed; with torch's "
        'loader workers, torch.multiprocessing.set_sharing_strategy("file_system") keeps fewer open.',
        handled=True,
    ),
    Kind(
        "shared_memory",
        anywhere(
            r"(?:No space left on device|Error while creating shared memory segment).*?/dev/shm",
            r"unable to (?:write to|resize) file </torch_\S+>: No space left on device",
            r"unable to allocate shared memory",
        ),
        SHARED_MEMORY,
    ),
    Kind(
        "shared_memory",
        anywhere(r"DataLoader worker \(pid.*?\) is killed by signal: Bus error"),
        SHARED_MEMORY,
        "Usually /dev/shm is full, the memory in which loader workers hand over their data.",
        adds=True,
    ),
    Kind(
        "disk",
        anywhere(
            r"^(?:[\w.]*Error: |\S+: (?:.*: )?)(?:\[Errno (?:28|122)\] )?"
            r"(?:No space left on device|Disk quota exceeded)(?:: ('[^']*'))?"
        ),
        "Make room, or keep fewer checkpoints; then resume it.",
        _disk,
    ),
    Kind(
        "disk",
        anywhere(
            r"PytorchStreamWriter failed writing file", r"inline_container\.cc:\d+\] ?\. unexpected pos \d+ vs \d+"
        ),
        "Look at df -h and the quota of that folder, make room, or keep fewer checkpoints; then resume it.",
        "A checkpoint could not be written to its end: usually the disk or the quota is full.",
        adds=True,
    ),
    Kind(
        "host_memory",
        anywhere(
            r"^(?:[\w.]*_?ArrayMemoryError|MemoryError)\b|DefaultCPUAllocator: (?:can't allocate|not enough) memory",
            r"^OSError: \[Errno 12\] Cannot allocate memory|std::bad_alloc|^ray\.exceptions\.OutOfMemoryError",
            r"\boom[_-]kill\b|^srun: error: .*Out Of Memory|[Ee]xceeded (?:(?:job|step) )?memory limit|^TERM_MEMLIMIT",
            r"^=>> PBS: job killed: (?:v?mem|pmem)\b|DataLoader worker \(pid.*?\) is killed by signal: Killed",
            r"(?P<code>^Killed$|^\S+: line \d+: +\d+ Killed\b|^srun: error: \S+ tasks? .*: Killed|^exitcode\s*: -9\b"
            r"|failed \(exitcode: -9\)|terminated with signal SIGKILL|died with <Signals\.SIGKILL: 9>"
            r"|exits with return code = -9|exited on signal 9 \(Killed\))",
        ),
        MORE_MEMORY,
        _host_memory,
    ),
    Kind(
        "scheduler",
        anywhere(r"DUE TO TIME LIMIT|^=>> PBS: job killed: walltime|^TERM_RUNLIMIT"),
        LONGER,
        "The scheduler ended it at its time limit.",
    ),
    Kind("scheduler", anywhere(r"DUE TO PREEMPTION"), PREEMPTED, "The scheduler gave its place to another job."),
    Kind("node", anywhere(r"DUE TO NODE FAILURE"), OTHER_NODE, "Its node failed."),
    Kind("scheduler", anywhere(r"^slurmstepd: error: .*CANCELLED AT"), RESUME, "The scheduler cancelled it."),
    Kind(
        "scheduler",
        anywhere(
            r"SignalException: Process \d+ got signal: 15|died with <Signals\.SIGTERM: 15>",
            r"^\S+: line \d+: +\d+ Terminated\b",
        ),
        RESUME,
        TERMINATED,
    ),
    Kind(
        "process_limit",
        anywhere(
            r"^RuntimeError: can't start new thread|[Tt]hread creation failed: Resource temporarily unavailable",
            r"pthread_create failed|^BlockingIOError: \[Errno 11\] Resource temporarily unavailable",
        ),
        "Use fewer loader workers and threads (OMP_NUM_THREADS), or raise the limit (ulimit -u; in a container "
        "--pids-limit).",
        "The system allows this user no more processes or threads.",
        adds=True,
    ),
    Kind(
        "loader",
        anywhere(
            r"DataLoader worker \(pid.*?\) (?:exited unexpectedly|is killed by signal)",
            r"^RuntimeError: DataLoader timed out after",
        ),
        "Start it with num_workers=0: the error of the worker is then shown with its line; "
        "if there is none, it was memory or time.",
        "A process that loads data ended or did not answer, and did not say why.",
        adds=True,
    ),
)
