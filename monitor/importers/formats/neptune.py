"""What neptune-exporter saves of a project: `<project>/<run>_part_<n>.parquet`, a row for each value of an attribute.

Read are the series of numbers, settings and the run's name; files, texts, histograms and Neptune's own monitoring
are not read. A file lists one attribute after the other, so all numbers of a run are held until they are put together
by step. Parquet is read with pyarrow, which comes with the page's packages. The export does not grow.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.importers.items import Importer, Item, Row
from monitor.importers.several import chosen, container
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_to_read

MAGIC = b"PAR1"
PART = re.compile(r"(.+)_part_(\d+)\.parquet")
COLUMNS = ("run_id", "attribute_path", "attribute_type", "step", "timestamp", "float_value")
SINGLE = {"float": "float_value", "int": "int_value", "string": "string_value", "bool": "bool_value"}
"""Type of a setting → the column with its value."""
SERIES = "float_series"
NOT_OF_THE_RUN = ("sys/", "monitoring/")
MOST_NUMBERS = 5_000_000
MOST_BYTES = 1 << 30
MOST_SETTINGS = 1000
BATCH_ROWS = 16_384


class Neptune(Importer):
    """Holds all series of one run, from all its parts, until they are put together by step."""

    name = "neptune"
    title = "a run from Neptune's exporter"
    shape = "events"
    grows = False
    several = True

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        place, part = container(path)
        super().__init__(place, follow=follow)
        if place.is_file():
            self._parts = _siblings(place)
        else:
            runs = _runs(place)
            names = {key: _first_run(parts[0]) for key, parts in runs.items()}
            self._parts = runs[chosen(place, part, names, "Neptune's exporter")]
        self.run_name = _first_run(self._parts[0])
        self._read = 0

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a Parquet file that is named as a part of a run, lower for a folder with files so named."""
        if path.is_dir():
            return 0.7 * bool(_runs(path))
        return 0.9 * (head.startswith(MAGIC) and PART.fullmatch(path.name) is not None)

    def items(self) -> Iterator[Item]:
        """One row a step, in order of steps. Raises UnreadableRunError for an unreadable part or too many values."""
        steps: dict[float, dict[str, float]] = {}
        at: dict[float, float] = {}
        for row in self._values():
            kind, name = row["attribute_type"], str(row["attribute_path"])
            if kind == SERIES and row["step"] is not None and row["float_value"] is not None:
                if name.startswith(NOT_OF_THE_RUN):
                    continue
                step = float(row["step"])
                steps.setdefault(step, {})[name.removeprefix("metrics/")] = float(row["float_value"])
                at.setdefault(step, row["timestamp"].timestamp() if row["timestamp"] is not None else 0.0)
            elif kind in SINGLE:
                self._describe(name, row[SINGLE[kind]])
        for number, step in enumerate(sorted(steps), 1):
            yield Row(number, {**steps[step], "step": step}, at[step])

    def _describe(self, name: str, value: Any) -> None:
        if name == "sys/name":
            self.run_name = str(value)
        elif name == "sys/failed":
            self.outcome = "failed" if value is True else self.outcome
        elif not name.startswith(NOT_OF_THE_RUN) and len(self.config) < MOST_SETTINGS:
            self.config[name] = value

    def _values(self) -> Iterator[dict[str, Any]]:
        count = 0
        for part in self._parts:
            file = _parquet(part)
            wanted = [*COLUMNS, *(set(SINGLE.values()) - set(COLUMNS))]
            try:
                for batch in file.iter_batches(BATCH_ROWS, columns=wanted):
                    count += batch.num_rows
                    if count > MOST_NUMBERS:
                        raise UnreadableRunError(f"{part} holds more than {MOST_NUMBERS:,} values of a run.")
                    yield from batch.to_pylist()
            except (OSError, ValueError, KeyError) as problem:
                raise UnreadableRunError(f"{part} cannot be read: {_first_line(problem)}.") from problem
            self._read += part.stat().st_size

    def places(self) -> dict[str, Place]:
        """The bytes of all parts that were read, under the last name of the path."""
        return {self.path.name: Place(offset=self._read)}

    def bytes_all(self) -> int:
        """Size of all parts of the run, in bytes."""
        return sum(part.stat().st_size for part in self._parts)


def _runs(folder: Path) -> dict[str, list[Path]]:
    """Where a run lies, without the number of the part → its parts in order; of one project, or of all in a folder."""
    found: dict[str, dict[int, Path]] = {}
    for file in sorted([*folder.glob("*_part_*.parquet"), *folder.glob("*/*_part_*.parquet")]):
        named = PART.fullmatch(file.name)
        if named and not file.is_symlink() and not file.parent.is_symlink():
            key = (file.parent / named[1]).relative_to(folder).as_posix()
            found.setdefault(key, {})[int(named[2])] = file
    return {key: [parts[number] for number in sorted(parts)] for key, parts in found.items()}


def _siblings(file: Path) -> list[Path]:
    named = PART.fullmatch(file.name)
    return _runs(file.parent).get(named[1], [file]) if named else [file]


def _first_run(part: Path) -> str:
    try:
        batch = next(_parquet(part).iter_batches(1, columns=["run_id"]))
        return str(batch.column(0)[0].as_py())
    except (UnreadableRunError, OSError, ValueError, KeyError, IndexError, StopIteration):
        return part.stem  # which run it is of does not matter while another one is meant


def _parquet(part: Path) -> Any:
    """Raises UnreadableRunError for what is no Parquet file of the exporter, or where pyarrow is missing."""
    try:
        import pyarrow.parquet
    except ImportError as problem:
        raise UnreadableRunError(
            f"{part} is a Parquet file, which is read with pyarrow: python -m pip install pyarrow."
        ) from problem
    try:
        with os.fdopen(open_to_read(part), "rb") as opened:
            size = min(MOST_BYTES, os.fstat(opened.fileno()).st_size)  # read() takes room for all that it may read
            file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(opened.read(size)))
    except (OSError, OddFileError, ValueError) as problem:
        raise UnreadableRunError(f"{part} cannot be read: {_first_line(problem)}.") from problem
    missing = {*COLUMNS, *SINGLE.values()} - set(file.schema_arrow.names)
    if missing:
        raise UnreadableRunError(
            f"{part} is not from Neptune's exporter: it has no column {', '.join(sorted(missing))}."
        )
    return file


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n")[0].rstrip(".")
