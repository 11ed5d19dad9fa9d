"""Lines of a log in their order → what each states, with what the lines above it mean for it: a heading that names a
split, a table's names, a decimal comma.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from monitor.importers.columns import is_table_of_runs
from monitor.importers.free_text.block import Block
from monitor.importers.free_text.clean import cleaned
from monitor.importers.free_text.doubts import Doubts
from monitor.importers.free_text.forms import NUMBER, rewritten
from monitor.importers.free_text.fractions import Fractions
from monitor.importers.free_text.heading import OVER, heading_of
from monitor.importers.free_text.known import Known
from monitor.importers.free_text.line import Walk
from monitor.importers.free_text.names_above import NamesAbove
from monitor.importers.free_text.objects import of_object, unwrapped
from monitor.importers.free_text.passages import PASSAGES
from monitor.importers.free_text.ranks import Ranks
from monitor.importers.free_text.respelled import respelled
from monitor.importers.free_text.shape import by_shape, without_digits
from monitor.importers.free_text.statement import EVALUATED, Statement, with_its_total
from monitor.importers.free_text.table import Header, by_split, headers_of, is_next_row, joined, row_of, splits_of
from monitor.importers.languages import in_english
from monitor.importers.vocabulary import NO_SPLIT

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
SUMMARY = re.compile(r"\btrain_runtime\b|\*{3,}\s*(?:train|predict) metrics|\btest_runtime\b")
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
RUNNING = ("avg", "average", "mean")
ARROW = re.compile(
    rf"(?:\b(?:improved|decreased|increased|dropped|rose|fell)\b:?\s*)?(?<![\w.,(]){NUMBER}\s?%?\s*"
    r"(?:→|⟶|➜|--?>|=>)\s*(?=[-+]?\.?\d)"
)
"""What was there before, in `loss 3.4→2.7`: the number behind the arrow is the one of now."""
STAGE = re.compile(r"\s*\[\d{1,2}/(\d{1,2})\]\s+([a-z]+)ing\b[^:=]*$")
"""A stage of the whole script: `[2/5] Preparing features...`."""
OF_TRAINING = frozenset({"train", "validat", "evaluat", "test", "fitt", "fine-tun", "finetun"})
SHRUNK = "shrink model to "
"""CatBoost has taken back its best model."""
TRIAL = re.compile(r"\b[Tt]rial \d+ (?:finished|pruned|failed)\b")
RESULT = re.compile(r"^%WER \d+\.\d+ [\[|].*\bexp/\S+/decode\w*/")
"""A line of Kaldi's list of results: the best of one of several systems."""
DECODED_TEST = re.compile(r"/decode\w*?_test")
BEST_AGAIN = re.compile(r"\s*Validating \S*best\S*\.pt")
"""So begins YOLO's last validation, of its best model."""
PACE = re.compile(r"\d\s?(?:it/s|s/it)\b")
CALLBACK = re.compile(r"\s*epoch \d{5}: ")
"""So begins Keras' ModelCheckpoint, which counts from 0 where the headings count from 1, or from 1."""
SOURCE = re.compile(r"\s+(?!.*\b(?:epoch|step|iter|loss)\b\W{0,3}\d)[\w.\[\], =]{0,200}\(")
"""A line of code, as it stands below a warning."""
MOST_WARNED = 4
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
        self._known = msgspec.convert(known, Known)
        self._headers = [Header.known(*each) for each in known.get("headers", [])]
        """Of the last tables that were begun, the newest first."""
        self._fractions = Fractions(known.get("fractions"))
        self._names = NamesAbove(known.get("names", ()))
        self._block = Block(known.get("block"))
        self._ranks = Ranks(known.get("ranks"))
        self.is_table_of_runs = False
        self.trials = 0
        """Lines that tell of the end of one trial of a sweep."""
        self.results = 0
        """Lines of a list of results of several systems."""
        self.doubts: Doubts | None = None
        """Counts what does not fit, where the caller wants it."""
        self.number = 0
        """Of the line that is read."""
        self.unclear = ""
        """A number whose comma may stand before thousands or before decimals."""

    def memory(self) -> dict[str, Any]:
        """What a later reading of the same log needs to go on with the next line, as plain JSON."""
        headers = [[each.names, each.delimiter, each.spans, each.split] for each in self._headers]
        parts = {"headers": headers, "fractions": self._fractions.memory(), "names": self._names.names}
        return {
            **msgspec.to_builtins(self._known),
            **parts,
            "block": self._block.memory(),
            "ranks": self._ranks.memory(),
        }

    @property
    def decimal_comma(self) -> bool:
        """Whether a comma stands before the decimals in this log."""
        return self._known.decimal_comma

    def read(self, line: str) -> Statement:
        """What a line states; an empty statement for a line that states nothing."""
        line = respelled(line)
        self._known.in_traceback |= TRACEBACK in line
        if any(goes_on(self._known, line) for goes_on in PASSAGES):
            return NOTHING
        if "Warning: " in line:
            self._known.warned = MOST_WARNED
        elif self._known.warned:
            self._known.warned -= 1
            if line.startswith("  ") and SOURCE.match(line):
                self._known.warned = 0
                return NOTHING
        if self._known.cut_name is not None or "━" in line:
            line = self._unwrapped_beside_a_bar(line)
        own = self._ranks.own(line[:LONGEST_LINE])
        if self.doubts is not None and not self._known.in_traceback:
            self.doubts.witness.take(self.number, own)
        bare = cleaned(unwrapped(own))
        if not bare or bare.isspace():
            self._known.place, self._known.recalls = None, False
            return NOTHING
        self.trials += TRIAL.search(bare) is not None
        if own.startswith("%WER"):
            self.results += RESULT.match(own) is not None
            bare = f"{'test ' if DECODED_TEST.search(own) else ''}{bare}"
        self._known.restored |= BEST_AGAIN.match(own) is not None
        said = of_object(bare) if bare.lstrip().startswith('{"') else None
        if said is None:
            said = self._of_text(text := in_english(bare))
            if self.doubts is not None and not self._known.in_traceback and (said.values or rewritten(text).strip()):
                self.doubts.take_line(text, said)
        if self._known.in_traceback:
            self._known.in_traceback = line[:1].isspace() or not (
                said.epoch is not None or said.is_of_a_step or said.evaluates
            )
        return NOTHING if self._known.in_traceback else self._placed(line, self._counted(line, said))

    def _unwrapped_beside_a_bar(self, line: str) -> str:
        cut_name, self._known.cut_name = self._known.cut_name, None
        if "━" not in line and (cut_name is None or not line.startswith(BELOW_A_BAR)):
            return line
        line = f"{cut_name or ''}{line}"
        cut = CUT_NAME.search(line)
        self._known.cut_name = f"{cut[0].strip()} " if cut else ""
        return line[: cut.start()] if cut else line

    def _of_text(self, line: str) -> Statement:
        if _is_summary(line):
            self._known.passed_over = "***" in line
            return NOTHING
        if (found := STAGE.match(line)) and (found[2] not in OF_TRAINING or found[1] == self._known.stages):
            self._known.stages = found[1]
            return NOTHING
        if (of_block := self._block.take(line)) is not None:
            return of_block
        if self._known.epoch is not None and CALLBACK.match(line):
            return NOTHING
        if (of_table := self._of_table(line)) is not None:
            return of_table
        line = self._names.joined(line)
        if self.doubts is not None and self._headers and self._known.epoch is not None:
            self.doubts.left_out += is_next_row(self._headers[0], line, self._known.epoch + self.doubts.left_out)
        if "|" in line:
            self._known.columns = splits_of(line) or self._known.columns
            line = by_split(line, self._known.columns)
        recalled, self._known.recalls = (
            self._known.recalls,
            line.rstrip().endswith(":") and RECALLS.search(line) is not None,
        )
        if recalled or self._known.recalls:
            self._known.restored |= "stop" in line or OF_EPOCH.search(line) is not None
            return NOTHING
        self._known.restored |= line.lstrip().startswith(SHRUNK)
        if self._known.passed_over and "***" not in line and "epoch" not in line[:12]:
            return NOTHING
        self._known.passed_over = self._known.passed_over and "***" not in line
        line = self._fractions.in_words(line, rewritten(line), self._known.epoch)
        if "→" in line or ">" in line or "⟶" in line:
            line = ARROW.sub("", line)
        if "," in line:
            self._note_commas(line)
            line = DECIMAL_COMMA.sub(r"\1.\2", line) if self._known.decimal_comma else line
        starred = self._known.split_before or ("val" if TOP_1.match(line) else "") if GOES_ON.match(line) else ""
        below, self._known.loss_of = self._known.loss_of if LONE_LOSS.match(line) else "", ""
        said = Walk(section=below or starred or self._known.section, known_epoch=self._known.epoch).read(line)
        if self._known.section in ("val", "test") and not starred and self._trains_again(line, said):
            self._known.section = ""
            said = Walk(known_epoch=self._known.epoch).read(line)
        elif self._known.section in ("val", "test") and any(name.endswith("_loss") for name, _ in said.values):
            own = OWN_LOSS.search(line) is not None
            if self._known.names_itself and not own and not starred:
                said = Walk(known_epoch=self._known.epoch).read(line)
            self._known.names_itself |= own
        return self._headed(line, self._below_a_step(line, said))

    def _of_table(self, line: str) -> Statement | None:
        """What a line states as the head or a row of a table; None where it is neither."""
        above, self._known.above = self._known.above, line if "|" in line else ""
        heads, self._known.heads = self._known.heads, ""
        if headers := headers_of(line) or (headers_of(joined(above, line)) if above else []):
            self.is_table_of_runs |= any(is_table_of_runs(header.names) for header in headers)
            headers = [replace(header, split=heads) for header in headers]
            self._headers = [*headers, *(each for each in self._headers if each not in headers)][:MOST_HEADERS]
            return NOTHING
        return next((row for each in self._headers if (row := row_of(each, line)) is not None), None)

    def _below_a_step(self, line: str, said: Statement) -> Statement:
        """`STEP: 25/40`, and its figures in the lines below."""
        names_epoch = said.epoch is not None and (bool(said.values) or not said.is_of_a_step)
        if names_epoch or said.evaluates or said.split in ("val", "test"):
            self._known.place = None
        elif said.is_of_a_step:
            measures = any(name not in NO_SPLIT for name, _ in said.values)
            here = None if measures or said.counts_epochs or "%|" in line else (said.step, said.bar)
            self._known.lists = line.rstrip().endswith(":")
            self._known.place = None if said.bar and said.bar[0] >= said.bar[1] and not self._known.lists else here
        elif said.values and (self._known.place is None or self._is_of_an_epoch(line)):
            self._known.place = None
        elif said.values and self._known.place is not None:
            step, bar = self._known.place
            return Walk(section=self._known.section, known_epoch=self._known.epoch, step=step, bar=bar).read(line)
        return said

    def _is_of_an_epoch(self, line: str) -> bool:
        """Whether a line below that of a step calls its figures so; a mean below a bar under way is one of so far."""
        assert self._known.place is not None
        bar, found = self._known.place[1], OF_AN_EPOCH.search(line)
        so_far = found is not None and found[0].rstrip("_") in RUNNING and bar is not None and bar[0] < bar[1]
        return found is not None and not so_far and not (self._known.lists and line[0] in " \t")

    def _note_commas(self, line: str) -> None:
        if self._known.decimal_comma or not _has_odd_comma(line):
            return
        unclear = LOSS_COMMA.search(line)
        self._known.decimal_comma = bool(COMMA_ONLY.search(line) or (unclear and not DECIMAL_POINT.search(line)))
        if unclear and not self._known.decimal_comma:
            self.unclear = unclear[0]

    def _trains_again(self, line: str, said: Statement) -> bool:
        """Whether a line below a validation's heading is one of those that the training printed above it."""
        total = said.bar[1] if said.bar else 0.0
        if said.epoch is not None and not said.is_of_a_step and OVER.search(line):
            return any(name in self._known.below for name, _ in said.values)  # `Epoch 3 completed | Avg loss: 2.1`
        if not _is_of_a_part(said):
            return False
        in_next = (
            said.epoch is not None
            and self._known.epoch is not None
            and math.ceil(said.epoch) > math.ceil(self._known.epoch)
        )
        if said.step is not None and in_next:  # the heading was of the epoch before
            return True
        return self._known.trained.get(without_digits(line)) == total or any(
            name == "grad_norm" for name, _ in said.values
        )

    def _headed(self, line: str, said: Statement) -> Statement:
        """Keeps a heading's split for the lines below it, and the look of the training's lines."""
        if said.epoch is not None and said.values and not said.is_of_a_step and "loss" not in line:
            self._known.loss_of = said.split
        if not said.values:
            if said.epoch is not None and OVER.search(line):
                said = replace(said, ends=True)
            split = "" if len(line) > LONGEST_HEADING or "%|" in line or "━" in line else heading_of(line)
            if split:
                self._known.section, self._known.names_itself, self._known.below = split, False, []
                self._known.heads = split if split in ("val", "test") else ""
            elif said.epoch is not None and said.epoch != self._known.epoch:
                self._known.section = ""
        elif self._known.section and line.lstrip().startswith("{") and said.values == Walk().read(line).values:
            self._known.section = ""  # it names its split itself, and so will the next
        elif _is_of_a_part(said) and self._known.section in ("", "train") and len(self._known.trained) < MOST_SKELETONS:
            self._known.trained[without_digits(line)] = said.bar[1] if said.bar else 0.0
        elif said.epoch is not None and said.epoch != self._known.epoch:
            self._known.section = ""
        return said

    def _placed(self, line: str, said: Statement) -> Statement:
        self._known.restored = self._known.restored and said.epoch is None and not said.is_of_a_step
        if self._known.restored:
            if self.doubts is not None:
                self.doubts.aside |= dict(said.values)
            return NOTHING
        if said.epoch is not None and said.epoch != self._known.epoch:
            if self._known.epoch is None or math.ceil(said.epoch) != math.ceil(self._known.epoch):
                self._known.trained.clear()
            self._known.epoch = said.epoch
        if said.epoch is not None and "total loss" in (low := line.lower()) and OVER.search(low):
            # `Epoch 12 training finished, total loss: 1852`: the losses above it are of its parts.
            told = [("train_loss" if name == "total_loss" else name, text) for name, text in said.values]
            said = replace(said, values=tuple(told))
        if said.evaluates:
            said = self._new_in(self._by_batch(said))
        elif said.epoch is not None and said.step is not None and said.values and said.split not in ("val", "test"):
            self._known.trained_to = [said.epoch, said.step]
        if said.values:
            said = with_its_total(said)
            self._known.split_before = said.split
            if self._known.section in ("val", "test") and len(self._known.below) < MOST_SKELETONS:
                self._known.below += [name for name, _ in said.values]
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
        if not alone or said.step is None or said.bar is not None or said.epoch not in self._known.trained_to[:1]:
            return said
        return replace(said, step=None, of_a_batch=True) if said.step < self._known.trained_to[1] else said

    def _counted(self, line: str, said: Statement) -> Statement:
        """The epoch of a bar by the log's count, where the bars count from 1 and the log from 0."""
        if said.epoch is None or not PACE.search(line):
            return said
        if self._known.bars_from_1 is None:
            self._known.bars_from_1 = self._known.epoch == 0 and said.epoch == 1
        return replace(said, epoch=said.epoch - 1) if self._known.bars_from_1 and said.epoch >= 1 else said

    def _new_in(self, said: Statement) -> Statement:
        """Without the figures of the last validation, which bars and lines of steps show until the next has ended."""
        shown = [list(each) for each in said.values if each[0].startswith(EVALUATED)]
        trained = tuple(each for each in said.values if not each[0].startswith(EVALUATED))
        if said.is_under_way and shown == self._known.shown:
            return replace(said, values=trained)
        if said.step is not None and trained and self._known.shown_alone and _repeats(shown, self._known.shown):
            return replace(said, values=trained, partial=said.bar is None or said.is_under_way)
        self._known.shown, self._known.shown_alone = shown, not trained
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
