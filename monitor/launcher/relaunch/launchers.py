"""Where the words of a script begin in a command: what stands before them is the launcher's.

`torchrun --nproc_per_node 2 train.py --lr 0.1`: the script's own words are `--lr 0.1`. A launcher's option may have the
name of one of the script's, so only the words behind the script are the script's settings.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from monitor.run_dir.one_word import is_closed
from monitor.run_dir.provenance import LAUNCHER_MODULES

PROGRAM_ENDINGS = (".py", ".sh", ".bash", ".ipynb")
WRAPPERS = frozenset(
    {"env", "srun", "mpirun", "mpiexec", "horovodrun", "nohup", "nice", "ionice", "time", "timeout", "stdbuf"}
    | {"numactl", "taskset", "xvfb-run", "sudo", "uv", "uvx", "run", "poetry", "pipenv", "pdm", "hatch", "rye"}
    | {"conda", "mamba", "micromamba", "exec", "launch", "torchrun", "accelerate", "deepspeed", "composer", "coverage"}
    | {"kernprof", "nsys", "ncu", "py-spy", "ipython", "fabric", "pixi", "chrt", "setsid", "unbuffer", "catchsegv"}
    | {"systemd-run", "flock"}
)
"""Programs, and their sub-commands, that start another program with the words that follow."""
IN_IMAGES = {
    **dict.fromkeys(("docker", "podman", "nerdctl"), re.compile(r"-[itdPTq]+")),
    **dict.fromkeys(("singularity", "apptainer"), re.compile(r"-[ecCfipuw]+")),
}
"""Programs that start a command in an image: program → its short options without a value."""
DETACHING = frozenset({"docker", "podman", "nerdctl"})
DETACHED = re.compile(r"--detach(=true)?|-[iPqtT]*d[diPqtT]*")
IMAGE_VERBS = frozenset({"run", "exec", "compose", "container"})
IMAGE_SWITCHES = frozenset(
    {"--rm", "--init", "--privileged", "--read-only", "--interactive", "--tty", "--detach", "--publish-all", "--quiet"}
    | {"--no-healthcheck", "--oom-kill-disable", "--no-deps", "--service-ports", "--build", "--use-aliases"}
    | {"--nv", "--rocm", "--nvccli", "--cleanenv", "--contain", "--containall", "--writable", "--writable-tmpfs"}
    | {"--fakeroot", "--no-home", "--userns", "--compat", "--no-init"}
)
"""Their long options without a value."""
OF_PYTHON = frozenset({"torchrun", "accelerate", "deepspeed", "composer"})
"""Launchers that start a Python file, or a module behind -m, unless an option says otherwise (`--no-python`)."""
NO_PYTHON = frozenset({"--no-python", "--no_python"})
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
INTERPRETER = re.compile(r"(python|pypy)[\d.]*")
COUNT = re.compile(r"[\d.:,]+[smhdKMG]?")
"""A value of a wrapper's option, such as the 4 of `srun -n 4`."""


def is_program(word: str) -> bool:
    """Whether a word names a file that is run: never the value of an option whose script is not known."""
    return word.endswith(PROGRAM_ENDINGS) and not word.startswith("-") and "=" not in word


def own_words_begin(argv: list[str]) -> int:
    """The index of the first word that is the script's own; len(argv) where a shell holds the whole command."""
    if is_closed(argv):
        return len(argv)
    program = _program_at(argv)
    if argv and Path(argv[program]).name in IN_IMAGES:
        inside = _behind_image(argv, program)
        rest = argv[inside:]
        return inside if not rest or rest[0].startswith("-") else inside + own_words_begin(rest)
    for index, word in enumerate(argv):
        before = Path(argv[index - 1]).name if index else ""
        if word == "-c" and INTERPRETER.fullmatch(before):
            return min(index + 2, len(argv))
        if index > program and word.startswith("-"):
            break
        if word == "-m" and index + 1 < len(argv) and not LAUNCHER_MODULES.fullmatch(argv[index + 1]):
            return index + 2
        if is_program(word):
            return index + 1
    return min(program + 1, len(argv)) if argv and not argv[0].startswith("-") else 0


def is_in_image(argv: list[str]) -> bool:
    """Whether the command runs in an image, with a Python and files of its own."""
    return any(Path(word).name in IN_IMAGES for word in argv[: own_words_begin(argv)])


def is_detached(argv: list[str]) -> bool:
    """Whether the client of an image is over at once, and the command goes on without it: `docker run -d`."""
    program = 0 if is_closed(argv) or not argv else _program_at(argv)
    if not argv or Path(argv[program]).name not in DETACHING:
        return False
    return any(DETACHED.fullmatch(word) for word in argv[program : _behind_image(argv, program) - 1])


def is_notebook(argv: list[str]) -> bool:
    """Whether papermill runs a notebook: its parameters are `-p NAME VALUE`."""
    begin = own_words_begin(argv)
    return any(Path(word).name == "papermill" for word in argv[:begin]) and argv[begin - 1].endswith(".ipynb")


def script_path(argv: list[str], cwd: Path) -> Path | None:
    """The file that holds the script's own words' parser; None for a module and for a program that is no script."""
    begin = own_words_begin(argv)
    path = cwd / argv[begin - 1] if begin and is_program(argv[begin - 1]) else None
    return path.resolve() if path is not None and path.is_file() else None


def _starts_python(words: list[str]) -> bool:
    """Whether one of these words is Python with an option of its own or a script behind it."""
    return any(
        INTERPRETER.fullmatch(Path(word).name) and (after.startswith("-") or is_program(after))
        for word, after in pairwise(words)
    )


def _behind_image(argv: list[str], program: int) -> int:
    """The index of the first word behind the image, or the container, in which a program starts a command."""
    short = IN_IMAGES[Path(argv[program]).name]
    place = program + 1
    while place < len(argv):
        word = argv[place]
        if word.startswith("-"):
            place += 1 if "=" in word or word in IMAGE_SWITCHES or short.fullmatch(word) else 2
        elif word in IMAGE_VERBS:
            place += 1
        else:
            return place + 1
    return len(argv)


def _is_interpreter(argv: list[str], index: int) -> bool:
    """Whether this word is Python with a script, or an option of its own, behind it."""
    return _starts_python(argv[index : index + 2])


def _is_value_of_launcher(argv: list[str], index: int) -> bool:
    """Whether this word is the value of an option of what starts a Python file further on:
    `accelerate launch --config_file a.yaml --num_processes 2 train.py`."""
    before, after = argv[:index], argv[index + 1 :]
    is_launched = any(Path(word).name in OF_PYTHON or LAUNCHER_MODULES.fullmatch(word) for word in before)
    if not is_launched or is_program(argv[index]) or NO_PYTHON & set(before) or not before[-1].startswith("-"):
        return False
    return any(word == "-m" or is_program(word) for word in after)


def _program_at(argv: list[str]) -> int:
    """The index of the first word that is neither a wrapper nor one of a wrapper's words."""
    wrapped = False
    for index, word in enumerate(argv):
        name = Path(word).name
        if name in WRAPPERS or (INTERPRETER.fullmatch(name) and index + 1 < len(argv)):
            wrapped = True
        elif not wrapped or not (
            word.startswith("-")
            or ASSIGNMENT.fullmatch(word)
            or COUNT.fullmatch(word)
            or LAUNCHER_MODULES.fullmatch(word)
        ):
            if wrapped and argv[index - 1].startswith("-") and _starts_python(argv[index + 1 :]):
                continue  # the value of a wrapper's option: `srun -p gpu python -u train.py`
            if wrapped and (_is_value_of_launcher(argv, index) or Path(argv[index - 1]).name == "flock"):
                continue
            if _is_interpreter(argv, index + 1):
                wrapped = True  # a wrapper that is not known, or what one works with: `flock lock python -u train.py`
                continue
            return index
    return max(len(argv) - 1, 0)
