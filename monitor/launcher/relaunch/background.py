"""Whether a shell sends the training to the background and is over at once: `bash -c 'nohup python train.py &'`.

A run is over when its command is, and what the command has left running is ended with it.
"""

from __future__ import annotations

import re
from pathlib import Path

from monitor.launcher.relaunch.launchers import is_detached, script_path
from monitor.run_dir.one_word import word_of_shell

COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
ONLY_TELLS = re.compile(r"(?:echo|printf|disown|date)\b[^;&|]*|\w+=\S*")
ENDS_BEHIND = re.compile(r"(?<![&>])&\s*(?:(?:echo|printf|disown)\b[^;&|]*)?$")
"""A last `&`, which is no `&&` and no `>&`."""
COMMANDS = re.compile(r"\n|;|&&|\|\|")
"""What stands between two commands."""
TRAINS = re.compile(r"\b(?:python[\d.]*|torchrun|accelerate|deepspeed|srun)\b|\.py\b")
MAY_TRAIN = re.compile(rf"{TRAINS.pattern}|\b(?:ba|z)?sh\b|\bmake\b|^\s*\./")
"""Also a program or a script of which it is not known what it does."""
IN_BACKGROUND = re.compile(r"(?<![&>])&(?!>)")
LONGEST_SHOWN = 120


def background_problem(argv: list[str], cwd: Path) -> str:
    """Why the command would be over before its training, with the way to start it; "" where the shell stays."""
    if is_detached(argv):
        return (
            "This command starts a container in the background (-d) and is over at once: neither output nor end "
            "would be seen. Leave out -d: a run goes on when the terminal is closed."
        )
    text = word_of_shell(argv)
    script = None if text else script_path(argv, cwd)
    if script is not None and script.suffix in (".sh", ".bash"):
        try:
            text = script.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    lines = [line.strip() for line in COMMENT.sub("", text).replace("\\\n", " ").splitlines() if line.strip()]
    while lines and ONLY_TELLS.fullmatch(lines[-1]):
        lines.pop()
    if not lines or _trains_in_front(lines) or not ENDS_BEHIND.search(lines[-1]):
        return ""
    return (
        f"{script.name if script else 'The shell'} sends the training to the background and is over at once: "
        f"{lines[-1][:LONGEST_SHOWN]}\nA run ends with its command. Leave out the last & (nohup is not needed: a run "
        "goes on when the terminal is closed), or add a line: wait"
    )


def _trains_in_front(lines: list[str]) -> bool:
    """Whether the shell waits for what may be the training, and sends something else to the background at its end."""
    commands = COMMANDS.split("\n".join(lines))
    return not TRAINS.search(lines[-1].rpartition(";")[2]) and any(
        MAY_TRAIN.search(each) and not IN_BACKGROUND.search(each) for each in commands
    )
