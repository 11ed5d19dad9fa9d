"""Lines of a log in their order → what each states, with what the lines above it mean for it: a heading that names a
split, a table's names, a decimal comma.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monitor.importers.columns import is_table_of_runs
from monitor.importers.free_text.block import Block
from monitor.importers.free_text.clean import cleaned
from monitor.importers.free_text.doubts import Doubts
from monitor.importers.free_text.forms import NUMBER, rewritten
from monitor.importers.free_text.fractions import Fractions
from monitor.importers.free_text.line import Walk
from monitor.importers.free_text.names_above import NamesAbove
from monitor.importers.free_text.objects import of_object, unwrapped
from monitor.importers.free_text.ranks import Ranks
from monitor.importers.free_text.shape import by_shape, without_digits
from monitor.importers.free_text.statement import EVALUATED, Statement
from monitor.importers.free_text.table import Header, by_split, headers_of, is_next_row, joined, row_of, splits_of
from monitor.importers.languages import in_english
from monitor.importers.names import set_of, split_of_words
from monitor.importers.vocabulary import NO_SPLIT, QUALITY

MOST_SKELETONS, MOST_HEADERS = 50, 3
LONGEST_LINE = 8_000
LONGEST_HEADING = 120
_ENDS = r"(?!\d|[.,]\d)"
"""Behind a number: a comma or a full stop there may end a part of the sentence."""
DECIMAL_COMMA = re.compile(rf"(?<![\d.,])(\d+),(\d+){_ENDS}")
COMMA_ONLY = re.compile(rf"[^\W\d][)\]]?\s*[.:=]?\s+(?:0,\d+|\d+,(?:\d{{1,2}}|\d{{4,}})){_ENDS}")
"""A number behind a name that can only have a decimal comma: thousands come in threes."""
LOSS_COMMA = re.compile(r"(?:loss|wer|cer|acc|accuracy|error)\s*[:=]?\s*\d{1,3},\d{3}(?!\d|[.,]\d)")
"""Thousands or a decimal comma: the other numbers of the line tell."""
DECIMAL_POINT = re.compile(r"\d\.\d")
OVER = re.compile(r"\b(?:done|finished|completed?|ended|end of|is over)\b")
SUMMARY = re.compile(r"\btrain_runtime\b|\*{3,}\s*train metrics|\btest_runtime\b")
RECALLS = re.compile(
    r"\bbest (?:iteration|epoch|round|step|results?|scores?|metrics?)(?: round)?(?: is| was| so far)?\s*:\s*$"
    r"|\bbest (?:at|in|of) (?:epoch|iteration|step) \d+\s*:\s*$"
)
LONE_LOSS = re.compile(rf"\W*loss\s*(?:is|was|[:=])*\s*{NUMBER}\W*$")
OF_EPOCH = re.compile(r"\bbest \w+ epoch \d")
OWN_LOSS = re.compile(r"(?<![a-z])(?:val|valid|validation|eval|dev|test)[_/ .-]{0,2}loss")
GOES_ON = re.compile(r"\s*(?:\[\w{1,9}\]\s*)?(?:\*(?!.*\*{3})|averaged? (?:stats|results|metrics)\b)")
"""A line that sums up those above it is of their split: ` * Acc@1 31.0`, `Averaged stats: loss: 2.9 (3.1)`."""
TOP_1 = re.compile(r"\s*(?:\[\w{1,9}\]\s*)?\*+\s*(?:acc|prec)@1\b")
"""So begins the sum of a validation, also where nothing else of it is printed."""
OF_AN_EPOCH = re.compile(r"(?<!['\"/])\b(?:train(?!\w*/)\w*|avg|average|mean|epoch|total)(?:\b|_)")
"""What a line below a step calls its figures where they are of more than the step."""
WORD, SET_WORD = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W\d_]+[-_][^\W_]+")
ARROW = re.compile(
    rf"(?:\b(?:improved|decreased|increased|dropped|rose|fell)\b:?\s*)?(?<![\w.,(]){NUMBER}\s?%?\s*"
    r"(?:→|⟶|➜|--?>|=>)\s*(?=[-+]?\.?\d)"
)
"""What was there before, in `loss 3.4→2.7`: the number behind the arrow is the one of now."""
STAGE = re.compile(r"\s*\[\d{1,2}/(\d{1,2})\]\s+([a-z]+)ing\b[^:=]*$")
"""A stage of the whole script: `[2/5] Preparing features...`."""
OF_TRAINING = frozenset({"train", "validat", "evaluat", "test", "fitt", "fine-tun", "finetun"})
TRIAL = re.compile(r"\b[Tt]rial \d+ (?:finished|pruned|failed)\b")
PACE = re.compile(r"\d\s?(?:it/s|s/it)\b")
IMPORTS = re.compile(r"(?:import \w[\w.]*(?: as \w+)?(?:, ?\w[\w.]*)*|from \w[\w.]* import [\w(*].*)\s*$")
CODE_ENDS = re.compile(
    r"={20,}\s*$|(?=.*\d\.\d)(?:\W{0,3}(?:step|epoch|iter)[a-z]*[:\s\[(#=]\s{0,3}\d|(?=[^\s#\"'\d])[^=({]*$)",
    re.IGNORECASE,
)
CALLBACK = re.compile(r"\s*epoch \d{5}: ")
"""So begins Keras' ModelCheckpoint, which counts from 0 where the headings count from 1, or from 1."""
TRACEBACK = "Traceback (most recent call last)"
CUT_NAME = re.compile(r"\s[A-Za-z][\w/.-]{0,60}:\s*$")
BELOW_A_BAR = " " * 20
NOTHING = Statement()
LN_PERPLEXITY = {"val_ppl": "val_ln_ppl", "train_ppl": "train_ln_ppl"}
"""Perplexity → the name of its logarithm, which is the loss where none is printed."""
_is_summary = by_shape(lambda shape: SUMMARY.search(shape) is not None)
_has_odd_comma = by_shape(lambda shape: bool(COMMA_ONLY.search(shape) or LOSS_COMMA.search(shape)))


class LineReader:
    """Reads the lines of one log. `memory` is what a later reading needs to go on, as plain JSON."""

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        known = memory or {}
        self._section = str(known.get("section", ""))
        self._epoch: float | None = known.get("epoch")
        self._names_itself = bool(known.get("names_itself"))
        """Below the last heading stands a loss that names its split: `eval_loss = 2.3`; `loss` is another."""
        self._headers = [Header.known(*each) for each in known.get("headers", [])]
        """Of the last tables that were begun, the newest first."""
        self._above = str(known.get("above", ""))
        """The line before, where it may hold the upper half of a table's names."""
        self._trained: dict[str, float] = dict(known.get("trained", {}))
        """Lines of the training in this epoch without their digits → the total that their bar counts to."""
        self._fractions = Fractions(known.get("fractions"))
        self._names = NamesAbove(known.get("names", ()))
        self._heads = str(known.get("heads", ""))
        """What the line before announces, a validation or a test: a table directly below is of that."""
        self._block = Block(known.get("block"))
        self._ranks = Ranks(known.get("ranks"))
        self.decimal_comma = bool(known.get("comma"))
        self._passed_over = bool(known.get("over"))
        self._split_before = str(known.get("before", ""))
        self._place: tuple[float | None, tuple[float, float] | None] | None = _place(known.get("place"))
        """The step and the bar of a line that named only them: the numbers directly below are of that step."""
        self._lists = bool(known.get("lists"))
        """That line ends in a colon: what is indented below it is of the step."""
        self._columns: tuple[str, ...] = tuple(known.get("columns", ()))
        """The splits at the head of a table in which a quantity has a row: `Training | Validation`."""
        self._bars_from_1: bool | None = known.get("bars_from_1")
        """The log counts its epochs from 0, and the bars in it count them from 1; None before the first bar."""
        self._shown_alone = bool(known.get("shown_alone"))
        """The last validation had a line of its own."""
        self._loss_of = str(known.get("loss_of", ""))
        """The line before told scores of an epoch and its split, and no loss: a loss alone, right below, is of it."""
        self._recalls = bool(known.get("recalls"))
        """The line before announced the best evaluation so far: this one repeats it."""
        self._restored = bool(known.get("restored"))
        """It stopped and took back its best model: figures of no epoch and no step are that model's."""
        self._shown: list[list[str]] = list(known.get("shown", []))
        """The last validation's figures: a bar of the next epoch goes on showing them."""
        self._trained_to: list[float] = list(known.get("trained_to", []))
        """[epoch, step] of the last line of the training that named both."""
        self._in_traceback = bool(known.get("traceback"))
        """Since a traceback no line named an epoch, a step or a validation: its frames and message hold no figures."""
        self._stages = str(known.get("stages", ""))
        """How many stages the script has, where it counts them."""
        self._cut_name: str | None = known.get("cut_name")
        """At the end of the line before: Rich wraps the figures beside its bar, also between a name and its number.
        Empty where it ends in a number, None where it is no line of such a bar."""
        self._in_code = bool(known.get("code"))
        """Since an import no figure was told: the lines are those of a script."""
        self.is_table_of_runs = False
        self.trials = 0
        """Lines that tell of the end of one trial of a sweep."""
        self.doubts: Doubts | None = None
        """Counts what does not fit, where the caller wants it."""
        self.number = 0
        """Of the line that is read."""
        self.unclear = ""
        """A number whose comma may stand before thousands or before decimals."""

    def memory(self) -> dict[str, Any]:
        """What a later reading of the same log needs to go on with the next line, as plain JSON."""
        headers = [[each.names, each.delimiter, each.spans, each.split] for each in self._headers]
        return {"section": self._section, "epoch": self._epoch, "headers": headers, "trained": self._trained,
                "comma": self.decimal_comma, "over": self._passed_over, "before": self._split_before,
                "place": self._place, "loss_of": self._loss_of, "recalls": self._recalls, "restored": self._restored,
                "traceback": self._in_traceback, "code": self._in_code, "trained_to": self._trained_to,
                "shown": self._shown, "above": self._above, "ranks": self._ranks.memory(),
                "block": self._block.memory(), "fractions": self._fractions.memory(),
                "names_itself": self._names_itself, "names": self._names.names,
                "lists": self._lists, "heads": self._heads, "columns": self._columns, "bars_from_1": self._bars_from_1,
                "shown_alone": self._shown_alone, "cut_name": self._cut_name,
                "stages": self._stages}  # fmt: skip

    def read(self, line: str) -> Statement:
        """What a line states; an empty statement for a line that states nothing."""
        self._in_traceback |= TRACEBACK in line
        if self._goes_on_in_code(line):
            return NOTHING
        if self._cut_name is not None or "━" in line:
            line = self._unwrapped_beside_a_bar(line)
        own = self._ranks.own(line[:LONGEST_LINE])
        if self.doubts is not None and not self._in_traceback:
            self.doubts.witness.take(self.number, own)
        bare = cleaned(unwrapped(own))
        if not bare or bare.isspace():
            self._place, self._recalls = None, False
            return NOTHING
        self.trials += TRIAL.search(bare) is not None
        said = of_object(bare) if bare.lstrip().startswith('{"') else None
        if said is None:
            said = self._of_text(text := in_english(bare))
            if self.doubts is not None and not self._in_traceback and (said.values or rewritten(text).strip()):
                self.doubts.take_line(text, said)
        if self._in_traceback:
            self._in_traceback = line[:1].isspace() or not (
                said.epoch is not None or said.is_of_a_step or said.evaluates
            )
        return NOTHING if self._in_traceback else self._placed(line, self._counted(line, said))

    def _unwrapped_beside_a_bar(self, line: str) -> str:
        cut_name, self._cut_name = self._cut_name, None
        if "━" not in line and (cut_name is None or not line.startswith(BELOW_A_BAR)):
            return line
        line = f"{cut_name or ''}{line}"
        cut = CUT_NAME.search(line)
        self._cut_name = f"{cut[0].strip()} " if cut else ""
        return line[: cut.start()] if cut else line

    def _goes_on_in_code(self, line: str) -> bool:
        """Whether a line is one of the script that a log shows: from its imports to a figure or a ruled line."""
        if not self._in_code:
            self._in_code = line[:5] in ("impor", "from ") and IMPORTS.match(line) is not None
        elif CODE_ENDS.match(line):
            self._in_code = False
        return self._in_code

    def _of_text(self, line: str) -> Statement:
        if _is_summary(line):
            self._passed_over = "***" in line
            return NOTHING
        if (found := STAGE.match(line)) and (found[2] not in OF_TRAINING or found[1] == self._stages):
            self._stages = found[1]
            return NOTHING
        if (of_block := self._block.take(line)) is not None:
            return of_block
        if self._epoch is not None and CALLBACK.match(line):
            return NOTHING
        above, self._above = self._above, line if "|" in line else ""
        heads, self._heads = self._heads, ""
        if headers := headers_of(line) or (headers_of(joined(above, line)) if above else []):
            self.is_table_of_runs |= any(is_table_of_runs(header.names) for header in headers)
            headers = [replace(header, split=heads) for header in headers]
            self._headers = [*headers, *(each for each in self._headers if each not in headers)][:MOST_HEADERS]
            return NOTHING
        for each in self._headers:
            if (row := row_of(each, line)) is not None:
                return row
        line = self._names.joined(line)
        if self.doubts is not None and self._headers and self._epoch is not None:
            self.doubts.left_out += is_next_row(self._headers[0], line, self._epoch + self.doubts.left_out)
        if "|" in line:
            self._columns = splits_of(line) or self._columns
            line = by_split(line, self._columns)
        recalled, self._recalls = self._recalls, line.rstrip().endswith(":") and RECALLS.search(line) is not None
        if recalled or self._recalls:
            self._restored |= "stop" in line or OF_EPOCH.search(line) is not None
            return NOTHING
        if self._passed_over and "***" not in line and "epoch" not in line[:12]:
            return NOTHING
        self._passed_over = self._passed_over and "***" not in line
        line = self._fractions.in_words(line, rewritten(line), self._epoch)
        if "→" in line or ">" in line or "⟶" in line:
            line = ARROW.sub("", line)
        if "," in line:
            self._note_commas(line)
            line = DECIMAL_COMMA.sub(r"\1.\2", line) if self.decimal_comma else line
        starred = self._split_before or ("val" if TOP_1.match(line) else "") if GOES_ON.match(line) else ""
        below, self._loss_of = self._loss_of if LONE_LOSS.match(line) else "", ""
        said = Walk(section=below or starred or self._section, known_epoch=self._epoch).read(line)
        if self._section and not starred and self._trains_again(line, said):
            self._section = ""
            said = Walk(known_epoch=self._epoch).read(line)
        elif self._section in ("val", "test") and any(name.endswith("_loss") for name, _ in said.values):
            own = OWN_LOSS.search(line) is not None
            if self._names_itself and not own and not starred:
                said = Walk(known_epoch=self._epoch).read(line)
            self._names_itself |= own
        return self._headed(line, self._below_a_step(line, said))

    def _below_a_step(self, line: str, said: Statement) -> Statement:
        """`STEP: 25/40`, and its figures in the lines below."""
        names_epoch = said.epoch is not None and (bool(said.values) or not said.is_of_a_step)
        if names_epoch or said.evaluates or said.split in ("val", "test"):
            self._place = None
        elif said.is_of_a_step:
            measures = any(name not in NO_SPLIT for name, _ in said.values)
            here = None if measures or said.counts_epochs or "%|" in line else (said.step, said.bar)
            self._lists = line.rstrip().endswith(":")
            self._place = None if said.bar and said.bar[0] >= said.bar[1] and not self._lists else here
        elif said.values and (
            self._place is None or (OF_AN_EPOCH.search(line) and not (self._lists and line[0] in " \t"))
        ):
            self._place = None
        elif said.values and self._place is not None:
            step, bar = self._place
            return Walk(section=self._section, known_epoch=self._epoch, step=step, bar=bar).read(line)
        return said

    def _note_commas(self, line: str) -> None:
        if self.decimal_comma or not _has_odd_comma(line):
            return
        unclear = LOSS_COMMA.search(line)
        self.decimal_comma = bool(COMMA_ONLY.search(line) or (unclear and not DECIMAL_POINT.search(line)))
        if unclear and not self.decimal_comma:
            self.unclear = unclear[0]

    def _trains_again(self, line: str, said: Statement) -> bool:
        """Whether a line below a validation's heading is one of those that the training printed above it."""
        total = said.bar[1] if said.bar else 0.0
        if not _is_of_a_part(said):
            return False
        in_next = said.epoch is not None and self._epoch is not None and math.ceil(said.epoch) > math.ceil(self._epoch)
        if said.step is not None and in_next:  # the heading was of the epoch before
            return True
        return self._trained.get(without_digits(line)) == total or any(name == "grad_norm" for name, _ in said.values)

    def _headed(self, line: str, said: Statement) -> Statement:
        """Keeps a heading's split for the lines below it, and the look of the training's lines."""
        if said.epoch is not None and said.values and not said.is_of_a_step and "loss" not in line:
            self._loss_of = said.split
        if not said.values:
            if said.epoch is not None and OVER.search(line):
                said = replace(said, ends=True)
            split = "" if len(line) > LONGEST_HEADING or "%|" in line or "━" in line else _heading(line)
            if split:
                self._section, self._names_itself = split, False
                self._heads = split if split in ("val", "test") else ""
            elif said.epoch is not None and said.epoch != self._epoch:
                self._section = ""
        elif self._section and line.lstrip().startswith("{") and said.values == Walk().read(line).values:
            self._section = ""  # it names its split itself, and so will the next
        elif _is_of_a_part(said) and self._section in ("", "train") and len(self._trained) < MOST_SKELETONS:
            self._trained[without_digits(line)] = said.bar[1] if said.bar else 0.0
        elif said.epoch is not None and said.epoch != self._epoch:
            self._section = ""
        return said

    def _placed(self, line: str, said: Statement) -> Statement:
        self._restored = self._restored and said.epoch is None and not said.is_of_a_step
        if self._restored:
            if self.doubts is not None:
                self.doubts.aside |= dict(said.values)
            return NOTHING
        if said.epoch is not None and said.epoch != self._epoch:
            if self._epoch is None or math.ceil(said.epoch) != math.ceil(self._epoch):
                self._trained.clear()
            self._epoch = said.epoch
        if said.epoch is not None and "total loss" in (low := line.lower()) and OVER.search(low):
            # `Epoch 12 training finished, total loss: 1852`: the losses above it are of its parts.
            told = [("train_loss" if name == "total_loss" else name, text) for name, text in said.values]
            said = replace(said, values=tuple(told))
        if said.evaluates:
            said = self._new_in(self._by_batch(said))
        elif said.epoch is not None and said.step is not None and said.values and said.split not in ("val", "test"):
            self._trained_to = [said.epoch, said.step]
        if said.values:
            self._split_before = said.split
            found = dict(said.values)
            logs = [
                (name, f"{math.log(value):.6g}")
                for ppl, name in LN_PERPLEXITY.items()
                if ppl in found and (value := float(found[ppl].rstrip("%"))) > 1 and math.isfinite(value)
            ]
            said = replace(said, values=(*said.values, *logs)) if logs else said
        return said

    def _by_batch(self, said: Statement) -> Statement:
        """A validation's line without its step, where that lies before the training's in the same epoch: a batch."""
        alone = all(name.startswith(EVALUATED) for name, _ in said.values)
        if not alone or said.step is None or said.bar is not None or said.epoch not in self._trained_to[:1]:
            return said
        return replace(said, step=None, of_a_batch=True) if said.step < self._trained_to[1] else said

    def _counted(self, line: str, said: Statement) -> Statement:
        """The epoch of a bar by the log's count, where the bars count from 1 and the log from 0."""
        if said.epoch is None or not PACE.search(line):
            return said
        if self._bars_from_1 is None:
            self._bars_from_1 = self._epoch == 0 and said.epoch == 1
        return replace(said, epoch=said.epoch - 1) if self._bars_from_1 and said.epoch >= 1 else said

    def _new_in(self, said: Statement) -> Statement:
        """Without the figures of the last validation, which bars and lines of steps show until the next has ended."""
        shown = [list(each) for each in said.values if each[0].startswith(EVALUATED)]
        trained = tuple(each for each in said.values if not each[0].startswith(EVALUATED))
        if said.is_under_way and shown == self._shown:
            return replace(said, values=trained)
        if said.step is not None and trained and self._shown_alone and _repeats(shown, self._shown):
            return replace(said, values=trained, partial=said.bar is None or said.is_under_way)
        self._shown, self._shown_alone = shown, not trained
        return said


def _repeats(shown: list[list[str]], before: list[list[str]]) -> bool:
    """Whether figures are those of before, perhaps rounded."""
    known = dict(before)
    return all(
        name in known
        and abs(float(known[name].rstrip("%")) - float(text.rstrip("%"))) <= 0.51 * 10 ** -len(text.partition(".")[2])
        for name, text in shown
    )


def read_line(line: str) -> Statement:
    """What a line states by itself."""
    return LineReader().read(line)


def _is_of_a_part(said: Statement) -> bool:
    """Whether a line speaks of a step, or of a share of an epoch: `{'loss': 2.1, 'epoch': 0.04}`."""
    return said.is_of_a_step or (said.epoch is not None and not said.epoch.is_integer())


def _place(known: Any) -> tuple[float | None, tuple[float, float] | None] | None:
    return (known[0], tuple(known[1]) if known[1] else None) if known else None


def _heading(line: str) -> str:
    """The split that a line without figures names, and nothing else; also `"validation": {`."""
    sets = [word for word in SET_WORD.findall(line) if set_of(word)]
    for word in sets:
        line = line.replace(word, " ")
    words = [
        word
        for word in [*WORD.findall(line.replace("_", " ")), *sets]
        if word not in ("done", "finished", "complete", "completed") and not QUALITY.fullmatch(word)
    ]
    return split_of_words(tuple(words)) if len(words) <= 8 and not OVER.search(line) else ""
