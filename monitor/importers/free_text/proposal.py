"""What a log seems to say → a mapping that a person can look at first, and one sentence that asks about it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitor.importers.free_text.doubts import measures
from monitor.importers.free_text.present import Row
from monitor.importers.free_text.scan import Scan
from monitor.importers.free_text.statement import is_a_loss
from monitor.importers.items import Row as Numbers
from monitor.importers.languages import in_english
from monitor.importers.mapping import OF_A_LOG, SourceMapping, Survey, Use, Wish, choose, uses_of
from monitor.importers.names import plain_name
from monitor.importers.numbers import stated
from monitor.importers.vocabulary import PROSE, QUALITY
from monitor.run_dir import Epoch
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.field_names import SHARES, SYNONYMS
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_names import metric_of, parsed

MOST_BESIDE = 40
MOST_NAMES = 100
MOST_LEFT = 8
FEW_ROWS = 3
SELDOM = 4
"""A name in fewer than one of so many evaluations, or in one of several, measures nothing, unless it is called a loss
or a score, or stands in as many of them as such a name: the scores of a validation every tenth epoch."""
OF_AN_AGENT = re.compile(r"(?:.*_)?(?:reward|return|score)s?")
OF_FIELDS = frozenset(name for field in ("train_loss", "val_loss", "val_wer", "train_wer") for name in SYNONYMS[field])
SPOKEN = {"train_loss": "train loss", "train_eval_loss": "train loss in eval mode", "val_loss": "val loss",
          "train_wer": "train WER", "val_wer": "val WER"}  # fmt: skip


def propose_log(found: Scan, wanted: Mapping[str, str] | None = None, percent: bool | None = None) -> SourceMapping:
    """Which name becomes which field. `wanted` (field → name in the log) is the user's word and wins.

    Raises UnreadableRunError where no epoch was found, UsageError for an unknown field or name.
    """
    rows = found.seen
    if found.doubt:
        raise UnreadableRunError(found.doubt)
    if not rows or _is_nowhere(found):
        raise UnreadableRunError(unread(found))
    rows = tuple({(row.generation, row.epoch): row for row in rows}.values())
    survey = Survey()
    for place, row in enumerate(rows, 1):
        survey.take(numbers_of(row, place))
    seen = Counter({name: column.count for name, column in survey.columns.items()})
    wish = Wish({field: _column(name, seen) for field, name in (wanted or {}).items()}, percent, often=True)
    chosen = _without_a_final_test(choose(survey, wish, OF_A_LOG), seen, wish)
    has_score = any(QUALITY.fullmatch(name) or parsed(name) for name in seen) and (found.rows or found.steps.count)
    if not has_score and not {"train_loss", "val_loss", "val_wer"} & set(chosen) and not _parts_of(seen):
        raise UsageError(_nameless(seen))
    uses = uses_of(chosen, survey, wish)
    varied = {name for name, column in survey.columns.items() if column.least < column.most}
    figures = {name for row in rows for name, text in row.cells.items() if not text.rstrip(".").isdigit()}
    return SourceMapping(uses, basis=found.basis, beside=_beside(seen, chosen, len(rows), varied, figures))


def _without_a_final_test(chosen: Mapping[str, str], seen: Mapping[str, int], wish: Wish) -> dict[str, str]:
    """Without what a final test alone has measured, where the log has a validation: it is kept as the test's."""
    validates = any(name.startswith("val_") and count > 1 for name, count in seen.items())
    final = {
        field
        for field, name in chosen.items()
        if field.startswith("val_") and name.startswith("test_") and seen[name] == 1 and field not in wish.fields
    }
    return {field: name for field, name in chosen.items() if not (validates and field in final)}


def _is_nowhere(found: Scan) -> bool:
    """Whether its figures stand at no epoch and no step: a list of options, a report."""
    if found.basis == "epochs" or found.steps.count or found.under_way is not None:
        return False
    if len(found.rows) == 1 and all(name.startswith("test_") for name in found.rows[0].cells):
        return True  # one test and nothing of a training
    if any(row.step is not None for row in found.rows):
        return False
    has_loss = any("loss" in name for row in found.rows for name in row.cells)
    return len(found.rows) == 1 or (len(found.rows) == 2 and not has_loss)


def unread(found: Scan) -> str:
    """Why nothing of a log is read, with what was seen in it."""
    seen = ", ".join(f"{name} {text}" for name, text in list(found.named.items())[:8])
    what = f" Numbers stand there under {seen}." if seen else " No name with a number was understood in it."
    losses = [name for name in found.named if "loss" in name or QUALITY.fullmatch(name)]
    given = [name for name in found.named if OF_AN_AGENT.fullmatch(name)]
    lacks = (
        f"No line there says of which epoch its {' and its '.join(losses[:2])} is"
        if losses
        else f"It gives an agent's {given[0]} by episode, and one episode is not read as an evaluation"
        if given and "episode" in found.named
        else "No line there gives an epoch or a step with a loss, a WER or another score"
    )
    return (
        f"{lacks} ({found.lines} whole lines).{what} Lines such as "
        "'Epoch 3/60 | train loss 3.7 | val loss 4.8 | WER 92 %' or 'epoch=3 val_loss=4.8' are understood."
    )


def _parts_of(names: Iterable[str]) -> list[str]:
    """The losses of the training where there are several, shortest names first."""
    losses = sorted((name for name in names if is_a_loss(name)), key=len)
    return losses if len(losses) > 1 else []


def _nameless(seen: Mapping[str, int]) -> str:
    return (
        f"No name there looks like a loss or a WER; the log has {', '.join(sorted(seen)[:20])}. "
        f"Say which is which: --map val_loss=NAME."
    )


def _beside(
    seen: Counter[str], chosen: Mapping[str, str], rows: int, varied: set[str], figures: set[str]
) -> tuple[str, ...]:
    """The other names that are kept; not those that say in a few rows what a field says in all.

    `varied`: the names whose numbers change, which are no settings. `figures`: those that do not always hold whole
    numbers; in a few rows nothing else tells the others from settings and from words of a text.
    """
    taken = twins(chosen.values())
    scored = {count for name, count in seen.items() if count > 1 and measures(name)}
    free = [
        name
        for name, count in seen.most_common()
        if name not in taken
        and (name not in OF_FIELDS or count * 2 >= rows or name.startswith("test_"))
        and not name.endswith("_ln_ppl")
        and (
            measures(name)
            or (count in scored and name in varied)
            or (
                count * SELDOM >= rows
                and (count > 1 or rows == 1)
                and (rows > FEW_ROWS or (name in figures and PROSE.isdisjoint(name.split("_"))))
            )
        )
    ]
    return tuple(sorted(free, key=lambda name: not name.startswith(("val_", "test_")))[:MOST_BESIDE])


def numbers_of(row: Row, line: int = 0) -> Numbers:
    """A row's cells as numbers."""
    values = {name: number for name, cell in row.cells.items() if (number := stated(cell)) is not None}
    return Numbers(line, values, percents=frozenset(name for name in values if row.cells[name].endswith("%")))


def left_aside(found: Scan) -> frozenset[str]:
    """The names that stand in few rows and measure nothing: words of a text, settings, a device."""
    try:
        mapping = propose_log(found)
    except UsageError:
        return frozenset()
    kept = twins([*(use.column for use in mapping.uses), *mapping.beside])
    rows = {(row.generation, row.epoch): row for row in found.rows}.values()
    seen = Counter(name for row in rows for name in row.cells)
    few = len(rows) <= FEW_ROWS
    return frozenset(
        name
        for name, count in seen.items()
        if name not in kept and not measures(name) and (few or count * SELDOM < len(rows) + SELDOM)
    )


def _column(name: str, seen: Mapping[str, int]) -> str:
    plain = name if name in seen else plain_name(in_english(name))
    if plain not in seen:
        raise UsageError(f"There is no {name!r} in the log; it has {', '.join(sorted(seen)[:30])}.")
    return plain


def epoch_of(row: Row, mapping: SourceMapping) -> Epoch | None:
    """The record of one row; None where it holds none of the names in use."""
    values: dict[str, Any] = {use.field: number * use.scale for use in mapping.uses
                              if (number := stated(_cell(row, use.column))) is not None}  # fmt: skip
    metrics = {name: number for name in mapping.beside if (number := stated(row.cells.get(name))) is not None}
    if not values and not metrics:
        return None
    step = int(row.step) if row.step is not None and math.isfinite(row.step) else 0
    return Epoch(epoch=row.epoch, step=step, generation=row.generation, metrics=metrics, **values)


def twins(columns: Iterable[str]) -> set[str]:
    """These names with their other spelling: a row holds one of `loss` and `train_loss` (`Row.cell`)."""
    return {name for each in columns for name in (each, f"train_{each}", each.removeprefix("train_"))}


def _cell(row: Row, column: str) -> str | None:
    found = row.cell(column)
    return found[1] if found else None


def sentence(found: Scan, mapping: SourceMapping, name: str) -> str:
    """What was understood, in one sentence with its figures."""
    if not found.rows:
        return _of_steps(found, mapping, name)
    starts = sorted({row.generation for row in found.rows})
    rows = tuple({row.epoch: row for row in found.rows if row.generation == starts[-1]}.values())
    told = [said for use in mapping.uses if use.field in SPOKEN and (said := _change_of(rows, use))]
    told = told or [_without_the_whole(mapping.beside)]
    what = "epochs" if found.basis == "epochs" else "evaluations"
    count = len(rows)
    if what == "evaluations" and 1 < found.epochs < count:
        what = f"evaluations in {found.epochs:,} epochs"
    counted = f"{count:,} {what if count != 1 else what.removesuffix('s')}" + _span(found, rows)
    more = _unsaid(mapping) + _once(rows, mapping) + _left_out(found, mapping) + doubtful(found, mapping)
    if len(starts) > 1:
        return f"Found {len(starts)} starts in {name}; the last one: {counted}, {', '.join(told)}.{more}"
    return f"Found {counted} in {name}: {', '.join(told)}.{more}"


def _span(found: Scan, rows: tuple[Row, ...]) -> str:
    """Which epochs there are, where they are not all from the first on."""
    first, last = rows[0].epoch, rows[-1].epoch
    if found.basis != "epochs" or (first <= 1 and last - first + 1 == len(rows)) or not first.is_integer():
        return ""
    return f" ({first:g} to {last:g})" if len(rows) > 1 else f" (number {first:g})"


def _without_the_whole(beside: Sequence[str]) -> str:
    """What there is where no name is a field of its own."""
    parts = _parts_of(beside)
    if not parts or any(QUALITY.fullmatch(name) or parsed(name) for name in beside):
        first = sorted(beside, key=lambda name: parsed(name) is None)
        lacks = "no loss that is called the whole" if any("loss" in name for name in beside) else "no loss and no WER"
        return f"{lacks}, only {', '.join(first[:6])}"
    said = f"several losses and none is called the whole, {', '.join(parts[:MOST_LEFT])}"
    return f"{said}; --map train_loss={parts[0]} if that one counts"


def _once(rows: Sequence[Row], mapping: SourceMapping) -> str:
    """What a final test has measured; empty where there is none, or each evaluation has its own."""
    if len(rows) < FEW_ROWS:
        return ""
    told = {name: [row.cells[name] for row in rows if name in row.cells] for name in mapping.beside}
    found = [
        f"{name.replace('_', ' ')} {cells[0]}"
        for name, cells in told.items()
        if name.startswith("test_") and len(cells) == 1
    ]
    return f" Once only: {', '.join(found[:MOST_LEFT])}." if found else ""


def _left_out(found: Scan, mapping: SourceMapping) -> str:
    """Which figures of the log stand in no evaluation; empty where all do."""
    left = [*_unkept(found, mapping), *found.left_out]
    return f" Left out: {', '.join(left[:MOST_LEFT])}." if left else ""


def _unkept(found: Scan, mapping: SourceMapping) -> Iterator[str]:
    """A loss that stands in the newest row and is neither a field nor kept, where the field's own is missing there."""
    cells, columns = found.rows[-1].cells, {use.field: use.column for use in mapping.uses}
    kept = twins([*columns.values(), *mapping.beside])
    if columns.get("train_loss") and found.rows[-1].cell(columns["train_loss"]) is None:
        for name in cells:
            if is_a_loss(name) and name not in kept:
                yield f"{name.replace('_', ' ')} ({cells[name]} in epoch {found.rows[-1].epoch:g})"


def doubtful(found: Scan, mapping: SourceMapping) -> str:
    """What to look at before the figures are believed; empty where everything fits."""
    doubts = [*found.doubts, *_of_the_choice(found, mapping)]
    return f" Check what was read: {' '.join(doubts)}" if doubts else ""


def _of_the_choice(found: Scan, mapping: SourceMapping) -> Iterator[str]:
    """A train loss that steps alone tell, where the epochs' own lines tell another."""
    column = next((use.column for use in mapping.uses if use.field == "train_loss"), "")
    latest = {(row.generation, row.epoch): row for row in found.rows}.values()
    rows = [row for row in latest if column in row.of_steps]
    if not column or len(rows) * 2 <= len(latest):
        return
    own = Counter(name for row in rows for name in sorted(row.cells.keys() - row.of_steps) if is_a_loss(name))
    for name, count in own.most_common(1):
        if count * 2 > len(rows):
            yield (
                f"{column} is of the last step of each epoch, and {name} of all of it, such as "
                f"{rows[-1].cells.get(name)} in epoch {rows[-1].epoch:g}: --map train_loss={name} if that one counts."
            )


def _unsaid(mapping: SourceMapping) -> str:
    """What to say of `Epoch 3, dev 45.6%`, which names no quantity, and of `loss 2.8 / 3.8`, which names no split."""
    taken = {use.field for use in mapping.uses}
    for field, column in ((use.field, f"{use.column}_2") for use in mapping.uses):
        if column in mapping.beside and (other := field.replace("train_", "val_")) not in taken:
            said = "The log does not state what its second number is, as in 2.8 / 3.8"
            return f" {said}: --map {other}={column} if it is val's."
    name = next((each for each in mapping.beside if each in ("val_share", "train_share")), "")
    split = name.removesuffix("_share")
    if not split or any(use.field == f"{split}_wer" for use in mapping.uses):
        return ""
    return f" What the {split} percentage measures is not stated there: --map {split}_wer={name} if it is a WER."


def _of_steps(found: Scan, mapping: SourceMapping, name: str) -> str:
    """What there is to say before an epoch has ended: the train loss by step."""
    steps, row = found.steps, found.under_way
    losses = [_short(each, False) for each in steps.losses]
    change = f"{steps.quantity or 'train loss'} {' → '.join(losses) if steps.count > 1 else losses[1]}"
    where = f"step {steps.steps[1]:,.0f}" + (f" of {steps.bar[1]:,.0f}" if steps.bar else "")
    where += " (no line names its step, so they are counted)" if steps.counted else ""
    if row is not None:
        of = f" of {row.epochs:g}" if row.epochs else ""
        return f"Epoch {row.epoch:g}{of} under way in {name}" + (
            f", {where}, {change}." if steps.count else "; none has ended."
        )
    used = {use.column.removeprefix("train_") for use in mapping.uses}
    if steps.quantity:  # then a step keeps its scores and its losses
        kept = (name for name in found.named if QUALITY.fullmatch(name) or is_a_loss(name))
        used |= {name.removeprefix("train_") for name in kept}
    left = [each for each in found.named if each.removeprefix("train_") not in used][:MOST_LEFT]
    more = f" Not kept: {', '.join(left)}." if left else ""
    return (
        f"Found no epoch and no validation in {name}, only {change} up to {where}: a curve by step, no verdict.{more}"
        f"{doubtful(found, mapping)}"
    )


def names_of(found: Scan) -> tuple[str, ...]:
    """Every quantity that a log names, the most frequent first."""
    rows = found.seen
    return tuple(name for name, _ in Counter(name for row in rows for name in row.cells).most_common(MOST_NAMES))


def words(mapping: SourceMapping, *, ended: bool = True) -> str:
    """How the log is read, without figures: which name stands for what.

    `ended`: whether an epoch has ended; before that a score without a split may be either's, and nothing is counted.
    """
    told = []
    for use in mapping.uses:
        if use.field in ("epoch", "step"):
            continue
        what = SPOKEN.get(use.field) or use.field.replace("lr", "learning rate").replace("_", " ")
        what += " (the logarithm of the perplexity)" if use.column.endswith("_ln_ppl") else ""
        told.append(f"{use.column} as {what}{' in percent' if use.scale != 1 else ''}")
    known = [(name, metric_of(name, (), mapping.beside)) for name in mapping.beside]
    told += [f"{name} as {_titled(name, metric, ended)}" for name, metric in known if metric is not None]
    others = [name for name, metric in known if metric is None]
    more = f" and {len(others) - MOST_LEFT} more" if len(others) > MOST_LEFT else ""
    return (
        (", ".join(told) or "no name stands for a loss or a WER")
        + (f"; under their own names {', '.join(others[:MOST_LEFT])}{more}" if others else "")
        + ("" if mapping.basis == "epochs" or not ended else "; evaluations are counted, no epoch is named")
        + "."
    )


def _titled(name: str, metric: Metric, ended: bool) -> str:
    split = parsed(name)
    return metric.title if ended or split is None or split[0] is not None else metric.label


def _change_of(rows: tuple[Row, ...], use: Use) -> str:
    values = [number for row in rows if (number := stated(_cell(row, use.column))) is not None]
    share = use.field in SHARES
    if not values:
        return ""
    shown = [_short(value * use.scale * (100 if share else 1), share) for value in (values[0], values[-1])]
    change = shown[0] if len(values) == 1 else " → ".join(shown)
    where = "" if len(values) == len(rows) else f" (in {len(values):,} of {len(rows):,})"
    return f"{SPOKEN[use.field]} {change}{' %' if share else ''}{where}"


def _short(value: float, share: bool) -> str:
    if not math.isfinite(value):
        return str(value)
    return f"{value:.1f}".removesuffix(".0") if share else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"
