"""What a script hands over, made into what a record can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

from monitor.run_dir import Epoch, GapBasis, Record

WER_FIELDS = frozenset({"val_wer", "train_wer"})
"""Fields of an evaluation that hold a word error rate: always a fraction."""

_kinds_of: dict[type, dict[str, Any]] = {}


def gap_of(record: Epoch, basis: GapBasis) -> float | None:
    """val_loss minus the train loss that the run's gap basis names; None where either is missing."""
    other = record.train_eval_loss if basis == "eval" else record.train_loss
    return None if other is None or record.val_loss is None else record.val_loss - other


def split_known_and_extra(
    kind: type[Record], fields: dict[str, Any], warn: Any
) -> tuple[dict[str, Any], dict[str, float]]:
    """(fields of the record, other numbers). Tensors and numpy scalars become floats; numbers in a mapping get its name
    and a slash before theirs; what is no number is left out and logged."""
    known: dict[str, Any] = {}
    extra: dict[str, float] = {}
    kinds = _kinds(kind)
    for name, value in fields.items():
        if value is None:
            continue
        if type(value) is float and kinds.get(name) is float:  # most of what is logged, at each step
            known[name] = value
            continue
        value = value.detach() if hasattr(value, "detach") else value  # a loss that still has its graph
        try:
            if name not in kinds and isinstance(value, Mapping):
                extra |= {f"{name}/{key}": float(number) for key, number in value.items()}
            elif name not in kinds:
                extra[name] = float(value)
            elif name == "metrics":
                known[name] = {str(key): float(number) for key, number in value.items()}
            else:
                known[name] = kinds[name](value)
        except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as problem:
            # The value itself is not shown: showing it may fail as making a number of it did.
            warn(f"{name} ({type(value).__name__}) was left out: {problem}")
    return known, extra


def _kinds(kind: type[Record]) -> dict[str, Any]:
    """Field → the function that makes a plain value of what a script passes."""
    if kind not in _kinds_of:
        makers = {}
        for name, hint in get_type_hints(kind).items():
            text = str(hint)
            makers[name] = (
                float if "float" in text and "dict" not in text
                else int if "int" in text and "dict" not in text
                else (lambda value: value)
            )  # fmt: skip
        _kinds_of[kind] = makers
    return _kinds_of[kind]


def in_fractions(fields: dict[str, Any]) -> dict[str, Any]:
    """The same of a script that logs word error rates in percent."""
    return {name: value / 100 if name in WER_FIELDS else value for name, value in fields.items()}


def plain(value: Any) -> Any:
    """JSON-able copy: what is no plain value becomes its text, so that a config never breaks a start."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # A file name that is no UTF-8 holds lone surrogates, which no JSON takes.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    for number in (int, float):
        # Also of a subclass: numpy's float64 is a float, and no encoder takes it.
        if isinstance(value, number):
            return number(value)
    try:
        item = value.item()  # a scalar of numpy or torch
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return str(value)
    return item if isinstance(item, (bool, int, float, str)) else str(value)
