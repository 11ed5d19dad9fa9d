"""Acts on runs of another host: the same verb there, over ssh. That side checks, refuses, acts and notes it."""

from __future__ import annotations

import os
import select
import shlex
import socket
import subprocess
import time
from typing import Any

import msgspec

from monitor.launcher.hosts import ssh
from monitor.run_dir.errors import RefusedError, UnreadableRunError
from monitor.run_dir.folders import Folder

ACT_SECS = 90.0
"""A restart that stops its parent takes a while; nothing waits longer."""
MOST_SAID = 1 << 20
REFUSALS = frozenset({3, 5, 64})
"""Exit codes with which the product itself refuses; its sentence is passed on."""


def there(folder: Folder, *words: str) -> str:
    """The command line that does the same from a terminal."""
    line = f"{folder.program or 'vitalsigns'} {shlex.join([*words, '--runs', folder.there])}"
    return f"ssh {folder.host} {shlex.quote(line)}"


def act_there(folder: Folder, *words: str, asked_from: str, reads: bool = False) -> str:
    """Runs a verb of the product on the host of a folder; returns what it printed.

    `asked_from`: the way that this act came, for the audit there. `reads`: the verb changes nothing. Raises
    RefusedError with that side's own sentence, or with why it could not be asked.
    """
    asked_from = f"{asked_from} on {socket.gethostname()}"
    command = ssh.command(folder, [*words, "--runs", folder.there], asked_from, shares=True)
    code, out, err = _ran(command)
    if code == 0:
        return out
    said = [line for line in err.splitlines() if line.startswith("error: ")]
    if code in REFUSALS and said:
        raise RefusedError(f"{folder.host}: {ssh.quoted(said[-1])}.")
    if code in REFUSALS and out.strip():
        raise RefusedError(f"{folder.host}: {ssh.quoted(out.strip().splitlines()[-1])}.")
    why = ssh.why(folder, code, err) if code is not None else f"{folder.host} has not answered within {ACT_SECS:.0f} s."
    if reads:
        raise RefusedError(why)
    if ssh.may_have_begun(code, err):
        raise RefusedError(
            f"Whether {folder.host} has done it is not known. {why} "
            f"Look at the run, or ask there: {there(folder, *words)}"
        )
    raise RefusedError(f"Nothing was done. {why}")


def asked_there(folder: Folder, *words: str, asked_from: str, reads: bool = False) -> dict[str, Any]:
    """The same for a verb that prints one JSON document. Raises RefusedError, UnreadableRunError for another answer."""
    text = act_there(folder, *words, "--json", asked_from=asked_from, reads=reads)
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRunError(f"{folder.host} sent an answer that is not a Vitalsigns document.") from None


def _ran(command: list[str]) -> tuple[int | None, str, str]:
    """(exit code, None where it was given up; what it printed; its errors), each of them bounded."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=ssh.environment(),
    )
    assert process.stdout is not None and process.stderr is not None
    streams = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    out, err = streams.values()
    open_ones = set(streams)
    deadline = time.monotonic() + ACT_SECS
    try:
        while open_ones and time.monotonic() < deadline and max(map(len, streams.values())) < MOST_SAID:
            for descriptor in select.select(list(open_ones), [], [], 0.5)[0]:
                data = os.read(descriptor, 65_536)
                streams[descriptor].extend(data)
                if not data:
                    open_ones.discard(descriptor)
        code = process.wait(max(0.1, deadline - time.monotonic())) if not open_ones else None
    except subprocess.TimeoutExpired:
        code = None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()
    return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
