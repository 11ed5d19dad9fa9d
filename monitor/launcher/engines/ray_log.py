"""The log of a run's Ray job through Ray's job API: whole for one look, or followed for as long as somebody looks.

It holds what Ray, the supervisor and the training of this job have printed (`monitor.supervisor.job_log`). Only the
address in this user's own book is asked. SLURM has no such door: it writes job.log into the run's folder.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from monitor.launcher.engines.ray_jobs import LOOK_SECS, call, name_of, token_header
from monitor.run_dir import LOG_FILE, JobSeen, State, held, job_words, jobs
from monitor.run_dir.errors import RefusedError

LONGEST_LOG = 2**26
KEPT_BYTES = 2**23
"""Of a log that is followed, its end is kept: as much as a search on the page reads."""
LONGEST_PIECE = 2**24
IDLE_SECS = 20.0
RETRY_SECS = 5.0
MOST_FOLLOWED = 16


@dataclass(frozen=True)
class JobLog:
    """As `monitor.view.log` reads one: its `source`, its bytes in all, and its end, None for trainer.log instead."""

    source: str
    size: int = 0
    end: Callable[[int], bytes] | None = None


def whole(run_dir: Path, state: State | None) -> JobLog | None:
    """The log of the job as it is now; None for a run whose log is trainer.log."""
    seen = _asked_for(run_dir, state)
    if seen is None:
        return None
    path = f"/api/jobs/{name_of(seen.job_id)}/logs"
    try:
        said = call(seen.address, "GET", path, None, LOOK_SECS, LONGEST_LOG)
    except RefusedError as refused:
        return JobLog(_instead(str(refused)))
    text = said.get("logs") if isinstance(said, dict) else None
    if not isinstance(text, str):
        return JobLog(_instead(f"Ray does not know {job_words.called(seen)[4:]} any more."))
    data = text.encode("utf-8", "replace")
    return JobLog(_source(seen), len(data), lambda most: data[-most:])


def followed(run_dir: Path, state: State | None) -> JobLog | None:
    """The same without waiting: what has come so far. From the first call on it comes as it is printed, until nobody
    has called for 20 s."""
    seen = _asked_for(run_dir, state)
    if seen is None:
        return None
    if seen.problem:  # a Ray that stands still closes no connection: what has come so far may be old
        return JobLog(_instead(seen.problem))
    with _lock:
        for job in [job for job, each in _followers.items() if each.is_idle()]:
            del _followers[job]
        follower = _followers.get(seen.job_id)
        if follower is not None and follower.is_broken(seen):
            follower = None
            del _followers[seen.job_id]
        if follower is None and len(_followers) < MOST_FOLLOWED:
            follower = _followers[seen.job_id] = Follower(seen)
            follower.start()
    if follower is None:
        return JobLog(_instead(f"The logs of {MOST_FOLLOWED} other Ray jobs are followed already."))
    return follower.log()


def _asked_for(run_dir: Path, state: State | None) -> JobSeen | None:
    """The job whose log Ray is asked for: it is at work, or it has ended without having written a trainer.log."""
    seen = jobs.seen(run_dir, state)
    if state is None or seen is None or seen.engine != "ray":
        return None
    if seen.ended_at is None and state.state in ("starting", "running", "stopping"):
        return seen
    has_begun = seen.state not in ("", job_words.GONE) and not job_words.is_waiting(seen)
    return seen if has_begun and not _is_there(run_dir / LOG_FILE) else None


def _is_there(path: Path) -> bool:
    try:
        held.stat_of(path)
    except OSError:
        return False
    return True


def _source(seen: JobSeen) -> str:
    return f"Log of {job_words.called(seen)}, from Ray's job API"


def _instead(why: str) -> str:
    return f"This is {LOG_FILE}, not the log of its Ray job. {why}"


class Follower(threading.Thread):
    """Reads the log of one job from its beginning, as Ray hands it out, and ends once nobody has looked for 20 s."""

    def __init__(self, seen: JobSeen) -> None:
        super().__init__(name="ray-log", daemon=True)
        self._seen = seen
        self._pieces: deque[bytes] = deque()
        self._kept = self._size = 0
        self._problem = ""
        self._ended_at: float | None = None
        self._looked_at = time.monotonic()
        self._lock = threading.Lock()

    def log(self) -> JobLog:
        """What has come so far, or why nothing has. It counts as a look: the thread stays 20 s longer."""
        self._looked_at = time.monotonic()
        with self._lock:
            if self._problem:
                return JobLog(_instead(self._problem))
            if not self._size:
                return JobLog(f"{_source(self._seen)}: no line of it has come yet; this is {LOG_FILE}")
            return JobLog(_source(self._seen), self._size, self._end)

    def is_idle(self) -> bool:
        """Whether nobody looks any more."""
        return time.monotonic() - self._looked_at > IDLE_SECS

    def is_broken(self, seen: JobSeen) -> bool:
        """Whether it ended before the job did, or failed, a moment ago: another one is to be begun."""
        is_early = bool(self._problem) or seen.ended_at is None
        return self._ended_at is not None and is_early and time.monotonic() - self._ended_at > RETRY_SECS

    def run(self) -> None:
        """The thread: follows the log to its end; what Ray refuses is the problem that `log` names."""
        try:
            self._follow()
        except RefusedError as refused:
            self._problem = str(refused)
        self._ended_at = time.monotonic()

    def _follow(self) -> None:
        from websockets.exceptions import ConnectionClosedOK, InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        address = self._seen.address
        parts = urlsplit(address)
        place = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}/api/jobs/{name_of(self._seen.job_id)}"
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        try:
            # With a socket of ours no redirection is followed; a proxy is never asked.
            own = _connected(parts.hostname or "", parts.port or (443 if secure else 80))
            with connect(
                f"{place}/logs/tail",
                sock=own,
                ssl=secure,
                proxy=None,
                compression=None,  # the dashboard hands the offer on, and ends when it is taken up
                additional_headers=token_header(),
                ping_interval=None,  # it answers none while it hands a log on
                open_timeout=LOOK_SECS,
                close_timeout=1.0,
                max_size=LONGEST_PIECE,
            ) as door:
                while not self.is_idle():
                    try:
                        self._take(door.recv(timeout=1.0))
                    except TimeoutError:
                        continue
        except ConnectionClosedOK:
            return  # the job has ended, and this was all; or something between closed it
        except InvalidStatus as refused:
            why = f"The Ray at {address} refused to give it ({refused.response.status_code})."
            raise RefusedError(why) from None
        except (OSError, WebSocketException, ValueError) as problem:
            why = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
            raise RefusedError(f"The Ray at {address} does not give it ({why}).") from None

    def _take(self, piece: str | bytes) -> None:
        data = piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace")
        with self._lock:
            self._pieces.append(data)
            self._size += len(data)
            self._kept += len(data)
            while self._kept - len(self._pieces[0]) >= KEPT_BYTES:
                self._kept -= len(self._pieces.popleft())

    def _end(self, most: int) -> bytes:
        with self._lock:
            wanted: list[bytes] = []
            for piece in reversed(self._pieces):
                if most <= 0:
                    break
                wanted.append(piece[-most:])
                most -= len(piece)
        return b"".join(reversed(wanted))


def _connected(host: str, port: int) -> socket.socket:
    """A connection that ends where its other side has been gone for 40 s. Raises OSError."""
    own = socket.create_connection((host, port), LOOK_SECS)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            own.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return own


_followers: dict[str, Follower] = {}
_lock = threading.Lock()
