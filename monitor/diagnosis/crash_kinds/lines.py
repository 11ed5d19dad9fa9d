"""The lines of a log that may say why it crashed: no code, no launcher, no error that was dealt with."""

from __future__ import annotations

import re

LAST_LINE = "Last line of its log: "
"""How a supervisor introduces the last line of a log."""
LABEL = re.compile(r"^(?:\[(?:rank|default)?\d+(?:,\d+)?\](?:<\w+>)?:\s?|\d+: )")
"""Which process of several wrote a line: torch's, torchrun's, mpirun's and srun's way."""
MOST_CHARS, LONGEST_LINE = 2**17, 4_000
"""More than the end of a log that a supervisor keeps, and than any line of an error's own words."""
QUOTED = re.compile(
    r"^\s+(?:(?:exitcode|traceback|what\(\))\s*:|CUDA Setup failed)"
    r"|^│ (?:No such|Invalid value|Missing |Got unexpected)|^\s+.*\bstty size\b"
)
"""Indented or framed lines that are no code: of torchrun's summary, of C++, of a command's options. And the call of
stty, without which the error of a script that has no terminal says nothing."""
ERROR = re.compile(r"^(?:[\w.]*(?:Error|Exception|Interrupt|Exit)\b|(?:[a-z_]\w*\.)+[A-Z]\w*: )")
"""An exception's own line: the name of its type comes first."""
NAMES_AN_ERROR = re.compile(
    ERROR.pattern
    + r"|^Could not override '|^(?:In '[^']+': )?Could not find '|^Cannot find primary config "
    + r"|^=>> PBS: |^TERM_[A-Z]+: |^(?i:error|fatal|killed)\b|^[\w./-]+: error\b",
)
"""A line that reads like an error's own words, be it of Python, of a shell or of a command's options."""
CHAINED = re.compile(r"^(During handling of the above exception|The above exception was the direct cause)")
SAID_BY_THE_LAUNCHER = re.compile(
    r"^(?:torch\.distributed\.elastic\S*|ChildFailedError)(?!.*SignalException)\b"
    r"|^subprocess\.CalledProcessError: Command '\['[^']*python[\d.]*'|^srun: error: .*Exited with exit code"
    r"|^g?make(?:\[\d+\])?: (?:\*\*\* (?:\[.{1,300}\] (?:Error \d+|\w[\w ]{0,40})|Waiting for unfinished jobs)|"
    r"(?:Entering|Leaving) directory )"
)
"""Lines of a launcher of several processes, or of make: it only reports that one failed; that process has named the
cause before."""


def bounded(text: str) -> str:
    """The beginning and the end of a text that a process may have made as long as it liked, lines cut too."""
    if len(text) > MOST_CHARS:
        text = f"{text[: MOST_CHARS // 2]}\n{text[-MOST_CHARS // 2 :]}"
    return "\n".join(line[:LONGEST_LINE] for line in text.splitlines())


def lines_of(text: str) -> list[str]:
    """The lines that are no code, without the label of their process."""
    plain = [LABEL.sub("", line) for line in text.replace(LAST_LINE, "\n").splitlines()]
    return [line.strip() for line in plain if QUOTED.match(line) or (line[:1].strip() and line[0] not in "│╭╰|")]


def uncaught(lines: list[str]) -> list[str]:
    """From the exception that ended the process on, with those that it names as its direct cause."""
    errors = [place for place, line in enumerate(lines) if ERROR.match(line) and not SAID_BY_THE_LAUNCHER.match(line)]
    if not errors:
        return lines
    first = errors[-1]
    for earlier in reversed(errors[:-1]):
        if not any("direct cause" in line for line in lines[earlier:first]):
            break
        first = earlier
    return lines[first:]
