"""Which word of a prediction stands for which of the target."""

from __future__ import annotations

import jiwer


def aligned(reference: list[str], hypothesis: list[str]) -> list[tuple[str, str, str]]:
    """(kind, target, prediction) per place of the alignment with the fewest errors.

    jiwer's chunks are runs of words; here they are expanded to single words.
    """
    if not reference:
        return [("i", "", word) for word in hypothesis]
    found = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    words = []
    for chunk in found.alignments[0]:
        kind = chunk.type[0] if chunk.type != "equal" else "h"
        targets = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        said = hypothesis[chunk.hyp_start_idx : chunk.hyp_end_idx]
        for place in range(max(len(targets), len(said))):
            target = targets[place] if place < len(targets) else ""
            words.append((kind, target, said[place] if place < len(said) else ""))
    return words
