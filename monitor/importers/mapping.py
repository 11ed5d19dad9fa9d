"""Which of a file's names becomes which field, and in which unit: proposed from all it holds, shown, confirmed.

Nothing is guessed silently: every use says its scale and why, and what the values leave open stands in a sentence.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from monitor.importers.items import Row, Shape
from monitor.importers.languages import in_english
from monitor.importers.names import plain_name
from monitor.importers.vocabulary import LOSS_LIKE, SETS, in_order
from monitor.run_dir import GapBasis
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.field_names import SHARES, SYNONYMS, plain
from monitor.run_dir.metric_names import parsed

PERCENT_FROM = 3.0
"""A share above this was written in percent: WER may pass 100 %, but hardly 300 %."""
JUMP = 30.0
"""A share that grows or shrinks by this factor between two readings has changed its unit."""
MOST_NAMES = 2000
TOTALS = in_order("total_loss, loss_total, tot_loss, main_loss, loss_all, all_loss, sum_loss, batch_loss, lm_loss")
"""Of several losses, the one that the others are parts of."""
STEP_LOSS = "step_train_loss"
"""A loss of single steps beside one of epochs: kept in steps.jsonl only."""
NAMES: dict[str, tuple[str, ...]] = {
    **SYNONYMS,
    STEP_LOSS: ("train_loss_step", "loss_step", "train_step_loss", "train_loss", "loss"),
}
OF_A_LOG = tuple(field for field in SYNONYMS if field not in ("epoch", "step"))
"""The fields that a text log's names become: its lines say themselves what is an epoch or a step."""
OF_A_SET = {field: re.compile(f"val_(?:{'|'.join(sorted(SETS))})_{field[4:]}") for field in ("val_loss", "val_wer")}
EVALUATED = ("val_loss", "val_wer", "train_eval_loss", "train_wer", "blank_ratio", "empty_ratio", "length_ratio")
Basis = Literal["epochs", "evaluations"]


@dataclass(frozen=True)
class Use:
    """One name in use: `scale` turns its numbers into the field's unit; `why` says how that is known."""

    field: str
    column: str
    scale: float = 1.0
    why: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True)
class SourceMapping:
    """How a source is read: which names mean what, and how its numbers lie in it. Kept in source.json."""

    uses: tuple[Use, ...]
    shape: Shape = "evaluations"
    train_only: bool = False
    """Nothing was validated: an epoch's mean train loss is all there is."""
    steps_alone: bool = False
    """It holds no evaluation: every row is a step."""
    drop_stale: bool = False
    """The format repeats a train loss until a new one is logged."""
    steps_per_epoch: float | None = None
    """Where one epoch holds several evaluations under one number; their steps then distinguish them."""
    basis: Basis = "epochs"
    """Of a text log: whether its lines name epochs, or its evaluations are counted."""
    beside: tuple[str, ...] = ()
    """Of a text log: the other names that are kept, as they are."""

    @property
    def gap_basis(self) -> GapBasis:
        """The train loss that the gap uses: the one in eval mode where a name is mapped to it."""
        return "eval" if any(use.field == "train_eval_loss" for use in self.uses) else "train"

    def includes(self, other: SourceMapping) -> bool:
        """Whether reading a text log by `other` would give nothing else, but perhaps less."""
        return self.basis == other.basis and set(other.uses) <= set(self.uses)

    def document(self) -> dict[str, Any]:
        """What following needs of it, as plain JSON."""
        return {"uses": as_json(self.uses), "shape": self.shape, "train_only": self.train_only,
                "basis": self.basis, "beside": list(self.beside)}  # fmt: skip


def mapping_of(document: Mapping[str, Any]) -> SourceMapping:
    """The mapping in a source.json. Raises UnreadableRunError where it holds none."""
    try:
        uses = tuple(Use(each["field"], each["column"], float(each["scale"]), each.get("why", ""))
                     for each in document["uses"] if NAMES[each["field"]])  # fmt: skip
        return SourceMapping(
            uses,
            "events" if document.get("shape") == "events" else "evaluations",
            bool(document.get("train_only")),
            basis="evaluations" if document.get("basis") == "evaluations" else "epochs",
            beside=tuple(map(str, document.get("beside", ()))),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise UnreadableRunError(f"How it is read was not kept ({problem}); import or attach to it anew.") from None


@dataclass
class Column:
    """What is known of all numbers under one name, without keeping them."""

    count: int = 0
    first: float = math.nan
    last: float = math.nan
    least: float = math.inf
    most: float = -math.inf
    percent_sign: bool = False
    jumped_at: int = 0
    """Line of the row at which the numbers changed by a factor that only another unit explains; 0: nowhere."""

    def take(self, value: float, line: int, percent_sign: bool) -> None:
        """Adds a number, and notes the first line at which another unit alone explains the jump from the one before."""
        self.percent_sign |= percent_sign
        if self.count == 0:
            self.first = value
        elif self.last > 0 < value < math.inf and not 1 / JUMP < value / self.last < JUMP:
            self.jumped_at = self.jumped_at or line
        self.count += 1
        self.last = value
        if math.isfinite(value):
            self.least, self.most = min(self.least, value), max(self.most, value)


@dataclass
class Survey:
    """Every name of a file with what its numbers are like; grows row by row."""

    columns: dict[str, Column] = field(default_factory=dict)
    rows: int = 0
    left_out: int = 0
    """Numbers under more names than a person can have meant."""

    def take(self, row: Row) -> None:
        """Adds the numbers of a row to their columns; beyond MOST_NAMES names they are only counted."""
        self.rows += 1
        for name, value in row.values.items():
            column = self.columns.get(name)
            if column is None:
                if len(self.columns) == MOST_NAMES:
                    self.left_out += 1
                    continue
                column = self.columns[name] = Column()
            column.take(value, row.line, name in row.percents)


@dataclass(frozen=True)
class Wish:
    """The user's mapping: field → name, percent or fraction (None: not given), and this format's own names."""

    fields: Mapping[str, str] = field(default_factory=dict)
    percent: bool | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    format_percent: bool | None = None
    often: bool = False
    """A name in fewer than half as many rows as another that fits (a closing summary) claims nothing."""
    parts: bool = False
    """Several losses of which none is the whole are enough: they are kept under their own names."""


def propose(survey: Survey, wish: Wish) -> tuple[Use, ...]:
    """Which name becomes which field. The user's word wins, then the format's names, then the usual ones.

    Raises UsageError for an unknown field or name, or where no loss, error rate or score can be found.
    """
    chosen = choose(survey, wish)
    kept = any(map(parsed, survey.columns)) or (wish.parts and sum("loss" in name for name in survey.columns) > 1)
    if not {"train_loss", "val_loss", "val_wer"} & set(chosen) and not kept:
        raise UsageError(
            f"No name looks like a loss, an error rate or a score; there are {_listed(survey.columns)}. "
            "Say which is which: --map val_loss=COLUMN."
        )
    return uses_of(chosen, survey, wish)


def choose(survey: Survey, wish: Wish, fields: Iterable[str] = NAMES) -> dict[str, str]:
    """Field → column, for those of `fields` that a column can be found for. Raises UsageError as `propose` does."""
    chosen = _asked_for(survey, wish)
    known = _spelled(survey.columns)
    for name in (each for each in fields if each not in chosen):
        names = (*wish.names.get(name, ()), *NAMES[name])
        # The file's first name wins where two are alike.
        spellings = [column for word in names if (column := word if word in survey.columns else known.get(plain(word)))]
        free = [column for column in spellings if column not in chosen.values()] or _likely(name, survey, chosen)
        most = max((survey.columns[column].count for column in free), default=0) if wish.often else 0
        if usual := [column for column in free if survey.columns[column].count * 2 >= most]:
            chosen[name] = usual[0]
    if STEP_LOSS in chosen and "train_loss" not in chosen:
        chosen["train_loss"] = chosen.pop(STEP_LOSS)
    return chosen


def uses_of(chosen: Mapping[str, str], survey: Survey, wish: Wish) -> tuple[Use, ...]:
    """The use of each chosen column, with its scale and why, in the order of NAMES. `chosen`: field → column."""
    return tuple(_use(name, chosen[name], survey, wish) for name in NAMES if name in chosen)


def _spelled(columns: Iterable[str]) -> dict[str, str]:
    """Name → column: as it stands there, in English, and without the words that change nothing. The first one wins."""
    columns = list(columns)[::-1]
    forms: tuple[Callable[[str], str], ...] = (
        lambda column: plain_name(in_english(column.replace("/", " "))),
        lambda column: plain(in_english(column)),
        plain,
    )
    return {name: column for form in forms for column in columns if (name := form(column))}


def _likely(name: str, survey: Survey, chosen: Mapping[str, str]) -> list[str]:
    """The column that is the loss of a split though no usual name says so; a known metric is none."""
    columns = {plain_name(in_english(column.replace("/", " "))): column for column in survey.columns
               if column not in chosen.values() and parsed(column) is None}  # fmt: skip
    seen = {each: survey.columns[column].count for each, column in columns.items()}
    return [columns[each] for each in likely_losses(name, seen)]


def _totals(split: str) -> frozenset[str]:
    return frozenset(f"{split}_{name}" for name in TOTALS) | (frozenset(TOTALS) if split == "train" else frozenset())


def likely_losses(field: str, seen: Mapping[str, int]) -> list[str]:
    """The name that is the loss of a split though it is none of the usual: the only one, the whole, or one set's.

    Of sets with a number (boosting) the last counts, of sets with a name the first.
    """
    if field in OF_A_SET and (first := next(filter(OF_A_SET[field].fullmatch, seen), "")):
        return [first]
    if field not in LOSS_LIKE:
        return []
    split = field.removesuffix("_loss")
    bare = {name.removeprefix(f"{split}_").removeprefix("test_"): name
            for name in sorted(seen) if LOSS_LIKE[field].fullmatch(name) or name in _totals(split)}  # fmt: skip
    whole = [bare[name] for name in TOTALS if name in bare]
    if whole or len(bare) == 1:
        return whole or list(bare.values())
    sets = [name for name in bare if re.match(r"\d+_", name)]
    if len(sets) == len(bare) and len({name.partition("_")[2] for name in sets}) == 1 and sets:
        return [bare[max(sets, key=lambda name: int(name.partition("_")[0]))]]
    most = max((seen[name] for name in bare.values()), default=0)
    usual = [name for name in bare.values() if seen[name] * 2 > most]
    if len(usual) == 1:
        return usual
    ln_perplexity = f"{split}_ln_ppl"
    return [ln_perplexity] if ln_perplexity in seen and not bare else []


def extended(uses: tuple[Use, ...], row: Row, wish: Wish, fields: Iterable[str] = NAMES) -> tuple[Use, ...]:
    """The uses with those that a new name brings: a source that is followed says some things later than others."""
    used = {use.field for use in uses}
    fresh = Survey()
    known = {use.column for use in uses}
    fresh.take(Row(row.line, {name: value for name, value in row.values.items() if name not in known}, 0, row.percents))
    missing = [name for name in fields if name not in {*used, STEP_LOSS}]
    found = choose(fresh, dataclasses.replace(wish, fields={}), missing)
    return (*uses, *uses_of(found, fresh, wish))


def _asked_for(survey: Survey, wish: Wish) -> dict[str, str]:
    for name, column in wish.fields.items():
        if name not in NAMES:
            raise UsageError(f"There is no field {name}; a column can become {', '.join(SYNONYMS)}.")
        if column not in survey.columns:
            raise UsageError(f"There is no column {column!r} with numbers; there are {_listed(survey.columns)}.")
    return dict(wish.fields)


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "") or "none"


def _use(name: str, column: str, survey: Survey, wish: Wish) -> Use:
    if name not in SHARES:
        return Use(name, column)
    percent, why = _unit(survey.columns[column], column, wish)
    return Use(name, column, 0.01 if percent else 1.0, why)


def _unit(column: Column, name: str, wish: Wish) -> tuple[bool, str]:
    """(written in percent, how that is known)."""
    if wish.percent is not None:
        return wish.percent, "as you stated"
    if column.percent_sign or any(word in name.lower() for word in ("%", "percent", "pct")):
        return True, "it says so"
    if wish.format_percent is not None:
        return wish.format_percent, "this format writes it so"
    if column.most > PERCENT_FROM:
        return True, f"values up to {column.most:.4g}"
    values = f"values {column.least:.3g} to {column.most:.3g}" if column.least <= column.most else "no finite values"
    return False, f"{values}; --percent changes it"


def doubts(survey: Survey, uses: tuple[Use, ...], line: str) -> list[str]:
    """What a person should look at before they believe the mapping. `line`: what the lines of rows count, in a word."""
    found = []
    for use in uses:
        jump = survey.columns[use.column].jumped_at
        if use.field in SHARES and jump:
            found.append(
                f"{use.column} changes by a factor of {JUMP:g} or more at {line} {jump}: "
                "percent and fraction under one name? It is read in one unit."
            )
    losses = {use.field: survey.columns[use.column] for use in uses if use.field in ("train_loss", "val_loss")}
    if len(losses) == 2:
        train, val = losses["train_loss"], losses["val_loss"]
        ratio = train.first / val.first if val.first else math.nan
        if math.isfinite(ratio) and not 0.1 < ratio < 10:
            found.append(
                f"Train and val loss begin at {train.first:.4g} and {val.first:.4g}: they may be on different scales, "
                "such as a sum beside a mean; their gap then means nothing."
            )
    return found


def stated(uses: tuple[Use, ...]) -> str:
    """The mapping in one sentence, for run.json."""
    parts = []
    for use in uses:
        unit = "" if use.field not in SHARES else f" ({'percent' if use.scale != 1 else 'fraction'}: {use.why})"
        parts.append(f"{use.column} as {use.field}{unit}")
    return ", ".join(parts)


def as_json(uses: tuple[Use, ...]) -> list[dict[str, Any]]:
    """The uses as plain JSON, one object each."""
    return [{"column": use.column, "field": use.field, "scale": use.scale, "why": use.why} for use in uses]
