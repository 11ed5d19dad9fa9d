"""Rows in which nothing was validated: train loss every epoch, validation every second, fifth or fifteenth.

For everything that judges, such a row does not exist: windows, guards, persistence and "last" count measurements.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.commands.cli import main
from monitor.diagnosis.alerts import AlertBook, summarise
from monitor.diagnosis.verdict import judge
from monitor.rules.result import Finding, NotApplicable
from monitor.run_dir import EPOCHS_FILE, Epoch, Snapshot
from monitor.run_dir.reader import RunReader
from monitor.view.frame import frame
from monitor.view.series import Since
from tests import fake_runs
from tests.snapshots import NOW, snapshot

TRAIN_RULES = {"divergence", "non_finite", "gradient_flow"}
"""Rules about training itself: a row with a train loss is a measurement for them."""


def overfits(epoch: float) -> dict[str, float]:
    """Val loss turns at epoch 15, the error rate stands at .8 (chance is .912)."""
    return {
        "train_loss": 4 * 0.93**epoch + 0.1,
        "val_loss": 3.0 + 0.05 * (epoch - 15) if epoch > 15 else 5 - 0.13 * epoch,
        "val_wer": 0.8,
    }


def heals(epoch: float) -> dict[str, float]:
    return {"train_loss": 5 - 0.02 * epoch, "val_loss": 5.3 - 0.02 * epoch, "val_wer": 0.9 - 0.0025 * epoch}


def at_chance(epoch: float) -> dict[str, float]:
    return {"train_loss": 5.0, "val_loss": 5.2, "val_wer": 0.93}


def says_nothing(epoch: float) -> dict[str, float]:
    return {**at_chance(epoch), "val_wer": 1.0, "length_ratio": 0.0, "empty_ratio": 1.0, "blank_ratio": 1.0}


def breaks(epoch: float) -> dict[str, float]:
    return overfits(epoch) if epoch < 20 else dict.fromkeys(overfits(epoch), math.nan)


SHAPES = (overfits, heals, at_chance, says_nothing, breaks)


def run(records: list[Epoch]) -> Snapshot:
    return msgspec.structs.replace(snapshot(), epochs=tuple(records))


def validated_every(every: int, epochs: int, shape: Any) -> Snapshot:
    """Train loss at every epoch, all else at every `every`th alone."""
    records = []
    for epoch in range(1, epochs + 1):
        values = shape(float(epoch))
        if epoch % every:
            values = {"train_loss": values["train_loss"]}
        records.append(Epoch(epoch=float(epoch), at=NOW, **values))
    return run(records)


def verdicts(seen: Snapshot) -> tuple[Any, ...]:
    """Everything that is said, without the coverage of rules that look at training alone."""
    said = judge(seen, NOW)
    results = tuple(result for result in said.results if result.rule not in TRAIN_RULES)
    return said.diagnosis.verdict, said.diagnosis.reason, said.diagnosis.next_step, said.diagnosis.causes, results


def events(seen: Snapshot, folder: Any) -> list[tuple[Any, ...]]:
    """The alert events of a run that is judged at each of its rows."""
    folder.mkdir()
    book = AlertBook(folder, ())
    happened = []
    for count in range(1, len(seen.epochs) + 1):
        part = msgspec.structs.replace(seen, epochs=seen.epochs[:count])
        findings = tuple(f for f in judge(part, NOW).diagnosis.findings if f.rule not in TRAIN_RULES)
        happened += [
            (event.event, event.rule, event.severity, event.line, event.epoch)
            for event in book.update(findings, NOW, part.epochs[-1].epoch)
        ]
    book.close()
    return happened


def with_rows_between(seen: Snapshot, places: list[int], more: dict[str, float]) -> Snapshot:
    """Unmeasured rows at fractional epochs, before the evaluations at these places."""
    rows: list[Epoch] = []
    for place, record in enumerate(seen.epochs):
        before = seen.epochs[place - 1].epoch if place else 0.0
        count = places.count(place)
        rows += [
            Epoch(epoch=before + (record.epoch - before) * (k + 1) / (count + 1), at=NOW, **more) for k in range(count)
        ]
        rows.append(record)
    return msgspec.structs.replace(seen, epochs=tuple(rows))


def test_a_healthy_run_that_validates_every_fifteenth_epoch_is_not_called_stuck():
    said = judge(validated_every(15, 239, heals), NOW).diagnosis
    assert said.verdict == "KEEP GOING"
    assert "wer_plateau" not in {finding.rule for finding in said.findings}


@pytest.mark.parametrize("every", [2, 5])
def test_the_same_curve_gets_the_same_word_however_often_it_is_validated(every):
    dense = judge(validated_every(1, 60, overfits), NOW).diagnosis
    sparse = judge(validated_every(every, 60, overfits), NOW).diagnosis
    assert (dense.verdict, sparse.verdict) == ("STOP", "STOP")
    assert "overfitting" in {finding.rule for finding in sparse.findings}


@pytest.mark.parametrize("every", [2, 5, 15])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_end_of_a_run_is_said_alike_before_and_after_a_row_without_validation(shape, every):
    whole = validated_every(every, 61, shape)
    measured = [place for place, record in enumerate(whole.epochs) if record.val_loss is not None]
    until = msgspec.structs.replace(whole, epochs=whole.epochs[: measured[-1] + 1])
    later = msgspec.structs.replace(whole, epochs=whole.epochs[: measured[-1] + 2])
    assert [r for r in verdicts(until)[4] if isinstance(r, Finding)] == [
        r for r in verdicts(later)[4] if isinstance(r, Finding)
    ]


@pytest.mark.parametrize("every", [2, 5])
def test_an_alarm_is_raised_once_not_at_every_validation(every, tmp_path):
    happened = events(validated_every(every, 60, overfits), tmp_path / "run")
    gaps = [event for event, rule, *_ in happened if rule == "gap"]
    assert gaps.count("raised") == 1 and "resolved" not in gaps


@pytest.mark.parametrize("every", [1, 2, 5, 15])
@pytest.mark.parametrize("shape", SHAPES[:4])
def test_no_sentence_says_that_a_number_is_not_a_number(shape, every):
    for count in range(1, 61):
        seen = validated_every(every, count, shape)
        said = judge(seen, NOW)
        lines = [getattr(result, "line", "") for result in said.results] + [said.diagnosis.reason]
        assert not [line for line in lines if "nan" in line.lower()], count


@settings(max_examples=40, deadline=None)
@given(
    shape=st.sampled_from(SHAPES),
    places=st.lists(st.integers(0, 29), max_size=25),
    more=st.sampled_from([{}, {"lr": 1e-3, "seconds": 3.0}, {"grad_norm": 2.0}]),
)
def test_rows_in_which_nothing_was_measured_change_no_word(shape, places, more):
    seen = snapshot(**{name: [shape(float(e))[name] for e in range(1, 31)] for name in shape(1.0)})
    assert verdicts(with_rows_between(seen, places, more)) == verdicts(seen)


@settings(max_examples=8, deadline=None)
@given(shape=st.sampled_from(SHAPES), places=st.lists(st.integers(1, 29), max_size=12))
def test_rows_in_which_nothing_was_measured_raise_and_resolve_nothing(shape, places, tmp_path_factory):
    seen = snapshot(**{name: [shape(float(e))[name] for e in range(1, 31)] for name in shape(1.0)})
    folder = tmp_path_factory.mktemp("alerts")
    assert events(with_rows_between(seen, places, {}), folder / "more") == events(seen, folder / "plain")


@pytest.mark.parametrize("every", [1, 2, 5, 15])
def test_when_a_first_verdict_comes_is_said_as_it_then_happens(every):
    promised = ""
    for count in range(1, 80):
        said = judge(validated_every(every, count, heals), NOW).diagnosis
        if said.verdict != "TOO EARLY":
            break
        promised = said.reason
    assert promised.endswith(f"First verdict at epoch {count}.") or promised.startswith("Logged so far: train loss")


def test_a_run_with_train_loss_alone_is_told_that_it_cannot_be_judged_not_that_it_is_too_early():
    records = [Epoch(epoch=0.1 * k, at=NOW, train_loss=3.0 / k) for k in range(1, 31)]
    words = [judge(run(records[:count]), NOW).diagnosis for count in range(1, 31)]
    assert words[0].verdict == "TOO EARLY" and words[0].reason.startswith("Logged so far: train loss")
    assert words[-1].verdict == "CAN'T JUDGE"
    assert len(list(itertools.groupby(said.verdict for said in words))) == 2


def test_every_rule_of_validation_counts_as_not_logged_where_only_train_loss_is():
    said = judge(run([Epoch(epoch=float(e), at=NOW, train_loss=3.0 / e) for e in range(1, 20)]), NOW)
    silent = {result.rule for result in said.results if isinstance(result, NotApplicable)}
    assert {"gap", "overfitting", "val_loss_rising", "wer_plateau", "overconfident"} <= silent


def test_page_terminal_and_report_of_a_run_that_is_seldom_validated_say_one_thing_after_every_row(tmp_path, capsys):
    """Cut after each of five rows in a row: one measured, four not."""
    run_dir = fake_runs.seldom_validated(tmp_path)
    lines = (run_dir / EPOCHS_FILE).read_bytes().splitlines(keepends=True)
    said = set()
    for rows in range(45, 50):
        (run_dir / EPOCHS_FILE).write_bytes(b"".join(lines[:rows]))
        seen = RunReader(run_dir).read(NOW)
        judged = judge(seen, NOW)
        painted = frame(seen, judged, NOW, since=Since())
        summary = summarise(seen, judged, NOW)
        main(["check", str(run_dir)])
        main(["show", str(run_dir)])
        terminal = capsys.readouterr().out
        main(["report", str(run_dir)])
        report = capsys.readouterr().out
        tiles = tuple((tile.key, tile.value) for tile in painted.tiles)
        assert "–" not in dict(tiles).values() and "nan" not in (terminal + report).lower()
        assert all("verfitting" in part for part in (terminal, report, painted.verdict.reason))
        findings = tuple((flag.rule, flag.line) for flag in painted.flags if flag.rule not in TRAIN_RULES)
        said.add((tiles, painted.title, summary.val_wer, summary.gap, judged.diagnosis.worst.line, findings))
    assert len(said) == 1
