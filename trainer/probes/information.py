"""How much the output depends on the input, against what a correct output carries."""

from __future__ import annotations

import torch

from monitor.run_dir import Probe
from monitor.run_dir.floors import correct_information
from trainer.metrics import FrameStatistics
from trainer.probes.subject import Subject

CLIPS = 120
LITTLE = 0.25
"""Share of a correct output's information below which the output hardly depends on the input."""


def measure(subject: Subject) -> Probe:
    """Mutual information of val frames and output, nats; without floors there is nothing to compare it with."""
    statistics = FrameStatistics(len(subject.corpus.vocabulary))
    with torch.inference_mode():
        for log_probs, lengths in subject.outputs(subject.some("val", CLIPS)):
            statistics.add(log_probs, lengths)
    floors = subject.floors
    numbers = {
        "blank ratio": round(statistics.blank_ratio, 4),
        "entropy, nats": round(statistics.entropy, 4),
        "mutual information, nats": round(statistics.mutual_information, 4),
    }
    if floors.blank_ratio is None or floors.unigram_entropy is None:
        line = (
            f"The output carries {statistics.mutual_information:.2f} nats of the input per frame; no floor to compare."
        )
        return Probe(name="information", title="Input in the output", line=line, numbers=numbers)
    reference = correct_information(floors.blank_ratio, floors.unigram_entropy)
    share = statistics.mutual_information / reference
    numbers |= {"b*": floors.blank_ratio, "of a correct output": round(share, 3)}
    hardly = "The output hardly depends on the input" if share < LITTLE else "The output depends on the input"
    return Probe(
        name="information",
        title="Input in the output",
        line=f"{hardly}: {100 * share:.0f} % of the information that a correct output carries; "
        f"blank {statistics.blank_ratio:.2f}, b* {floors.blank_ratio:.2f}.",
        cause="no_evidence",
        stance="for" if share < LITTLE else "against",
        numbers=numbers,
    )
