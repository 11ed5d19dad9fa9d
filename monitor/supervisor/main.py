"""`python -m monitor.supervisor`: takes the run's lock, starts or adopts its trainer, and stays until that has ended.

SIGTERM to a supervisor ends the supervisor alone: the trainer runs on, "running, unsupervised",
and the next contact of page or command line starts an adopting one.
"""

from __future__ import annotations

import argparse
import functools
import logging
import os
import signal
import sys
import time
from pathlib import Path

from monitor.run_dir import held, processes
from monitor.run_dir.audit import set_origin
from monitor.run_dir.errors import EXIT_REFUSED, MonitorError, RefusedError
from monitor.run_dir.launch import SUPERVISOR_LOG
from monitor.supervisor import job
from monitor.supervisor.begin import Mode, begin
from monitor.supervisor.detach import Report, detached
from monitor.supervisor.job import CLUSTER_WARNING
from monitor.supervisor.supervision import Supervision
from monitor.supervisor.without_trainer import LogSupervision, Unstarted

log = logging.getLogger("monitor.supervisor")

TICK_SECS = 0.2
LOCK_PATIENCE_SECS = 1.0
SAME_SIGNAL_SECS = 1.0
SUBMIT_PATIENCE_SECS = 60.0
"""So long the submitting process may hold the lock until the job's number is written down."""
DELIVER_SECS = 24 * 3600.0
"""How long after the end a message that cannot be delivered is tried again."""


class Leaving:
    """Whether this supervisor was asked to leave (SIGTERM, Ctrl-C), or to stop its run without a request on the disk.

    In a job SIGTERM comes from the engine, to every process of the job: nothing outlives it.
    `warned`: by whom; a cluster that ends the job soon, or a person whose request a full disk does not take.
    """

    def __init__(self, in_job: bool) -> None:
        self.asked = self.ended_by_engine = False
        self.warned = ""
        self.in_job = in_job
        signal.signal(signal.SIGUSR1, self._warn)
        signal.signal(signal.SIGUSR2, self._warn)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _warn(self, number: int, _frame: object) -> None:
        self.warned = CLUSTER_WARNING if number == signal.SIGUSR1 else "you, with the disk full"

    def _note(self, number: int, _frame: object) -> None:
        if self.in_job:
            self.ended_by_engine = True
            return
        log.info("asked to leave by %s; the trainer runs on", signal.Signals(number).name)
        self.asked = True


def main(argv: list[str]) -> int:
    """Exit code 0 when the supervision ended as it should, 5 with a sentence when it could not begin."""
    set_origin("supervisor")
    options = _options(argv)
    run_dir = options.run_dir.absolute()
    modes: tuple[Mode, ...] = ("adopt", "resume", "follow", "job")
    mode: Mode = next((mode for mode in modes if getattr(options, mode)), "start")
    body = functools.partial(_supervise, run_dir, mode, options)
    try:
        # Before a byte is written: whatever is put in the place of this folder later is not written into.
        held.hold(run_dir)
    except OSError as problem:
        _say(f"{run_dir} cannot be used: {problem.strerror}.")
        return EXIT_REFUSED
    if options.detach:
        return detached(run_dir / SUPERVISOR_LOG, body, EXIT_REFUSED)
    return body(_say)


class SupervisorLog(logging.StreamHandler):
    """What a full disk does not take of a line is lost, and no traceback of that follows into the same file."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Silent about the disk; any other fault is logging's to print."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


def _say(problem: str) -> None:
    if problem:
        sys.stderr.write(f"error: {problem}\n")


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m monitor.supervisor", description=__doc__)
    parser.add_argument("run_dir", type=Path, help="a run directory that holds launch.json")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--adopt", action="store_true", help="take over a trainer whose supervisor has died")
    how.add_argument("--resume", action="store_true", help="start it again as the next generation of the same run")
    how.add_argument("--job", action="store_true", help="start or continue it in the job that was submitted for it")
    how.add_argument("--follow", action="store_true", help="follow the log that the run was attached to")
    parser.add_argument("--after-parent", action="store_true", help="wait until the parent run has ended")
    parser.add_argument("--detach", action="store_true", help="leave the caller once the trainer has been started")
    return parser.parse_args(argv)


def _supervise(run_dir: Path, mode: Mode, options: argparse.Namespace, report: Report) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=[SupervisorLog()])
    leaving = Leaving(options.job)
    lock = processes.RunLock(run_dir)
    try:
        _acquire(lock, SUBMIT_PATIENCE_SECS if options.job else LOCK_PATIENCE_SECS)
        supervision = begin(run_dir, mode, options.after_parent, report, lambda: leaving.asked)
        if supervision is not None:
            _stay(supervision, leaving)
            # The run may be resumed at once, whether or not its last message can be delivered.
            if options.job and isinstance(supervision, Supervision):
                job.put_back(supervision.state_file)
            lock.release()
            _deliver(supervision, leaving)
            return job.exit_code(run_dir) if options.job else 0
        elif (unstarted := Unstarted(run_dir)).still_owns_the_run():
            lock.release()
            _deliver(unstarted, leaving)
    except (MonitorError, OSError) as problem:
        log.warning("%s", problem)
        report(str(problem))
        return problem.exit_code if isinstance(problem, MonitorError) else EXIT_REFUSED
    finally:
        lock.release()
    return 0


def _acquire(lock: processes.RunLock, patience_secs: float) -> None:
    """Tries for a moment: the supervisor of a run that has just ended still judges it once before it releases."""
    deadline = time.monotonic() + patience_secs
    while True:
        try:
            return lock.acquire()
        except RefusedError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def _stay(supervision: Supervision | LogSupervision, leaving: Leaving) -> None:
    # One supervisor per run on a shared machine: numpy must not start a thread per core for a few medians.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    while not leaving.asked:
        if leaving.in_job and isinstance(supervision, Supervision):
            _hear_the_engine(supervision, leaving)
        if supervision.tick(time.time()):
            break
        if leaving.warned:
            supervision.ask_to_stop(leaving.warned, time.time())
            leaving.warned = ""
        time.sleep(TICK_SECS)


def _hear_the_engine(supervision: Supervision, leaving: Leaving) -> None:
    """Takes the engine's SIGTERM as a stop. It reaches the trainer and this process in any order: where the trainer
    has died of something, this process waits a moment for the same."""
    deadline = time.monotonic() + SAME_SIGNAL_SECS
    while (ending := supervision.trainer.ended()) and ending.exit_code != 0 and not leaving.ended_by_engine:
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)
    if leaving.ended_by_engine:
        leaving.ended_by_engine = False
        supervision.is_terminated(job.ended_by(supervision.run_dir), time.time())


def _deliver(supervision: Supervision | LogSupervision | Unstarted, leaving: Leaving) -> None:
    """Delivers messages, at most for a day; leaves at once when the run is gone or another supervisor has it."""
    deadline = time.monotonic() + DELIVER_SECS
    while not leaving.asked and not supervision.deliver(time.time()):
        if time.monotonic() > deadline:
            log.warning("leaving with messages that could not be delivered")
            break
        if not supervision.still_owns_the_run():
            break
        time.sleep(TICK_SECS)
    supervision.close()
