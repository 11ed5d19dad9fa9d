"""What a rule is: its facts as attributes of its class, and the four ways in which it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

from monitor.rules import evaluations
from monitor.rules.arithmetic.series import Array
from monitor.rules.episodes import Episode
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Numbers, Quiet, Result
from monitor.rules.thresholds import CommonLimits, Limits, Thresholds
from monitor.run_dir import Severity, Snapshot

PRIMARY = "metric"
"""In `watches`: the primary metric of the run, whichever that is."""
Kind = Literal["any", "sequence", "ctc"]
Yardstick = Literal["", "limit", "best", "chance", "target", "one"]


class Rule(ABC):
    """A pure function of what was read: same snapshot, thresholds and `now`, same answer.

    All that the rest of the program knows of a rule stands here: a new rule is one new file in this folder.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    place: ClassVar[int]
    """In the order of precedence, lowest first: what comes first makes contradicting advice after it wrong. No two
    rules share a place."""
    watches: ClassVar[tuple[str, ...]] = ()
    """The fields (or metrics) of an evaluation that its answer depends on, the one that shows its evidence first."""
    picture: ClassVar[str]
    """The watched column that is drawn beside its finding: the first, unless another is named; "" draws none."""
    yardstick: ClassVar[Yardstick] = ""
    """What is drawn across the picture."""
    causes: ClassVar[tuple[str, ...]] = ()
    """Names of the causes (monitor.diagnosis.causes) that its finding is evidence for."""
    limits: ClassVar[type[Limits] | None] = None
    """Its own thresholds."""
    reads: ClassVar[tuple[str, ...]] = ()
    """Other thresholds that it is judged by, beside the guard, the persistence and the hysteresis of all."""
    may_stop: ClassVar[bool] = False
    """Whether a critical finding says STOP: only with measured odds in odds.json."""
    before_guard: ClassVar[bool] = False
    """Whether it speaks even where it is too early for a verdict."""
    kind: ClassVar[Kind] = "any"
    """The kind of run that it is about; for others it does not count among the checks."""
    live_only: ClassVar[bool] = False
    """Whether it is about the process rather than about what was learnt."""
    never_learnt: ClassVar[bool] = False
    """Whether its finding says that nothing was learnt, so that no falling error rate makes up for it."""
    remedy_when_over: ClassVar[str] = ""
    """Its finding's remedy once the run is over, where that of a run at work looks ahead."""
    remedy_beside: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(name of another rule, its own remedy) while that one's finding is open too, so that their advice agrees; of
    `non_finite` while the network itself is broken."""
    collapsed: ClassVar[bool] = False
    """Whether its finding says that the output does not depend on the clip, unless the error rate says it does."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "picture" not in vars(cls):
            cls.picture = next(iter(cls.watches), "")
        if cls.picture not in ("", *cls.watches):
            raise TypeError(f"{cls.__name__} draws {cls.picture}, which it does not watch")

    @abstractmethod
    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """The rule's answer on these records; `now` in UTC seconds."""

    def breaks(self, finding: Finding) -> bool:
        """Whether its finding says that the network itself is broken, so that its output says nothing."""
        return False

    def quiet(self, line: str) -> Quiet:
        """The answer of a rule that looked and found nothing; `line`: what it saw, with its number."""
        return Quiet(self.name, self.title, line)

    def not_applicable(self, needs: str) -> NotApplicable:
        """The answer where the run does not log what the rule reads; `needs`: what that is, in words."""
        return NotApplicable(self.name, self.title, needs)

    def not_enough_data(self, have: int, need: int, of: str = "evaluations") -> NotEnoughData:
        """The answer before there are `need` values of what `of` names; `have` are there."""
        return NotEnoughData(self.name, self.title, have, need, of)

    def unready(
        self, measured: Snapshot, thresholds: Thresholds, needs: str, least: int = 0
    ) -> NotApplicable | NotEnoughData | None:
        """The reason why nothing can be judged yet; None where an answer is due.

        `measured` has only the evaluations that the rule judges (`evaluations.measured`), `needs` names what makes one;
        `least` evaluations, where the rule needs more than the guard.
        """
        if not measured.epochs:
            return self.not_applicable(needs)
        if not evaluations.enough(measured, thresholds) or len(measured.epochs) < least:
            need = max(least or thresholds.of(CommonLimits).guard_evaluations, evaluations.needed(measured, thresholds))
            return self.not_enough_data(len(measured.epochs), need)
        return None

    def finding(
        self,
        severity: Severity,
        line: str,
        onset: float | None,
        *,
        now: Numbers,
        limits: Numbers,
        remedy: str,
        cannot_tell: str,
        fired: float | None = None,
    ) -> Finding:
        """A finding that is no episode; it fired at its onset unless `fired` says otherwise. Epochs."""
        return Finding(
            rule=self.name,
            title=self.title,
            severity=severity,
            line=line,
            onset=onset,
            fired=onset if fired is None else fired,
            critical_since=onset if severity == "critical" else None,
            now=now,
            limits=limits,
            remedy=remedy,
            cannot_tell=cannot_tell,
        )

    def flag(
        self,
        epochs: Array,
        episode: Episode,
        line: str,
        *,
        now: Numbers,
        limits: Numbers,
        remedy: str,
        cannot_tell: str,
        severity: Severity | None = None,
        dated: bool = False,
        title: str = "",
        began: str = "",
    ) -> Finding:
        """The finding of an episode. `line` gets its "since", unless it is `dated` already.

        `severity`: where a rule never says more than that. `title`: one that names the run's own metric. `began`:
        since when, in words, where that is not the epoch of its onset.
        """
        critical = episode.critical_at if severity in (None, "critical") else None
        return Finding(
            rule=self.name,
            title=title or self.title,
            began=began,
            severity=severity or episode.severity,
            line=line if dated else f"{line} Since epoch {epochs[episode.onset]:g}.",
            onset=float(epochs[episode.onset]),
            fired=float(epochs[episode.fired]),
            critical_since=None if critical is None else float(epochs[critical]),
            now=now,
            limits=limits,
            remedy=remedy,
            cannot_tell=cannot_tell,
        )
