"""`watch`: its exit code, its lines, and what it refuses to begin with; no process and no judgement here."""

import json
import os
import signal

import pytest

from monitor.commands import watch
from monitor.run_dir.errors import EXIT_CRITICAL, EXIT_OK, EXIT_UNREADABLE, EXIT_WARNING, UsageError

EVENT = {
    "at": 1_800_000_000.0,
    "event": "raised",
    "run_id": "r",
    "rule": "gap",
    "state": "warning",
    "line": "Too wide.",
}


class Watched:
    """In place of the watcher: says its `news` round by round, then nothing; `waits`: rounds until all is delivered."""

    def __init__(self, news=(), worst=None, unreadable=False, waits=0):
        self.news, self.worst, self.unreadable, self.waits = list(news), worst, unreadable, waits
        self.rounds, self.closed, self.then = 0, False, lambda: None

    @property
    def is_waiting(self):
        return self.rounds <= self.waits

    def round(self, *_):
        self.rounds += 1
        self.then()
        return [self.news.pop(0)] if self.news else []

    def close(self, *_):
        self.closed = True


@pytest.fixture
def signals():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def watching(signals, runs_made, monkeypatch, capsys):
    """`watching(watcher, …)` runs the verb with it; returns (code, lines)."""
    monkeypatch.setattr(watch._Leaving, "wait", lambda self, secs: None)

    def call(watcher, folder=runs_made, **options):
        call.asked = []
        monkeypatch.setattr(watch, "Watcher", lambda *words: call.asked.append(words) or watcher)
        code = watch.run(folder, **options)
        assert watcher.closed
        return code, capsys.readouterr().out.splitlines()

    return call


@pytest.mark.parametrize(
    ("worst", "unreadable", "code"),
    [
        (None, False, EXIT_OK),
        ("info", False, EXIT_OK),
        ("warning", False, EXIT_WARNING),
        ("critical", True, EXIT_CRITICAL),
        ("warning", True, EXIT_WARNING),
        (None, True, EXIT_UNREADABLE),
    ],
)
def test_once_ends_by_the_gravest_finding(watching, worst, unreadable, code):
    watcher = Watched([EVENT], worst, unreadable)
    assert watching(watcher, once=True)[0] == code
    assert watcher.rounds == 1


def test_once_waits_for_its_messages_and_no_longer_than_it_may(watching, monkeypatch):
    watcher = Watched(waits=3)
    watching(watcher, once=True)
    assert watcher.rounds == 4
    clock = iter(range(0, 10_000, 50))
    monkeypatch.setattr(watch.time, "monotonic", lambda: float(next(clock)))
    watcher = Watched(waits=1000)
    watching(watcher, once=True)
    assert watcher.rounds < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stays_until_a_signal_ends_it(watching, number):
    watcher = Watched([EVENT, EVENT], worst="critical")
    watcher.then = lambda: os.kill(os.getpid(), number) if watcher.rounds == 3 else None
    code, lines = watching(watcher)
    assert (code, watcher.rounds, len(lines)) == (EXIT_OK, 3, 2)


def test_an_event_is_a_line_or_an_object(watching):
    sent = {"at": 1.0, "event": "sent", "run_id": "r", "to": "1-json"}
    unread = {"at": 1.0, "event": "unreadable", "run_id": "", "line": "no room"}
    _, lines = watching(Watched([EVENT, sent, unread], waits=2), once=True)
    assert [line.partition("  ")[2] for line in lines] == [
        "r  raised gap warning: Too wide.",
        "r  sent to 1-json",
        "(folder)  unreadable : no room",
    ]
    _, lines = watching(Watched([EVENT]), once=True, as_json=True)
    assert json.loads(lines[0]) == {"version": 1, **EVENT}


def test_the_folder_and_the_age_reach_the_watcher_and_the_argument_wins(watching, runs_made, tmp_path):
    watching(Watched(), once=True, since_hours=2.0)
    runs_dir, settings, secs = watching.asked[0]
    assert (runs_dir, secs) == (runs_made, 7200.0) and settings() is not None
    watching(Watched(), folder=None, runs=tmp_path, once=True)
    assert watching.asked[0][0] == tmp_path


def test_a_file_is_no_folder_of_runs(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(UsageError, match=f"{tmp_path / 'a'} is a file; give the folder"):
        watch.run(tmp_path / "a")


@pytest.mark.parametrize(
    ("place", "once", "said"),
    [
        ("a-file", False, "is no folder; give the one that W&B writes"),
        ("wandb", False, "lies where W&B keeps its runs"),
        ("later", True, "There is no folder"),
        ("no/such", False, "There is no folder"),
    ],
)
def test_a_folder_of_wandb_from_which_nothing_can_come_is_refused(tmp_path, place, once, said):
    (tmp_path / "a-file").write_text("")
    (tmp_path / "wandb").mkdir()
    runs = tmp_path / "wandb" / "runs" if place == "wandb" else tmp_path / "runs"
    with pytest.raises(UsageError, match=said):
        watch.run(runs, once=once, wandb_dir=tmp_path / place)


def test_a_folder_that_wandb_has_not_made_yet_is_waited_for_and_its_runs_are_followed(
    watching, tmp_path, monkeypatch, capsys
):
    others = Watched([{**EVENT, "event": "following"}])
    monkeypatch.setattr(watch, "WandbRuns", lambda *words: others)
    watcher = Watched([EVENT])
    watcher.then = lambda: os.kill(os.getpid(), signal.SIGTERM)
    watch._check_wandb_dir(tmp_path / "later", tmp_path / "runs", False)
    assert "it is waited for" in capsys.readouterr().err
    _, lines = watching(watcher, wandb_dir=tmp_path / "later")
    assert [line.split()[3] for line in lines] == ["following", "raised"] and others.closed
