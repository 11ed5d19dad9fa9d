"""The predictions of the last decoded evaluation, scored again: what they show that the logged rate does not."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

from monitor.run_dir import Snapshot


@dataclass(frozen=True)
class Scored:
    """Of one evaluation: the logged WER (a fraction), and the counts of words over its predictions.

    `hits`: target words that were predicted in their place; `asked`: target words, at least one; `given`: predicted
    words; `is_whole`: whether these clips are surely the whole split.
    """

    epoch: float
    logged: float
    clips: int
    hits: int
    errors: int
    asked: int
    given: int
    is_whole: bool

    @property
    def wer(self) -> float:
        """Recomputed over all clips together, a fraction: errors by target words, above 1 where many are inserted."""
        return self.errors / self.asked


def last_scored(snapshot: Snapshot) -> Scored | None:
    """Of the last evaluation with a WER of which every logged val clip was decoded; None where there is none."""
    if not snapshot.decodes:
        return None
    rates = {record.epoch: record for record in snapshot.epochs if record.val_wer is not None}
    decode = next((d for d in reversed(snapshot.decodes) if d.split == "val" and d.epoch in rates), None)
    clips = {clip.clip_id: clip.reference for clip in snapshot.clips if clip.split == "val"}
    if decode is None or len(decode.hypotheses) != len(clips) or not clips:
        return None
    if decode.clip_ids is not None and set(decode.clip_ids) != set(clips):
        return None
    references = tuple(clips[name] for name in decode.clip_ids) if decode.clip_ids else tuple(clips.values())
    hits, errors, asked, given = _counts(references, tuple(decode.hypotheses))
    if not asked:
        return None
    record = rates[decode.epoch]
    return Scored(
        epoch=decode.epoch,
        logged=record.val_wer if record.val_wer is not None else math.nan,
        clips=len(references),
        hits=hits,
        errors=errors,
        asked=asked,
        given=given,
        is_whole=record.val_tokens == sum(len(text.split()) for text in references),
    )


@functools.lru_cache(maxsize=8)
def _counts(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[int, int, int, int]:
    """(hits, errors, target words, predicted words) over all pairs."""
    out = jiwer.process_words(list(references), list(hypotheses))
    wrong = out.substitutions + out.deletions
    return out.hits, wrong + out.insertions, out.hits + wrong, out.hits + out.substitutions + out.insertions
