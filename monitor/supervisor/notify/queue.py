"""Sending messages: at most one per address at a time, not too often, again after a failure.

Nothing here waits: `tick` starts a courier, or asks the one that is under way, and returns.
What was delivered is recorded as `sent` before anything else is considered.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.diagnosis.acks import acknowledged_at
from monitor.diagnosis.settings import Settings
from monitor.run_dir import SEVERITIES, Alert, Severity
from monitor.run_dir.serving import serving_of
from monitor.supervisor.notify.courier import Courier
from monitor.supervisor.notify.letters import Delivery, Job, Letter
from monitor.supervisor.notify.message import Scene, compose
from monitor.supervisor.notify.pending import (
    Item,
    Known,
    findings_to_tell,
    gravest,
    is_graver,
    is_over_for,
    run_to_tell,
)

log = logging.getLogger(__name__)

LONGEST_WAIT_SECS = 3600.0
"""The wait after a failure doubles up to this."""


@dataclass
class _Post:
    """What this process remembers of one address; the rest stands in alerts.jsonl."""

    failures: int = 0
    not_before: float = 0.0
    last_why: str = ""
    items: list[Item] = field(default_factory=list)


class MessageQueue:
    """The messages of one run. One owner: the holder of the run's alerts lock."""

    def __init__(self, settings_of: Callable[[], Settings], record: Callable[[Alert], None]) -> None:
        """`record` appends to alerts.jsonl; it may raise OSError, and is then asked again."""
        self._settings_of = settings_of
        self._record = record
        self._posts: dict[str, _Post] = {}
        self._courier: Courier | None = None
        self._unrecorded: list[Alert] = []
        self._sent: list[Alert] = []
        self._scene: Scene | None = None
        self._alerts: tuple[Alert, ...] = ()
        self._look_at = float("-inf")
        self._waiting = False

    def offer(self, scene: Scene, alerts: tuple[Alert, ...]) -> None:
        """A new judgement with every alert event up to now. Cheap: nothing is sent before `tick`."""
        self._scene, self._alerts, self._look_at = scene, alerts, float("-inf")

    @property
    def is_waiting(self) -> bool:
        """Whether a message is under way or due."""
        return self._courier is not None or bool(self._unrecorded) or self._waiting

    def tick(self, now: float) -> None:
        """One small step. `now` is UTC seconds. Raises OSError when what was sent cannot be recorded."""
        self._collect(now)
        self._flush()
        tick = time.monotonic()
        if self._courier is None and self._scene is not None and tick >= self._look_at:
            self._begin(self._scene, now, tick)

    def _begin(self, scene: Scene, now: float, tick: float) -> None:
        settings = self._settings_of()
        if settings.path is None:
            self._waiting, self._look_at = False, float("inf")
            return
        notify = settings.notify
        acked = acknowledged_at(Path(scene.snapshot.run_dir), now) if notify.addresses else {}
        known = Known((*self._alerts, *self._sent), acked, notify)
        letters: list[Letter] = []
        waits: list[float] = []
        for to in notify.by_key():
            post = self._posts.setdefault(to, _Post())
            post.items = _things_to_tell(known, to, scene)
            wait = self._wait(post, known, to, now, tick) if post.items else None
            if wait is not None and wait <= 0:
                letters.append(_letter(to, post.items, scene))
            elif wait is not None:
                waits.append(wait)
        self._waiting = bool(letters or waits)
        self._look_at = tick + min(waits, default=float("inf"))
        if letters:
            self._courier = Courier(Job(str(settings.path), letters, scene.snapshot.run_dir))

    def _wait(self, post: _Post, known: Known, to: str, now: float, tick: float) -> float:
        """Seconds until this address may be written to; 0 or less: now."""
        retry = post.not_before - tick
        sent_before = [alert for alert in known.alerts if alert.event == "sent" and alert.to == to]
        if not sent_before or any(item.is_of_the_run for item in post.items):
            return retry
        last = max(alert.at for alert in sent_before)
        before: Severity = min((a.severity for a in sent_before if a.at == last), key=SEVERITIES.index)
        if is_graver(gravest(post.items), before) or now < last:
            return retry
        return max(retry, last + 60 * known.notify.min_minutes - now)

    def _collect(self, now: float) -> None:
        results = self._courier.poll() if self._courier is not None else None
        if results is None:
            return
        self._courier = None
        self._look_at = float("-inf")
        for done in results:
            self._note(done, now)

    def _note(self, done: Delivery, now: float) -> None:
        post = self._posts[done.to]
        if done.ok:
            post.failures, post.not_before, post.last_why = 0, 0.0, ""
            self._unrecorded += [_sent(item, done.to, now) for item in post.items]
            return
        first = self._settings_of().notify.retry_secs
        post.not_before = time.monotonic() + min(LONGEST_WAIT_SECS, first * 2**post.failures)
        post.failures += 1
        if done.why != post.last_why:  # printed once, not at every try
            log.warning("message to address %s not delivered, trying again: %s", done.to, done.why)
        post.last_why = done.why

    def _flush(self) -> None:
        while self._unrecorded:
            # It counts as sent at once: a full disk must not send it again and again.
            if self._unrecorded[0] not in self._sent:
                self._sent.append(self._unrecorded[0])
            self._record(self._unrecorded[0])
            self._unrecorded.pop(0)


def _things_to_tell(known: Known, to: str, scene: Scene) -> list[Item]:
    """Every item that this address has not been sent; none while the away policy is still acting."""
    act = scene.away
    sent_before = {alert.alert_id for alert in known.alerts if alert.event == "sent" and alert.to == to}
    if act is not None and not act.settled:
        return []
    over = is_over_for(known, to, scene.snapshot, scene.status)
    findings = [] if over else findings_to_tell(known, to)
    items = [*run_to_tell(known, to, scene.snapshot, scene.status, promised=bool(findings)), *findings]
    if act is not None and f"away-{act.generation}" not in sent_before:
        items.append(Item(f"away-{act.generation}", "away", act.rule or "run", "critical", act.line))
    return items


def _letter(to: str, items: list[Item], scene: Scene) -> Letter:
    page = serving_of(Path(scene.snapshot.run_dir).absolute().parent)
    if page is not None:
        scene = replace(scene, port=page.port, base=page.base)
    message = compose(items, scene)
    return Letter(to, message.title, message.body, gravest(items))


def _sent(item: Item, to: str, now: float) -> Alert:
    return Alert(
        alert_id=item.alert_id, event="sent", rule=item.rule, severity=item.severity, at=now, of=item.of, to=to
    )
