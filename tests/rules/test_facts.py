"""What stands with each rule is true: what it watches, which thresholds it reads, what is drawn, who may say STOP."""

import ast
import math
import re
import tomllib
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.rules.episodes import Episode
from monitor.rules.gap import Gap
from monitor.rules.gap_limit import GapLimits
from monitor.rules.loss_spike import LossSpike
from monitor.rules.odds import ODDS
from monitor.rules.registry import BY_NAME, RULES, by_name, from_mapping, frozen, in_order, of_rule
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import DEFAULTS, CommonLimits
from monitor.rules.wer_target import TargetLimits
from monitor.run_dir import Clip, DataInfo, Decode, Epoch, GpuHistory, Step
from monitor.run_dir.errors import UsageError
from tests.snapshots import FLOORS, NOW, beating, curve, snapshot

ROOT = Path(__file__).resolve().parent.parent.parent
EACH_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
PLACES = {"epoch", "step", "at", "generation"}
NUMBERS = [name for name, kind in Epoch.__annotations__.items() if "float" in kind or "int" in kind]
METRICS = ("val_wer_adjusted", "zero_gradient_ratio")
ALSO = {PRIMARY: "val_wer"}
"""In these runs the primary metric is WER."""
ALL_RULES_READ = {name for name in CommonLimits.__struct_fields__ if not name.startswith("trend_")}


def noise(seed, basis="train"):
    """A run in which everything is logged and nothing is as it should be."""
    rng = np.random.default_rng(seed)
    count = 12 + seed % 25
    scale = 10.0 ** rng.uniform(-3, 1, len(NUMBERS))
    columns = {
        name: (size * rng.lognormal(0, rng.choice([0.05, 1.0]), count)).tolist()
        for name, size in zip(NUMBERS, scale, strict=True)
        if name not in PLACES and name != "metrics"
    }
    columns |= {name: [int(100 * value) for value in columns[name]] for name in columns if "int" in kind_of(name)}
    columns["top_token"] = ["MORGEN"] * count
    columns["metrics"] = [{name: float(rng.uniform()) for name in METRICS} for _ in range(count)]
    clips = (Clip(clip_id="1", reference="MORGEN REGEN NORD", split="val"),)
    floors = msgspec.structs.replace(FLOORS, unigram_entropy=2.0)
    return snapshot(**columns, clips=clips, run={"gap_basis": basis, "floors": floors})


def kind_of(name):
    return Epoch.__annotations__[name]


WITH_TARGET = DEFAULTS.but(TargetLimits(wer_target_ratio=0.6))
"""Every rule applies: by default nobody wants a certain error rate."""


def sick():
    """Runs on which many rules speak."""
    falls, rises = curve(40, lambda e: 5 / e), curve(40, lambda e: 2 + 3 / e if e <= 10 else 2.3 + 0.05 * (e - 10))
    rates = {"lr": curve(40, lambda e: 1e-3 if e < 10 else 1e-4), "update_ratio": [1e-9] * 40}
    output = {"length_ratio": [0.2] * 40, "empty_ratio": [0.6] * 40, "mutual_information": [0.01] * 40}
    words = {"top_token_ratio": [0.9] * 40, "unique_hypothesis_ratio": [0.1] * 40, "distinct_token_ratio": [0.1] * 40}
    metrics = {"metrics": [{"val_wer_adjusted": 0.99, "zero_gradient_ratio": 0.95}] * 40}
    floors = {"floors": msgspec.structs.replace(FLOORS, unigram_entropy=2.0)}
    yield snapshot(train_loss=falls, val_loss=rises, val_wer=[0.93] * 40, **rates, **output, **metrics, run=floors)
    yield snapshot(train_loss=falls, val_loss=rises, val_wer=curve(40, lambda e: 0.9 - 0.015 * e), run=floors)
    yield snapshot(train_loss=falls, val_loss=falls, val_wer=[0.5] * 40, length_ratio=[0.9] * 40, **words, run=floors)
    yield snapshot(val_loss=[5.6] * 40, run=floors)
    yield snapshot(train_loss=curve(19, lambda e: 1.0), val_loss=curve(19, lambda e: 1.0 + 0.05 * e))
    yield snapshot(val_loss=curve(30, lambda e: 2.0 + (e % 2)), train_loss=curve(30, lambda e: 2.0**e))
    yield snapshot(val_loss=curve(20, lambda e: 360.0 if e == 20 else 2.0), train_loss=[math.nan] * 20)
    yield snapshot(
        val_loss=[1.0] * 9, **beating(heartbeat_at=NOW - 900, disk_free_bytes=1, checkpoint_bytes=2), silent_secs=900.0
    )
    yield snapshot(val_loss=[3.0 * 0.9**n for n in range(12)], train_loss=[90.0 * 0.9**n for n in range(12)])
    yield snapshot(val_wer=[0.7] * 70)
    yield snapshot(val_loss=[350.0] * 20, train_loss=curve(20, lambda e: 345.0 - 0.5 * e))
    said = {"clips": (Clip(clip_id="1", reference="MORGEN"),), "decodes": (Decode(epoch=9.0, hypotheses=["A B"]),)}
    yield snapshot(val_wer=[1.0] * 9, val_tokens=[1] * 9, **said)
    yield snapshot(run={"data": DataInfo(clips={"val": 9}, left_out={"too short": 9})})
    yield snapshot(steps=tuple(Step(step=n, train_loss=math.nan) for n in range(5)))
    slow = (Step(step=n, at=NOW + 4 * n, clips_per_sec=80.0 if n < 200 else 30.0) for n in range(300))
    yield snapshot(steps=tuple(slow))
    yield snapshot(val_wer=[0.5], gpu=GpuHistory(at=[NOW - 600 + 5 * n for n in range(1, 121)], busy_ratio=[0.1] * 120))
    rates = [0.9 - 0.05 * n for n in range(9)]
    yield snapshot(val_wer=rates, metrics=[{"val_accuracy": 0.4 + rate / 2} for rate in rates])
    yield snapshot(val_wer=[*rates[:4], *(100 * rate for rate in rates[4:])], val_loss=[2.0] * 9)


def runs():
    yield from sick()
    for seed in range(40):
        yield noise(seed, "eval" if seed % 2 else "train")


def watched_only(seen, names):
    """The same run with nothing logged that the rule does not name."""
    names = [ALSO.get(name, name) for name in names]
    empty = {name: None for name in Epoch.__struct_fields__ if name not in {*PLACES, *names, "metrics"}}
    defaults = {name: getattr(Epoch(epoch=0.0), name) for name in empty}
    records = tuple(
        msgspec.structs.replace(
            record,
            **defaults,
            metrics={name: value for name, value in record.metrics.items() if {name, "metrics"} & {*names}},
        )
        for record in seen.epochs
    )
    return msgspec.structs.replace(seen, run_dir="watched only", epochs=records)


@EACH_RULE
def test_a_rule_watches_columns_that_there_are(rule):
    assert set(rule.watches) <= {*Epoch.__struct_fields__, *METRICS, PRIMARY}


@EACH_RULE
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_a_rule_does_not_watch_changes_nothing_that_it_says(rule):
    for seen in runs():
        assert repr(rule.check(watched_only(seen, rule.watches), WITH_TARGET, NOW)) == repr(
            rule.check(seen, WITH_TARGET, NOW)
        )


class Noting:
    """Thresholds that note which of them were read."""

    def __init__(self):
        self.read = set()

    def of(self, kind):
        return NotingLimits(WITH_TARGET.of(kind), self.read)


class NotingLimits:
    def __init__(self, limits, read):
        self._limits, self._read = limits, read

    def __getattr__(self, name):
        self._read.add(name)
        return getattr(self._limits, name)


@EACH_RULE
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_rule_reads_the_thresholds_that_it_names_and_no_others(rule):
    noting = Noting()
    for seen in runs():
        rule.check(seen, noting, NOW)
    assert noting.read - ALL_RULES_READ == set(of_rule(rule.name))


def test_these_runs_make_every_rule_speak():
    results = [rule.check(seen, WITH_TARGET, NOW) for seen in sick() for rule in RULES]
    spoke = {result.rule for result in results if isinstance(result, Finding)}
    assert spoke == {rule.name for rule in RULES}


@EACH_RULE
def test_what_is_drawn_is_what_the_rule_watches(rule):
    assert rule.picture in ("", *rule.watches)
    assert rule.picture or not rule.yardstick


def test_the_picture_of_divergence_is_the_train_loss_that_it_watches():
    assert (BY_NAME["divergence"].watches, BY_NAME["divergence"].picture) == (("train_loss", "lr"), "train_loss")


def test_a_rule_that_draws_what_it_does_not_watch_cannot_be_written():
    with pytest.raises(TypeError, match="Wrong draws val_loss, which it does not watch"):
        type("Wrong", (Rule,), {"watches": ("train_loss",), "picture": "val_loss"})


def test_two_rules_have_neither_the_same_place_nor_the_same_name():
    with pytest.raises(ValueError, match="gap and gap stand at the same place, 170"):
        in_order([Gap(), LossSpike(), Gap()])
    other = type("Other", (Gap,), {"place": 1})
    with pytest.raises(ValueError, match="the same name"):
        in_order([Gap(), other()])
    assert [rule.name for rule in in_order([LossSpike(), Gap()])] == ["gap", "loss_spike"]


def test_every_rule_file_of_the_folder_is_in_the_list():
    written = {
        path.stem
        for path in (ROOT / "monitor" / "rules").glob("*.py")
        # In the registry stands what holds of every rule of one's own.
        if path.stem != "registry"
        and any(
            isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Rule" for base in node.bases)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
        )
    }
    assert written == {rule.name for rule in RULES}


# -- who may say STOP ----------------------------------------------------------------------------------------------


def test_a_rule_may_say_stop_if_and_only_if_it_was_measured_and_was_hardly_ever_wrong():
    assert set(ODDS) == {rule.name for rule in RULES if rule.may_stop}
    for odds in ODDS.values():
        assert 0 <= odds.wrong <= 0.05 * odds.of
        assert date.fromisoformat(odds.date) and odds.command.startswith("python -m benchmarks.rules")


def test_the_odds_are_of_the_limits_that_are_in_force():
    for name, odds in ODDS.items():
        assert odds.limits == msgspec.to_builtins(BY_NAME[name].limits()), f"{name}: measure it again"


def test_the_odds_are_said_in_a_sentence():
    assert str(ODDS["at_chance"]).startswith("0 of 56 recorded runs that went on to learn")
    assert all(re.search("limits (were )?chosen on", str(odds)) for odds in ODDS.values())


def test_a_wheel_takes_every_file_of_the_monitor_along():
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    patterns = [f"{package.replace('.', '/')}/{each}" for package, files in named.items() for each in files]
    files = {path for path in (ROOT / "monitor").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    data = [str(path.relative_to(ROOT)) for path in files if path.suffix != ".py"]
    assert data and not [path for path in data if not any(fnmatch(path, pattern) for pattern in patterns)]


# -- thresholds ----------------------------------------------------------------------------------------------------


def test_no_name_of_a_threshold_is_used_twice_and_the_common_ones_come_first():
    names = list(by_name(WITH_TARGET))
    assert names[: len(CommonLimits.__struct_fields__)] == list(CommonLimits.__struct_fields__)
    kinds = {rule.limits for rule in RULES if rule.limits is not None} | {CommonLimits}
    assert len(names) == sum(len(kind.__struct_fields__) for kind in kinds)
    assert {name for rule in RULES for name in rule.reads} <= set(names)
    assert all(re.fullmatch(r"[a-z_]+", name) for name in names)


def test_equal_thresholds_are_equal_however_they_were_made():
    half = from_mapping({"gap_limit": 0.5})
    assert half == DEFAULTS.but(GapLimits(gap_limit=0.5)) and hash(half) == hash(from_mapping({"gap_limit": 0.5}))
    assert from_mapping({"gap_limit": 1.0}) == DEFAULTS == half.but(GapLimits()) and half != DEFAULTS
    assert half.of(CommonLimits) == CommonLimits() and half.of(GapLimits).gap_limit == 0.5
    both = half.but(CommonLimits(guard_epochs=9.0))
    assert (both.of(GapLimits).gap_limit, both.of(CommonLimits).guard_epochs) == (0.5, 9.0)


def test_a_flat_list_of_all_thresholds_gives_them_back():
    changed = {name: 2 * value for name, value in by_name(DEFAULTS).items()}
    assert by_name(from_mapping(changed)) == changed
    assert from_mapping(by_name(DEFAULTS)) == DEFAULTS


def test_what_an_old_run_has_kept_and_nobody_knows_any_more_is_left_out():
    assert frozen({"gap_limit": 0.5, "gone": 1.0, "guard_evaluations": 2.5}) == from_mapping({"gap_limit": 0.5})
    assert frozen({}) == DEFAULTS


@pytest.mark.parametrize(
    ("values", "why"), [({"gap_limits": 1.0}, "`gap_limits` is unknown"), ({"gap_limit": "much"}, r"\$\.gap_limit")]
)
def test_a_wrong_threshold_is_named(values, why):
    with pytest.raises(UsageError, match=f"{why}.*Known ones: guard_epochs, .*, gap_limit"):
        from_mapping(values)


# -- the answers that all rules share ------------------------------------------------------------------------------

WORDS = {"now": {"gap": 2.0}, "limits": {"gap": 1.0}, "remedy": "More data.", "cannot_tell": "Why."}


def test_a_rule_answers_by_its_own_name_and_title():
    rule = Gap()
    own = (rule.name, rule.title)
    assert rule.quiet("All is well.") == Quiet(*own, "All is well.")
    assert rule.not_applicable("val loss") == NotApplicable(*own, "val loss")
    assert rule.not_enough_data(2, 3) == NotEnoughData(*own, 2, 3)


def test_an_episode_becomes_a_finding_in_epochs():
    epochs = np.array([10.0, 20.0, 30.0, 40.0])
    found = Gap().flag(epochs, Episode("critical", 1, 2, 3), "It grows.", **WORDS)
    assert found == Finding("gap", Gap.title, "critical", "It grows. Since epoch 20.", 20.0, 30.0, 40.0, **WORDS)
    assert Gap().flag(epochs, Episode("warning", 1, 2, None), "It grows.", **WORDS).critical_since is None
    assert Gap().flag(epochs, Episode("warning", 1, 2, None), "Since ever.", **WORDS, dated=True).line == "Since ever."


def test_a_rule_that_only_hints_never_says_more():
    found = Gap().flag(np.arange(9.0), Episode("critical", 1, 2, 3), "It grows.", **WORDS, severity="info")
    assert (found.severity, found.critical_since) == ("info", None)


def test_a_finding_without_an_episode_fires_at_its_onset_unless_it_says_otherwise():
    found = Gap().finding("critical", "It broke.", 7.0, **WORDS)
    assert (found.onset, found.fired, found.critical_since) == (7.0, 7.0, 7.0)
    later = Gap().finding("warning", "It broke.", 7.0, fired=9.0, **WORDS)
    assert (later.onset, later.fired, later.critical_since) == (7.0, 9.0, None)
    assert Gap().finding("critical", "It broke.", None, **WORDS).fired is None
