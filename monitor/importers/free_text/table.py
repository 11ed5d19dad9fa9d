"""A table that is printed into a log: a line of names, then lines with as many cells: fastai, YOLO, CSV, Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.importers.columns import is_table_of_runs, without_run
from monitor.importers.free_text.statement import Statement
from monitor.importers.names import of_another_moment, plain_name, split_in
from monitor.importers.numbers import number
from monitor.importers.vocabulary import EPOCHS, HOUSEKEEPING, NO_SPLIT, QUALITY, SPLITS, STEPS, UNIT, in_order

OF_A_GROUP = re.compile(r"\b([a-z]{1,20})\(([a-z][\w. -]{0,100})\)")
DELIMITERS = ("|", "│", "\t", ",", ";")
BAR = re.compile(r":?\s{0,9}\d{1,3}%(?:\||\s━).*|\s━+.*")
BAR_UNDER_WAY = re.compile(r"(?<!\d)\d{1,2}%(?:\|[^|]{0,200}\||\s?[━╸─]+)\s*(\d{1,9})/(\d{1,9})\b")
FIGURE = re.compile(r"(?<![\w.@:-])\d")
GLUED = re.compile(r"[^\W\d]:[-+]?\d+\.\d{3}")
"""`batch loss:4.029`: a name with its number, and no name of a column, as `mAP:0.5` is."""
OF_A_PLACE = re.compile(r"^(epoch|iter|step)[- ](?=num|no|idx|id|number)")
"""`Epoch-Num`, `epoch no`: a place as the vocabulary spells it."""
HASH = re.compile(r"^\s*#(?=\s+(?:step|epoch|iter)[a-z]*\s)")
"""`#  step  rmse_val  rmse_trn`: the head of a file that other programs read."""
TWO_WORDS = re.compile(r"(?<!\S)(train|val|valid|validation|test|dev)\s(?=(?:loss|acc|accuracy|wer|cer|error)(?!\S))")
"""`epoch train loss valid loss accuracy`: a split and its quantity, parted by no more than the names."""
NAME = re.compile(r"[^\W\d][\w/@.:()%' \-\[\]]*|#")
WIDE = "  "
"""Where names have several words: two blanks part them, and one is enough for the numbers below."""
MOST_CELLS = 100
OF_SPLITS = ("split", "phase", "mode", "set", "subset", "stage")
"""A column that says of which split its row is."""
OF_ERRORS = re.compile(r"(?<![a-z])(?:rmse|mse|mae)(?![a-z])")
CLASSES = ("class", "classes")
"""A table of the classes, below the training's: YOLO."""
PARTS = in_order("box, obj, cls, dfl, box_loss, obj_loss, cls_loss, dfl_loss, seg_loss, pose_loss, kobj_loss")
"""YOLO's console names the parts of the train loss only: it is their sum."""


@dataclass(frozen=True)
class Header:
    """The names at the head of a table, and how the cells below are parted."""

    names: tuple[str, ...]
    delimiter: str
    """Empty where blanks part the cells."""
    spans: tuple[tuple[int, int], ...] = ()
    """Where each name begins and ends, where blanks part the cells."""
    split: str = ""
    """What the heading directly above the table says."""

    @classmethod
    def known(
        cls, names: Sequence[str], delimiter: str, spans: Sequence[Sequence[int]] = (), split: str = ""
    ) -> Header:
        """The header that an earlier reading kept as lists."""
        return cls(tuple(names), delimiter, tuple((begin, end) for begin, end in spans), split)

    def in_columns(self, line: str) -> list[str]:
        """The cells of a row that leaves some empty, each under the name it stands below; none where one fits two."""
        cells = [""] * len(self.names)
        for found in re.finditer(r"\S+", line):
            below = [
                place for place, (begin, end) in enumerate(self.spans) if found.start() < end and begin < found.end()
            ]
            if len(below) != 1 or cells[below[0]]:
                return []
            cells[below[0]] = found[0].strip("'\",[]")
        return cells


def headers_of(line: str) -> list[Header]:
    """The names in a line that a table may begin with; first those of several words, if it may have such."""
    line = HASH.sub("", line)
    wide = _header(line, wide=True) if WIDE in line.strip() else None
    found = _header(line) or _header(TWO_WORDS.sub(r"\1_", line))
    return [each for each in (wide, found) if each is not None][: 2 if wide != found else 1]


def _header(line: str, *, wide: bool = False) -> Header | None:
    if "%|" in line or "━" in line:
        line = BAR.sub("", line)
    line = line.replace("┃", "│")
    if line.count("(") > 1 and "class" in line[:40]:
        line = _in_groups(line)
    if FIGURE.search(line) or GLUED.search(line):
        return None
    for delimiter in (WIDE,) if wide else (*(each for each in DELIMITERS if each in line), "", WIDE):
        names = without_run([OF_A_PLACE.sub(r"\1_", cell).removesuffix(".") for cell in _cells(line, delimiter)])
        if (
            names[:1] == [""] and delimiter == "," and {"loss", "val_loss"} & set(names)
        ):  # pandas: its index has no name
            names[0] = "epoch"
        if names[:2] == ["e", "#"]:  # spaCy: epoch and step
            names[:2] = ["epoch", "step"]
            losses = [name for name in names if name.startswith("loss")]
            names[2:] = [
                ("train loss" if losses == [name] else name) if name in losses else f"val {name}" for name in names[2:]
            ]
        if "box" in names:  # the loss of a detector and its parts
            names = ["train loss" if name == "total" else name for name in names]
        if len(names) < 2 or not all(NAME.fullmatch(name) for name in names):
            continue
        if (
            delimiter in ("|", "│")
            and names[0]
            and any(map(_measures, names[1:]))
            and not _is_place(names[0])
            and (names[0] not in CLASSES and len(set(names)) == len(names) and not is_table_of_runs(tuple(names)))
        ):
            if not _measures(names[0]):
                return Header(("split", *names[1:]), delimiter)
            if not any(map(_is_place, names)):
                return None
        known = [name for name in names if _is_place(name) or name in CLASSES]
        other = [name for name in names if _measures(name)]
        many = len(names) > 3 and (delimiter.strip() or names[0] in CLASSES)
        if known and (other or many) and len(set(names)) == len(names) <= MOST_CELLS:
            words = [(found.start(), found.end()) for found in re.finditer(r"\S+", line)]
            return Header(
                tuple(names), delimiter.strip(), tuple(words) if not delimiter and len(words) == len(names) else ()
            )
    return None


def _in_groups(line: str) -> str:
    """`box(p r map50) mask(p r map50)`: the names of the second group and of those behind it, each with its group's."""
    groups = list(OF_A_GROUP.finditer(line))
    for found in reversed(groups[1:]):
        line = (
            f"{line[: found.start()]}{' '.join(f'{found[1]}_{name}' for name in found[2].split())}{line[found.end() :]}"
        )
    return line


def _is_place(name: str) -> bool:
    return name in EPOCHS or name in STEPS


def _measures(name: str) -> bool:
    plain = plain_name(name)
    return (
        "loss" in name
        or "deviance" in name
        or name == "box"
        or (QUALITY.fullmatch(plain) or OF_ERRORS.search(plain)) is not None
    )


def joined(above: str, below: str) -> str:
    """The names of a table in one line where they stand in two: MATLAB. Empty where these are not such lines."""
    if above.count("|") < 3 or above.count("|") != below.count("|") or FIGURE.search(above + below):
        return ""
    upper, lower = _cells(above, "|"), _cells(below, "|")
    if len(upper) != len(lower):  # `|| a | b` has fewer cells than bars
        return ""
    return "|".join(f"{one} {other}".strip() for one, other in zip(upper, lower, strict=True))


def row_of(header: Header, line: str) -> Statement | None:
    """What a line states as a row of the table; None where it is none."""
    under_way = None
    if any(code in line for code in "%━"):
        under_way = BAR_UNDER_WAY.search(line)
        line = BAR.sub("", line)
    cells = _cells(line.replace("┃", "│"), header.delimiter)  # rich rules a head in bold and the rows below not
    if len(cells) > len(header.names):  # `0.55    s`
        cells = [cell for cell in cells if not UNIT.fullmatch(cell)]
    if len(cells) < len(header.names) and header.spans:
        cells = header.in_columns(line)
    if len(cells) != len(header.names) or (header.names[0] == "split" and cells[0] not in SPLITS):
        return None
    found = [number(cell.partition("/")[0] if "/" in cell else cell) for cell in cells]
    known = sum(each is not None for each in found)
    begins = found[0] is not None or found[1] is not None or any(map(_tells_split, header.names, cells))
    of_split = bool(header.delimiter) and any(map(_tells_split, header.names, cells))
    if known < 2 - of_split or (not header.delimiter and (known * 2 < len(cells) or not begins)):
        return None
    said = _stated(header, cells, found)
    if said is None or under_way is None:
        return said
    return replace(said, partial=True, bar=(float(under_way[1]), float(under_way[2])))


def splits_of(line: str) -> tuple[str, ...]:
    """The splits that a line names, one a cell, and nothing else: `Training | Validation`."""
    names = tuple(SPLITS.get(cell, "") for cell in _cells(line, "|"))
    return names if len(names) > 1 and all(names) and len(set(names)) == len(names) else ()


def by_split(line: str, splits: tuple[str, ...]) -> str:
    """`loss | 1.3 | 0.9` below such a line, in words: `train loss: 1.3, val loss: 0.9`."""
    name, *cells = _cells(line, "|")
    if not splits or len(cells) != len(splits) or not NAME.fullmatch(name):
        return line
    told = [f"{split} {name}: {cell}" for split, cell in zip(splits, cells, strict=True) if number(cell) is not None]
    return ", ".join(told) or line


def is_next_row(header: Header, line: str, epoch: float) -> bool:
    """Whether a line that is no row of the table goes on with the next epoch in its place."""
    cells = _cells(line, header.delimiter)
    place = next((place for place, name in enumerate(header.names) if name in EPOCHS), len(cells))
    if place >= len(cells) or len(cells) > len(header.names) + 2 or number(cells[place]) != epoch + 1:
        return False
    return sum("." in cell and number(cell) is not None for cell in cells) >= 2


def _stated(header: Header, cells: list[str], found: list[float | None]) -> Statement | None:
    epoch = epochs = step = None
    values = []
    by_class = header.names[0] in CLASSES
    split = f"{header.split}_" if header.split else ""
    if by_class:
        split = "val_"
    elif told := [SPLITS[cell] for name, cell in zip(header.names, cells, strict=True) if _tells_split(name, cell)]:
        split = f"{told[0]}_"
    for name, cell, value in zip(header.names, cells, found, strict=True):
        if name in EPOCHS:
            if value is None:
                return None
            epoch, epochs = value, number(cell.partition("/")[2])
        elif name in STEPS:
            step = value
        elif value is None and "loss" in name:  # `[3.2, 1.5]`: the parts of it
            parts_of_it = [part.strip() for part in cell.split(",")]
            if len(parts_of_it) > 1 and all(number(part) is not None for part in parts_of_it):
                values += [(f"{split}{plain_name(name)}_{at}", part) for at, part in enumerate(parts_of_it, 1)]
        elif (
            value is not None
            and not HOUSEKEEPING.fullmatch(kept := plain_name(name))
            and not of_another_moment(kept, split_in(kept))
        ):
            text = f"{value!r}{'%' * cell.endswith('%')}"
            values.append((kept if kept.startswith(("val_", "train_")) or kept in NO_SPLIT else split + kept, text))
    if by_class and cells[0] not in ("all", "mean"):
        return None
    parts = [float(text) for name, text in values if name in PARTS]
    if len(parts) > 1 and not any(name in ("loss", "train_loss") for name, _ in values):
        values.append(("train_loss", f"{sum(parts):.6g}"))
    if epoch is not None and not (0 <= epoch < 1e7):
        return None
    partial = step is not None and not any(name.startswith(("val_", "test_")) for name, _ in values)
    return Statement(epoch, epochs, step, partial, values=tuple(values), split=split.rstrip("_"))


def _tells_split(name: str, cell: str) -> bool:
    """Whether a cell says of which split its row is; NequIP's stands below a `#`."""
    return cell in SPLITS and (name in OF_SPLITS or name == "#")


def _cells(line: str, delimiter: str) -> list[str]:
    if not delimiter:
        return [cell.strip("'\",[]") for cell in line.split()]
    if delimiter == WIDE:
        return [cell for cell in re.split(r"\s{2,}", line.strip()) if cell]
    bare = line.strip().strip("|│").strip("[]")
    return [cell.strip().strip("'\"*`[]").strip() for cell in bare.split(delimiter)]
