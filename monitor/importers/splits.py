"""Rows that say in a word which split they are of: `{"phase": "val", "loss": 2.5}` holds a val loss, no train loss."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.importers.vocabulary import SPLITS, words
from monitor.run_dir.field_names import SYNONYMS, plain

KEYS = words("split, phase, mode, stage, subset, set, part, type, kind, event, name, tag, dataset, data, loop, loader")
OF_NO_SPLIT = frozenset(name for field in ("epoch", "step", "lr", "grad_norm") for name in SYNONYMS[field])


def split_of(key: str, word: object) -> str:
    """The split that a key and its word name; empty for any other pair."""
    return SPLITS.get(word.strip().lower(), "") if isinstance(word, str) and plain(key) in KEYS else ""


def named_by_split(values: Mapping[str, float], split: str) -> dict[str, float]:
    """The same numbers under names that hold the split."""
    if not split:
        return dict(values)
    return {name if plain(name) in OF_NO_SPLIT else f"{split}/{name}": value for name, value in values.items()}
