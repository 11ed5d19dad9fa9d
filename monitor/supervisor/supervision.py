"""The life of one supervised trainer: its state, its requests, its stop, its end."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.run_dir import LOG_FILE, PROGRESS_FILE, Progress, Request, StopStage, control, files, held
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_state
from monitor.run_dir.records import StopStageName, StopWith
from monitor.run_dir.stop_stages import STEPS, answer_secs, signal_of
from monitor.supervisor import stopping
from monitor.supervisor.away import AwayKeeper
from monitor.supervisor.ending import final_of, saved_in
from monitor.supervisor.feed import NO_FEED, Feed
from monitor.supervisor.gpu_watch import GpuWatch
from monitor.supervisor.statefile import StateFile
from monitor.supervisor.trainer import Ending, Trainer
from monitor.supervisor.watch import Watch, settings_of_run, size_of

log = logging.getLogger(__name__)

SILENT_START_SECS = 15.0
"""A process that lives this long without a heartbeat is called running: it may be a script that never writes one."""
LAST_WORD_SECS = 60.0
"""How long a supervisor with a full disk tries to write the final state."""


@dataclass(frozen=True)
class How:
    """How a run is ended, and what is read along with it."""

    grace_secs: float
    stop_with: StopWith = "INT"
    """The first signal for a script that does not ask whether it should stop."""
    feed: Feed = NO_FEED


class Supervision:
    """Owns the trainer of one run from its start (or adoption) to its end. Call `tick` a few times a second."""

    def __init__(self, run_dir: Path, state_file: StateFile, trainer: Trainer, how: How) -> None:
        self.run_dir = run_dir
        self.state_file = state_file
        self.trainer = trainer
        self._how = how
        self._generation = state_file.state.generation
        self._away = AwayKeeper(run_dir, self._generation)
        self._watch = Watch(
            run_dir,
            lambda: settings_of_run(run_dir),
            lambda seen: self._away.consider(seen.snapshot, seen.judged, seen.now),
        )
        self._gpus = GpuWatch(run_dir, trainer.identity.pid, state_file.state.device or "")
        self._progress: Progress | None = None
        self._progress_stamp: tuple[int, int, int] | None = None
        # Durations are measured by the monotonic clock: a stop must not be cut short by a clock that jumps.
        self._began = self._asked = self._staged = time.monotonic()
        self._log_bytes = size_of(run_dir / LOG_FILE)
        self._saving_seen = self._leaving = self._is_unwritten = False
        self._cancel_seen: tuple[int, object] | None = None
        self._obeyed = 0

    def ask_to_stop(self, by: str, now: float) -> None:
        """The same request as a person's; a second one is none. Where none can be written, the stop begins without."""
        try:
            control.request(self.run_dir, "stop", generation=self._generation, asked_by=by, now=now)
        except MonitorError as problem:
            log.warning("%s", problem)
            self._is_unwritten = True
            if self.state_file.state.stop is None:
                unwritten = Request(verb="stop", generation=self._generation, number=0, asked_at=now, asked_by=by)
                self._begin_stop(unwritten, now)

    def is_terminated(self, by: str, now: float) -> None:
        """An engine has sent SIGTERM to every process of the job, the trainer's too: a stop that has come so far."""
        if self.state_file.state.stop is None:
            unwritten = Request(verb="stop", generation=self._generation, number=0, asked_at=now, asked_by=by)
            self._begin_stop(unwritten, now)
        under_way = self.state_file.state.stop
        assert under_way is not None
        self._staged = time.monotonic()
        waits = stopping.waits_secs("terminated", self._how.grace_secs)
        entered = msgspec.structs.replace(under_way, stage="terminated", stage_at=now, waits_secs=waits)
        self.state_file.update(stop=entered)

    def deliver(self, now: float) -> bool:
        """After the end: one more step in delivering the messages that are due; True when nothing is left."""
        self._see_away(now)
        self._watch.look(now)
        return not self._watch.is_waiting and not self._away.is_busy

    def still_owns_the_run(self) -> bool:
        """Whether the run is still there and no later supervisor has taken it up."""
        state = read_state(self.run_dir)
        return state is not None and state.supervisor == self.state_file.state.supervisor

    def close(self) -> None:
        """Ends the reading of the GPUs and releases the alerts; nothing is done to the trainer."""
        self._gpus.close()
        self._watch.close()

    def tick(self, now: float) -> bool:
        """Looks at everything once; True when the trainer has ended and all is written."""
        self._read_progress()
        ending = self.trainer.ended()
        if ending is not None:
            self._end(ending, now)
            return True
        self._note_running()
        self._serve(control.pending(self.run_dir, self._generation), now)
        self._advance_stop(now)
        self.state_file.flush()
        self._gpus.look(now)
        self._how.feed.look(now)
        if self._how.feed.is_unwanted:
            return self._release(now)
        self._see_away(now)
        self._watch.look(now)
        return False

    def _see_away(self, now: float) -> None:
        """What the away policy has under way; once it is done, it is reported without waiting for the next record."""
        try:
            if self._away.tick(now):
                self._watch.look(now, force=True)
        except (MonitorError, OSError) as problem:
            log.warning("the away policy could not go on: %s", problem)

    def _release(self, now: float) -> bool:
        """An attached process is no concern of ours any longer: what was recorded of it goes, it runs on."""
        self._how.feed.release(now)
        self.state_file.forget()
        return True

    def _read_progress(self) -> None:
        """Reads progress.json if it was replaced since the last tick, and keeps it if it is of this generation."""
        path = self.run_dir / PROGRESS_FILE
        try:
            found = held.stat_of(path)
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp == self._progress_stamp:
                return
            progress = files.read_document(path, Progress)
        except files.UNREADABLE:
            return
        if progress is None:
            return
        self._progress_stamp = stamp
        self._progress = progress if progress.generation == self._generation else None
        # Kept: between seeing the stop and ending, a trainer may still evaluate and look busy.
        self._leaving = self._leaving or stopping.is_leaving(self._progress, self._generation)

    def _note_running(self) -> None:
        if self.state_file.state.state != "starting":
            return
        if self._progress is not None:
            at_work = self._progress.phase != "starting"
        else:
            # A script that tells nothing of itself: what it prints is the sign of life there is.
            at_work = size_of(self.run_dir / LOG_FILE) > self._log_bytes
        if at_work or time.monotonic() - self._began > SILENT_START_SECS:
            self.state_file.update(state="running")

    def _serve(self, requests: list[Request], now: float) -> None:
        stop = next((request for request in requests if request.verb == "stop"), None)
        cancel = next((request for request in requests if request.verb == "cancel"), None)
        if cancel is not None:
            self._consider_cancel(cancel, stop, now)
        elif stop is not None and self.state_file.state.stop is None:
            self._begin_stop(stop, now)
        for request in requests:
            if request.verb == "hurry":
                self._hurry(request, now)
            elif request.verb == "wait":
                self._give_more_time(request, now)

    def _begin_stop(self, stop: Request, now: float) -> None:
        self._asked = self._staged = time.monotonic()
        self._saving_seen = False
        stage = StopStage(
            stage="asked",
            asked_at=stop.asked_at,
            asked_by=stop.asked_by,
            stage_at=now,
            waits_secs=stopping.waits_secs("asked", self._how.grace_secs, self._answer_secs()),
        )
        self.state_file.update(state="stopping", stop=stage)

    def _hurry(self, request: Request, now: float) -> None:
        """Sends the next signal of the stop now."""
        under_way = self.state_file.state.stop
        stage = STEPS[under_way.stage].hurried if under_way is not None else None
        if stage is None:
            why = "No stop is under way." if under_way is None else "It has been killed already."
            return self._answer(request, "refused", why, now)
        self._answer(request, "done", "", now)
        if self._is_first_sight(request):
            self._enter(stage, now)

    def _give_more_time(self, request: Request, now: float) -> None:
        """The time of this stage counts anew."""
        under_way = self.state_file.state.stop
        if under_way is None or under_way.waits_secs is None:
            why = "No stop is under way." if under_way is None else "No signal is due: there is nothing to delay."
            return self._answer(request, "refused", why, now)
        self._answer(request, "done", "", now)
        if self._is_first_sight(request):
            self._count_anew(now)

    def _is_first_sight(self, request: Request) -> bool:
        """Whether it was not obeyed yet: one that a full disk leaves unanswered comes again at every look."""
        is_new = request.number > self._obeyed
        self._obeyed = max(self._obeyed, request.number)
        return is_new

    def _consider_cancel(self, cancel: Request, stop: Request | None, now: float) -> None:
        """Answers a cancel as soon as the truth is known: only work done after it proves that it holds."""
        if self._cancel_seen is None or self._cancel_seen[0] != cancel.number:
            self._cancel_seen = (cancel.number, self._progress_stamp)
            self._note_cancel(cancel)
        under_way = self.state_file.state.stop
        if under_way is None and stop is None:
            self._answer(cancel, "refused", "No stop was waiting.", now)
        elif under_way is not None and under_way.stage != "asked":
            self._answer(cancel, "refused", "Too late: the process has been signalled.", now)
        elif self._leaving:
            self._answer(cancel, "refused", "Too late: the trainer is already saving and exiting.", now)
        elif stopping.went_on(self._progress, self._generation, self._progress_stamp != self._cancel_seen[1]):
            # The stop first: while it is open and the cancel is not, the trainer would obey it.
            if stop is not None:
                self._answer(stop, "refused", f"Taken back{_by(cancel.asked_by)}.", now)
            self._answer(cancel, "done", "", now)
            self.state_file.update(state="running", stop=None)

    def _note_cancel(self, cancel: Request) -> None:
        """While the trainer has not read it, the page says so instead of counting down to a signal."""
        under_way = self.state_file.state.stop
        if under_way is not None and under_way.stage == "asked":
            self.state_file.update(stop=msgspec.structs.replace(under_way, cancelled_at=cancel.asked_at))

    def _advance_stop(self, now: float) -> None:
        under_way = self.state_file.state.stop
        if under_way is None or self._cancel_is_open():
            return
        self._give_time_to_save(now)
        self._learn_its_pace(now)
        tick = time.monotonic()
        stage = stopping.next_stage(
            under_way.stage,
            stopping.Waited(tick - self._asked, tick - self._staged),
            # A trainer cannot read what could not be written: it is signalled.
            stopping.listens(self._progress, self._generation) and not self._is_unwritten,
            self._how.grace_secs,
            self._answer_secs(),
        )
        if stage == "interrupted" and self._ignores_the_first_signal():
            log.info("the process ignores %s: it gets SIGTERM at once", self._how.stop_with)
            stage = "terminated"
        if stage is not None:
            self._enter(stage, now)

    def _ignores_the_first_signal(self) -> bool:
        first = signal_of("interrupted", self._how.stop_with)
        return first is not None and self.trainer.ignores(first)

    def _enter(self, stage: StopStageName, now: float) -> None:
        """The next stage of the stop: recorded, then its signal sent."""
        under_way = self.state_file.state.stop
        assert under_way is not None
        self._staged = time.monotonic()
        waits = stopping.waits_secs(stage, self._how.grace_secs)
        entered = {"stage": stage, "stage_at": now, "waits_secs": waits, "cancelled_at": None}
        self.state_file.update(stop=msgspec.structs.replace(under_way, **entered))
        if (number := signal_of(stage, self._how.stop_with)) is not None:
            self.trainer.send(number)

    def _count_anew(self, now: float) -> None:
        self._asked = self._staged = time.monotonic()
        under_way = self.state_file.state.stop
        assert under_way is not None
        self.state_file.update(stop=msgspec.structs.replace(under_way, stage_at=now))

    def _cancel_is_open(self) -> bool:
        return any(request.verb == "cancel" for request in control.pending(self.run_dir, self._generation))

    def _answer_secs(self) -> float | None:
        known = stopping.listens(self._progress, self._generation)
        return answer_secs(self._progress) if known else 0.0

    def _learn_its_pace(self, now: float) -> None:
        """Counts the time anew once, when it becomes known how long the trainer takes to its next question."""
        under_way = self.state_file.state.stop
        if under_way is None or under_way.stage != "asked" or under_way.waits_secs is not None:
            return
        waits = stopping.waits_secs("asked", self._how.grace_secs, self._answer_secs())
        if waits is not None and stopping.listens(self._progress, self._generation):
            self.state_file.update(stop=msgspec.structs.replace(under_way, waits_secs=waits))
            self._count_anew(now)

    def _give_time_to_save(self, now: float) -> None:
        """Counts the grace period anew once, when the checkpoint begins: a large one must not be cut short."""
        if not self._saving_seen and self._progress is not None and self._progress.phase == "saving":
            self._saving_seen = True
            self._count_anew(now)

    def _end(self, ending: Ending, now: float) -> None:
        self._gpus.close()
        self.trainer.clear_leftovers()
        self._how.feed.end(now, seen=ending.exit_code is not None or ending.signal is not None)
        self._read_progress()
        stop = next((r for r in control.pending(self.run_dir, self._generation) if r.verb == "stop"), None)
        if stop is not None and self.state_file.state.stop is None:
            self._begin_stop(stop, now)  # a quick trainer obeys before its supervisor has looked
        final = final_of(ending, self._progress, self.state_file.state.stop, self.run_dir)
        if final is not None:
            self.state_file.update(
                state=final.state,
                error=final.error,
                traceback=final.traceback,
                exit_code=ending.exit_code,
                signal=ending.signal,
                ended_at=now,
                saved=None,
            )
            self._insist()
        for request in control.pending(self.run_dir, self._generation):
            self._answer_at_end(request, now)
        self._watch.look(now, force=True)
        self._look_for_checkpoint(is_known=final is not None)

    def _look_for_checkpoint(self, *, is_known: bool) -> None:
        """Notes what a script that was stopped, or whose end nobody saw, has left on disk.

        Last of all, as a large folder takes its time.
        """
        has_told = self._progress is not None and self._progress.checkpoint_epoch is not None
        if (self.state_file.state.state == "stopped" or not is_known) and not has_told:
            self.state_file.update(saved=saved_in(self.run_dir))

    def _insist(self) -> None:
        deadline = time.monotonic() + LAST_WORD_SECS
        while not self.state_file.flush() and self.run_dir.is_dir() and time.monotonic() < deadline:
            time.sleep(0.5)

    def _answer_at_end(self, request: Request, now: float) -> None:
        word = self.state_file.state.state
        if request.verb != "stop":
            self._answer(request, "refused", "Too late: the run has ended.", now)
        elif word == "stopped":
            self._answer(request, "done", "", now)
        else:
            self._answer(request, "expired", "The run had ended by itself.", now)

    def _answer(self, request: Request, result: control.Result, why: str, now: float) -> None:
        try:
            control.answer(self.run_dir, request, result, why, now)
        except OSError as problem:
            log.warning("request %s not answered yet: %s", request.verb, problem)


def _by(who: str) -> str:
    return f" by {who}" if who else ""
