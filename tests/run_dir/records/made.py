"""Any record of a kind, for tests of what comes back from JSON."""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from monitor.run_dir.records.base import Record
from monitor.run_dir.records.coding import decode, encode

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
few = settings(max_examples=15)
"""An example of the largest record takes milliseconds to make."""
_ATOMS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
PLAIN = st.recursive(
    _ATOMS,
    lambda each: st.lists(each, max_size=2) | st.dictionaries(st.text(max_size=3), each, max_size=2),
    max_leaves=4,
)
"""What a field of any content holds: JSON. A number that is no number is a word there, as nothing says it was one."""


def records_of(module: types.ModuleType) -> list[type[Record]]:
    """The kinds of records that a module defines."""
    kinds = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Record)]
    return [each for each in kinds if each.__module__ == module.__name__]


def made(kind: type[Record]) -> st.SearchStrategy[Record]:
    """Any record of a kind: required fields always, the others sometimes."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = {field.name: field.required for field in msgspec.structs.fields(kind)}
    required = {name: _of(hints[name]) for name, must in fields.items() if must}
    optional = {name: _of(hints[name]) for name, must in fields.items() if not must}
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: kind(**given))


def comes_back(record: Record) -> bool:
    """Whether its JSON is one line, holds no bare NaN, and gives the same record, also beside a field of tomorrow."""
    data = encode(record)
    beside = b'{"of_tomorrow":[{"a":null}]' + (b"," if len(data) > 2 else b"") + data[1:]
    assert b"\n" not in data
    msgspec.json.decode(data)
    return repr(decode(data, type(record))) == repr(decode(beside, type(record))) == repr(record)


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        pattern = next((each.pattern for each in hint.__metadata__ if getattr(each, "pattern", None)), None)
        return st.from_regex(pattern, fullmatch=False) if pattern else _of(inner[0])
    if origin in (Union, types.UnionType):
        return st.one_of([_of(each) for each in inner])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is dict:
        return st.dictionaries(_of(inner[0]), _of(inner[1]), max_size=3)
    if origin is tuple:
        return st.lists(_of(inner[0]), max_size=3).map(tuple)
    if origin is frozenset:
        return st.frozensets(_of(inner[0]), max_size=3)
    if origin is not None and issubclass(origin, Iterable):
        return st.lists(_of(inner[0]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return made(hint)
    simple = {type(None): st.none(), bool: st.booleans(), float: NUMBERS.map(_one_nan), Any: PLAIN}
    others = {int: st.integers(-(2**53), 2**53), str: st.text(max_size=30)}
    return (simple | others)[hint]


def _one_nan(value: float) -> float:
    return math.nan if math.isnan(value) else value
