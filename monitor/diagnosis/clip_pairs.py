"""The clips that two runs decoded, side by side, and the interval of the difference of their error rates. Pure.

The interval is a paired bootstrap over the clips: the same clips are drawn for both runs, so that what is hard for both
does not count as noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from monitor.run_dir import Snapshot

DRAWS = 2000
SHARE = 0.95
AS_LOGGED = 5e-4
"""A logged WER may lie so far from the one counted over the clips: it may be rounded to three digits."""


@dataclass(frozen=True)
class ClipPair:
    """One clip that both runs decoded: its target, both predictions, and the word errors of each."""

    clip_id: str
    reference: str
    parent_said: str
    child_said: str
    parent_errors: int
    child_errors: int
    words: int


def pair_clips(parent: Snapshot, child: Snapshot, epoch: float, child_epoch: float | None = None) -> list[ClipPair]:
    """The clips of one target that both runs decoded: the parent at `epoch`, the child there too or at its own."""
    theirs, ours = decoded(parent, epoch), decoded(child, epoch if child_epoch is None else child_epoch)
    pairs = []
    for clip_id, (reference, parent_said) in theirs.items():
        if clip_id not in ours or ours[clip_id][0] != reference or not reference.split():
            continue
        child_said = ours[clip_id][1]
        pairs.append(
            ClipPair(
                clip_id,
                reference,
                parent_said,
                child_said,
                errors_of(reference, parent_said),
                errors_of(reference, child_said),
                len(reference.split()),
            )
        )
    return pairs


def decoded(snapshot: Snapshot, epoch: float) -> dict[str, tuple[str, str]]:
    """Clip id → (target, prediction) of one evaluation; empty where none was logged."""
    decode = next((each for each in snapshot.decodes if each.split == "val" and each.epoch == epoch), None)
    if decode is None:
        return {}
    clips = [clip for clip in snapshot.clips if clip.split == "val"]
    references = {clip.clip_id: clip.reference for clip in clips}
    names = decode.clip_ids if decode.clip_ids is not None else [clip.clip_id for clip in clips]
    return {
        name: (references[name], said)
        for name, said in zip(names, decode.hypotheses, strict=False)
        if name in references
    }


def errors_of(reference: str, said: str) -> int:
    """Substitutions, deletions and insertions of the cheapest alignment."""
    return Levenshtein.distance(reference.split(), said.split())


def is_whole_set(said: dict[str, tuple[str, str]], wer: float | None) -> bool:
    """Whether this WER, a fraction, was counted over these clips alone: then they are the validation set."""
    total = sum(len(reference.split()) for reference, _ in said.values())
    if wer is None or not total:
        return False
    return abs(sum(errors_of(*pair) for pair in said.values()) / total - wer) < AS_LOGGED


def difference_of(pairs: list[ClipPair]) -> float:
    """The child's WER minus the parent's over these clips, a fraction."""
    return sum(pair.child_errors - pair.parent_errors for pair in pairs) / sum(pair.words for pair in pairs)


def interval(pairs: list[ClipPair]) -> tuple[float, float]:
    """The 95 % interval of the child's WER minus the parent's; the same for the same clips."""
    difference = np.array([pair.child_errors - pair.parent_errors for pair in pairs], float)
    words = np.array([pair.words for pair in pairs], float)
    drawn = np.random.default_rng(0).integers(0, len(pairs), (DRAWS, len(pairs)))
    means = difference[drawn].sum(axis=1) / words[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return float(low), float(high)
