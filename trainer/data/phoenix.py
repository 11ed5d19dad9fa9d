"""RWTH-PHOENIX-Weather 2014: annotations of the multisigner and the signer-independent (SI5) task.

    phoenix-2014-multisigner/annotations/manual/{train,dev,test}.corpus.csv
    phoenix-2014-signerindependent-SI5/annotations/manual/{train,dev,test}.SI5.corpus.csv
        id|folder|signer|annotation
    features/fullFrame-210x260px/<split>/<id>/1/*.png

SI5 can also be made from the multisigner release: train without Signer05; dev and test of Signer05 only.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from monitor.run_dir.errors import RefusedError
from trainer.data.corpus import SEEN
from trainer.data.entries import SPLIT_NAMES, Entry, read_rows

ROOTS = ("phoenix-2014-signerindependent-SI5", "phoenix-2014-multisigner")
FRAMES = Path("features") / "fullFrame-210x260px"
HELD_OUT = "Signer05"

PREFIXES = ("loc-", "cl-", "qu-", "poss-", "lh-")
MARKERS = frozenset({"__EMOTION__", "__PU__", "__LEFTHAND__", "__EPENTHESIS__", "__ON__", "__OFF__"})
RENAMED = {"S0NNE": "SONNE", "HABEN2": "HABEN", "ZEIGEN": "ZEIGEN-BILDSCHIRM"}
LETTER = re.compile(r"[A-Z]|SCH|NN")
"""Spelt letters; the release joins neighbours to A+B."""


@dataclass(frozen=True)
class _Reading:
    """How a row of an annotation file becomes an entry."""

    label_scheme: str
    features: Path | None

    def entry(self, row: dict[str, str], base: Path, name: str, split: str) -> Entry:
        """One row of the annotation file `name` of the release at `base`."""
        words = (row["annotation"] or "").split()
        return Entry(
            clip_id=row["id"],
            path=_feature_file(self.features, row["id"]) if self.features else _folder(base, name, row),
            words=tuple(eval_clean(words) if self.label_scheme == "eval_clean" else words),
            signer=row["signer"],
            split=split,
        )


def read_phoenix(
    root: Path, protocol: str, label_scheme: str, features: Path | None, seen_clips: int = 0
) -> list[Entry]:
    """All clips of a task. `features`: a folder of .npy / .npz per clip id instead of the pictures.

    `seen_clips` of the development clips that the task SI5 leaves out (of people that train knows) become the split
    `seen`. Raises RefusedError where the release has none.
    """
    base, suffix = _annotations(root, protocol)
    derived = protocol == "si5" and not suffix
    reading = _Reading(label_scheme, features)
    entries = []
    for name in ("train", "dev", "test"):
        for row in _rows(base, name, suffix):
            if not derived or (row["signer"] == HELD_OUT) == (name != "train"):
                entries.append(reading.entry(row, base, name, SPLIT_NAMES[name]))
    if seen_clips:
        where = _multisigner(root, protocol)
        rows = [row for row in _rows(where, "dev", "") if row["signer"] != HELD_OUT]
        step = max(1, len(rows) // seen_clips)
        entries += [reading.entry(row, where, "dev", SEEN) for row in rows[::step][:seen_clips]]
    return entries


def _rows(base: Path, name: str, suffix: str) -> list[dict[str, str]]:
    path = base / "annotations" / "manual" / f"{name}{suffix}.corpus.csv"
    return read_rows(path, "|", ("id", "folder", "signer", "annotation"))


def _multisigner(root: Path, protocol: str) -> Path:
    """Where development clips of the training signers lie. Raises RefusedError."""
    if protocol == "multisigner":
        raise RefusedError("--seen_clips is for --protocol si5; in the multisigner task every signer of val is known.")
    try:
        return _annotations(root, "multisigner")[0]
    except RefusedError:
        raise RefusedError(
            f"--seen_clips needs the development clips of the multisigner release, and {root} holds only SI5's."
        ) from None


def _annotations(root: Path, protocol: str) -> tuple[Path, str]:
    """(folder of the release, what stands before `.corpus.csv`). Raises RefusedError with what was looked for."""
    places = [root, *(root / name for name in ROOTS)]
    if protocol == "si5":
        for place in places:
            if (place / "annotations" / "manual" / "train.SI5.corpus.csv").exists():
                return place, ".SI5"
    for place in places:
        if (place / "annotations" / "manual" / "train.corpus.csv").exists():
            return place, ""
    raise RefusedError(
        f"{root} holds no PHOENIX-2014: there is no annotations/manual/train.corpus.csv in it or in "
        f"{' or '.join(ROOTS)}. Give the folder of the release as --data_path."
    )


def _folder(base: Path, name: str, row: dict[str, str]) -> Path:
    """`folder` is `<id>/1/*.png`; the pattern at its end is ours to apply."""
    return base / FRAMES / name / row["folder"].rpartition("/*")[0]


def _feature_file(folder: Path, clip_id: str) -> Path:
    found = folder / f"{clip_id}.npz"
    return found if found.exists() else folder / f"{clip_id}.npy"


def eval_clean(words: list[str]) -> list[str]:
    """The clean-up of the release's own evaluation, as rules over words.

    Prefixes and markers go, a few spellings are made one, WIE AUSSEHEN is one sign, spelt letters join to A+B, the
    endings -PLUSPLUS and RAUM go, and neighbours that are equal become one. Scoring then counts as sclite does.
    """
    cleaned = [_clean(word) for word in words if word not in MARKERS]
    cleaned = [RENAMED.get(word, word) for word in cleaned if word]
    joined = _joined_letters(_joined_pairs(cleaned))
    return [word for word, _ in itertools.groupby(joined)]


def _clean(word: str) -> str:
    for prefix in PREFIXES:
        word = word.removeprefix(prefix)
    word = word.removesuffix("-PLUSPLUS")
    stem = word.removesuffix("RAUM")
    # NORDRAUM is NORD signed with space around it; a word that is RAUM itself stays.
    return stem if stem != word and re.fullmatch(r"[A-Z]{2,}", stem) else word


def _joined_pairs(words: list[str]) -> list[str]:
    out: list[str] = []
    for word in words:
        if out and (out[-1], word) == ("WIE", "AUSSEHEN"):
            out[-1] = "WIE-AUSSEHEN"
        else:
            out.append(word)
    return out


def _joined_letters(words: list[str]) -> list[str]:
    out: list[str] = []
    for word in words:
        before = out[-1].rpartition("+")[2] if out else ""
        if LETTER.fullmatch(word) and LETTER.fullmatch(before):
            out[-1] += f"+{word}"
        else:
            out.append(word)
    return out
