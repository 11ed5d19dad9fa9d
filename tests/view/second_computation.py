"""What a run's own files say, computed a second time and by plain means, to hold every shown sentence against.

Nothing of the product is used here but the folder it wrote: JSON lines, loops and the word error rate of
`tests.kinds_of_runs`. `FORMS` has one entry for each form of sentence that the product has for these runs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.kinds_of_runs import word_error_rate

NUMBER = r"([−-]?[\d.]+|NaN)"
Check = Callable[["Facts", Any], bool]


class Facts:
    """The records of a run up to an epoch."""

    def __init__(self, folder: Path, until: float = math.inf) -> None:
        self.folder = folder
        self.rows = [row for row in _lines(folder / "epochs.jsonl") if row["epoch"] <= until]
        self.steps = list(_lines(folder / "steps.jsonl"))
        self.config = json.loads((folder / "run.json").read_text())["config"]
        self.planned = json.loads((folder / "progress.json").read_text())["epochs"]
        self.decodes = [row for row in _lines(folder / "decodes.jsonl") if row["epoch"] <= until]
        self.references = [clip["reference"] for clip in _lines(folder / "clips.jsonl")]

    def known(self, name: str) -> list[tuple[float, float]]:
        """(epoch, value) of each row that has the number."""
        values = ((row["epoch"], row.get(name, row.get("metrics", {}).get(name))) for row in self.rows)
        return [(epoch, float(value)) for epoch, value in values if value is not None]

    def logged(self, name: str) -> bool:
        return bool(self.known(name))

    def last(self, name: str) -> float:
        return self.known(name)[-1][1]

    def last_epoch(self, name: str) -> float:
        return self.known(name)[-1][0]

    def best(self, name: str) -> tuple[float, float]:
        """(epoch, value) of the lowest; of accuracy, the highest."""
        sign = -1 if name == "val_accuracy" else 1
        finite = (pair for pair in self.known(name) if math.isfinite(pair[1]))
        return min(finite, key=lambda pair: (sign * pair[1], pair[0]))

    def best_score(self, name: str) -> float:
        return max(value for _, value in self.known(name))

    def metric(self) -> str:
        """The label of what decides; "" where val loss does."""
        return next((label for label, name in METRICS.items() if self.logged(name)), "")

    def at(self, name: str, epoch: float) -> float:
        return dict(self.known(name))[epoch]

    def evaluations(self) -> int:
        names = ("val_loss", "val_wer", "val_cer", "val_accuracy")
        return sum(
            any(row.get(name, row.get("metrics", {}).get(name)) is not None for name in names) for row in self.rows
        )

    def rise(self) -> float:
        return self.last("val_loss") / self.best("val_loss")[1] - 1

    def train_fall(self) -> float:
        """Since the best val loss, to the last evaluation."""
        measured = {epoch for epoch, _ in self.known("val_loss")}
        train = [value for epoch, value in self.known("train_loss") if epoch in measured]
        return 1 - train[-1] / self.at("train_loss", self.best("val_loss")[0])

    def gap(self) -> float:
        return self.last("val_loss") - self.at("train_loss", self.last_epoch("val_loss"))

    def said(self) -> list[str]:
        return self.decodes[-1]["hypotheses"]

    def words_for_each_hundred(self) -> float:
        return 100 * sum(len(one.split()) for one in self.said()) / sum(len(one.split()) for one in self.references)

    def constant(self, sentence: str) -> float:
        return word_error_rate(self.references, [sentence] * len(self.references))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_text().splitlines():
            yield json.loads(line)


def shows(text: str, value: float) -> bool:
    """Whether `text` is the value in the digits that it shows: never further away than half of its last one."""
    if text == "NaN":
        return math.isnan(value)
    if text == "∞":
        return value == math.inf
    digits = len(text.partition(".")[2])
    return abs(float(text.replace("−", "-")) - value) <= 0.5000001 * 10**-digits


def _percent(text: str, ratio: float) -> bool:
    return shows(text, 100 * ratio)


def _since(f: Facts, m: re.Match[str]) -> float:
    return float(m["since"]) if m["since"] else f.known("val_loss")[0][0]


def _train_then(f: Facts) -> float:
    return f.at("train_loss", f.best("val_loss")[0])


def _shows_best(f: Facts, text: str) -> bool:
    return shows(text, f.best("val_loss")[1])


def _best_loss(facts: Facts, epoch: str) -> bool:
    return float(epoch) == facts.best("val_loss")[0]


def _rises(f: Facts, m: re.Match[str]) -> bool:
    return _percent(m["rise"], f.rise()) and _best_loss(f, m["at"])


METRICS = {"WER": "val_wer", "CER": "val_cer", "accuracy": "val_accuracy"}
"""Label of what may decide → its name, the first that is logged."""


def _best_of(f: Facts, m: re.Match[str]) -> tuple[float, float]:
    return f.best(METRICS[m["label"]])


def _stuck_since(f: Facts, name: str) -> float:
    """The first evaluation of the unbroken ones up to now at which the best of ten before had hardly been beaten."""
    errors = [1 - value if name == "val_accuracy" else value for _, value in f.known(name)]
    since = math.nan
    for place in range(len(errors) - 1, 9, -1):
        before, now = min(errors[: place - 9]), min(errors[: place + 1])
        if before - now >= min(0.01, 0.02 * before):
            break
        since = f.known(name)[place][0]
    return since


def _usual(f: Facts, until: float) -> tuple[float, float]:
    """(median, spread) of the five val losses before an epoch."""
    before = [value for epoch, value in f.known("val_loss") if epoch < until][-5:]
    return median(before), 1.4826 * median(abs(value - median(before)) for value in before)


def _how_far_back(f: Facts, jumped: float) -> str:
    usual, spread = _usual(f, jumped)
    if f.last("val_loss") > max(1.5 * usual, usual + 6 * spread):
        return "not come back"
    return "it came back" if f.last("val_loss") <= max(1.1 * usual, usual + 2 * spread) else "come down to"


def _raised(f: Facts, onset: float, before: str, after: str) -> bool:
    """Whether the rate went up so at that epoch or the one before it."""
    steps = [(float(f"{f.at('lr', at - 1):.2g}"), float(f"{f.at('lr', at):.2g}")) for at in (onset, onset - 1)]
    return (float(before.replace("−", "-")), float(after)) in steps


def _best(f: Facts, m: re.Match[str]) -> bool:
    """Whether the sentence names what decides, its best value and the epoch of that."""
    epoch, value = _best_of(f, m)
    return m["label"] == f.metric() and _percent(m["best"], value) and float(m["at"]) == epoch


def _best_before(f: Facts, name: str, many: int) -> float:
    values = [value for _, value in f.known(name)[:-many]]
    return max(values) if name == "val_accuracy" else min(values)


def _improved_since(f: Facts, epoch: float) -> bool:
    """Whether what decides became better by a twentieth of its error after an epoch."""
    if f.metric() is None or f.metric() not in METRICS:
        return False
    name = METRICS[f.metric()]
    errors = [(at, 1 - value if name == "val_accuracy" else value) for at, value in f.known(name)]
    then = next(value for at, value in errors if at == epoch)
    return min(value for at, value in errors if at >= epoch) < then * 0.95


FORMS: list[tuple[str, Check]] = [
    (
        r"Overfitting: val loss is (?P<rise>[\d.]+) % above its best \(epoch (?P<at>[\d.]+)\) while train loss fell "
        r"(?P<fall>\d+) %, since epoch (?P<since>[\d.]+)\.",
        lambda f, m: _rises(f, m) and _percent(m["fall"], f.train_fall()) and f.best("val_loss")[0] < float(m["since"]),
    ),
    (
        r"Val loss is (?P<rise>[\d.]+) % above its best \((?P<best>[\d.]+), epoch (?P<at>[\d.]+)\)"
        r"(?P<rising> and (was )?still rising)?, since epoch (?P<since>[\d.]+)\.",
        lambda f, m: _rises(f, m) and shows(m["best"], f.best("val_loss")[1]) and float(m["at"]) < float(m["since"]),
    ),
    (
        r"Val loss is (?P<gap>[\d.]+) above train loss \(limit 1\.0"
        r"(?P<held>; the alarm ends below 0\.80)?\), "
        r"since (epoch (?P<since>[\d.]+)|the first evaluation)"
        r"(?P<over>;(?P<word> overfitting:)? val loss was lowest at epoch (?P<at>[\d.]+) "
        r"\((?P<best>[\d.]+)\))?\. "
        r"Train loss is the running one, in training mode: read it with care\.",
        lambda f, m: (
            shows(m["gap"], f.gap())
            and (not m["over"] or (f.rise() > 0.01 and f.last("train_loss") <= _train_then(f)))
            and (not m["over"] or (float(m["at"]), True) == (f.best("val_loss")[0], _shows_best(f, m["best"])))
            and (not m["over"] or bool(m["word"]) != _improved_since(f, float(m["at"])))
            and (f.gap() <= 1) == bool(m["held"])
            and f.at("val_loss", _since(f, m)) - f.at("train_loss", _since(f, m)) > 1
        ),
    ),
    (r"The gap is (?P<gap>[\d.]+), above its limit 1\.0\.", lambda f, m: shows(m["gap"], f.gap()) and f.gap() > 1),
    (
        r"The gap will cross 1\.0 at about epoch (?P<at>\d+) \(80 % band: epoch \d+ "
        r"(to \d+|on, or never|on, or not before the end of the plan, epoch [\d.]+)\)\.",
        lambda f, m: f.gap() < 1 and float(m["at"]) > f.last_epoch("val_loss"),
    ),
    (
        r"(Val (?P<now>WER|CER|accuracy) is (?P<last>[\d.]+) %, far worse than its best\. )?"
        r"Best (?P<label>WER|CER|accuracy) has moved (?P<moved>[\d.]+) points in (?P<many>\d+) evaluations "
        r"\((?P<best>[\d.]+) %, epoch (?P<at>[\d.]+)\); flagged since epoch (?P<since>[\d.]+)\.",
        lambda f, m: (
            _best(f, m)
            and float(m["since"]) == _stuck_since(f, METRICS[m["label"]])
            and (not m["now"] or _percent(m["last"], f.last(METRICS[m["now"]])))
            and _percent(m["moved"], abs(_best_before(f, METRICS[m["label"]], int(m["many"])) - _best_of(f, m)[1]))
        ),
    ),
    (
        r"Not learning from the input: WER (?P<wer>[\d.]+) % after (?P<epoch>[\d.]+) epochs; always saying "
        r"(?P<said>[A-Z ]+) "
        r"scores (?P<chance>[\d.]+) %\. Since (epoch [\d.]+|the first evaluation)\.",
        lambda f, m: (
            _percent(m["wer"], f.last("val_wer"))
            and float(m["epoch"]) == f.last_epoch("val_wer")
            and _percent(m["chance"], f.constant(m["said"]))
            and f.last("val_wer") > f.constant(m["said"]) - 0.02
        ),
    ),
    (
        r"Not better than one constant sentence yet: WER (?P<wer>[\d.]+) % against (?P<chance>[\d.]+) %\. 9 of 20 "
        r"recorded runs that stood there for five evaluations left it, half by the 10th, the last at the 46th\. "
        r"Since (epoch [\d.]+|the first evaluation)\.",
        lambda f, m: _percent(m["wer"], f.last("val_wer")) and f.last("val_wer") > float(m["chance"]) / 100 - 0.02,
    ),
    (
        r"Not better than one constant sentence at its end: (WER )?(?P<wer>[\d.]+) % against (?P<chance>[\d.]+) %\. "
        r"Since (epoch [\d.]+|the first evaluation)\.",
        lambda f, m: _percent(m["wer"], f.last("val_wer")) and f.last("val_wer") > float(m["chance"]) / 100 - 0.02,
    ),
    (
        r"Predictions are too (?P<what>empty|short): (?P<words>\d+) words? for every 100 in the targets, "
        r"(?P<empty>\d+) % of "
        r"predictions empty\. Since (epoch [\d.]+|the first evaluation)\.",
        lambda f, m: (
            shows(m["words"], f.words_for_each_hundred())
            and _percent(m["empty"], f.said().count("") / len(f.said()))
            and (m["what"] == "short" or f.said().count("") > 0)
        ),
    ),
    (
        r"Predictions hardly vary: ((?P<differ>\d+) different sentences in (?P<many>\d+) predictions"
        r"|((?P<times>\d+) of |all )(?P<all>\d+) predictions are “(?P<one>[^”]+)”), "
        r"(?P<said>\d+) % of the vocabulary is predicted\. "
        r"Since (epoch [\d.]+|the first evaluation)\.",
        lambda f, m: (
            int(m["many"] or m["all"]) == len(f.said())
            and (not m["differ"] or int(m["differ"]) == len(set(f.said())))
            and (not m["one"] or int(m["times"] or m["all"]) == f.said().count(m["one"]))
            and _about(m["said"], len(set(" ".join(f.said()).split())) / len(set(" ".join(f.references).split())))
        ),
    ),
    (
        r"The error rate is (?P<wer>[\d.]+) % in each of the last (?P<many>\d+) evaluations, while val loss fell "
        r"(?P<fall>\d+) % and words are predicted\.",
        lambda f, m: (
            all(_percent(m["wer"], value) for _, value in f.known("val_wer")[-int(m["many"]) :])
            and f.words_for_each_hundred() > 0
        ),
    ),
    (
        r"Train loss is NaN and val loss is NaN( in epoch (?P<last>[\d.]+),)? since epoch (?P<since>[\d.]+)\. It "
        r"teaches nothing\.",
        lambda f, m: (
            float(m["last"] or m["since"]) == f.last_epoch("train_loss")
            and math.isnan(f.last("train_loss"))
            and math.isnan(f.last("val_loss"))
            and float(m["since"]) == min(epoch for epoch, value in f.known("val_loss") if math.isnan(value))
        ),
    ),
    (
        r"Val loss is ∞( in epoch (?P<last>[\d.]+),)? since epoch (?P<since>[\d.]+)\. Train loss is finite: look at "
        r"the val samples\.",
        lambda f, m: (
            float(m["last"] or m["since"]) == f.last_epoch("val_loss")
            and math.isinf(f.last("val_loss"))
            and math.isfinite(f.last("train_loss"))
            and float(m["since"]) == min(epoch for epoch, value in f.known("val_loss") if math.isinf(value))
        ),
    ),
    (
        r"Val (?P<label>accuracy) has not moved since its first evaluation: (?P<first>[\d.]+) % then, "
        r"(?P<now>[\d.]+) % now \(best (?P<best>[\d.]+) %, epoch (?P<at>[\d.]+)\); "
        r"flagged since epoch (?P<since>[\d.]+)\."
        r"( An output that ignores its input may score that: of classes, the share of the largest\.)?",
        lambda f, m: (
            _best(f, m)
            and float(m["since"]) == _stuck_since(f, METRICS[m["label"]])
            and _percent(m["first"], f.known(METRICS[m["label"]])[0][1])
            and _percent(m["now"], median(value for _, value in f.known(METRICS[m["label"]])[-3:]))
            and all(abs(value - f.known("val_accuracy")[0][1]) < 0.03 for _, value in f.known("val_accuracy"))
        ),
    ),
    (
        r"Val AUC is (?P<now>[\d.]+) %, at chance \(50\.0 %\), and accuracy has hardly moved from its first value, "
        r"(?P<first>[\d.]+) %; the largest class alone may score that\.",
        lambda f, m: (
            _percent(m["now"], f.last("val_auc"))
            and f.best_score("val_auc") < 0.55
            and _percent(m["first"], f.known("val_accuracy")[0][1])
            and f.best("val_accuracy")[1] - f.known("val_accuracy")[0][1] < 0.01
        ),
    ),
    (
        r"Val accuracy was (?P<now>[\d.]+) % at epoch (?P<last>[\d.]+), its best; it was not measured since\.",
        lambda f, m: (
            float(m["last"]) == f.last_epoch("val_accuracy") < f.rows[-1]["epoch"] - 2
            and _percent(m["now"], f.last("val_accuracy"))
            and f.last("val_accuracy") == f.best("val_accuracy")[1]
        ),
    ),
    (
        r"Val loss jumped to (?P<then>[\d.]+) at epoch (?P<at>[\d.]+), where (?P<usual>[\d.]+) was usual; (?P<after>"
        r"wait for the next evaluation|no evaluation came after it|it came back|it has not come back|"
        r"it has come down to (?P<down>[\d.]+) since)\.",
        lambda f, m: (
            shows(m["then"], f.at("val_loss", float(m["at"])))
            and shows(m["usual"], _usual(f, float(m["at"]))[0])
            and ("evaluation" in m["after"]) == (float(m["at"]) == f.last_epoch("val_loss"))
            and ("evaluation" in m["after"] or _how_far_back(f, float(m["at"])) in m["after"])
            and (not m["down"] or shows(m["down"], f.last("val_loss")))
        ),
    ),
    (
        r"Train loss has left its band: (?P<now>[\d.]+), where (?P<usual>[\d.]+) was usual\. Since epoch "
        r"(?P<since>[\d.]+)\."
        r"( The learning rate went from (?P<before>[\d.e−]+) to (?P<after>[\d.]+) there\.)?",
        lambda f, m: (
            shows(m["now"], f.last("train_loss"))
            and shows(m["usual"], median([value for e, value in f.known("train_loss") if e < float(m["since"])][-5:]))
            and (not m["before"] or _raised(f, float(m["since"]), m["before"], m["after"]))
        ),
    ),
    (
        r"The learning rate is (0|below 0\.1 % of its peak|at (?P<rate>[\d.]+) % of its peak), and "
        r"val loss has had no new best for (?P<many>\d+) evaluations\. Since (epoch [\d.]+|the first evaluation)\.",
        lambda f, m: (
            (
                _percent(m["rate"], f.last("lr") / max(value for _, value in f.known("lr")))
                if m["rate"]
                else f.last("lr") < 0.001 * max(value for _, value in f.known("lr"))
            )
            and int(m["many"]) == sum(epoch > f.best("val_loss")[0] for epoch, _ in f.known("val_loss"))
        ),
    ),
    (
        r"Val loss (rises|rose), (?P<label>WER|CER|accuracy) "
        r"(still (falls|rises|improved at its end)|(?P<past>came to a new best since)) "
        r"\((?P<then>[\d.]+) % at the best loss → best (?P<best>[\d.]+) %\): "
        r"over-confident, still improving, since epoch [\d.]+\.",
        lambda f, m: (
            _percent(m["then"], f.at(METRICS[m["label"]], f.best("val_loss")[0]))
            and _percent(m["best"], _best_of(f, m)[1])
            and _best_of(f, m)[0] > f.best("val_loss")[0]
            and bool(m["past"]) == (f.last(METRICS[m["label"]]) != _best_of(f, m)[1])
        ),
    ),
    (
        r"Finished at epoch (?P<epoch>[\d.]+)"
        r"(, best val (?P<label>WER|CER|accuracy) (?P<best>[\d.]+) % at (?P<at>[\d.]+)"
        r"|, best val loss (?P<loss>[\d.]+) at (?P<when>[\d.]+))?\.",
        lambda f, m: (
            float(m["epoch"]) == f.rows[-1]["epoch"]
            and bool(m["loss"]) == (not f.metric() and f.logged("val_loss"))
            and (not m["loss"] or (_shows_best(f, m["loss"]) and _best_loss(f, m["when"])))
            and bool(m["best"]) == bool(f.metric())
            and (not m["best"] or _best(f, m))
        ),
    ),
    (
        r"Train is memorised \(train loss (?P<loss>[\d.]+)(, train accuracy (?P<train>[\d.]+) %)?\); over the "
        r"last (?P<epochs>\d+) epochs best val (?P<label>WER|CER|accuracy) went (?P<then>[\d.]+) % → "
        r"(?P<now>[\d.]+) %, (?P<each>[\d.]+) points an epoch\.",
        lambda f, m: (
            shows(m["loss"], f.last("train_loss"))
            and _percent(m["then"], _best_before(f, METRICS[m["label"]], 5))
            and _percent(m["now"], _best_of(f, m)[1])
            and _percent(m["each"], abs(_best_of(f, m)[1] - _best_before(f, METRICS[m["label"]], 5)) / int(m["epochs"]))
            and float(m["train"] or 100) >= 98
        ),
    ),
    (
        r"Train is memorised \(train loss (?P<loss>[\d.]+)(, train accuracy (?P<train>[\d.]+) %)?\); over the "
        r"last (?P<epochs>\d+) epochs best val (?P<label>WER|CER|accuracy) stayed at (?P<now>[\d.]+) %\.",
        lambda f, m: (
            shows(m["loss"], f.last("train_loss"))
            and _percent(m["now"], _best_before(f, METRICS[m["label"]], 5))
            and _percent(m["now"], _best_of(f, m)[1])
            and float(m["train"] or 100) >= 98
        ),
    ),
    (r"Finished before its first evaluation\.", lambda f, m: not f.rows),
    (
        r"Failed after epoch (?P<epoch>[\d.]+): RuntimeError: CUDA out of memory\. Tried to allocate 2\.50 GiB\. "
        r"GPU 0 has 1\.12 GiB free\.",
        lambda f, m: float(m["epoch"]) == f.rows[-1]["epoch"],
    ),
    (
        r"Val (?P<label>WER|CER|accuracy) is (?P<wer>[\d.]+) %, "
        r"(its best so far|best (?P<best>[\d.]+) % at epoch (?P<at>[\d.]+))"
        r"(, (?P<points>[\d.]+) points (?P<side>better|worse) than chance)?\.",
        lambda f, m: (
            _percent(m["wer"], f.last(METRICS[m["label"]]))
            and (_best(f, m) if m["best"] else f.last(METRICS[m["label"]]) == _best_of(f, m)[1])
            and (not m["side"] or bool(f.references))
        ),
    ),
    (
        r"Val (?P<label>WER|CER|accuracy) is (?P<wer>[\d.]+) %, the same at each evaluation"
        r"(, (?P<points>[\d.]+) points (?P<side>better|worse) than chance)?\.",
        lambda f, m: (
            all(_percent(m["wer"], value) for _, value in f.known(METRICS[m["label"]]))
            and (not m["side"] or bool(f.references))
        ),
    ),
    (
        r"Val (?P<label>WER|CER|accuracy) has got worse since its best: (?P<wer>[\d.]+) %, where (?P<best>[\d.]+) % "
        r"was reached at epoch (?P<at>[\d.]+)\.",
        lambda f, m: _percent(m["wer"], f.last(METRICS[m["label"]])) and _best(f, m),
    ),
    (
        r"Val loss is (?P<now>[\d.]+), (its best so far|best (?P<best>[\d.]+) at epoch (?P<at>[\d.]+))\."
        r"( It has risen at (both|each of \d+) evaluations since\.)?",
        lambda f, m: (
            not f.metric()
            and shows(m["now"], f.last("val_loss"))
            and (
                shows(m["best"], f.best("val_loss")[1]) and float(m["at"]) == f.best("val_loss")[0]
                if m["best"]
                else f.last("val_loss") == f.best("val_loss")[1]
            )
        ),
    ),
    (
        r"(?P<have>\d+) of (?P<need>\d+) evaluations so far\. First verdict at epoch (?P<at>[\d.]+)\.",
        lambda f, m: (
            int(m["have"]) == (f.evaluations() or len(f.rows))
            and int(m["have"]) < int(m["need"])
            and float(m["at"]) > f.rows[-1]["epoch"]
        ),
    ),
    (
        r"1 of (?P<need>\d+) evaluations so far\. A verdict needs 3 evaluations, the last at epoch 5 or later, or 5 of "
        r"them\.",
        lambda f, m: f.evaluations() == 1 and f.rows[-1]["epoch"] > 1,
    ),
    (
        r"Logged so far: train loss \((?P<many>\d+) records?\)\. A verdict needs 3 evaluations, the last at epoch 5 or "
        r"later, or 5 of them\.",
        lambda f, m: f.evaluations() == 0 and int(m["many"]) == len(f.rows),
    ),
    (
        r"(?P<title>[A-Z][^.,]+), as of epoch (?P<then>[\d.]+)(: [\w /|,-]+ was [−\w.]+?( %| points)?)?\.(?=\s|$)"
        r"( (At epoch (?P<now>[\d.]+)|Since then) (the signs are weaker|it still holds)"
        r"; a word stands for 3 evaluations\.)?",
        lambda f, m: (
            float(m["then"]) in [row["epoch"] for row in f.rows]
            and (not m["now"] or float(m["then"]) < float(m["now"]) <= f.rows[-1]["epoch"])
        ),
    ),
    (
        r"Only train loss is logged( so far)?\. Add validation loss to get a verdict: "
        r"run\.log_epoch\(epoch, val_loss=…\)\.",
        lambda f, m: f.logged("train_loss") and f.evaluations() == 0,
    ),
    (
        r"Look again by epoch (?P<at>[\d.]+)(?P<end>, its planned end)?\.",
        lambda f, m: (
            float(m["at"]) > f.rows[-1]["epoch"]
            and (float(m["at"]) == f.planned if m["end"] else float(m["at"]) < (f.planned or math.inf))
        ),
    ),
    (
        r"Waiting until epoch (?P<end>[\d.]+)( \(about [^)]+\))?: best val (?P<label>WER|CER|accuracy) "
        r"(?P<expected>[\d.]+) % expected, (?P<best>[\d.]+) % at best \(best so far (?P<now>[\d.]+) %\)\.",
        lambda f, m: (
            _percent(m["now"], _best_of(f, m)[1])
            and float(m["end"]) == f.planned
            and all(map(_percent, (m["expected"], m["best"]), _at_end(f, m["label"])))
        ),
    ),
    (
        r"Waiting until epoch (?P<end>[\d.]+): what val (?P<label>WER|CER|accuracy) "
        r"will come to cannot be expected yet\.",
        lambda f, m: len(f.known(METRICS[m["label"]])) < 5 or _best_of(f, m)[1] > 0.5,
    ),
    (r"Waiting: no error or score decides here, so there is no forecast\.", lambda f, m: not f.metric()),
    (
        r"Waiting: it is at its planned end, epoch (?P<end>[\d.]+)\.",
        lambda f, m: f.rows[-1]["epoch"] >= f.planned == float(m["end"]),
    ),
    (
        r"Waiting: the losses or gradients are not finite; nothing better is expected\.",
        lambda f, m: math.isnan(f.last("train_loss")),
    ),
    (
        r"Waiting: train loss has run away; nothing better is expected while it stays there\.",
        lambda f, m: f.last("train_loss") > 1.3 * f.best("train_loss")[1],
    ),
    (
        r"WAIT: Train loss came up with the rate that its schedule raised, and comes down again\.",
        lambda f, m: (
            max(value for _, value in f.known("lr")) == f.at("lr", 20)
            and f.last("train_loss") < max(value for _, value in f.known("train_loss")[-5:])
        ),
    ),
    (
        r"NOT KNOWN: Train loss comes down again; whether it comes all the way is not known\.",
        lambda f, m: f.last("train_loss") < max(value for _, value in f.known("train_loss")[-5:]),
    ),
    (
        r"RESTART: Train loss is still near the highest of its last evaluations: it shows no sign of coming back\.",
        lambda f, m: f.last("train_loss") > 0.8 * max(value for _, value in f.known("train_loss")[-5:]),
    ),
    (r"RESTART: It does not come back by itself\.", lambda f, m: math.isnan(f.last("train_loss"))),
    (
        r"Restarting with this change( \(about [^)]+\))?: "
        r"its goal: .+[^.]\.",
        lambda f, m: True,
    ),
    (r"NOT KNOWN: No run here has tried this change on this task for as long\.", lambda f, m: True),
    (r"The learning rate is 0: more epochs change nothing\.", lambda f, m: f.last("lr") == 0),
    (r"(?P<ran>\d+) of (?P<of>\d+) checks ran\.?", lambda f, m: 0 < int(m["ran"]) <= int(m["of"])),
]


def _at_end(facts: Facts, label: str) -> tuple[float, float]:
    """(expected best, lowest in the band) of what decides at the planned end, by doublings one after another."""
    flip = (lambda value: 1 - value) if label == "accuracy" else (lambda value: value)
    rows = [(epoch, flip(value)) for epoch, value in facts.known(METRICS[label]) if math.isfinite(value)]
    last = rows[-1][0]
    now = min(error for _, error in rows)
    then = min([error for epoch, error in rows if 2 * epoch <= last] or [rows[0][1]])
    gain = min(math.exp(0.7), then / now)
    doublings = math.log(facts.planned / last) / math.log(2)
    expected, lowest = now / gain ** (doublings / 2), now / (gain**doublings * math.exp(0.15 * doublings))
    return flip(expected), flip(lowest)


def _about(text: str, ratio: float) -> bool:
    """Shown without a decimal: within one of the last digit, as both ends are shares of few words."""
    return abs(float(text) - 100 * ratio) <= 1


def untrue(text: str, facts: Facts) -> str:
    """What in `text` no form knows, or which form says something else than the files; "" where all of it is true."""
    rest = text.strip()
    while rest:
        known = ((match, holds) for form, holds in FORMS if (match := re.match(form, rest)))
        match, holds = next(known, (None, None))
        if match is None or holds is None:
            return f"no form knows: {rest}"
        if not holds(facts, match):
            return f"the files say something else: {match[0]}"
        rest = rest[match.end() :].strip()
    return ""
