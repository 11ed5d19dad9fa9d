"""What a program prints, in its own words, of a file that is not there: `data/train.csv does not exist`.

Only at the end of a line, and only of what reads like a place on the disk: `best.pt not found, starting anew` is no
error, and neither a column nor a GPU is a file.
"""

from __future__ import annotations

import re

from monitor.diagnosis.crash_kinds.kind import LONGEST_QUOTE, Kind, Words, anywhere, line_of, naming

WAYS = r"(?:in|at|under|from|the|a|an|file|folder|directory|config|checkpoint|data|dataset|model|weights|named|called)"
PLACE = r"(?:'[^'\n]{1,300}'|\"[^\"\n]{1,300}\"|\.{0,2}[^\s'\":,.!][^\s'\":,]{0,299})"
SAYS = re.compile(
    r"(?i:\bno such file or directory|\b(?:does not|do not|doesn't|did not) exist|\bno longer exists"
    r"|\bnot (?:be )?found|\b(?:cannot|could not|can't|couldn't|unable to|failed to) (?:find|locate|open))"
    rf"(?::?(?: {WAYS}){{0,4}}:? ?(?P<behind>{PLACE}))?[.!\s]*$"
)
"""The words for it, to the end of a line, with the place that may stand behind them."""
NO_FILE = "no such file"
NAMES_ONE = re.compile(r"(?i)\b(?:file|folder|directory|dir|path|checkpoint|data ?set|config\w*|weights|manifest)\b")
QUOTED = re.compile(r"'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"")
ENDING = re.compile(r"[^\s/]+\.[A-Za-z][A-Za-z0-9]{0,11}")
NO_ENDING = re.compile(r"(?i)(?:[\w-]+\.)+(?:errors?|exceptions?|com|org|net)")
CORRECT = "Correct the path; a relative one counts from the folder in which the run was started."
CORRECT_NAME = "Correct the name or the path; a relative path counts from the folder in which the run was started."
OF_OPTION = "Correct the path that {} gives; a relative one counts from the folder in which the run was started."
NO_INTERPRETER = re.compile(r": bad interpreter: ")


def missing_place(line: str) -> str | None:
    """The place that a line says is not there; "" where it names none, None for a line that does not say so."""
    said = SAYS.search(line)
    if said is None or NO_INTERPRETER.search(line):
        return None
    before = line[: said.start()]
    if behind := said["behind"]:
        place = behind.strip("'\"").rstrip(".!")
        return place if _is_place(place) or NAMES_ONE.search(line[: said.start("behind")]) else None
    quoted = [one or other for one, other in QUOTED.findall(before)]
    words = [word.strip("'\"`‘’():,;!") for word in before.split()]
    place = next((word for word in reversed([*words, *quoted]) if _is_place(word)), "")
    if place or NO_FILE in said.group().lower():
        return place or (quoted or words or [""])[-1]
    return (quoted or words)[-1] if NAMES_ONE.search(before) else None


def _is_place(word: str) -> bool:
    """Whether a word reads like a path or the name of a file."""
    if "://" in word or not word.strip("./"):
        return False
    return "/" in word or (ENDING.fullmatch(word) is not None and NO_ENDING.fullmatch(word) is None)


def _advice(match: re.Match[str], text: str) -> str:
    return CORRECT if _is_place(missing_place(line_of(match, text)) or "") else CORRECT_NAME


def advice_for(option: str) -> str:
    """What to do about a path that an option of the command gave."""
    return OF_OPTION.format(option)


def _interpreter(match: re.Match[str], _: str) -> str:
    return (
        f"Correct the first line of {match[1][:LONGEST_QUOTE]}: its interpreter is not there; where the line ends in "
        "^M, the file was saved on Windows (dos2unix)."
    )


def _is_no_path(match: re.Match[str], _: str) -> bool:
    name = next(part for part in match.groups() if part)
    return "/" not in name and not name.endswith((".sh", ".py", ".bash"))


INSTALL: Words = naming("Install {}, or put its folder on PATH (on a cluster: module load).", "")
TARGET = r"^g?make(?:\[\d+\])?: \*\*\* No rule to make target ['`]([^'`\n]{1,200})'"
KINDS = (
    Kind(
        "program",
        anywhere(r"^(?:\w{1,20}: )?(?:line \d+: )?([^\s:]{1,300}): [^:\n]{1,300}: bad interpreter: "),
        _interpreter,
    ),
    Kind(
        "program",
        anywhere(
            r"^\S{1,300}: (?:\d+: )?(?:exec: )?(?:\d+: )?([\w.+-]{1,100}): not found$",
            r"^(?:\S{1,100}/)?env: ['‘]?([^'’:\n]{1,300})['’]?: No such file or directory$",
            r"^\w{1,20}: failed to (?:run|execute) (?:command )?['‘]?([^'’:\n]{1,300})['’]?: No such file",
            r"^g?make(?:\[\d+\])?: ([^\s:]{1,300}): No such file or directory$",
        ),
        INSTALL,
        fits=_is_no_path,
    ),
    Kind(
        "file_missing",
        anywhere(TARGET + ", needed by "),
        naming("Correct the path {} in the Makefile, or write a rule that makes it.", ""),
        naming("{} does not exist, and the Makefile has no rule that makes it.", ""),
    ),
    Kind(
        "usage",
        anywhere(TARGET),
        naming("Correct the target {} in the command, or name the Makefile that has it (-f FILE, -C FOLDER).", ""),
    ),
    Kind(
        "file_missing",
        anywhere(r"^g?make(?:\[\d+\])?: \*\*\* No targets(?: specified and no makefile found)?\."),
        "Start it in the folder that has the Makefile, or name it: -C FOLDER, -f FILE.",
    ),
    Kind(
        "file_missing",
        anywhere(r"^.*(?:exists?|found|directory|find|locate|open)\b.*$"),
        _advice,
        handled=True,
        fits=lambda match, text: missing_place(line_of(match, text)) is not None,
    ),
)
