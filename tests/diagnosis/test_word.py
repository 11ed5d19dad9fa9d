"""The word that is shown: a graver one at once, a milder one only after three evaluations; the same everywhere."""

import itertools

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.commands.check import exit_code
from monitor.commands.cli import main
from monitor.commands.looking import look_at
from monitor.diagnosis.alerts import summarise
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.diagnosis.word import STANDS_FOR, shown_from, word_now
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch
from monitor.run_dir.replay import as_of
from monitor.view.frame import frame
from monitor.view.series import Since
from monitor.writer import RunWriter
from tests.snapshots import NOW, beating, curve, snapshot

WORDS = ("KEEP GOING", "LOOK", "STOP")


def shown(said):
    """The word that is shown at each evaluation of which these were said."""
    return [
        said[place - shown_from(lambda ago, at=place: said[at - ago] if ago <= at else None)]
        for place in range(len(said))
    ]


def own_words(seen):
    """The word of each evaluation by its own findings alone."""
    found = []
    for record in seen.epochs:
        then = as_of(seen, record.epoch)
        findings = tuple(result for result in judge(then, NOW).results if isinstance(result, Finding))
        found.append(word_now(then, findings, DEFAULTS).word)
    return found


def words(seen):
    """The word that is shown at each evaluation."""
    return [judge(as_of(seen, record.epoch), NOW).diagnosis.verdict for record in seen.epochs]


def flickers(count=30):
    """A gap that stands a little above its limit at two of three evaluations, and below its hysteresis at the third."""
    return snapshot(
        train_loss=[1.0] * count,
        val_loss=curve(count, lambda e: 1.7 if e % 3 == 0 else 2.1),
        val_wer=curve(count, lambda e: 0.9 - 0.02 * e),
    )


@given(st.lists(st.sampled_from(WORDS), max_size=40))
@example(["STOP", "LOOK", "KEEP GOING", "KEEP GOING", "KEEP GOING"])
@example(["STOP", "KEEP GOING", "LOOK", "KEEP GOING", "KEEP GOING", "KEEP GOING"])
def test_a_word_stands_for_three_evaluations_unless_a_graver_one_comes(said):
    runs = [(word, len(list(group))) for word, group in itertools.groupby(shown(said))]
    for (word, length), (after, _) in itertools.pairwise(runs):
        assert length >= STANDS_FOR or WORDS.index(after) > WORDS.index(word)


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_a_graver_word_is_never_hidden_nor_late(said):
    assert all(WORDS.index(after) >= WORDS.index(before) for before, after in zip(said, shown(said), strict=True))


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_what_three_evaluations_say_alike_is_shown(said):
    for place, word in enumerate(shown(said)):
        last = set(said[max(0, place - 2) : place + 1])
        assert len(last) > 1 or {word} == last


@given(st.lists(st.sampled_from(WORDS), min_size=6, max_size=40))
def test_five_evaluations_decide(said):
    assert shown(said)[-1] == shown(said[-5:])[-1]


def test_a_healthy_run_and_one_that_is_stopped_have_the_words_of_their_evaluations():
    healthy = snapshot(train_loss=curve(20, lambda e: 1 + 3 / e), val_loss=curve(20, lambda e: 1.1 + 3.2 / e))
    turns = snapshot(
        train_loss=curve(40, lambda e: 5 / e),
        val_loss=curve(40, lambda e: 2 + 3 / e if e <= 10 else 2.3 + 0.05 * (e - 10)),
        val_wer=curve(40, lambda e: max(0.5, 0.9 - 0.04 * e)),
    )
    assert words(healthy) == own_words(healthy)
    assert words(turns).index("STOP") == own_words(turns).index("STOP")


def test_a_gap_that_flickers_at_its_limit_turns_the_word_once():
    seen = flickers()
    assert len(list(itertools.groupby(own_words(seen)))) > 15
    assert [word for word, _ in itertools.groupby(words(seen))] == ["TOO EARLY", "LOOK"]


def test_a_word_that_stands_says_since_when_and_what_is_so_now():
    said = judge(flickers(27), NOW).diagnosis
    assert (said.verdict, said.as_of, said.worst.rule) == ("LOOK", 26.0, "gap")
    assert said.reason.startswith(
        "Gap between train and val loss, as of epoch 26: gap was 1.10. At epoch 27 the signs are weaker; "
        "a word stands for 3 evaluations. Val WER is 36.0 %, its best so far"
    )
    assert "gap" not in {finding.rule for finding in said.findings}


def test_causes_options_and_exit_code_fit_the_word_that_stands():
    seen = flickers(27)
    said = judge(seen, NOW).diagnosis
    assert [cause.name for cause in said.causes] == ["too_little_regularisation"]
    assert said.causes[0].evidence == ("Gap between train and val loss, as of epoch 26: gap was 1.10.",)
    assert prescribe(seen, said)


@pytest.mark.parametrize("count", [25, 26, 27, 28])
def test_what_is_open_now_is_listed_whatever_word_stands(count):
    judged = judge(flickers(count), NOW)
    assert judged.diagnosis.findings == tuple(result for result in judged.results if isinstance(result, Finding))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(1.5, 2.5), min_size=8, max_size=16))
def test_the_words_of_any_run_are_those_of_its_evaluations_held_for_three(val):
    seen = snapshot(train_loss=[1.0] * len(val), val_loss=val, val_wer=[0.9 - 0.02 * e for e in range(len(val))])
    assert words(seen) == shown(own_words(seen))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(1.5, 2.5), min_size=8, max_size=14), st.lists(st.integers(1, 7), max_size=6))
def test_rows_in_which_nothing_was_measured_do_not_shorten_a_word(val, places):
    seen = snapshot(train_loss=[1.0] * len(val), val_loss=val, val_wer=[0.9 - 0.02 * e for e in range(len(val))])
    more = tuple(Epoch(epoch=place + 0.5, at=NOW, lr=1e-3) for place in dict.fromkeys(places))
    longer = msgspec.structs.replace(seen, epochs=tuple(sorted([*seen.epochs, *more], key=lambda record: record.epoch)))
    for record in longer.epochs:
        one, other = (judge(as_of(each, record.epoch), NOW).diagnosis for each in (seen, longer))
        assert (one.verdict, one.reason, one.as_of) == (other.verdict, other.reason, other.as_of)


def test_not_a_number_at_one_evaluation_stands_before_any_verdict_is_due():
    seen = snapshot(train_loss=[1.0, float("nan"), float("nan"), 0.9], val_loss=[1.0, float("nan"), float("nan"), 1.0])
    assert own_words(seen)[-2:] == ["STOP", "TOO EARLY"]
    said = judge(seen, NOW).diagnosis
    assert said.verdict == "STOP" and "as of epoch 3" in said.reason and "4 of" in said.reason


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed"])
def test_a_run_that_has_ended_says_so_at_once(outcome):
    seen = flickers(27)
    ended = msgspec.structs.replace(seen, progress=msgspec.structs.replace(beating()["progress"], outcome=outcome))
    said = judge(ended, NOW).diagnosis
    assert said.verdict in ("ENDED", "FAILED") and said.as_of is None


def test_page_terminal_list_and_replay_show_one_word(tmp_path, capsys):
    with RunWriter(tmp_path / "r", config={}) as run:
        for record in flickers(27).epochs:
            run.log_epoch(record.epoch, train_loss=record.train_loss, val_loss=record.val_loss, val_wer=record.val_wer)
    look = look_at(tmp_path / "r", 27)
    painted = frame(look.snapshot, look.judged, NOW, since=Since()).verdict
    assert painted.word == summarise(look.snapshot, look.judged, NOW).verdict == "LOOK"
    assert "as of epoch 26" in painted.reason
    assert main(["check", str(tmp_path / "r"), "--at", "27"]) == exit_code(look) == 1
    assert f"LOOK  {painted.reason}" in capsys.readouterr().out.splitlines()
