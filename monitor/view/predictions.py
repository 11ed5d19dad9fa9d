"""Target against prediction, word by word."""

from __future__ import annotations

from collections import Counter
from typing import Any

from monitor.alignment import aligned
from monitor.run_dir import Clip, Decode, Snapshot

MOST_CLIPS = 60
MOST_WORDS = 400
MOST_LETTERS = 2000
FILTERS = ("first", "worst", "empty", "longest")


def predictions(snapshot: Snapshot, epoch: float | None, chosen: str = "") -> dict[str, Any]:
    """The aligned clips of one evaluation (default: the last), at most 60 by `chosen`, with totals over all."""
    decodes = [decode for decode in snapshot.decodes if decode.split == "val"]
    chosen = chosen if chosen in FILTERS else "first"
    if not decodes:
        return {"epoch": None, "epochs": [], "clips": [], "total": 0, "filter": chosen}
    decode = min(decodes, key=lambda known: abs(known.epoch - epoch)) if epoch is not None else decodes[-1]
    pairs = _pairs(snapshot, decode)
    scored = [_clip(clip, hypothesis) for clip, hypothesis in pairs]
    shown = _chosen(scored, chosen)
    return {
        "epoch": decode.epoch,
        "epochs": sorted({known.epoch for known in decodes}),
        "filter": chosen,
        "clips": shown[:MOST_CLIPS],
        "matching": len(shown),
        "total": len(scored),
        "empty": sum(clip["empty"] for clip in scored),
        "counts": {key: sum(clip[key] for clip in scored) for key in ("hits", "s", "d", "i")},
        "words_in": sum(clip["words_in"] for clip in scored),
        "most_said": _most_said(pairs),
    }


def _pairs(snapshot: Snapshot, decode: Decode) -> list[tuple[Clip, str]]:
    clips = [clip for clip in snapshot.clips if clip.split == decode.split]
    if decode.clip_ids is not None:
        by_id = {clip.clip_id: clip for clip in clips}
        known = [by_id.get(name, Clip(clip_id=name, reference="")) for name in decode.clip_ids]
        return list(zip(known, decode.hypotheses, strict=False))
    return list(zip(clips, decode.hypotheses, strict=False))


def _clip(clip: Clip, hypothesis: str) -> dict[str, Any]:
    """One clip's words in order: (kind, target, prediction), kind one of h s d i."""
    reference, said = _words(clip.reference), _words(hypothesis)
    words = aligned(reference, said)
    counts = Counter(kind for kind, _, _ in words)
    errors = counts["s"] + counts["d"] + counts["i"]
    return {
        "id": clip.clip_id,
        "words": [[kind, _cut(target), _cut(prediction)] for kind, target, prediction in words[:MOST_WORDS]],
        "more": max(0, len(words) - MOST_WORDS),
        "hits": counts["h"],
        "s": counts["s"],
        "d": counts["d"],
        "i": counts["i"],
        "wer": errors / len(reference) if reference else (1.0 if said else 0.0),
        "empty": not said,
        "words_in": len(reference),
    }


def _words(text: str) -> list[str]:
    return text.split()


def _cut(word: str) -> str:
    """A word nobody could read in full says how long it is."""
    return word if len(word) <= MOST_LETTERS else f"{word[:200]}… {len(word):,} characters"


def _chosen(clips: list[dict[str, Any]], chosen: str) -> list[dict[str, Any]]:
    if chosen == "worst":
        return sorted(clips, key=lambda clip: -clip["wer"])
    if chosen == "empty":
        return [clip for clip in clips if clip["empty"]]
    if chosen == "longest":
        return sorted(clips, key=lambda clip: -clip["words_in"])
    return clips


def _most_said(pairs: list[tuple[Clip, str]]) -> list[list[Any]]:
    """The words said most: [word, times said, times in the targets]."""
    said = Counter(word for _, hypothesis in pairs for word in hypothesis.split())
    wanted = Counter(word for clip, _ in pairs for word in clip.reference.split())
    return [[_cut(word), count, wanted[word]] for word, count in said.most_common(5)]
