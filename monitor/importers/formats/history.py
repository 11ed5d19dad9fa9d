"""A history in one JSON object, a list of numbers for each name: `{"train_loss": [2.1, 1.7], "val_loss": [2.3, 2.0]}`.

So scripts keep Keras' `history.history` or a dict of their own, also inside of another key (`{"history": {…}}`), and so
pandas writes a table by columns (`{"loss": {"0": 2.1, "1": 1.7}}`). The place in a list is the evaluation. Lists of
another length than most, such as a loss of every batch, are left out and named.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.items import Aside, Importer, Item, Row
from monitor.importers.json_objects import parse
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_to_read

_NUMBER = r"(?:-?\d|NaN|-?Infinity)"
BEGINS = re.compile(
    rf'\s*\{{\s*"[^"\n]{{1,80}}"\s*:\s*(?:\{{\s*"[^"\n]{{1,80}}"\s*:\s*)?(?:\[\s*{_NUMBER}|\{{\s*"0"\s*:\s*{_NUMBER})'
)
LONGEST_BYTES = 64 << 20


class History(Importer):
    """Takes the numbers at one place of all lists as one evaluation."""

    name = "history"
    title = "a JSON object with a list for each name"
    grows = False
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_loss": ("train_loss", "loss"),
        "lr": ("learning_rate", "lr"),
    }

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=False)
        self._done = 0

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """0.6 where an object begins with a list of numbers and is no line among others; else 0."""
        if path.is_dir() or BEGINS.match(head.decode("utf-8-sig", "replace")) is None:
            return 0.0
        return 0.0 if any(line.lstrip().startswith(b"{") for line in head.split(b"\n")[1:2]) else 0.6

    def items(self) -> Iterator[Item]:
        """A row for each place in the lists. Raises UnreadableRunError for what holds none."""
        try:
            with os.fdopen(open_to_read(self.path), "rb") as opened:
                held = opened.read(LONGEST_BYTES + 1)
        except (OSError, OddFileError) as problem:
            raise UnreadableRunError(f"{self.path} cannot be read: {problem}.") from problem
        if len(held) > LONGEST_BYTES:
            raise UnreadableRunError(f"{self.path} is one JSON object of more than {LONGEST_BYTES >> 20} MiB.")
        self._done = len(held)
        try:
            lists = lists_of(parse(held.decode("utf-8-sig", "replace")))
        except ValueError as problem:
            raise UnreadableRunError(f"{self.path} is cut off or no JSON.") from problem
        if not lists:
            raise UnreadableRunError(f"{self.path} holds no lists of numbers under names.")
        [(length, _)] = Counter(map(len, lists.values())).most_common(1)
        for name, numbers in lists.items():
            if len(numbers) != length:
                yield Aside(f"{name} has {len(numbers)} numbers, and the other lists have {length}: left out.")
        kept = {name: numbers for name, numbers in lists.items() if len(numbers) == length}
        for place in range(length):
            values = {name: numbers[place] for name, numbers in kept.items()}
            if told := {name: float(value) for name, value in values.items() if value is not None}:
                yield Row(place + 1, told)

    def places(self) -> dict[str, Place]:
        """How many bytes of the file were read."""
        return {self.path.name: Place(offset=self._done)}


def lists_of(found: Any, depth: int = 2) -> dict[str, list[float | None]]:
    """The lists of numbers in an object by their names, or of the first inner object that holds some."""
    if not isinstance(found, dict):
        return {}
    lists = {str(name): numbers for name, value in found.items() if (numbers := _numbers(value))}
    inner = (lists_of(value, depth - 1) for value in found.values()) if not lists and depth else iter(())
    return lists or next((each for each in inner if each), {})


def _numbers(value: Any) -> list[float | None]:
    """A list of numbers and of gaps; empty for anything else."""
    if isinstance(value, dict) and list(value)[:2] == ["0", "1"][: len(value)]:
        value = list(value.values())
    if not isinstance(value, list) or not all(each is None or type(each) in (int, float) for each in value):
        return []
    return value if any(each is not None for each in value) else []
