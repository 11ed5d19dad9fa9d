"""The figures in a line, found without the grammar that reads logs: for the second look (`witness`).

A figure is a decimal number behind a word that measures, its split is the last word before it that names one, and an
epoch is a number behind that word. No tool, no table and no heading is known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from monitor.importers.free_text.clean import OF_LOGGING, THRESHOLD
from monitor.importers.languages import in_english
from monitor.importers.vocabulary import HOUSEKEEPING

TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
FIGURE = re.compile(
    r"(?<![\w.@])(?P<text>[-+]?(?:(?:\d+\.\d+|\.\d+)(?:[ef][-+]?\d+)?|\d+(?=\s?%(?!\|))|nan\b|inf\b))(?![\d:]|\.\d)"
    r"|(?<![^\W_])\d+(?:[.,:]\d+)*"
)
FILE = re.compile(r"(?<![\w./\\-])[\w./\\-]{1,200}\.(?:py|log)\b(?::\d+)?")
UNIT = re.compile(r"\s?(?:[mun]?s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|[kmgt]i?b|\w+/\w+)(?![^\W_])")
WORD = re.compile(r"[^\W\d_][\w@/.]*")
_SHORT = "wer|cer|acc|err|ppl|m?ap|auc|iou|miou|dice|f1|bleu|nll|mse|mae|rmse|mcc|fid|eer|ter|per|psnr|ssim|xent"
MEASURES = re.compile(rf"loss|accuracy|perplexity|precision|recall|error|(?<![a-z])(?:{_SHORT})(?![a-z])")
BESIDE = re.compile(
    r"best|max|min|lowest|highest|prev|last|target(?![_ ](?:train|val|test))|threshold"
    r"|patience|improv|decreas|increas|from|weight|smooth|factor|coef"
    r"|margin|dropout|decay|scale|(?<![a-z])(?:lr|tol|eps|eta|old|delta)(?![a-z])|rate$|time|per[ _]sec|ratio"
)
"""A figure behind such a word is no measurement of this moment."""
_VAL = (
    "va|val|valid|validation|validate|validating|vali|dev|development|eval|evaluation|evaluating|cv|crossval|xval|held-?out"
    "|tests?|testing|tst"
)
_GLUED = "(?=loss|acc|wer)"
SPLIT = re.compile(
    rf"(?<![a-z])(?:(?P<val>(?:{_VAL})(?![a-z])|(?:v|val|test){_GLUED})|(?:train|training|trn|tr)(?![a-z])|train{_GLUED})"
)
OF_ITS_WORD = re.compile(rf"(?<![a-z])(?:train\w*|{_VAL})_")
"""A split that is one word with its quantity: it need not hold for the names behind."""
BEHIND = re.compile(
    r"\d\s*%?\s*\((?:train|val)|(?:train\w*|val\w*)\s?[/|&]\s?(?:train|val|dev|test)|train steps:.*val steps:"
)
"""A split behind its number, or two at once: which number the split belongs to is not certain there."""
NOT_THERE = -1.0
"""What a loss is printed as where a model has no such part."""
_STEP = r"(?<![a-z])(?:global_step|step|iter|iters|iteration|updates?|num_updates)"
STEP = re.compile(_STEP + r"[\"'\])]*\W{0,10}(\d[\d,]{0,12})(?![\d.])")
_NUMBER = r"(?:[_ ](?:no|nr|num|number|idx|id))?[\"'\])]*[\s:=#.\[(]{0,8}(\d{1,6})(?![\d.]|\s?%)"
EPOCH = re.compile(r"(?<!\d[- ])(?<![a-z])epochs?" + _NUMBER)


PAIR = re.compile(
    r"(?<![\w@/.-])([a-z][\w@/.-]{0,30})['\"]?\s{0,3}[:=]\s{0,3}['\"]?"
    r"([-+]?\d*\.\d+(?:e[-+]?\d+)?)(?![\w.:])(?:\s?\(([^()\s]+)\))?"
)
"""`name: 0.9453`, and the number that may stand behind it in brackets."""
NO_MEASURE = re.compile(r"epoch|length|grad|thresh")
"""What no name of a measurement holds, beside those of housekeeping."""


@dataclass(frozen=True)
class Figure:
    """A number with what stands before it. `others`: what stands beside it under the same name."""

    name: str
    split: str
    value: float
    line: int
    epoch: int | None = None
    """The epoch that its line names."""
    step: int | None = None
    others: tuple[float, ...] = ()
    mean: float | None = None
    """The number in round brackets directly behind it."""

    @property
    def what(self) -> str:
        """Its split and its name, such as `val loss`."""
        return self.name if self.name.startswith(self.split) else f"{self.split} {self.name}"

    @property
    def values(self) -> tuple[float, ...]:
        """Its own value, then those beside it under the same name."""
        return (self.value, *self.others)


def plain(line: str) -> str:
    """A line in English and lower case, without the codes of a terminal and the logger's name before it."""
    line = TERMINAL.sub("", line) if "\x1b" in line else line
    text = in_english(FILE.sub(" ", line[found.end() :] if (found := OF_LOGGING.match(line)) else line))
    return THRESHOLD.sub("", text) if "=" in text else text


def figures(line: str, number: int = 0) -> list[Figure]:
    """The figures of a line, in their order. `number`: the line's."""
    found: list[Figure] = []
    text, split, begin, name = plain(line), "", 0, ""
    if "it/s]" in text and EPOCH.search(text, behind := text.rindex("it/s]")):
        text = text[behind:]  # a bar under way was glued before it
    epochs = {int(each) for each in EPOCH.findall(text)}
    epoch = epochs.pop() if len(epochs) == 1 else None
    step = int(named[1].replace(",", "")) if (named := STEP.search(text)) else None
    unsure = BEHIND.search(text) is not None
    for match in FIGURE.finditer(text):
        chunk, begin = text[begin : match.start()], match.end()
        said = {"val" if each["val"] else "train" for each in SPLIT.finditer(chunk)}
        if len(said) > 1 or unsure:
            said, split = set(), ""
        now = next(iter(said), split)
        words = [word for word in WORD.findall(chunk) if "/s" not in word and "s/" not in word]
        if words:
            name = _name(words)
            # `train 0.5, val 0.4, loss 1.2`, and `val_loss: 0.3 phy_loss: 1.2`
            split = "" if said and (OF_ITS_WORD.search(chunk) or not MEASURES.search(name)) and match["text"] else now
        if match["text"] is None:
            continue
        value = float(match["text"] if match["text"].endswith("inf") else match["text"].replace("f", "e"))
        if not words:
            if found and name and chunk.strip() in ("(", "/", "[", ""):
                mean = value if chunk.strip() == "(" and not found[-1].others else None
                found[-1] = replace(found[-1], others=(*found[-1].others, value), mean=mean)
        elif (
            value != NOT_THERE
            and MEASURES.search(name)
            and not BESIDE.search(chunk)
            and not UNIT.match(text, match.end())
        ):
            found.append(Figure(name, now, value, number, epoch, step))
        else:
            name = ""
    return found


def pairs(line: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names of a line with their decimal number and the one behind it in brackets, but those that never measure."""
    for name, *numbers in PAIR.findall(plain(line)):
        kept_beside = HOUSEKEEPING.fullmatch(OF_ITS_WORD.sub("", name))
        if not (kept_beside or NO_MEASURE.search(name) or BESIDE.search(name)):
            yield name, tuple(filter(None, numbers))


def _name(words: list[str]) -> str:
    """The words from the one that measures on, and one before it, without splits."""
    kept = [word for word in words[-4:] if not SPLIT.fullmatch(word) and word not in ("mean", "average", "avg")]
    place = next((place for place, word in enumerate(kept) if MEASURES.search(word)), 0)
    return " ".join(kept[place - (place > 0 and len(kept[place - 1]) > 2) :])
