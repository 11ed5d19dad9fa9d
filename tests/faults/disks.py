"""Real disks that fail: a small tmpfs, a limit on the size of files, a process that file rights bind."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NO_MOUNT = "VITALSIGNS_NO_MOUNT"


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A tmpfs of that size. Without the right to mount the test fails, unless it was said that there is none."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0755", "tmpfs", str(place)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True)
    if done.returncode and os.environ.get(NO_MOUNT):
        pytest.skip(f"{NO_MOUNT} is set: no small disk could be mounted, so a full one was not tried")
    assert done.returncode == 0, (
        f"A full disk needs the right to mount a tmpfs ({done.stderr.strip()}). "
        f"Run the fault suite as root, or set {NO_MOUNT}=1 to leave this out."
    )
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def remount(place: Path, how: str) -> None:
    """`ro` or `rw`. A disk that somebody writes to cannot be made read-only."""
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True, capture_output=True)


def fill(place: Path) -> Path:
    """Takes every free byte of a disk with one file; removing that file gives them back."""
    ballast = place / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for size in (4096, 1):
        while True:
            try:
                if os.write(descriptor, b"\0" * size) < size:
                    break
            except OSError:
                break
    os.close(descriptor)
    return ballast


def bound_by_rights(command: list[str]) -> list[str]:
    """The command such that file rights count: root without its capabilities; anybody else as they are."""
    if os.getuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    assert setpriv, "File rights bind root only without its capabilities: install setpriv (util-linux)."
    return [setpriv, "--bounding-set=-all", "--inh-caps=-all", *command]
