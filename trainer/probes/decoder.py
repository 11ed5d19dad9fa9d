"""Decoder or model? The same output decoded again with the blank lowered step by step."""

from __future__ import annotations

from monitor.run_dir import Probe
from monitor.run_dir.counted import word_shape, words_in
from trainer.decoding import Adjustment, adjusted
from trainer.metrics import word_errors
from trainer.probes.subject import Subject

PENALTIES = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0)
"""Nats taken from the blank."""
CLIPS = 120
MATTERS_POINTS = 3.0
"""Fewer points of WER are noise on a hundred clips."""


def measure(subject: Subject) -> Probe:
    """Decodes val clips at each of PENALTIES, in nats."""
    clips = subject.some("val", CLIPS)
    references = [subject.corpus.sentence(clip.tokens) for clip in clips]
    outputs = subject.outputs(clips)
    rows = []
    for penalty in PENALTIES:
        said = [
            subject.corpus.sentence(tokens)
            for log_probs, lengths in outputs
            for tokens in adjusted(log_probs, lengths, Adjustment(blank_penalty=penalty))
        ]
        errors, shape = word_errors(references, said), word_shape(words_in(references), said)
        rows.append(
            {
                "blank penalty": penalty,
                "WER": round(errors.wer, 4),
                "words out / in": round(shape.length_ratio, 3),
                "empty": round(shape.empty_ratio, 3),
                "deleted": errors.deletions,
                "inserted": errors.insertions,
            }
        )
    best = min(rows, key=lambda row: row["WER"])
    gain = 100 * (rows[0]["WER"] - best["WER"])
    plain = f"{100 * rows[0]['WER']:.1f} % with {rows[0]['words out / in']:.2f} words out / in"
    if gain >= MATTERS_POINTS:
        line = (
            f"The decoder holds words back: WER falls from {plain} to {100 * best['WER']:.1f} % "
            f"when the blank is lowered by {best['blank penalty']:g} nats."
        )
    else:
        line = (
            f"It is not the decoder: WER stays at {plain}; lowering the blank by up to 4 nats gains {gain:.1f} points."
        )
    return Probe(
        name="decoder-sweep",
        title="Decoder or model?",
        line=line,
        cause="no_evidence",
        stance="against" if gain >= MATTERS_POINTS else "for",
        numbers={"WER": rows[0]["WER"], "best WER": best["WER"], "gain, points": round(gain, 2)},
        rows=rows,
    )
