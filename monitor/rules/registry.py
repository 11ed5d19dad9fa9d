"""All rules in the order of precedence, and all their thresholds by name, as vitalsigns.toml and launch.json know them.

Every module of this folder is looked through: there is no list to edit.
"""

from __future__ import annotations

import importlib
import inspect
import math
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from monitor.rules.result import NO_RULES, Finding, OwnAnswers, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import DEFAULTS, CommonLimits, Limits, Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import keeps_best_checkpoint
from monitor.run_dir.errors import UsageError
from monitor.run_dir.records import ready
from monitor.run_dir.status import is_over

KEEPS = re.compile(r"[Kk]eep the (?:best checkpoint(?: by the metric)?|checkpoint of its best epoch)")


def _classes() -> Iterator[type[Rule]]:
    """The rule classes that the modules of the folder define."""
    for found in pkgutil.iter_modules(sys.modules[__package__].__path__, f"{__package__}."):
        if found.name == __name__:
            continue
        module = importlib.import_module(found.name)
        for kind in vars(module).values():
            if inspect.isclass(kind) and issubclass(kind, Rule) and kind.__module__ == found.name and kind is not Rule:
                yield kind


def in_order(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules by their place. Raises ValueError where two have the same place or name."""
    ordered = sorted(rules, key=lambda rule: rule.place)
    for before, after in pairwise(ordered):
        if before.place == after.place:
            raise ValueError(f"Rules {before.name} and {after.name} stand at the same place, {after.place}")
    if len({rule.name for rule in ordered}) < len(ordered):
        raise ValueError("Two rules have the same name")
    return tuple(ordered)


RULES = in_order([kind() for kind in _classes()])
"""In order of precedence: what stands higher suppresses contradicting advice below it."""
BY_NAME = {rule.name: rule for rule in RULES}


class _Own(Rule):
    """The facts of every rule of one's own: it comes after all others, is never STOP, and is asked from the first
    evaluation on. No falling error rate makes up for its finding, whose subject is not known here."""

    name, title, place = "own", "A rule of one's own", 1_000_000
    before_guard = never_learnt = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """Raises NotImplementedError always."""
        raise NotImplementedError("such rules run elsewhere; their answers come as OwnAnswers")


_OWN = _Own()


def facts_of(rule: str) -> Rule:
    """What is known of a rule by its name."""
    return BY_NAME.get(rule, _OWN)


@np.errstate(all="ignore")
def evaluate(snapshot: Snapshot, thresholds: Thresholds, now: float, own: OwnAnswers = NO_RULES) -> tuple[Result, ...]:
    """Every rule's answer, in the order of RULES, and then what the project's own rules have answered. Pure."""
    answers = (*(rule.check(snapshot, thresholds, now) for rule in RULES), *own.at(snapshot))
    found = {answer.rule for answer in answers if isinstance(answer, Finding)}
    broken = any(isinstance(each, Finding) and facts_of(each.rule).breaks(each) for each in answers)
    over = bool(found) and is_over(snapshot)
    keeps = keeps_best_checkpoint(snapshot)
    return tuple(
        _as_known(_advised(answer, found, over, broken), keeps) if isinstance(answer, Finding) else answer
        for answer in answers
    )


def _as_known(finding: Finding, keeps: bool) -> Finding:
    """A checkpoint of the best epoch may not be there: only our own trainer is known to keep it."""
    if keeps or not KEEPS.search(finding.remedy):
        return finding
    return replace(finding, remedy=KEEPS.sub(lambda kept: f"{kept[0]}, if there is one", finding.remedy))


def _advised(finding: Finding, found: set[str], over: bool, broken: bool) -> Finding:
    """With a remedy that fits a run that is over, and the other findings. `broken`: whether weights are not finite."""
    rule = facts_of(finding.rule)
    if broken and rule.collapsed:
        return replace(
            finding, remedy="What is not finite comes first: such a network gives the same output for every input."
        )
    known = found if broken else found - {"non_finite"}
    beside = next((remedy for other, remedy in rule.remedy_beside if other in known), "")
    remedy = (rule.remedy_when_over if over else "") or beside
    return replace(finding, remedy=remedy) if remedy else finding


def _kinds() -> Iterator[type[Limits]]:
    yield CommonLimits
    yield from dict.fromkeys(rule.limits for rule in RULES if rule.limits is not None)


def _kind_of() -> dict[str, type[Limits]]:
    """Raises ValueError where two kinds use one name."""
    found: dict[str, type[Limits]] = {}
    for kind in _kinds():
        for name in kind.__struct_fields__:
            if name in found:
                raise ValueError(f"{kind.__name__} and {found[name].__name__} both have a threshold {name}")
            found[name] = kind
    return found


KIND_OF = _kind_of()
"""Name of a threshold → its kind: the common ones first, then those of each rule, in the order of the rules."""


def by_name(thresholds: Thresholds) -> dict[str, float]:
    """Every threshold with its value."""
    return {name: getattr(thresholds.of(kind), name) for name, kind in KIND_OF.items()}


def of_rule(rule: str) -> tuple[str, ...]:
    """The names of the thresholds that a rule is judged by, beside the common ones that it does not name."""
    known = facts_of(rule)
    return (*(known.limits.__struct_fields__ if known.limits is not None else ()), *known.reads)


MOST_TIMES = 100
"""So many times its default a threshold may be, 1 where the default is 0: above that a rule is blind, not set."""


def from_mapping(values: Mapping[str, Any]) -> Thresholds:
    """The thresholds with some replaced. Raises UsageError that names the one that is wrong."""
    given: dict[type[Limits], dict[str, Any]] = {}
    for name, value in values.items():
        if name not in KIND_OF:
            raise _wrong(f"`{name}` is unknown")
        most = MOST_TIMES * (getattr(KIND_OF[name](), name) or 1 / MOST_TIMES)
        if isinstance(value, (int, float)) and not 0 <= value <= most:
            raise _wrong(f"`{name}` is {value:g}; allowed is 0 to {most:g}")
        given.setdefault(KIND_OF[name], {})[name] = value
    try:
        return DEFAULTS.but(*(msgspec.convert(some, ready(kind), strict=False) for kind, some in given.items()))
    except msgspec.ValidationError as problem:
        raise _wrong(str(problem)) from problem


OWN_RULE = re.compile(r"([a-z][a-z0-9_]{0,39})\.(.+)")
"""How a threshold of a rule of one's own is called: by its rule and its own name."""


def own_thresholds(values: Mapping[str, float]) -> dict[str, float]:
    """Those of rules of one's own. Whether there are such rules is known only where they run."""
    return {name: value for name, value in values.items() if OWN_RULE.fullmatch(name)}


def flat_thresholds(tables: Mapping[str, Any]) -> dict[str, float]:
    """`[thresholds]` as one level: `slow_epochs.times` for what stands under a rule of one's own.

    Raises UsageError that names the one that is wrong.
    """
    flat: dict[str, float] = {}
    for name, value in tables.items():
        if not isinstance(value, Mapping):
            flat[name] = value
            continue
        if name in BY_NAME:
            raise _wrong(
                f"`{name}` is a rule whose thresholds stand alone: {', '.join(of_rule(name)) or 'it has none'}"
            )
        for own, number in value.items():
            if not OWN_RULE.fullmatch(f"{name}.{own}") or not math.isfinite(number):
                raise _wrong(f"`{name}.{own}` must be a number below the name of a rule of your own")
            flat[f"{name}.{own}"] = float(number)
    from_mapping({name: value for name, value in flat.items() if not OWN_RULE.fullmatch(name)})
    return flat


def _wrong(what: str) -> UsageError:
    return UsageError(f"Thresholds: {what}. Known ones: {', '.join(KIND_OF)}.")


def frozen(values: Mapping[str, float]) -> Thresholds:
    """The thresholds that a run's launch.json has kept. What this version does not know or take is left out."""
    return from_mapping({name: value for name, value in values.items() if _is_taken(name, value)})


def _is_taken(name: str, value: float) -> bool:
    try:
        from_mapping({name: value})
    except UsageError:
        return False
    return True
