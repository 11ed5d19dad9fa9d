"""The manual page, from the verbs' own help: `python -m monitor.commands.manual > docs/vitalsigns.1`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from monitor.commands.cli import command
from monitor.commands.examples import EXAMPLES, GROUPS

CODES = {
    "0": "Done; for check and watch --once: nothing to report.",
    "1": "A warning is open.",
    "2": "A critical flag is open, or the run has failed or is lost.",
    "3": "The run cannot be read, or does not exist.",
    "4": "Not enough data for a verdict yet.",
    "5": "Refused, with the reason.",
    "64": "Wrong usage.",
}
ENVIRONMENT = {
    "VITALSIGNS_RUNS": "The folder of runs, where --runs is not given; runs/ by default.",
    "VITALSIGNS_PROGRAMS": "What starts vitalsigns on other hosts: HOST=COMMAND, one a line.",
    "VITALSIGNS_SSH": "The ssh to reach other hosts with, and its options; ssh by default.",
    "XDG_STATE_HOME": "Where the user's keys and tokens are kept; ~/.local/state by default.",
    "VITALSIGNS_*": "Variables that an address in vitalsigns.toml may hold.",
}
FILES = {
    "vitalsigns.toml": "Thresholds, metric, devices and addresses of a project.",
    "vitalsigns_rules.py": "Rules of a project's own.",
    "runs/": "One folder for each run.",
}


def page() -> str:
    """In the form of man(7)."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.TH VITALSIGNS 1 "" "Vitalsigns" "User commands"'
    yield from (".SH NAME", r"vitalsigns \- watch training runs, see what is wrong, stop and restart them")
    yield from (".SH SYNOPSIS", ".B vitalsigns", r"\fIVERB\fR [\fIOPTION\fR]... [\fIRUN\fR]...")
    yield from (".SH DESCRIPTION", "Every verb has a full manual: vitalsigns VERB --help. In a checkout without the")
    yield "installed command it is python -m monitor VERB. Verbs that print a result take --json."
    for group, verbs in GROUPS.items():
        yield f".SH {group.upper()}"
        for verb in verbs:
            yield from (".TP", f".B {verb}", _plain(command(verb).help))
            yield from (rf".br{chr(10)}{_plain(f'vitalsigns {line}')}" for line in EXAMPLES[verb])
    for title, rows in (("EXIT STATUS", CODES), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        yield f".SH {title}"
        for name, meaning in rows.items():
            yield from (".TP", f".B {_plain(name)}", _plain(meaning))


def _plain(text: str) -> str:
    """One line of text that roff takes for nothing else; hyphens that can be copied."""
    line = " ".join(text.split("\n\n")[0].split()).replace("\\", r"\e").replace("-", r"\-")
    line = re.sub(r"[^\x20-\x7e]", lambda sign: rf"\[u{ord(sign[0]):04X}]", line)
    return rf"\&{line}" if line.startswith((".", "'")) else line


if __name__ == "__main__":
    sys.stdout.write(page())
