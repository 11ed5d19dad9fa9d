"""Passages of a log that hold no figures: the code of the script, the options of an object in a line each."""

from __future__ import annotations

import re

from monitor.importers.free_text.known import Known

IMPORTS = re.compile(r"(?:import \w[\w.]*(?: as \w+)?(?:, ?\w[\w.]*)*|from \w[\w.]* import [\w(*].*)\s*$")
CODE_ENDS = re.compile(
    r"={20,}\s*$|(?=.*\d\.\d)(?:\W{0,3}(?:step|epoch|iter)[a-z]*[:\s\[(#=]\s{0,3}\d|(?=[^\s#\"'\d])[^=({]*$)",
    re.IGNORECASE,
)
OPTIONS = re.compile(r"\b[A-Z]\w*(?:Config|Configuration|Arguments|Args|Params|Options|Namespace)\s?[({]\s*$")
OPTION = re.compile(
    r"(?!.*\b(?:epoch|step|iter|iteration)\b['\"]?\s?[:=\[]?\s?\d)\s*['\"]?[A-Za-z_][\w.-]*['\"]?\s?[=:]\s?\S.*"
    r"|\s*[^\s=:]{0,60}[\]}],?\s*$|\s+\S+,?\s*$",
    re.IGNORECASE,
)
OPTIONS_END = re.compile(r"\s*[)}]")
MOST_OPTIONS = 300
REPORT = re.compile(r".{0,200}?\bprecision\s{1,20}recall\s{1,20}f1-score\s{1,20}support\s*$")
_SCORE = r"\s{1,40}[01]\.\d{1,6}"
OF_A_CLASS = re.compile(rf"(?!.{{0,100}}\bavg\b).{{0,200}}?\S{_SCORE}{_SCORE}{_SCORE}\s{{1,20}}\d+(?:\.\d+)?\s*$")

BRANCH = re.compile(r"\s{0,40}(?:\|-\s{1,8}){1,12}[A-Za-z_]\w{0,60}(?::|\t|\s*$)")


def goes_on_in_code(known: Known, line: str) -> bool:
    """Whether a line is one of the script that a log shows: from its imports to a figure or a ruled line."""
    if not known.in_code:
        known.in_code = line[:5] in ("impor", "from ") and IMPORTS.match(line) is not None
    elif CODE_ENDS.match(line):
        known.in_code = False
    return known.in_code


def goes_on_in_report(known: Known, line: str) -> bool:
    """Whether a line is the head of a report of classes, or its row of one class: a class is no score."""
    if "f1-score" in line and REPORT.match(line):
        known.in_report = True
        return True
    is_row = known.in_report and OF_A_CLASS.match(line) is not None
    known.in_report = is_row or (known.in_report and not line.strip())
    return is_row


def goes_on_in_options(known: Known, line: str) -> bool:
    """Whether a line is one of the options that an object shows, each in its own: `TrainingArguments(`, to `)`."""
    if not known.in_options:
        begins = line.rstrip()[-1:] in ("(", "{") and OPTIONS.search(line) is not None
        known.in_options = MOST_OPTIONS * begins
    elif OPTION.match(line):
        known.in_options -= 1
    else:
        known.in_options = 0
        return OPTIONS_END.match(line) is not None
    return known.in_options > 0


def goes_on_in_tree(known: Known, line: str) -> bool:
    """Whether a line is a leaf or a branch of settings that are drawn as a tree: `|-   |- val    2.0`."""
    return BRANCH.match(line) is not None


PASSAGES = (goes_on_in_code, goes_on_in_options, goes_on_in_report, goes_on_in_tree)
