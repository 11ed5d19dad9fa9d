"""Target against prediction, word by word: one evaluation's clips, filtered, searched, and what goes wrong most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from msgspec.structs import asdict, replace

from monitor.diagnosis.alignment import aligned
from monitor.run_dir import Clip, Decode, Snapshot, words
from monitor.view.shapes.answers import ClipHistory, ClipMoment, ClipShown, Corpus, Counts, Predictions, WordChanges
from monitor.view.word_changes import Aligned, word_changes

MOST_CLIPS = 60
MOST_WORDS = 400
MOST_LETTERS = 2000
MOST_LISTED = 8
MOST_MOMENTS = 40
KIND_GLYPHS = {"h": "", "s": "≠", "d": "∅", "i": "+"}
"""Of a word: right, substituted, deleted, inserted."""
DECODERS = ("greedy", "adjusted")
"""Unfiltered greedy output, which every number of the page is made of; and what the user's own decoder says."""
FILTERS = ("first", "watch", "worst", "errors", "empty", "longest", "changed")


@dataclass(frozen=True)
class PredictionsQuestion:
    """What is asked of the predictions. `watched`: the clip ids on a tab's watch list.

    `word`: part of a target, a prediction or a clip id; or one error: "REGEN → WIND" swapped, "∅ REGEN" left out,
    "+ REGEN" added.
    """

    epoch: float | None = None
    chosen: str = "first"
    word: str = ""
    watched: frozenset[str] = frozenset()
    decoder: str = "greedy"
    most: int = MOST_CLIPS


@dataclass(frozen=True)
class ScoredClip:
    """One clip with its words in order: (kind, target, prediction), kind one of h s d i."""

    clip: Clip
    said: str
    words: list[Aligned]
    counts: Counter[str]

    @property
    def target_words(self) -> int:
        """Words of the target: hits, substitutions and deletions."""
        return self.counts["h"] + self.counts["s"] + self.counts["d"]

    @property
    def wer(self) -> float:
        """WER of this clip, a fraction; of an empty target 1 if anything was predicted, else 0."""
        errors = self.counts["s"] + self.counts["d"] + self.counts["i"]
        return errors / self.target_words if self.target_words else (1.0 if self.said.strip() else 0.0)


def predictions(snapshot: Snapshot, question: PredictionsQuestion, parent: Snapshot | None = None) -> Predictions:
    """The aligned clips of one evaluation (default: the last), at most 60, with totals over all, and what changed since
    the evaluation before and against the parent's nearest one."""
    decodes = _val_decodes(snapshot)
    if not decodes:
        return Predictions(epoch=None, filter=question.chosen)
    place = _nearest(decodes, question.epoch)
    decoder = question.decoder if decodes[place].adjusted is not None else DECODERS[0]
    scored = _scored(snapshot, decodes[place], decoder)
    before = _predicted_before(snapshot, decodes, place, decoder)
    other = _other_decoder(snapshot, decodes[place], decoder)
    found = _chosen(_with_word(scored, question.word), question, before)
    return Predictions(
        epoch=decodes[place].epoch,
        epochs=sorted({known.epoch for known in decodes}),
        filter=question.chosen,
        decoder=decoder,
        decoders=_decoders(snapshot, decodes[place]),
        clips=[_shown(each, before, _differs(each, other)) for each in found[: question.most]],
        matching=len(found),
        total=len(scored),
        differs=sum(_differs(each, other) for each in scored),
        empty=sum(not each.said.strip() for each in scored),
        changed=sum(_has_changed(each, before) for each in scored) if before else None,
        counts=Counts(**{name: sum(each.counts[kind] for each in scored) for name, kind in _KINDS.items()}),
        words_in=sum(each.target_words for each in scored),
        words_out=sum(len(each.said.split()) for each in scored),
        word_changes=_word_changes(snapshot, decodes, place, scored, decoder, parent),
        **asdict(_corpus(scored)),
    )


_KINDS = {"hits": "h", "s": "s", "d": "d", "i": "i"}


def _scored(snapshot: Snapshot, decode: Decode, decoder: str) -> list[ScoredClip]:
    return [_score(clip, said) for clip, said in _pairs(snapshot, decode, decoder)]


def _decoders(snapshot: Snapshot, decode: Decode) -> dict[str, float]:
    """Decoder → WER over these clips; empty where there is no choice."""
    if decode.adjusted is None:
        return {}
    return {decoder: _wer(_scored(snapshot, decode, decoder)) for decoder in DECODERS}


def _word_changes(
    snapshot: Snapshot,
    decodes: list[Decode],
    place: int,
    scored: list[ScoredClip],
    decoder: str,
    parent: Snapshot | None,
) -> list[WordChanges]:
    now = {each.clip.clip_id: each.words for each in scored}
    found = []

    def against(other: Snapshot, decode: Decode, since: str) -> None:
        """Adds what changed against `decode` of `other`, where both have clips in common."""
        before = {each.clip.clip_id: each.words for each in _scored(other, decode, decoder)}
        changes = word_changes(before, now, since)
        if changes is not None:
            found.append(changes)

    if place:
        against(snapshot, decodes[place - 1], f"Since epoch {words.plain(decodes[place - 1].epoch)}")
    if parent is not None and (theirs := _val_decodes(parent)):
        decode = theirs[_nearest(theirs, decodes[place].epoch)]
        against(parent, decode, f"Against {parent.run_id} at epoch {words.plain(decode.epoch)}")
    return found


def _wer(scored: list[ScoredClip]) -> float:
    errors = sum(each.counts["s"] + each.counts["d"] + each.counts["i"] for each in scored)
    return errors / max(1, sum(each.target_words for each in scored))


def _other_decoder(snapshot: Snapshot, decode: Decode, decoder: str) -> dict[str, str]:
    """What the decoder that is not shown says for each clip."""
    if decode.adjusted is None:
        return {}
    other = next(name for name in DECODERS if name != decoder)
    return {clip.clip_id: said for clip, said in _pairs(snapshot, decode, other)}


def _differs(each: ScoredClip, other: dict[str, str]) -> bool:
    return other.get(each.clip.clip_id, each.said) != each.said


def clip_history(snapshot: Snapshot, clip_id: str, decoder: str = DECODERS[0]) -> ClipHistory:
    """One clip over the stored evaluations: the first, the last, and every one at which its prediction changed."""
    moments: list[ClipMoment] = []
    reference, last = "", None
    for decode in _val_decodes(snapshot):
        for clip, said in _pairs(snapshot, decode, decoder):
            if clip.clip_id != clip_id:
                continue
            reference = clip.reference
            if said != last:
                moments.append(_moment(decode.epoch, _score(clip, said)))
            else:
                moments[-1] = replace(moments[-1], until=decode.epoch)
            last = said
    left_out = max(0, len(moments) - MOST_MOMENTS)
    kept = moments[:1] + moments[1 + left_out :] if left_out else moments
    return ClipHistory(id=clip_id, reference=_cut(reference), moments=kept, left_out=left_out)


def _moment(epoch: float, each: ScoredClip) -> ClipMoment:
    return ClipMoment(epoch=epoch, wer=each.wer, words=_words(each))


def _val_decodes(snapshot: Snapshot) -> list[Decode]:
    """Of the val split alone, oldest first."""
    return [decode for decode in snapshot.decodes if decode.split == "val"]


def _pairs(snapshot: Snapshot, decode: Decode, decoder: str = DECODERS[0]) -> list[tuple[Clip, str]]:
    """Each decoded clip with its prediction, in the decode's order; greedy where no other decoder was on."""
    own = decode.adjusted if decoder != DECODERS[0] else None
    said = decode.hypotheses if own is None else own
    clips = [clip for clip in snapshot.clips if clip.split == decode.split]
    if decode.clip_ids is not None:
        by_id = {clip.clip_id: clip for clip in clips}
        known = [by_id.get(name, Clip(clip_id=name, reference="")) for name in decode.clip_ids]
        return list(zip(known, said, strict=False))
    return list(zip(clips, said, strict=False))


def _score(clip: Clip, said: str) -> ScoredClip:
    """The clip's target and what was predicted for it, aligned word by word."""
    words = aligned(clip.reference.split(), said.split())
    return ScoredClip(clip, said, words, Counter(kind for kind, _, _ in words))


def _corpus(scored: Iterable[ScoredClip]) -> Corpus:
    """What goes wrong most over all clips, and how long targets and predictions are."""
    scored = list(scored)
    deleted: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    swapped: Counter[tuple[str, str]] = Counter()
    wanted: Counter[str] = Counter()
    said: Counter[str] = Counter()
    for each in scored:
        for kind, target, prediction in each.words:
            if kind != "i":
                wanted[target] += 1
            if kind != "d":
                said[prediction] += 1
            if kind == "d":
                deleted[target] += 1
            elif kind == "i":
                inserted[prediction] += 1
            elif kind == "s":
                swapped[(target, prediction)] += 1
    return Corpus(
        most_deleted=[(_cut(word), count, wanted[word]) for word, count in deleted.most_common(MOST_LISTED)],
        most_inserted=[(_cut(word), count, wanted[word]) for word, count in inserted.most_common(MOST_LISTED)],
        most_swapped=[(_cut(a), _cut(b), count) for (a, b), count in swapped.most_common(MOST_LISTED)],
        most_said=[(_cut(word), count, wanted[word]) for word, count in said.most_common(MOST_LISTED)],
        lengths=_lengths(scored),
    )


def _lengths(scored: list[ScoredClip]) -> list[list[int]]:
    """[words, clips whose target has so many, clips whose prediction has so many]; long ones share the last row."""
    most = 24
    targets = Counter(min(most, each.target_words) for each in scored)
    predicted = Counter(min(most, len(each.said.split())) for each in scored)
    longest = max([0, *targets, *predicted])
    return [[words, targets[words], predicted[words]] for words in range(longest + 1)]


def _nearest(decodes: list[Decode], epoch: float | None) -> int:
    if epoch is None:
        return len(decodes) - 1
    return min(range(len(decodes)), key=lambda place: abs(decodes[place].epoch - epoch))


def _predicted_before(snapshot: Snapshot, decodes: list[Decode], place: int, decoder: str) -> dict[str, str]:
    """What each clip was decoded as one stored evaluation earlier."""
    if place == 0:
        return {}
    return {clip.clip_id: said for clip, said in _pairs(snapshot, decodes[place - 1], decoder)}


def _has_changed(each: ScoredClip, before: dict[str, str]) -> bool:
    return each.clip.clip_id in before and before[each.clip.clip_id] != each.said


def _with_word(scored: list[ScoredClip], word: str) -> list[ScoredClip]:
    wanted = word.strip().casefold()
    if not wanted:
        return scored
    error = _error_in(wanted)
    if error is not None:
        return [each for each in scored if error in {tuple(part.casefold() for part in word) for word in each.words}]
    return [
        each
        for each in scored
        if wanted in each.clip.reference.casefold()
        or wanted in each.said.casefold()
        or wanted in each.clip.clip_id.casefold()
    ]


def _error_in(wanted: str) -> Aligned | None:
    """The aligned word that a search for one error means."""
    target, arrow, said = (part.strip() for part in wanted.partition("→"))
    if arrow:
        return "s", target, said
    sign, word = wanted[0], wanted[1:].strip()
    return {"∅": ("d", word, ""), "+": ("i", "", word)}.get(sign) if word else None


def _chosen(scored: list[ScoredClip], question: PredictionsQuestion, before: dict[str, str]) -> list[ScoredClip]:
    if question.chosen == "watch":
        return [each for each in scored if each.clip.clip_id in question.watched]
    if question.chosen == "worst":
        return sorted(scored, key=lambda each: -each.wer)
    if question.chosen == "errors":
        return sorted((each for each in scored if each.wer), key=lambda each: -each.wer)
    if question.chosen == "empty":
        return [each for each in scored if not each.said.strip()]
    if question.chosen == "longest":
        return sorted(scored, key=lambda each: -each.target_words)
    if question.chosen == "changed":
        return [each for each in scored if _has_changed(each, before)]
    return scored


def _shown(each: ScoredClip, before: dict[str, str], differs: bool) -> ClipShown:
    return ClipShown(
        id=each.clip.clip_id,
        words=_words(each),
        more=max(0, len(each.words) - MOST_WORDS),
        hits=each.counts["h"],
        s=each.counts["s"],
        d=each.counts["d"],
        i=each.counts["i"],
        wer=each.wer,
        empty=not each.said.strip(),
        changed=_has_changed(each, before),
        words_in=each.target_words,
        differs=differs,
    )


def _words(each: ScoredClip) -> list[list[str]]:
    return [[kind, _cut(target), _cut(prediction)] for kind, target, prediction in each.words[:MOST_WORDS]]


def _cut(word: str) -> str:
    """A word too long to be shown in full gives its length."""
    return word if len(word) <= MOST_LETTERS else f"{word[:200]}… {len(word):,} characters"


def watched_ids(given: object) -> frozenset[str]:
    """The ids of a tab's watch list out of its message; anything else is dropped."""
    if not isinstance(given, Collection) or isinstance(given, (str, bytes)):
        return frozenset()
    return frozenset(str(name) for name in list(given)[:500])
