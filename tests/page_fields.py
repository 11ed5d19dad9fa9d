"""Which fields of the server's messages the page's script names, held against the Structs that the server sends.

A table says which variable of which file holds which Struct. From there every chain of names is followed through the
Structs: `frame.verdict.word`, `frame.away?.why`, `const { fixed, shown } = answer.sentences`. What it cannot see:

- a variable that is not in the table, and one that the script has assigned something else;
- a field behind an expression: `(this.painted ?? this.frame).status`, `frame.flags[0].title`;
- a field named by a text: `cols[name]`, `columns["val_loss"]`;
- whether a value is used as what it is: only names are looked at.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from monitor.launcher.devices import Device, Machine, Tenant
from monitor.ui.messages import ListNews, PageData, Ping, Problem, Refused, TrashedRun
from monitor.view.shapes import answers, compared, frame, judgement, listing, metrics, state

Kinds = tuple[type, ...]

EVERYWHERE: dict[str, Kinds] = {
    "frame": (frame.Frame,),
    "past": (frame.Frame,),
    "flag": (judgement.Flag,),
    "cols": (frame.EpochColumns,),
    "steps": (frame.StepColumns,),
}
"""Names that mean the same in every file."""
MEMBERS = frozenset({*EVERYWHERE, "answer", "data"})
"""What also stands as `this.frame`, `ui.answer` or `list.data`."""
MESSAGES = (frame.Frame, answers.Channels, answers.Predictions, answers.ClipHistory, answers.LogTail, compared.Compared)
MESSAGES += (metrics.Metrics, compared.NothingCompared, Problem, Refused, Ping)
OPTIONS = (judgement.OfferedOption, judgement.ConsideredOption)
COMPARISONS = (compared.Compared, compared.NothingCompared)
IN_FILE: dict[str, dict[str, Kinds]] = {
    "compare.js": {
        "answer": COMPARISONS,
        "card": (compared.OutcomeCard,),
        "columns": (compared.CurveColumns,),
        "curve": (compared.Curves,),
        "sentence": (compared.SentencePair,),
    },
    "devices.js": {
        "device": (Device,),
        "machine": (Machine,),
        "row": (listing.RunRow,),
        "tenant": (Tenant,),
    },
    "diagnosis.js": {
        "cause": (judgement.Cause,),
        "change": (judgement.Change,),
        "data": (PageData,),
        "limit": (judgement.Limit,),
        "option": OPTIONS,
    },
    "curves.js": {"curve": (metrics.MetricCurve,), "other": (metrics.MetricCurve,)},
    "figures.js": {"ahead": (frame.Outlook,), "lane": (judgement.Lane,)},
    "first_runs.js": {"data": (PageData,), "row": (listing.RunRow,)},
    "ledger.js": {"child": (listing.TriedChild,), "option": (listing.TriedOption,)},
    "log.js": {
        "answer": (answers.LogTail,),
        "data": (PageData,),
        "disk": (state.DiskRoom,),
        "gpu": (answers.GpuShown,),
    },
    "main.js": {"data": (PageData,)},
    "metrics.js": {"answer": (metrics.Metrics,), "head": (metrics.MetricHead,), "group": (metrics.MetricGroup,)},
    "notify.js": {"answer": (answers.Channels,), "channel": (answers.Channel,)},
    "now.js": {"answer": (answers.Predictions,), "clip": (answers.ClipShown,), "parent": (frame.ParentOfRun,)},
    "missed.js": {"gravest": (listing.RunEvent,), "newest": (listing.RunEvent,)},
    "overview.js": {
        "data": (PageData,),
        "group": (listing.RunGroup,),
        "message": (ListNews, Ping, Problem),
        "row": (listing.RunRow,),
    },
    "predictions.js": {
        "answer": (answers.Predictions, answers.ClipHistory),
        "clip": (answers.ClipShown,),
        "moment": (answers.ClipMoment,),
    },
    "query.js": {"row": (listing.RunRow,)},
    "rows.js": {
        "data": (PageData,),
        "group": (listing.RunGroup,),
        "row": (listing.RunRow,),
        "trashed": (TrashedRun,),
    },
    "selection.js": {"row": (listing.RunRow,)},
    "run.js": {"data": (PageData,), "latest": (frame.Frame,), "message": MESSAGES},
    "sweep.js": {"row": (listing.RunRow,), "sweep": (listing.Sweep,)},
    "strip.js": {"answer": (answers.Predictions,)},
    "tiles.js": {"tile": (frame.Tile,)},
    "verdict.js": {"status": (state.Status,), "stop": (state.StopShown,), "verdict": (judgement.Verdict,)},
}
PARAMETERS: dict[str, Kinds] = {
    "changeWords": (answers.WordChanges,),
    "candidateGroups": (compared.Candidates,),
    "lineNames": COMPARISONS,
}
"""Functions that take the fields of their first argument apart: `function lineNames({ runs, related })`."""
OWN_FIELDS = {"overview.js": {"heading", "rows"}, "rows.js": {"depth", "family", "rows"}, "sweep.js": {"depth"}}
"""Fields that the script itself adds: a row's place in its family, its heading by a setting and the rows under that."""

NAME = r"[A-Za-z_$][\w$]*"
CHAIN = re.compile(rf"(?<![\w$.])({NAME}(?:\??\.{NAME})+)")
UNPACKED = re.compile(rf"(?:const|let)\s*\{{([^{{}}]*)\}}\s*(=|of)\s*({NAME}(?:\??\.{NAME})*)")
TAKEN_APART = re.compile(rf"function\s+({NAME})\(\{{([^{{}}]*)\}}")


def wrong_fields(file: str, script: str) -> list[str]:
    """Every use of a field that no Struct of its variable has, as "file: frame.verdikt"."""
    own = OWN_FIELDS.get(file, set())
    seen = uses(without_texts(script), names_in(file))
    return list(dict.fromkeys(f"{file}: {text}" for text, kinds, names in seen if not _fits(kinds, names, own)))


def names_in(file: str) -> dict[str, Kinds]:
    """Variable → the Structs that it may hold."""
    return {**EVERYWHERE, **IN_FILE.get(file, {})}


def uses(code: str, known: Mapping[str, Kinds]) -> Iterator[tuple[str, Kinds, list[str]]]:
    """(what stands there, Structs of the variable, names that follow it) of every use of a known variable."""
    for match in CHAIN.finditer(code):
        root, names = _split(match[1])
        if root in known and names:
            yield match[1], known[root], names
    for match in UNPACKED.finditer(code):
        root, names = _split(match[3])
        kinds = resolved(known.get(root, ()), names, inside=match[2] == "of")
        for field in _unpacked(match[1]):
            yield f"{{ {field} }} {match[2]} {match[3]}", kinds, [field]
    for match in TAKEN_APART.finditer(code):
        for field in _unpacked(match[2]):
            yield f"{match[1]}({{ {field} }})", PARAMETERS.get(match[1], ()), [field]


def _split(chain: str) -> tuple[str, list[str]]:
    """(variable, names that follow); of `this.frame` and the like the member counts as the variable."""
    root, *names = re.split(r"\??\.", chain)
    if root in ("this", "ui", "list") and names and names[0] in MEMBERS:
        return names[0], names[1:]
    return root, names


def _unpacked(names: str) -> list[str]:
    return [part.partition(":")[0].partition("=")[0].strip() for part in names.split(",") if part.strip()]


def _fits(kinds: Kinds, names: list[str], own: set[str]) -> bool:
    """Whether the names lead through fields; what is no Struct (a text, a list, a number) has fields of its own."""
    for name in names:
        if not kinds or name in own:
            return True
        if not any(name in fields_of(kind) for kind in kinds):
            return False
        kinds = resolved(kinds, [name])
    return True


def resolved(kinds: Kinds, names: list[str], *, inside: bool = False) -> Kinds:
    """The Structs that a chain of fields leads to; `inside`: those that the list at its end holds."""
    for place, name in enumerate(names):
        hints = [fields_of(kind)[name] for kind in kinds if name in fields_of(kind)]
        inner = inside and place == len(names) - 1
        kinds = tuple(found for hint in hints for found in _structs(hint, inner))
    return kinds


def _structs(hint: Any, inside: bool) -> list[type]:
    """The Structs of a type hint, also of an optional one."""
    if dataclasses.is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
        return [hint]
    if not inside and typing.get_origin(hint) in (list, tuple, dict):
        return []
    return [found for part in typing.get_args(hint) for found in _structs(part, inside)]


@functools.cache
def fields_of(kind: type) -> dict[str, Any]:
    """Field as it is sent → its type."""
    hints = typing.get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        return {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    sent = {info.encode_name: hints[info.name] for info in msgspec.structs.fields(kind)}
    tag = kind.__struct_config__.tag_field
    return {**sent, tag: str} if tag else sent


COMMENT_OR_TEXT = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+/[a-z]*")
BEFORE_A_PATTERN = re.compile(r"(?:^|[(,=:\[!&|?{};])\s*$")
PART_OF_A_TEMPLATE = re.compile(r"[`}](?:\\.|\$(?!\{)|[^`$\\])*(`|\$\{)", re.DOTALL)


def without_texts(script: str) -> str:
    """The code without comments, texts and regular expressions; what a template computes stays, between semicolons."""
    out: list[str] = []
    templates: list[int] = []
    place, depth = 0, 0
    while place < len(script):
        letter = script[place]
        if match := COMMENT_OR_TEXT.match(script, place):
            out.append(" ")
        elif letter == "`" or (letter == "}" and templates[-1:] == [depth]):
            if letter == "}":
                templates.pop()
            match = PART_OF_A_TEMPLATE.match(script, place)
            assert match, "a template without an end"
            if match[1] == "${":
                templates.append(depth)
            out.append(" ; ")
        elif letter == "/" and BEFORE_A_PATTERN.search("".join(out[-40:])):
            match = PATTERN.match(script, place)
            assert match, "a regular expression without an end"
            out.append(" ")
        else:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            out.append(letter)
        place = match.end() if match else place + 1
    return "".join(out)
