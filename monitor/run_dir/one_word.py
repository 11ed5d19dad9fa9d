"""A command that stands as one word in another: `script -qefc 'python train.py --lr 0.1' train.log`, `bash -c '…'`.

Who reads the words of a command reads those within that word (`words_of`), and who changes them puts them back
(`put_back`). Only a plain command is opened: what a shell would do with it (`;`, `|`, `>`, `$`, `*`) stays one word.
"""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath

from monitor.run_dir.checkpoints import SHELLS

IN_ONE_WORD = SHELLS | {"script"}
"""Programs whose option `-c` takes a whole command."""
TAKES_COMMAND = re.compile(r"-[A-Za-z]*c|--command")
JOINED = "--command="
OF_THE_SHELL = re.compile(r"[;|&<>()$`\\*?\[\]#~!\n]|\{(?!run_dir\})|^\s*\w+=")
"""What a shell would not pass on as it stands; `{run_dir}` stands for a path."""


def words_of(argv: list[str]) -> list[str]:
    """The words of the command within, where one word holds a plain command; else the command itself."""
    place = _plain_place(argv)
    return argv if place is None else shlex.split(argv[place].removeprefix(JOINED))


def is_closed(argv: list[str]) -> bool:
    """Whether a word holds a command that only a shell understands: nothing in it can be read or changed."""
    return _place(argv) is not None and _plain_place(argv) is None


def word_of_shell(argv: list[str]) -> str:
    """The word with a whole command, whatever a shell would do with it; "" where none is within."""
    place = _place(argv)
    return "" if place is None else argv[place].removeprefix(JOINED)


def put_back(argv: list[str], words: list[str]) -> list[str]:
    """`argv` with other words for the command within; the words themselves where none is within."""
    place = _plain_place(argv)
    if place is None:
        return words
    if words == words_of(argv):
        return argv
    joined = JOINED if argv[place].startswith(JOINED) else ""
    return [*argv[:place], joined + shlex.join(words), *argv[place + 1 :]]


def _plain_place(argv: list[str]) -> int | None:
    place = _place(argv)
    return place if place is not None and is_plain(argv[place].removeprefix(JOINED)) else None


def _place(argv: list[str]) -> int | None:
    """Where the word with a whole command stands; None where there is none."""
    begin = next((n for n, word in enumerate(argv[:-1]) if PurePath(word).name in IN_ONE_WORD), None)
    if begin is None or any(word.endswith((".py", ".sh")) for word in argv[:begin]):
        return None
    for place in range(begin + 1, len(argv)):
        option = argv[place - 1]
        is_joined = argv[place].startswith(JOINED)
        if is_joined or (option.startswith("-") and TAKES_COMMAND.fullmatch(option)):
            return place
        if not argv[place].startswith("-"):
            return None  # a script of the shell, or the file that `script` writes
    return None


def is_plain(text: str) -> bool:
    """Whether a word is a command of several words in which a shell changes nothing."""
    unquoted = re.sub(r"'[^']*'", "''", text)
    unquoted = re.sub(r'"[^"$`\\]*"', '""', unquoted)
    if OF_THE_SHELL.search(unquoted):
        return False
    try:
        return len(shlex.split(text)) > 1
    except ValueError:
        return False
