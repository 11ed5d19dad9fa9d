"""What logged predictions and their references show, where a run did not log it itself: three lines are enough.

Only predictions of the whole split are counted: a handful of printed samples stands for nothing but itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from monitor.run_dir import words
from monitor.run_dir.records import Clip, Decode, Epoch, Floors, Run, Snapshot

LEAST_CLIPS = 10
LONGEST_SENTENCE = 8
SAMPLE, CANDIDATES = 100, 20
"""Clips and words that the constant sentence is grown from: a tenth of a second, however long the sentences are."""


class WordShape(NamedTuple):
    """How varied the hypotheses of a split are: a collapsed model says one word, or one sentence, to everything."""

    empty_ratio: float
    length_ratio: float
    top_token: str | None
    top_token_ratio: float | None
    unique_hypothesis_ratio: float
    distinct_token_ratio: float
    """Different words predicted / different words of the targets."""


FILLED = WordShape._fields


def words_in(texts: Iterable[str]) -> Counter[str]:
    """How often each word occurs."""
    return Counter(" ".join(texts).split())


def word_shape(asked: Counter[str], hypotheses: Sequence[str]) -> WordShape:
    """`asked`: the words of the references; which hypothesis belongs to which of them plays no part."""
    said, clips = words_in(hypotheses), max(1, len(hypotheses))
    top, times = said.most_common(1)[0] if said else (None, 0)
    return WordShape(
        empty_ratio=sum(not text or text.isspace() for text in hypotheses) / clips,
        length_ratio=said.total() / max(1, asked.total()),
        top_token=top,
        top_token_ratio=times / said.total() if said else None,
        unique_hypothesis_ratio=len(set(hypotheses)) / clips,
        distinct_token_ratio=len(said) / max(1, len(asked)),
    )


class Counting:
    """Fills epochs and floors from decodes. Each decode is counted once, so one new evaluation costs one count."""

    def __init__(self) -> None:
        self._shapes: dict[int, tuple[Decode, dict[str, Any]]] = {}
        self._of: tuple[object, ...] = ()
        self._epochs: tuple[Epoch, ...] = ()
        self._filled: frozenset[str] = frozenset()
        self._clips: tuple[Clip, ...] = ()
        self._references: dict[str, str] = {}
        self._asked: Counter[str] = Counter()
        self._floors = Floors()

    def epochs(self, records: tuple[Epoch, ...], decodes: tuple[Decode, ...], run: Run | None) -> tuple[Epoch, ...]:
        """The evaluations with what their decodes show; the same tuple as long as nothing has changed."""
        seen = (records, decodes, self._clips)
        if len(self._of) == len(seen) and all(old is new for old, new in zip(self._of, seen, strict=True)):
            return self._epochs
        if not decodes:
            self._filled, self._of, self._epochs = frozenset(), seen, records
            return records
        lacking = {record.epoch for record in records if any(getattr(record, name) is None for name in FILLED)}
        wanted = (d for d in decodes if d.split == "val" and d.epoch in lacking and self._is_whole(d, run))
        shown = {d.epoch: self._shape(d) for d in wanted}
        filled = tuple(_filled(record, shown.get(record.epoch, {})) for record in records)
        changed = [(old, new) for old, new in zip(records, filled, strict=True) if new is not old]
        self._filled = frozenset(
            name for pair in changed[-1:] for name in FILLED if name != "top_token" and _differs(name, *pair)
        )
        self._of, self._epochs = seen, filled if changed else records
        return self._epochs

    def fields(self, run: Run | None) -> frozenset[str]:
        """What `epochs` and `run` have last filled in; `run`: as it was read."""
        chance = self._floors.wer_constant is not None and run is not None and run.floors.wer_constant is None
        return self._filled | ({"wer_constant"} if chance else frozenset())

    def run(self, run: Run | None, clips: tuple[Clip, ...]) -> Run | None:
        """run.json with the error rate of one constant sentence, where it has none and the references are known."""
        if clips is not self._clips:
            self._clips, self._shapes = clips, {}
            self._references = {clip.clip_id: clip.reference for clip in clips if clip.split == "val"}
            self._asked = words_in(self._references.values())
            self._floors = Floors()
        known = len(self._references)
        if run is None or run.floors.wer_constant is not None or known < max(LEAST_CLIPS, run.data.clips.get("val", 0)):
            return run
        if self._floors.wer_constant is None:
            self._floors = _chance(list(self._references.values()))
        chance = self._floors
        floors = msgspec.structs.replace(
            run.floors,
            wer_constant=chance.wer_constant,
            constant_sentence=chance.constant_sentence,
            accuracy_constant=run.floors.accuracy_constant or chance.accuracy_constant,
        )
        return msgspec.structs.replace(run, floors=floors)

    def _is_whole(self, decode: Decode, run: Run | None) -> bool:
        count = len(self._references)
        if count < max(LEAST_CLIPS, run.data.clips.get("val", 0) if run is not None else 0):
            return False
        named = decode.clip_ids is None or set(decode.clip_ids) == self._references.keys()
        return len(decode.hypotheses) == count and named

    def _shape(self, decode: Decode) -> dict[str, Any]:
        known = self._shapes.get(id(decode))
        if known is None or known[0] is not decode:
            shape = word_shape(self._asked, list(decode.hypotheses))._asdict() if self._asked else {}
            known = self._shapes[id(decode)] = (decode, shape)
        return known[1]


def basis_of(snapshot: Snapshot, field: str) -> str:
    """ "from 60 logged clips" for a number that the run has not logged itself; else ""."""
    clips = sum(clip.split == "val" for clip in snapshot.clips)
    return f"from {words.count(clips, 'logged clip')}" if field in snapshot.counted else ""


def _differs(name: str, old: Epoch, new: Epoch) -> bool:
    return getattr(old, name) is None and getattr(new, name) is not None


def _filled(record: Epoch, shown: dict[str, Any]) -> Epoch:
    """What the run has logged itself stands."""
    missing = {name: value for name, value in shown.items() if value is not None and getattr(record, name) is None}
    return msgspec.structs.replace(record, **missing) if missing else record


def _chance(references: Sequence[str]) -> Floors:
    """What always saying one sentence scores; the sentence is grown from these references themselves."""
    # Imported here: who only lists runs must not wait for numpy.
    from monitor.run_dir import floors

    words = sorted({word for reference in references for word in reference.split()})
    number = {word: place for place, word in enumerate(words, 1)}
    split = floors.Targets([[number[word] for word in text.split()] for text in references], [1] * len(references))
    if not words:
        return Floors()
    sentence = floors.constant_sentence(
        split.tokens,
        floors.token_counts(split, len(words) + 1),
        candidates=CANDIDATES,
        sample=SAMPLE,
        longest=LONGEST_SENTENCE,
    )
    # With many empty references no sentence may beat saying nothing.
    silence = floors.wer_of_constant([], split)
    if silence is not None and silence < (floors.wer_of_constant(sentence, split) or 0.0):
        sentence = []
    said = " ".join(words[token - 1] for token in sentence)
    labels = Counter(text.strip() for text in references)
    one_label_each = all(len(text.split()) == 1 for text in references)
    return Floors(
        wer_constant=floors.wer_of_constant(sentence, split),
        constant_sentence=said,
        accuracy_constant=labels.most_common(1)[0][1] / len(references) if one_label_each else None,
    )
