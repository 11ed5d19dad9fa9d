"""The classes that a file or an entry point holds, each with what is wrong with it. Runs in the rules' process."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib import metadata
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

from monitor.diagnosis.own_rules.sources import GROUP, RULES_FILE
from monitor.diagnosis.own_rules.wire import MOST_RULES, MOST_TEXT, Facts, RuleJob

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Late(BaseException):
    """The time is over. No Exception: a rule's own `except Exception` must not hold it."""


def load(job: RuleJob) -> tuple[list[tuple[Facts, type[Any]]], str]:
    """(each class with its facts, why there are none). Executes the file or imports the package."""
    try:
        found = list(_classes(_module(job) if job.text else _entry(job.entry)))
    except BaseException as fault:  # noqa: BLE001 - whatever a stranger's module does while it is loaded
        return [], message_of(fault, job.path)
    if not found:
        return [], "it holds no class with a `check` method"
    if len(found) > MOST_RULES:
        return [], f"it holds {len(found)} rules; {MOST_RULES} are the most"
    return [(facts_of(kind, job.thresholds), kind) for kind in found], ""


def _module(job: RuleJob) -> ModuleType:
    """The text that was checked, not what stands at the path by now; no .pyc is read or written."""
    module = ModuleType(Path(RULES_FILE).stem)
    module.__file__ = job.path
    sys.modules[module.__name__] = module
    exec(compile(job.text, job.path, "exec"), vars(module))
    return module


def _entry(name: str) -> Any:
    return next(iter(metadata.entry_points(group=GROUP, name=name))).load()


def _classes(found: Any) -> Iterator[type[Any]]:
    """A class itself, or those that a module defines, in their order."""
    if inspect.isclass(found):
        yield found
        return
    for name, kind in vars(found).items():
        own = inspect.isclass(kind) and kind.__module__ == found.__name__
        if own and not name.startswith("_") and callable(getattr(kind, "check", None)):
            yield kind


def facts_of(kind: type[Any], given: Mapping[str, float]) -> Facts:
    """Name, title and thresholds of a class, or what is wrong with them. `given` thresholds replace the class's own."""
    name, title = getattr(kind, "name", None), getattr(kind, "title", None)
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        return Facts(kind.__name__, kind.__name__, why="`name` must be lower-case letters, digits and _, 40 at most")
    if not isinstance(title, str) or not title.strip():
        return Facts(name, name, why="`title` must be a text")
    limits = getattr(kind, "thresholds", {})
    if not isinstance(limits, dict) or not all(
        isinstance(key, str) and isinstance(value, Real) for key, value in limits.items()
    ):
        return Facts(name, title[:MOST_TEXT], why="`thresholds` must be a dict of names and numbers")
    mine = {key.removeprefix(f"{name}."): value for key, value in given.items() if key.startswith(f"{name}.")}
    if unknown := mine.keys() - limits.keys():
        why = f"vitalsigns.toml sets its {' and '.join(sorted(unknown))}, which it does not have; it has "
        return Facts(name, title[:MOST_TEXT], why=why + (", ".join(limits) or "no thresholds"))
    if mine:
        kind.thresholds = {**limits, **mine}
    return Facts(name, title[:MOST_TEXT], {key: float(value) for key, value in limits.items()})


def message_of(fault: BaseException, path: str, otherwise: int | None = None) -> str:
    """The error in one line, with the file and the last line of it that was running, `otherwise` where none was."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == path]
    line = frames[-1].lineno if frames else getattr(fault, "lineno", otherwise)
    where = f"{Path(path).name} line {line}: " if path and line else ""
    text = " ".join(str(fault).split())[:MOST_TEXT]
    if isinstance(fault, Late):
        return f"{where}{text}"
    return f"{where}{type(fault).__name__}{f': {text}' if text else ''}"
