"""The words before a number → the name of a quantity: its split first, without the words that change nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from monitor.importers.vocabulary import (
    ENDS,
    HEADING,
    HOUSEKEEPING,
    NO_SPLIT,
    NOISE,
    NUMBERED_SPLIT,
    QUALITY,
    SETS,
    SPLITS,
    STORY_BEFORE_NUMBER,
)

TRAINING = frozenset(word for word, split in SPLITS.items() if split == "train")
EVALUATING = frozenset({"eval", "evaluation", "evaluate", "evaluating"})
MEASURED = re.compile(rf"{QUALITY.pattern}|.*loss|(?:.*_)?r?ms[el]e?|mae")
_GLUED = r"(?:loss|acc|accuracy|deviance|wer|cer|err|ppl|f1)(?![^\W_])"
SHORT = re.compile(
    rf"(?<![^\W_])(?:(t|tr|trn|train|training)|(v|vl|va|val|valid|validation)|(te|ts|tst|test)|(?:avg|ave|mean|average))"
    rf"(?={_GLUED})"
)
"""A split, or a mean, and its quantity in one word: `tloss`, `vacc`, `valloss`, `avgloss`."""
SPLIT_WORD = re.compile(r"-(?!\d)|[^\w@-]+|_")
OF_SMALL = re.compile(r"(?<![^\W_])(m?a[pr](?:_\d+)?)_s(?![^\W_])")
"""COCO's `bbox_mAP_s` is of small objects; elsewhere an `s` adds nothing (`valid_1's loss`)."""
GLUED_BEST = re.compile(
    rf"best(?:{'|'.join(sorted(SPLITS))}|t|v)?(?:loss|acc|accuracy|wer|cer|err|f1|auc|dice|m?iou|m?ap|score)"
)
"""`BestVAcc`, `bestLoss`: of the best evaluation so far."""
ONE_WORD = re.compile(r"(?<![^\W_])(value|data|metric)_loss(?![^\W_])")
"""The loss of a critic, or of the data beside an equation's; in `loss value`, `data loss` these words add nothing."""
SET = re.compile(r"(?<![^\W_])([^\W\d_]+)[-_]([^\W_]+)(?![^\W_]|[-_])")


def set_of(word: str) -> str:
    """`dev-clean` → `val_clean`: one of several sets of a split; empty for any other word."""
    found = SET.fullmatch(word)
    split = SPLITS.get(found[1], "") if found and found[2] in SETS else ""
    return f"{split}_{found[2]}" if found and split in ("val", "test") else ""


def plain_name(text: str) -> str:
    """The name under which a quantity is kept: split first, no filler words: `average loss (dev)` → `val_loss`."""
    split, rest = _parts(text)
    return rest if not split or rest in NO_SPLIT else f"{split}_{rest}".rstrip("_")


def split_in(name: str) -> str:
    """The split that a plain name begins with; empty where it holds none."""
    split = name.partition("_")[0]
    return split if split in ("train", "val", "test") else ""


def _parts(text: str) -> tuple[str, str]:
    """(split, name without it)."""
    text = ONE_WORD.sub(r"\1loss", text)
    text = SHORT.sub(_spelled_out, OF_SMALL.sub(r"\1_small", text))
    words = [word for word in SPLIT_WORD.split(text) if word]
    numbered = [f"{SPLITS[found[1]]}_{word.rsplit('_')[-1][len(found[1]):]}"
                for word in words if (found := NUMBERED_SPLIT.match(word)) and found[1] in SPLITS]  # fmt: skip
    split = next((SPLITS[word] for word in words if word in SPLITS), numbered[0].partition("_")[0] if numbered else "")
    if "per" in words and any(word.endswith("loss") for word in words):  # `loss per token`
        words = [word for place, word in enumerate(words) if words[place - 1 : place] != ["per"]]
    rest = [word for word in words if word not in SPLITS and word not in NOISE and not NUMBERED_SPLIT.match(word)]
    if "overall" in words and rest and "loss" not in rest:  # `mean IoU 64.5, overall IoU 77.2`
        rest = ["overall", *rest]
    number = [word for word in numbered[:1] if word.partition("_")[2]]
    rest = [f"{word[:-4]}_loss" if word in ("valueloss", "dataloss", "metricloss") else word for word in rest]
    bare = [word for word in rest if word != "metric"]
    rest = bare if len("".join(bare)) > 1 else rest  # `l_metric` is no `l`
    rest = list(dict.fromkeys(rest))  # `Word Error Rate (WER)`
    if not rest and words[-1:] == ["per"]:  # of phonemes
        rest = ["per"]
    return split, "_".join([*(each.partition("_")[2] for each in number), *rest])


def _spelled_out(found: re.Match[str]) -> str:
    return "train " if found[1] else "val " if found[2] else "test " if found[3] else "mean "


@lru_cache(4096)
def split_of_words(words: tuple[str, ...]) -> str:
    """The one split, or set of a split, that words name, where they name nothing else; empty for any others."""
    sets = {name for word in words if (name := set_of(word))}
    left = [
        word for word in words if word not in NOISE and (word in SPLITS or word not in HEADING) and not set_of(word)
    ]
    if sets and len(sets) == 1 and {SPLITS.get(word) for word in left} <= {name.partition("_")[0] for name in sets}:
        return sets.pop()
    splits = {SPLITS.get(word, "") for word in left}
    if splits == {"val", "test"}:
        return "test"
    if splits == {"train", "val"} and "and" not in words and EVALUATING.issuperset(set(left) - TRAINING):
        return "train"  # `Training Data Eval:`
    return splits.pop() if len(splits) == 1 else ""


def of_another_moment(name: str, split: str) -> bool:
    """Whether a name tells of another epoch or of a wish: `best_wer`, `target loss`; a domain is `target_val_acc`."""
    words = set(name.replace("_", " ").split())
    told = ENDS & words
    return bool(told - {"target"} if split else told) or any(map(GLUED_BEST.match, words))


@dataclass(frozen=True)
class Named:
    """What the words before a number say: the split as a word of its own, the split in the name, the rest of it."""

    spoken: str
    split: str
    rest: str
    dropped: bool
    """The number is part of a sentence, tells of another epoch, or measures nothing of the model."""


@lru_cache(4096)
def named(words: tuple[str, ...], mark: str = "") -> Named:
    """What `words`, in the order in which they stand before a number, say of it. `mark`: what parts them from it."""
    split, rest = _parts(" ".join(words))
    own = _parts(words[-1])[0] if len(words) > 1 and "_" in words[-1] else ""
    split = own or split  # `train Eval_EER: 16.5`
    story = STORY_BEFORE_NUMBER & set(words) - {"per"} or (words[-1:] == ("per",) and not mark)
    if story == {"of"} and words[-1] != "of":  # `moving avg of mse`, `average loss of val loss`
        story = not any(map(MEASURED.fullmatch, words[words.index("of") + 1 :]))
    told = story or of_another_moment(" ".join(words), split)
    spoken = next((SPLITS.get(word) or set_of(word) for word in reversed(words) if word in SPLITS or set_of(word)), "")
    return Named(spoken, split, rest, bool(told) or HOUSEKEEPING.fullmatch(rest) is not None)
