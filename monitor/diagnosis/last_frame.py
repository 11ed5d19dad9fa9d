"""Where in a person's own code an exception came up: the last frame of a traceback that is no library's. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

FRAME = re.compile(r'^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:,? in (?P<function>.+))?$')
FATAL = re.compile(r"^(?:Current thread|Thread) .*\(most recent call first\):", re.MULTILINE)
"""What the interpreter writes when native code crashed: the last call comes first."""
BEGINS = re.compile(r"Traceback \(most recent call last\)")
LIBRARY = re.compile(
    r"^<|[/\\](?:(?:site|dist)-packages|lib(?:64)?[/\\]python\d[^/\\]*|Lib|bin|monitor[/\\](?:writer|integrations|run_dir))[/\\]"
)
"""Installed packages and their commands, Python itself, what has no file, and this program's writer and callbacks."""
MARKS = re.compile(r"^\s*[~^]+\s*$")
LONGEST_CODE = 100


@dataclass(frozen=True)
class CodeFrame:
    """A line of code; `file` as a person would name it, `code` its text, "" where the traceback has none."""

    file: str
    line: int
    function: str
    code: str
    by_library: bool
    """Whether a library that it called raised the error."""

    @property
    def place(self) -> str:
        """Such as "train.py:12 in step"; without the function at the top of a module."""
        within = f" in {self.function}" if self.function and self.function != "<module>" else ""
        return f"{self.file}:{self.line}{within}"


def own_frame(traceback: str, folder: str = "") -> CodeFrame | None:
    """The last own frame of the last traceback in the text; None without one. `folder`: where the run was started."""
    lines = _newest_last(traceback)
    places = [(place, match) for place, line in enumerate(lines) if (match := FRAME.match(line))]
    own = [(place, match) for place, match in places if not LIBRARY.search(match["file"])]
    if not own:
        return None
    place, match = own[-1]
    return CodeFrame(
        file=_named(match["file"], folder),
        line=int(match["line"]),
        function=(match["function"] or "").strip(),
        code=_code(lines[place + 1 :]),
        by_library=place != places[-1][0],
    )


def _newest_last(text: str) -> list[str]:
    """The lines that hold the last calls, the last one at their end."""
    if FATAL.search(text) is None:
        return _last_traceback(text.splitlines())
    current = text[text.rfind("Current thread") :] if "Current thread" in text else text
    return [line for line in reversed(current.split("\n\n")[0].splitlines()) if FRAME.match(line)]


def _last_traceback(lines: list[str]) -> list[str]:
    """The lines from the last "Traceback" on; of a text that was cut before it, all."""
    begins = [place for place, line in enumerate(lines) if BEGINS.search(line)]
    return lines[begins[-1] :] if begins else lines


def _named(file: str, folder: str) -> str:
    """A file below the run's folder from there on; of another the last two parts."""
    if folder and file.startswith(folder.rstrip("/") + "/"):
        return file[len(folder.rstrip("/")) + 1 :]
    return "/".join(file.replace("\\", "/").split("/")[-2:]) if folder else file.replace("\\", "/").split("/")[-1]


def _code(after: list[str]) -> str:
    """The line of code under a frame."""
    line = next(iter(after), "")
    if not line.startswith((" ", "\t")) or FRAME.match(line) or MARKS.match(line):
        return ""
    code = line.strip()
    return code if len(code) <= LONGEST_CODE else code[:LONGEST_CODE] + "…"
