"""One thread a folder of another host, or of an archive: it keeps one ssh or reader open, fills the mirror, and knows
what to say if it cannot."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections import defaultdict

import msgspec

from monitor.launcher.hosts import ssh, wire
from monitor.launcher.hosts.mirror import ForeignError, Mirror
from monitor.run_dir import words
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import Folder
from monitor.run_dir.lives import HEARD_SECS
from monitor.run_dir.processes import RunLock
from monitor.run_dir.records import ready

RETRY_SECS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Between two tries to connect; the last one again and again."""
STEADY_SECS = 10.0
"""A connection that lasted so long was a good one: the next try comes at once."""
SILENT_SECS = 20.0
"""A connection from which nothing comes for so long is given up; ssh itself gives up sooner."""
WAIT_SECS = 0.5
MOST_NOISE = 64 * 1024
"""What a login script prints before the first word of ours."""
MOST_SAID = 8192
LOCK_FILE = "mirror.lock"
_LOGINS: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
"""Host → held while one folder of it logs in: the others then go through that connection. None waits longer than a
login may take."""


class FolderFollower:
    """Follows one folder from `start` until `stop`; `problem` may be asked for from any thread."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._place = folder.path.parent
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"host {folder.side}")
        self._is_connected = False
        self._why = ""
        self._folder_problem = ""
        self._ahead_secs = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._mirror: Mirror | None = None
        self.connections = 0

    def start(self) -> None:
        """Begins, once; the first connection is made in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the ssh and the thread."""
        self._stopped.set()
        self._end()
        if self._thread.is_alive():
            self._thread.join(5.0)

    @property
    def bytes_taken(self) -> int:
        """Bytes of files that have come so far."""
        return self._mirror.bytes_taken if self._mirror is not None else 0

    def problem(self, now: float) -> str:
        """What to say under its heading; "" while all is well. `now`: UTC seconds."""
        if self._is_connected:
            return self._folder_problem or self._clock_problem()
        heard_at = self._heard_at()
        if heard_at is None:
            return self._why or f"Connecting to {self._folder.side} for the first time."
        shown = f"Not heard since {words.clock(heard_at, now)}; what was read last stays below."
        if not self._why and now - heard_at < HEARD_SECS:
            return ""
        return f"{self._why or f'Connecting to {self._folder.side}.'} {shown}"

    def _clock_problem(self) -> str:
        if abs(self._ahead_secs) < words.AHEAD_SECS:
            return ""
        way = "ahead of" if self._ahead_secs > 0 else "behind"
        return f"Its clock is {words.age(abs(self._ahead_secs))} {way} this one: ages of its runs are off by that."

    def _heard_at(self) -> float | None:
        return self._mirror.heard_at() if self._mirror is not None else None

    def _run(self) -> None:
        tries = 0
        while not self._stopped.is_set():
            try:
                self._mirror = self._mirror or Mirror(self._place)
                with RunLock(self._place, LOCK_FILE):
                    begun = time.monotonic()
                    self._why = self._converse(self._mirror)
                    tries = 0 if time.monotonic() - begun > STEADY_SECS else tries + 1
            except RefusedError:
                self._read_along()
                continue
            except OSError as problem:
                self._why = f"The mirror of {self._folder.side} cannot be kept here: {problem.strerror or problem}."
                tries += 1
            self._is_connected = False
            self._stopped.wait(RETRY_SECS[min(tries, len(RETRY_SECS) - 1)])

    def _read_along(self) -> None:
        """Another dashboard of this user follows the same folder: its mirror is read as it comes."""
        heard_at = self._heard_at()
        self._is_connected = heard_at is not None and abs(time.time() - heard_at) < HEARD_SECS
        self._why = "" if self._is_connected else "Another dashboard of yours follows it, and gets no answer from it."
        self._stopped.wait(2.0)

    def _converse(self, mirror: Mirror) -> str:
        """One connection from its first word to its end; returns why it ended."""
        with contextlib.ExitStack() as login:
            if not self._folder.is_archive and _LOGINS[self._folder.host].acquire(timeout=ssh.CONNECT_SECS):
                login.callback(_LOGINS[self._folder.host].release)
            return "" if self._stopped.is_set() else self._talked(mirror, login)

    def _talked(self, mirror: Mirror, login: contextlib.ExitStack) -> str:
        there = ["serve", "--feed", "--runs", self._folder.there]
        reader = [sys.executable, "-m", words.PACKAGE, *there]
        command = reader if self._folder.is_archive else ssh.command(self._folder, there)
        process = self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=ssh.environment(),
        )
        talk = _Talk(process, self._folder, mirror)
        try:
            while not self._stopped.is_set() and (why := talk.step(time.monotonic())) is None:
                if talk.is_greeted and not self._is_connected:
                    login.close()
                    self._is_connected, self._why = True, ""
                    self.connections += 1
                self._folder_problem, self._ahead_secs = talk.folder_problem, talk.ahead_secs
            return "" if self._stopped.is_set() else str(why)
        except ForeignError as odd:
            return f"{self._folder.side} is not believed: {odd}. Its connection was closed."
        finally:
            self._is_connected = False
            self._end()

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2.0)
            return
        process.kill()
        process.wait()


class _Talk:
    """The conversation over one pipe."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Folder, mirror: Mirror) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self._process = process
        self._in, self._out, self._err = process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno()
        self._folder = folder
        self._mirror = mirror
        self._decoder = msgspec.json.Decoder(ready(wire.FromThere))
        self._buffer = bytearray()
        self._said = b""
        self._wanted: list[str] | None = None
        self._heard = time.monotonic()
        self.is_greeted = False
        self.folder_problem = ""
        self.ahead_secs = 0.0
        self._unsent, self._noise = b"", 0
        self._refusal = ""
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)

    def step(self, now: float) -> str | None:
        """Takes what has come within half a second; why it is over, or None. Raises ForeignError, OSError."""
        ready, writable, _ = select.select([self._out, self._err], [self._in] if self._unsent else [], [], WAIT_SECS)
        if self._err in ready:
            self._said = (self._said + _read(self._err))[-MOST_SAID:]
        if writable:
            self._send()
        if self._out in ready:
            data = _read(self._out)
            if not data:
                return self._over()
            self._heard = now
            self._buffer += data
            self._take_all()
        if self._refusal:
            return self._refusal
        if self.is_greeted:
            self._say_what_is_wanted()
        if now - self._heard > SILENT_SECS:
            return f"Nothing came from {self._folder.side} for {SILENT_SECS:.0f} s; its connection was closed."
        return None

    def _over(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(3.0)
        with contextlib.suppress(OSError):
            self._said = (self._said + _read(self._err))[-MOST_SAID:]
        why = _why_of_a_reader if self._folder.is_archive else ssh.why
        return why(self._folder, self._process.poll(), self._said.decode("utf-8", "replace"))

    def _take_all(self) -> None:
        """All whole messages of the buffer."""
        begin = 0
        while (end := self._buffer.find(b"\n", begin)) >= 0:
            line = bytes(self._buffer[begin:end])
            try:
                message = self._decoder.decode(line)
            except (msgspec.DecodeError, RecursionError) as problem:
                if self.is_greeted:
                    raise ForeignError(f"it sent what is not a message ({problem})") from None
                begin, self._noise = end + 1, self._noise + len(line)  # what a login script prints
                if self._noise > MOST_NOISE:
                    raise ForeignError("it sent no greeting") from None
                continue
            size = message.size if isinstance(message, wire.Piece) else 0
            if len(self._buffer) - end - 1 < size:
                break
            self._take(message, bytes(self._buffer[end + 1 : end + 1 + size]))
            begin = end + 1 + size
        del self._buffer[:begin]
        longest = wire.LONGEST_LINE + wire.MOST_DOCUMENT_BYTES if self.is_greeted else MOST_NOISE
        if len(self._buffer) > longest:
            raise ForeignError("it sent more than a message may hold")

    def _take(self, message: wire.FromThere, data: bytes) -> None:
        if isinstance(message, wire.Hello):
            self._greet(message)
        elif self._refusal:
            return
        elif not self.is_greeted:
            raise ForeignError("it sent no greeting")
        else:
            self._mirror.take(message, data)
        if isinstance(message, wire.Runs):
            self.folder_problem = message.problem[: ssh.LONGEST_QUOTE]
        if isinstance(message, wire.Tick):
            self.ahead_secs = message.now - time.time()
            self._mirror.hear()

    def _greet(self, hello: wire.Hello) -> None:
        if hello.protocol != wire.PROTOCOL:
            from vitalsigns import __version__

            self._refusal = (
                f"{self._folder.side} has Vitalsigns {hello.version[:20]!r} and this page {__version__!r}: they do not "
                "understand each other. Install the same version on both."
            )
            return
        self.is_greeted = True
        self._mirror.begin()
        self._unsent += b"".join(msgspec.json.encode(have) + b"\n" for have in self._mirror.have())

    def _say_what_is_wanted(self) -> None:
        wanted = self._mirror.wanted(time.time())
        if wanted != self._wanted:
            self._unsent += msgspec.json.encode(wire.Want(runs=wanted)) + b"\n"
            self._wanted = wanted
        self._send()

    def _send(self) -> None:
        if self._unsent:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                self._unsent = self._unsent[os.write(self._in, self._unsent) :]


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 18)
    except BlockingIOError:
        return b""


def _why_of_a_reader(folder: Folder, code: int | None, said: str) -> str:
    """Why the reader of an archive has ended, as one sentence. `said`: what it wrote to standard error."""
    problems = [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]
    if problems:
        return f"{ssh.quoted(problems[-1], 600)}."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"The reader of {folder.there} has ended: {ssh.quoted(lines[-1]) if lines else f'code {code}'}."
