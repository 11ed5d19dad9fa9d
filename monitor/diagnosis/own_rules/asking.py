"""Asking a run's own rules at some of its evaluations: a process for each file, and answers that are remembered."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from threading import RLock

from monitor.diagnosis.own_rules.process import RulesProcess
from monitor.diagnosis.own_rules.results import left_out, result_of
from monitor.diagnosis.own_rules.sources import RuleSource, sources_of
from monitor.diagnosis.own_rules.wire import LATE, Facts, Loaded, RuleAnswer, RuleJob
from monitor.diagnosis.settings import SETTINGS_FILE
from monitor.rules.registry import BY_NAME, own_thresholds
from monitor.rules.result import NO_RULES, OwnAnswers, Result
from monitor.run_dir import Snapshot

REMEMBERED = 4096
"""Evaluations whose answers are kept, of each file."""
FORGIVEN_SECS = 600.0
"""After that a rule that was too slow is asked again."""

Key = tuple[object, ...]


@dataclass
class _Known:
    """What one file has answered. `late`: rule → (until when it is not asked again, why); "" for the whole file."""

    rules: list[Facts] = field(default_factory=list)
    answers: OrderedDict[Key, dict[str, RuleAnswer]] = field(default_factory=OrderedDict)
    late: dict[str, tuple[float, str]] = field(default_factory=dict)


_KNOWN: dict[tuple[str, str, str], _Known] = {}
_LOCK = RLock()


class Questions:
    """What a run's own rules say at some evaluations: asked at once, answered after a while. Never raises."""

    def __init__(
        self,
        snapshot: Snapshot,
        epochs: Sequence[float],
        sources: Sequence[RuleSource] | None = None,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        """`epochs`: of evaluations that the snapshot has. `sources`: other rules than the run's own; `thresholds`:
        others than were set when it was started."""
        run_dir, launch = Path(snapshot.run_dir), snapshot.launch
        found = (sources_of(launch, run_dir) if sources is None else sources) if epochs else []
        kept = launch.thresholds if launch is not None else {}
        self._given = own_thresholds(kept if thresholds is None else thresholds) if epochs else {}
        self._epochs = epochs
        self._asked = [_Asked(source, snapshot, epochs, self._given) for source in found]

    def poll(self) -> OwnAnswers | None:
        """The answers once every process has ended or had its time; None until then."""
        if sum(not asked.is_over() for asked in self._asked):  # each is looked at: all run at once
            return None
        if not self._asked and not self._given:
            return NO_RULES
        thresholds = {
            f"{facts.rule}.{name}": value
            for asked in self._asked
            for facts in asked.rules
            for name, value in facts.thresholds.items()
        }
        return OwnAnswers({epoch: tuple(self._at(epoch)) for epoch in self._epochs}, thresholds)

    def wait(self) -> OwnAnswers:
        """The same for a caller that has nothing else to do."""
        while (found := self.poll()) is None:
            time.sleep(0.005)
        return found

    def _at(self, epoch: float) -> Iterator[Result]:
        taken = set(BY_NAME)
        for asked in self._asked:
            for result in asked.at(epoch):
                second = result.rule in taken
                taken.add(result.rule)
                why = f"another rule is called {result.rule} already"
                yield left_out(result.rule, result.title, asked.file, why) if second else result
        if any(asked.why for asked in self._asked):
            return  # which rules those files hold is not known
        for rule in sorted({name.partition(".")[0] for name in self._given} - taken):
            yield left_out(rule, rule, SETTINGS_FILE, "it sets thresholds of this rule, but there is none of that name")


class _Asked:
    """One file about one run: what is not known of it is asked in a process. `why`: why nothing of it is known."""

    def __init__(
        self, source: RuleSource, snapshot: Snapshot, epochs: Sequence[float], thresholds: Mapping[str, float]
    ) -> None:
        self.file, self.why, self.rules = source.path or source.name, source.problem, list[Facts]()
        self._name = source.entry or Path(source.path).stem
        self._answers: dict[float, dict[str, RuleAnswer]] = {}
        self._process: RulesProcess | None = None
        self._thresholds = dict(thresholds)
        if self.why:
            return
        self._keys = {epoch: _key(snapshot, epoch) for epoch in epochs}
        with _LOCK:
            self._known = _KNOWN.setdefault((*source.key, repr(sorted(thresholds.items()))), _Known())
            self.rules, answers = self._known.rules, self._known.answers
            self._answers = {epoch: answers[key] for epoch, key in self._keys.items() if key in answers}
            self._late = {rule: why for rule, (until, why) in self._known.late.items() if until > time.monotonic()}
        self.why = self._late.get("", "")
        missing = [epoch for epoch in epochs if epoch not in self._answers]
        if missing and not self.why:
            self._begin(source, snapshot, missing)

    def _begin(self, source: RuleSource, snapshot: Snapshot, epochs: list[float]) -> None:
        run_dir = str(Path(snapshot.run_dir).absolute())
        late = [rule for rule in self._late if rule]
        job = RuleJob(run_dir, epochs, source.path, source.text, source.entry, late, self._thresholds)
        try:
            self._process = RulesProcess(job)
        except OSError as problem:
            self.why = f"no process can be started for it ({problem.strerror})"

    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        if self._process is None:
            return True
        if self._process.is_over():
            self._take(self._process)
            self._process = None
        return self._process is None

    def _take(self, process: RulesProcess) -> None:
        """Keeps what came back, and who was too slow."""
        loaded = next((each for each in process.replies if isinstance(each, Loaded)), Loaded([], process.why))
        self.rules, self.why = loaded.rules, loaded.why
        if LATE in self.why:
            self._is_late("", self.why)
        if self.why:
            return
        names = {facts.rule for facts in self.rules}
        fresh: dict[float, dict[str, RuleAnswer]] = {epoch: {} for epoch in self._keys if epoch not in self._answers}
        for each in process.replies:
            if isinstance(each, RuleAnswer) and each.rule in names and each.epoch in fresh:
                fresh[each.epoch].setdefault(each.rule, each)
                if LATE in each.why:
                    self._is_late(each.rule, each.why)
        self._answers |= fresh
        with _LOCK:
            self._known.rules = self.rules
            self._known.answers.update({self._keys[epoch]: answers for epoch, answers in fresh.items()})
            while len(self._known.answers) > REMEMBERED:
                self._known.answers.popitem(last=False)

    def _is_late(self, rule: str, why: str) -> None:
        self._late[rule] = why
        with _LOCK:
            self._known.late[rule] = (time.monotonic() + FORGIVEN_SECS, why)

    def at(self, epoch: float) -> Iterator[Result]:
        """Each rule's answer at an evaluation, in the order of the file; one for the file where it has none."""
        if self.why:
            yield left_out(self._name, f"Rules of {Path(self.file).name}", self.file, self.why)
            return
        answers = self._answers.get(epoch, {})
        for facts in self.rules:
            answer = answers.get(facts.rule)
            silent = self._late.get(facts.rule, "its process ended before it answered")
            why = facts.why or (silent if answer is None else answer.why)
            if answer is None or why:
                yield left_out(facts.rule, facts.title, self.file, why)
            else:
                yield result_of(facts, answer)


def _key(snapshot: Snapshot, epoch: float) -> Key:
    """What an answer depends on: the records up to an evaluation, as far as their number tells."""
    series = (snapshot.epochs, snapshot.steps, snapshot.decodes)
    until = [bisect_right(records, epoch, key=attrgetter("epoch")) for records in series]
    return snapshot.run_dir, snapshot.life, epoch, *until, len(snapshot.clips), repr(snapshot.choice)
