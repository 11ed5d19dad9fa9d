"""Before epoch 1: what is wrong with the clips, with counts and ids; left out where it must be, never silently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from trainer.data.corpus import Sample, frames_needed
from trainer.data.entries import Entry

SHOWN_IDS = 5
TIGHT = 1.5
"""Output frames per word (and needed blank) under which CTC can hardly learn where words are."""


@dataclass
class Preflight:
    """(reason, split) → ids; `left_out` are not trained on or scored, `noted` are."""

    left_out: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    noted: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def leave_out(self, reason: str, split: str, clip_id: str) -> None:
        """Counts a clip that is neither trained on nor scored."""
        self.left_out[reason, split].append(clip_id)

    def note(self, reason: str, split: str, clip_id: str) -> None:
        """Counts a clip that stays in, with what is odd about it."""
        self.noted[reason, split].append(clip_id)

    def counts(self) -> dict[str, int]:
        """For run.json: "train: empty annotation" → how many were left out."""
        return {f"{split}: {reason}": len(ids) for (reason, split), ids in self.left_out.items()}

    def lines(self) -> list[str]:
        """The table, a line a row; empty where there is nothing to report."""
        rows = []
        for what, found in (("left out", self.left_out), ("noted", self.noted)):
            for (reason, split), ids in found.items():
                more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
                rows.append(f"  {what:8}  {len(ids):>6}  {split:5}  {reason}: {', '.join(ids[:SHOWN_IDS])}{more}")
        return [f"Pre-flight: {len(rows)} remarks on the clips.", *rows] if rows else []


def usable(entries: Iterable[Entry], report: Preflight) -> list[Entry]:
    """Entries whose place exists and whose annotation says something; a clip of two splits leaves train."""
    entries = list(entries)
    scored = {(kind, value) for entry in entries if entry.split != "train" for kind, value in _keys(entry)}
    kept = []
    for entry in entries:
        if not entry.path.exists():
            report.leave_out("missing file or folder", entry.split, entry.clip_id)
        elif not entry.words:
            report.leave_out("empty annotation", entry.split, entry.clip_id)
        elif entry.split == "train" and any(key in scored for key in _keys(entry)):
            report.leave_out("also in val or test", entry.split, entry.clip_id)
        else:
            kept.append(entry)
    known = {word for entry in kept if entry.split == "train" for word in entry.words}
    for entry in kept:
        if entry.split != "train" and not known.issuperset(entry.words):
            report.note("holds words that train never shows", entry.split, entry.clip_id)
    return kept


def _keys(entry: Entry) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("id", entry.clip_id), ("path", str(entry.path))


def read_all(
    entries: list[Entry],
    read: Callable[[Entry], np.ndarray],
    class_of: dict[str, int],
    report: Preflight,
    progress: Callable[[Iterable[int], str, int], Iterable[int]],
) -> list[tuple[Entry, Sample]]:
    """The clips that can be read; a broken one is named and left out."""
    found = []
    for number in progress(range(len(entries)), "reading clips", len(entries)):
        entry = entries[number]
        try:
            frames = read(entry)
        except (OSError, ValueError) as problem:
            report.leave_out(f"unreadable ({problem})", entry.split, entry.clip_id)
            continue
        if frames.dtype != np.uint8:
            if not np.isfinite(frames).all():
                report.leave_out("NaN or infinite features", entry.split, entry.clip_id)
                continue
            if len(frames) > 1 and bool((frames == frames[0]).all()):
                report.note("features that never change", entry.split, entry.clip_id)
        tokens = np.array([class_of[word] for word in entry.words], dtype=np.int64)
        found.append((entry, Sample(entry.clip_id, entry.signer, frames, tokens)))
    return found


def of_one_shape(clips: list[tuple[Entry, Sample]], report: Preflight) -> list[tuple[Entry, Sample]]:
    """Clips whose frames are like most others'."""
    shapes: dict[tuple[int, ...], int] = defaultdict(int)
    for _, clip in clips:
        shapes[clip.frames.shape[1:]] += 1
    usual = max(shapes, key=lambda shape: shapes[shape], default=())
    kept = []
    for entry, clip in clips:
        if clip.frames.shape[1:] == usual:
            kept.append((entry, clip))
        else:
            report.leave_out(f"frames of another shape than {usual}", entry.split, entry.clip_id)
    return kept


def too_short(clips: dict[str, tuple[Sample, ...]], stride: int, report: Preflight) -> None:
    """Leaves out clips that CTC has no path for: fewer output frames than tokens and blanks between equal neighbours.

    Notes those with little room: every frame of theirs must be a word, and nothing shows where one begins.
    """
    for split, some in clips.items():
        for clip in some:
            frames, needed = -(-len(clip.frames) // stride), frames_needed(clip.tokens)
            if frames < needed:
                report.leave_out("shorter than its target", split, clip.clip_id)
            elif frames < TIGHT * needed:
                report.note(f"under {TIGHT:g} output frames a word", split, clip.clip_id)
