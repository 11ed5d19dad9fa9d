"""The process that runs a file of rules: when it is over, what of its answers counts, and why it gave none."""

from types import SimpleNamespace

import msgspec
import pytest

from monitor.diagnosis.own_rules import process
from monitor.diagnosis.own_rules.process import GRACE_SECS, MOST_BYTES, START_SECS, RulesProcess
from monitor.diagnosis.own_rules.wire import CHECK_SECS, LOAD_SECS, Done, Facts, Loaded, RuleAnswer, RuleJob


def line(reply):
    return msgspec.json.encode(reply) + b"\n"


TWO_RULES = line(Loaded([Facts("a", "A"), Facts("b", "B")]))
ANSWER = RuleAnswer("a", 1.0, "fine")


@pytest.fixture
def started(monkeypatch):
    """A stand-in for the process (`says` comes at the next look) and for the clock."""
    stand_in = SimpleNamespace(pid=4_000_000, output=b"", says=b"", ended=False, closed=False, now=100.0, killed=[])

    def listen():
        stand_in.output, stand_in.says = stand_in.output + stand_in.says, b""

    def made(module, job, most):
        stand_in.module, stand_in.job, stand_in.most_bytes = module, job, most
        return stand_in

    stand_in.listen, stand_in.has_ended = listen, lambda: stand_in.ended
    stand_in.close = lambda: setattr(stand_in, "closed", True)
    monkeypatch.setattr(process, "OwnProcess", made)
    monkeypatch.setattr(process, "time", SimpleNamespace(monotonic=lambda: stand_in.now))
    monkeypatch.setattr(
        process,
        "os",
        SimpleNamespace(killpg=lambda pid, sign: stand_in.killed.append((pid, sign))),
    )
    return stand_in


def of(epochs=(1.0, 2.0)):
    return RulesProcess(RuleJob("runs/r", list(epochs)))


def test_it_gets_the_job_and_as_much_to_say_as_there_are_evaluations(started):
    job = RuleJob("runs/r", [1.0])
    RulesProcess(job)
    assert (started.module, started.job, started.most_bytes) == ("diagnosis.own_rules.answering", job, MOST_BYTES)
    of([1.0] * 250)
    assert started.most_bytes == 3 * MOST_BYTES


def test_it_is_over_once_it_says_so_and_then_its_group_is_killed(started):
    rules = of()
    assert not rules.is_over() and not started.closed
    started.says = TWO_RULES + line(ANSWER)
    assert not rules.is_over()
    started.says = line(Done())
    assert rules.is_over() and rules.why == ""
    assert rules.replies == [Loaded([Facts("a", "A"), Facts("b", "B")]), ANSWER, Done()]
    assert started.killed == [(4_000_000, 9)] and started.closed


def test_what_it_wrote_that_is_no_answer_counts_for_nothing(started):
    rules = of()
    started.says = b'hello\n{"type": "answer"}\n\xff\n' + TWO_RULES + line(ANSWER) + b'{"type": "don'
    started.ended = True
    assert rules.is_over() and len(rules.replies) == 2 and rules.why == ""


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (b"", "it ended its process while it was loaded"),
        (b"hello\n", "it wrote nonsense while it was loaded"),
        (line(ANSWER), "it wrote nonsense while it was loaded"),
    ],
)
def test_a_process_that_ended_without_its_rules_says_why(says, why, started):
    rules = of()
    started.says, started.ended = says, True
    assert rules.is_over() and rules.why == why


def test_loading_has_its_time(started):
    rules = of()
    started.now += START_SECS + LOAD_SECS
    assert not rules.is_over()
    started.now += 0.01
    assert rules.is_over() and rules.why == "loading it took longer than 10 s" and rules.replies == []


def test_once_they_are_loaded_each_check_has_its_time(started):
    rules = of()
    started.now += 14.0
    started.says = TWO_RULES
    assert not rules.is_over()
    started.now += START_SECS + 2 * 2 * (CHECK_SECS + GRACE_SECS)
    started.says = line(ANSWER)
    assert not rules.is_over()
    started.now += 0.01
    assert rules.is_over() and rules.why == "" and rules.replies[1:] == [ANSWER]


def test_nonsense_gives_no_time_for_checks(started):
    rules = of()
    started.says = b"hello\n"
    assert not rules.is_over()
    started.now += START_SECS + 0.01
    assert rules.is_over() and rules.why == "loading it took longer than 10 s"


def test_who_says_too_much_is_ended(started):
    rules = of()
    started.output = TWO_RULES + b"x" * (MOST_BYTES - len(TWO_RULES))
    assert not rules.is_over()
    started.says = b"x"
    assert rules.is_over()


def test_a_process_that_is_gone_already_is_closed_all_the_same(started, monkeypatch):
    def gone(pid, sign):
        raise ProcessLookupError

    monkeypatch.setattr(process, "os", SimpleNamespace(killpg=gone))
    of().end()
    assert started.closed
