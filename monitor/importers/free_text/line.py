"""One line of a training log → what it states: epoch, step, and numbers under the names that stand before them.

A line is cut into words, numbers and marks; a number belongs to the words before it, and a split (`train:`, `[val]`,
`val Loss 2.3 WER .8`) holds for the names behind it until another one stands there. So `Epoch 3/60 | val loss 4.79`,
`epoch=3 val_loss=4.79`, `{"epoch": 3, "val": {"loss": 4.79}}` and a progress bar's postfix come to the same statement.
Every step is linear in the line's length: a log is a foreign text.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from monitor.importers.free_text.line_state import LineState
from monitor.importers.free_text.statement import Statement
from monitor.importers.names import named, plain_name, split_of_words
from monitor.importers.vocabulary import (
    EPOCHS,
    INCIDENTAL,
    LOOKS_BACK,
    NO_SPLIT,
    NO_STEP,
    QUALITY,
    RATE,
    SPLITS,
    STEPS,
    THROUGH,
    UNIT,
)

LONGEST_LINE = 20_000
MOST_VALUES = 200
MOST_WORDS = 6

TOKEN = re.compile(
    r"(?P<percent>\d+%\|)"
    r"|(?P<dimension>[1-4]d(?=[ _-](?:[a-z]{1,12}[ _-])?(?:loss|acc|iou|map|ap|dice|err)))"  # `3D loss: 2.1`
    r"|(?P<number>[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?"
    r"|[-+]?(?:nan|inf|infinity)(?!\w))(?P<unit>%|[^\W\d_][^\W\d_/]*(?:/[^\W\d_]+)?)?"
    r"|(?P<word>[^\W\d][\w/@]*(?:[-.](?:[^\W\d][\w/@]*|\d+(?![\d.])))*)"
    r"|(?P<mark>[█▏▎▍▌▋▊▉━╸╺]+|\S)"
)
JOINED = re.compile(r"(epoch|ep|step|iter)[-_.]?(\d+)")
DASHES = "-–—"
AVERAGE = frozenset({"avg", "average", "mean", "ave", ":", "="})
OPENING, CLOSING, IGNORED = "([{<", ")]}>", "'\"*`~%#\\"
SIZE = re.compile(r"[kmgt]i?b|w")
BRIEF = ("tr", "va", "te")
"""Beside a loss that has its name these are parts of it, and no splits."""
OF_A_SPLIT = ("train_", "val_", "test_")
OF_A_COUNT = frozenset({"i", "idx", "index", "id", "no", "nr", "num", "number"})
MEANS = frozenset({"avg", "average", "mean", "ave"})
MEASURED = re.compile(r"loss|wer|cer|acc|error|ppl|perplexity|score|f1|bleu|lr|rate|step|iter|batch|epoch(?!s)|time")
ACCURACY = re.compile(
    r"acc|accuracy|(?:sparse_|binary_)?(?:categorical_)?accuracy|(?:acc|prec)@[15]|top-?[15](?:_acc)?"
)
QUANTITY = re.compile(r"(?:.*_)?(?:loss|wer|cer|acc|accuracy|error|ppl|f1|bleu|map)")


class Walk(LineState):
    """Reads a line from left to right."""

    def read(self, line: str) -> Statement:
        """What a line states; what stands behind LONGEST_LINE characters or MOST_VALUES values is not read."""
        self.heading = bool(self.section)
        for token in TOKEN.finditer(line[:LONGEST_LINE]):
            self._take(token)
            if len(self.values) >= MOST_VALUES:
                break
        self._close()
        return self._statement()

    def _take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if self.before == "(" and self.last == "value" and token[0] in AVERAGE:
            return  # `loss 3.0 (avg: 3.2)`
        if kind in ("number", "unit"):
            self._number(token["number"], token["unit"] or "")
            self.before = ""
        elif kind in ("word", "dimension"):
            self._word(token[0])
            self.before = ""
        elif kind == "percent":
            self._close()
            self.last = ""
        else:
            self._mark(token["mark"])
            self.before = token["mark"]

    def _word(self, word: str) -> None:
        if self.separated:
            self._close()
        if self.last in ("value", "bare") and self.before != "(" and UNIT.fullmatch(word):
            drops = self.last == "value" and self.means.pop(len(self.values) - 1, None) is None
            self.last = self._drop() if drops else ""  # `Eval: 0.0002 s/iter`
            return
        self.seen += 1
        of_step = word == "total" and self.step is not None  # `iter: 20 / 700, total loss: 2.1`
        if self.seen <= 2 and word in INCIDENTAL and not of_step and self.epoch is None and not self.values:
            self.incidental = True
        if word in ("of", "out") and self.last in ("epoch", "step", "bare"):
            self.over = True
            return
        joined = JOINED.fullmatch(word) if word[-1].isdigit() else None
        if joined and joined[1] in STEPS:
            self.step = self.step if self.step is not None else float(joined[2])
        elif (word in EPOCHS or joined) and self._recalls_best():
            self.incidental = True
        elif (word in EPOCHS or joined) and self._may_begin(word) and not self._mentions():
            self.epoch_word = word
            splits = {SPLITS[each] for each in self.words if each in SPLITS}
            self._close()
            if len(splits) == 1:
                self.section, self.heading = splits.pop(), False
            self.awaits_epoch = True
            if joined:
                self._begin_epoch(float(joined[2]))
        else:
            self.awaits_epoch = self.awaits_epoch and word in ("number", "no", "nr", "num", "n", "idx")
            self.words.append(word)
            del self.words[:-MOST_WORDS]
        self.counts_epochs = self.counts_epochs or word in ("epochs", "epoch")
        self.averages = self.averages or word == "averaged"
        if "-" in word or "." in word or "/" in word:
            self.phrase.update(re.split(r"[^\w]+", word))
        else:
            self.phrase.add(word)
        self.last, self.over = "", False

    def _drop(self) -> str:
        """The last number was none of the model's: it was nothing."""
        self.values.pop()
        self.unsplit = [each for each in self.unsplit if each[0] != len(self.values)]
        self.bare_splits = [each for each in self.bare_splits if each != len(self.values)]
        return ""

    def _may_begin(self, word: str) -> bool:
        """Whether no epoch was named yet, or only as something like it: `current_epoch: 0, epoch: 1`."""
        return self.epoch is None or (word == "epoch" != self.epoch_word and not self.values)

    def _recalls_best(self) -> bool:
        """`Early stopping. Best epoch: 9, loss 0.49`: what follows is of that epoch."""
        return self.words[-1:] == ["best"] and self.epoch is None and not self.values

    def _mentions(self) -> bool:
        """Whether an epoch's number is only mentioned: `saved at epoch 3`, but not `evaluating after epoch 3`."""
        back = self.phrase & LOOKS_BACK
        return bool(back) and not (back <= {"after", "at"} and any(SPLITS.get(word) == "val" for word in self.phrase))

    def _mark(self, mark: str) -> None:
        if mark == "%" and self.last == "value":
            name, text = self.values[-1]
            self.values[-1] = (name, text.rstrip("%") + "%")
        if mark in IGNORED or (mark == "." and self.words and self.words[-1] in SPLITS):  # `val. 2.1`
            return
        if mark in ":=":
            self.separated = mark if self.words else ""
            if mark == ":" and self.labels and self.last == "value" and not self.before + self.separated:
                self.last = self._drop()  # `clip 3: …`
        elif mark == "/" and self.last:
            self.over = True
        elif mark in OPENING:
            self.behind = self.last if not self.words else ""
            if mark == "{" and self.before == ":" and self.compound:  # `train_loss 0.8: {'kl': 0.3}`
                self.section = self.compound
            if not self.awaits_epoch:
                self._close_unless_name()
        elif mark in DASHES and self.words:
            self.separated = mark
        elif mark in CLOSING:
            self._leave_bracket()
            self.section = "" if mark == "}" else self.section
        else:
            self._close()
            self.held.clear()
            self.awaits_epoch = self.awaits_epoch and mark in ".-°"
            self.last = self.last if mark in "|" and self.last == "bare" else ""

    def _close_unless_name(self) -> None:
        """At a bracket: what stands before it may be the name of what comes after the bracket."""
        if self.separated:
            self._close()
        self.held = list(self.words)
        self.words.clear()

    def _leave_bracket(self) -> None:
        if self.words and self.behind in ("value", "bare") and self._takes_split(split_of_words(tuple(self.words))):
            self.words.clear()
        elif self.held and self.words and not self.separated:
            self.words = [*self.held, *self.words]
        elif self.held and not self.words and self.last not in ("value", "step"):
            self.words = list(self.held)
        else:
            self._close()
        self.held = []

    def _takes_split(self, split: str) -> bool:
        """Whether a split in brackets belongs to the number before them: `loss 2.1 (train) 2.4 (valid)`."""
        if not split:
            return False
        if self.behind == "bare":
            if self.split_behind and self.bare_text:
                self._keep(f"{split}_{self.quantity}", self.bare_text)
            return self.split_behind
        name, text = self.values[-1]
        if name.partition("_")[0] in SPLITS:
            return False
        self.values[-1] = (f"{split}_{name}", text)
        self.unsplit = [each for each in self.unsplit if each[0] != len(self.values) - 1]
        self.quantity, self.split_behind, self.last = name, True, ""
        return True

    def _close(self) -> None:
        """A phrase ends without a number: `train:` and `[val]` speak for what follows, `loss:` for splits behind it."""
        if self.words:
            if split := split_of_words(tuple(self.words)):
                self.section, self.heading = split, False
            elif self.separated == ":" and self.words[-1] in SPLITS and len(self.words) <= 4:
                self.section, self.heading = SPLITS[self.words[-1]], False
            elif self.separated == ":" and self.words[0] in SPLITS and not MEASURED.search(" ".join(self.words)):
                self.section, self.heading = SPLITS[self.words[0]], False  # `Evaluation result (greedy): loss 2.1`
            elif self.separated and QUANTITY.fullmatch(name := plain_name(" ".join(self.words))):
                self.quantity = name
            elif self.bare_text and self.last == "" and QUALITY.fullmatch(name := plain_name(" ".join(self.words))):
                self._keep(name, self.bare_text)  # `12.5% wer, 3.2% cer`
        self.bare_text = ""
        self.words.clear()
        self.separated = ""

    def _number(self, text: str, unit: str) -> None:
        value = float(text.replace(",", ""))
        if self.over:
            if self.last != "bare" or not SIZE.fullmatch(unit):  # `5789MiB / 81559MiB`
                self._second_of_fraction(text, value)
        elif self.awaits_epoch:
            self._begin_epoch(value)
        elif self.words:
            self._name_value(text.replace(",", ""), value, unit)
        elif self.last == "value" and self.before == "(" and self.names_mean:
            return
        elif self.last == "value" and self.before == "(" and not unit and not self._is_change(text):
            self.means[len(self.values) - 1] = text
            return
        else:
            if self.held and self.held[-1] in STEPS and self.step is None and math.isfinite(value):
                self.step, self.last = value, "step"
            else:
                self.bare, self.last = value, "bare"
                self.bare_text = text + unit if unit == "%" or (self.split_behind and not unit) else ""
        self.over = False

    def _is_change(self, text: str) -> bool:
        """Whether a number in brackets behind a value says by how much it has changed: `2.5 (-0.4)`."""
        return text.startswith("+") or (text.startswith("-") and not self.values[-1][1].startswith("-"))

    def _begin_epoch(self, value: float) -> None:
        self.awaits_epoch = False
        if math.isfinite(value) and 0 <= value < 1e7:
            self.epoch, self.last = value, "epoch"
            if self.heading and value != self.known_epoch:
                self.section, self.heading = "", False

    def _second_of_fraction(self, text: str, value: float) -> None:
        if self.last == "epoch":
            self.epochs = value
        elif self.last == "bare" and value > 0 and self.bar is None:
            self.bar = (self.bare, value)
        elif self.last == "step":
            self.bar = self.bar or (self.step or 0.0, value)
        elif self.last == "value" and value:
            self.means.pop(len(self.values) - 1, None)  # `Acc: 30.1% (15000/50000)`
            name, count = self.values[-1]
            if count.isdigit() and float(count) <= value:
                self.values[-1] = (name, f"{float(count) / value:.6g}")
            elif "." in count and "." in text and name not in NO_SPLIT:
                self.values.append((f"{name}_2", text))  # of what it is, `loss 2.8 / 3.8` does not say
        self.last = self.bare_text = ""

    def _name_value(self, text: str, value: float, unit: str) -> None:
        words, mark, held = self.words, self.separated, tuple(self.held)
        self.words, self.separated, self.last = [], "", ""
        self.held.clear()
        self.phrase.clear()
        if words[-1] in OF_A_COUNT and words[-2:-1] and words[-2] in STEPS:  # `batch i: 51`
            del words[-1]
        if words[-1] in STEPS and not unit and NO_STEP.isdisjoint(words):
            return self._name_step(words, held, value)
        if rates := [place for place, word in enumerate(words) if "/" in word and RATE.fullmatch(word)]:
            words = words[rates[-1] + 1 :]  # `6.25 updates/sec perplexity=12.2`
            if not words:
                return
        if text.isdigit() and not (mark or unit) and len(words) > 1 and (split := split_of_words(tuple(words))):
            self.section, self.bare, self.last = split, value, "bare"  # `valid on subset 10 / 13`
            return
        if words[0] in BRIEF and len(words) == 1 and self._tells_a_loss():
            self._keep(f"{self.section}_{words[0]}".lstrip("_"), text + unit)  # `Val loss 0.9  tr 0.3  rot 1.3`
            return
        name = named(tuple(words), mark)
        self.names_mean = not MEANS.isdisjoint("_".join(words).split("_"))
        split, rest = name.split, name.rest
        if rest in STEPS and split:  # `train_step=40`; an evaluation's own count is no step of the training
            if split == "train" and self.step is None and value >= 0 and math.isfinite(value):
                self.step, self.last = value, "step"
            return
        unit = "" if unit == "db" else unit  # `PSNR 29.93dB`
        if unit not in ("", "%") or (name.dropped and rest):
            return
        if name.spoken:
            self.section, self.heading = name.spoken, False
        self.compound = split if split and not name.spoken else self.compound
        if not rest:
            if name.dropped or "final" in words or not split or not ("." in text or "e" in text or value != value):
                return
            if not self.quantity and unit != "%":
                self.bare_splits.append(len(self.values))
            rest = self.quantity or ("loss" if unit != "%" else "share")
        elif not split:
            self.section = self.section or self.quantity.partition("_")[0] * self.quantity.startswith(OF_A_SPLIT)
            self.quantity = ""
        if not split and self.section and rest not in NO_SPLIT:
            split = self.section
        elif not split:
            self.unsplit.append((len(self.values), self.compound))
        kept = rest if not split or rest in NO_SPLIT else f"{split}_{rest}"
        if not MEANS.isdisjoint(words) and "loss" not in kept and any(name == kept for name, _ in self.values):
            kept = f"{split}_mean_{rest}".lstrip("_")  # `train acc: 0.9, train avg acc: 0.8`: of the classes
        self._keep(kept, text + unit)
        self.labels = not mark and text.isdigit() and not (unit or MEASURED.search(kept))

    def _name_step(self, words: list[str], held: tuple[str, ...], value: float) -> None:
        if not value.is_integer():  # `Loss for final step: 0.0025`
            return
        if value >= 0 and (self.step is None or words[-1] == "global_step") and math.isfinite(value):
            self.step, self.last = value, "step"
            self.through = self.through or "global" in words or THROUGH.fullmatch(words[-1]) is not None
        # `Validation Metrics (step 100) - CTC Loss: 2.4`
        self.section = split_of_words(tuple(words[:-1])) or split_of_words(held) or self.section

    def _tells_a_loss(self) -> bool:
        """Whether a number stands behind the word loss already, not only behind a split."""
        return any(name.endswith("loss") and at not in self.bare_splits for at, (name, _) in enumerate(self.values))

    def _keep(self, name: str, text: str) -> None:
        self.values.append((name, text))
        self.last = "value"

    def _statement(self) -> Statement:
        self._tell_scores()
        self._spell_out()
        self._tell_of_training()
        self._part_the_unsplit()
        under_way = self.bar is not None and self.bar[0] < self.bar[1]
        on_epochs = self.counts_epochs and self.epoch is None and self.bar is not None and self.step is None
        evaluates = any(name.startswith(("val_", "test_")) for name, _ in self.values)
        partial = under_way or (self.step is not None and self.bar is None and not evaluates)
        if self.incidental:
            return Statement()
        values, batch = tuple(self.values), ()  # type: tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]
        if self.means and (partial or self.bar is not None or self.averages or self.section in ("val", "test")):
            means = tuple((name, self.means.get(place, text)) for place, (name, text) in enumerate(values))
            values, batch = means, values if means != values else ()
        unnamed = any(self.values[place][0].endswith("loss") for place in self.bare_splits)
        return Statement(self.epoch, self.epochs, self.step, partial, self.bar, on_epochs, values, batch, self.section,
                         through=self.through, unnamed=unnamed)  # fmt: skip

    def _tell_scores(self) -> None:
        """`Loss: 1.9, Train: 0.52, Val: 0.41`: beside a loss, a train and a val number without a name are no losses."""
        names = [self.values[place][0] for place in self.bare_splits]
        if len(set(names)) < 2 or "train_loss" not in names:
            return
        for place, (name, text) in enumerate(self.values):  # `train=0.52 val=0.41 loss=1.9`: of both, not of val
            if place not in self.bare_splits and place > self.bare_splits[-1] and name == names[-1]:
                self.values[place] = ("loss", text)
        if any(name == "loss" for name, _ in self.values):
            for place in self.bare_splits:
                name, text = self.values[place]
                self.values[place] = (name.removesuffix("loss") + "score", text)

    def _spell_out(self) -> None:
        """`v_loss 2.0 loss 1.2`: beside a loss without it, `v_` is of the validation, and no critic's value."""
        names = {name for name, _ in self.values}
        if {"loss", "v_loss"} <= names:
            self.values = [(f"val_{name[2:]}" if name.startswith("v_") else name, text) for name, text in self.values]

    def _tell_of_training(self) -> None:
        """`loss 1.2 acc 0.4`: beside a loss of the training alone, an accuracy is of the training too."""
        names = {name for name, _ in self.values}
        if "loss" in names and not any(name.startswith(("val_", "test_")) for name in names):
            self.values = [(f"train_{name}" if ACCURACY.fullmatch(name) else name, text) for name, text in self.values]

    def _part_the_unsplit(self) -> None:
        """`Train_Loss 2 Acc .5 Val_Loss 3 Acc .4`: a name that occurs for two splits belongs to the split before it."""
        if not any(split for _, split in self.unsplit):
            return
        twice = Counter(name for name, _ in self.values)
        for place, split in self.unsplit:
            name, text = self.values[place] if place < len(self.values) else ("", "")
            if split and twice[name] > 1:
                self.values[place] = (f"{split}_{name}", text)
