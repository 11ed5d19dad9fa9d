"""Another host: a real sshd with keys of its own, in a pid and a host-name namespace where root allows.

It listens on loopback, or, `apart`, in a network namespace of its own at the other end of a cable (a veth pair).
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
NAME = "gpu3"
NEAR, FAR = "10.77.0.1", "10.77.0.2"
"""The two ends of the cable. No other program sees them: both lie in networks of the test's own."""


class FarHost:
    """Called `gpu3` in the ssh config that this test alone uses. Its home, state and runs lie below one folder."""

    def __init__(self, place: Path, *, apart: bool = False) -> None:
        self.place = place
        self.apart = apart
        self.address = FAR if apart else "127.0.0.1"
        self.spaces = ["--pid", "--uts", *(["--net"] if apart else [])]
        self.first = 0
        self.runs = place / "data" / "runs"
        self.runs.mkdir(parents=True)
        self.config = place / "ssh_config"
        self.known_hosts = place / "known_hosts"
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.sshd: subprocess.Popen[bytes] | None = None
        self.own_namespace = os.geteuid() == 0 and _can_unshare()
        self.make_key("user_key")
        self.make_key("host_key")
        shutil.copy(place / "user_key.pub", place / "authorized_keys")
        self.know_its_key()
        self._write_configs()

    @property
    def spec(self) -> str:
        return f"{NAME}:{self.runs}"

    @property
    def program(self) -> str:
        """The product there: with a state and a cache of its own."""
        return f"{NAME}={shlex.join(self.words)}"

    @property
    def words(self) -> list[str]:
        own = {
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": f"{self.place}/state",
            "XDG_CACHE_HOME": f"{self.place}/cache",
        }
        return ["env", *(f"{name}={value}" for name, value in own.items()), sys.executable, "-m", "monitor"]

    @property
    def ssh(self) -> str:
        return f"ssh -F {self.config}"

    def make_key(self, name: str) -> None:
        for path in (self.place / name, self.place / f"{name}.pub"):
            path.unlink(missing_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.place / name)], check=True, timeout=60
        )

    def know_its_key(self) -> None:
        kind, key = (self.place / "host_key.pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[{self.address}]:{self.port} {kind} {key}\n")

    def _write_configs(self) -> None:
        # A home of its own: a login script of this machine's user that a test kills would leave its locks behind.
        (self.place / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress {self.address}\nHostKey {self.place}/host_key\n"
            "PidFile none\nStrictModes no\n"
            f"AuthorizedKeysFile {self.place}/authorized_keys\nPasswordAuthentication yes\nUsePAM no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\n"
            f"SetEnv HOME={self.place}\n"
        )
        self.config.write_text(
            f"Host {NAME}\n  HostName {self.address}\n  Port {self.port}\n  IdentityFile {self.place}/user_key\n"
            f"  IdentitiesOnly yes\n  UserKnownHostsFile {self.known_hosts}\n"
        )

    def start(self) -> None:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        if self.own_namespace and self.process is None:
            inside = f"hostname {NAME} && exec sleep infinity"
            begin = ["unshare", *self.spaces, "--fork", "--kill-child", "--mount-proc", "sh", "-c", inside]
            self.process = subprocess.Popen(begin, start_new_session=True)
            slept = _wait(lambda: [pid for pid in _below(self.process.pid)[1:] if _command(pid).startswith("sleep")])
            self.first = slept[0]
            if self.apart:
                self._lay_the_cable()
        serve = [SSHD, "-D", "-e", "-f", str(self.place / "sshd_config")]
        if self.own_namespace:
            serve = ["nsenter", f"--target={self.first}", *self.spaces, "--mount", *serve]
        with (self.place / "sshd.log").open("ab") as log:
            self.sshd = subprocess.Popen(serve, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.sshd.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((self.address, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError((self.place / "sshd.log").read_text())

    def _lay_the_cable(self) -> None:
        _ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(self.first))
        _ip("address", "add", f"{NEAR}/30", "dev", "near")
        _ip("link", "set", "near", "up")
        _ip("address", "add", f"{FAR}/30", "dev", "far", there=self.first)
        self.plug("up")

    def plug(self, state: str) -> None:
        """`down` pulls the cable out at the far end, without a word to either side; `up` puts it back."""
        _ip("link", "set", "far", state, there=self.first)

    def kill(self) -> None:
        """The whole host at once: sshd, its sessions, and everything that was started there."""
        if self.sshd is None:
            return
        for pid in _below(self.sshd.pid):
            _kill(pid)
        self.sshd.wait(20)
        self.sshd = None
        if self.process is not None:
            self.process.kill()  # the namespace dies with its first process
            self.process.wait(20)
            self.process = None

    def cut(self) -> None:
        """The network goes, the runs go on: sshd and its sessions end, and nothing else."""
        assert self.sshd is not None
        for pid in _below(self.sshd.pid):
            if "sshd" in _command(pid) or "nsenter" in _command(pid):
                _kill(pid)
        self.sshd.wait(20)

    def do(self, *words: object) -> subprocess.CompletedProcess[str]:
        """Runs a verb there, over ssh."""
        line = shlex.join([*self.words, *map(str, words)])
        return subprocess.run(
            [*shlex.split(self.ssh), "-o", "BatchMode=yes", NAME, line], capture_output=True, text=True, timeout=120
        )


def _below(pid: int) -> list[int]:
    import psutil

    root = psutil.Process(pid)
    return [pid, *(child.pid for child in root.children(recursive=True))]


def _ip(*words: str, there: int = 0) -> None:
    inside = ["nsenter", f"--target={there}", "--net"] if there else []
    subprocess.run([*inside, "ip", *words], check=True, timeout=120)


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.kill(pid, signal.SIGKILL)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def _wait(what: Callable[[], list[int]]) -> list[int]:
    deadline = time.monotonic() + 60
    while not (found := what()):
        assert time.monotonic() < deadline, "the far host does not come up"
        time.sleep(0.02)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _can_unshare() -> bool:
    tried = ["unshare", "--pid", "--fork", "--mount-proc", "--uts", "true"]
    try:
        return subprocess.run(tried, capture_output=True, timeout=120).returncode == 0
    except OSError:
        return False
