"""A real sshd for the tests marked `hosts`; scripts/ensure_sshd.sh installs it where that is possible."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.launcher.hosts.following import FolderFollower
from monitor.run_dir.folders import Folder, folders_of
from tests.hosts.far import FarHost


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a short path, as a socket of ssh needs; the caches of this test lie below it."""
    with tempfile.TemporaryDirectory(prefix="vs") as name:
        monkeypatch.setenv("XDG_CACHE_HOME", f"{name}/cache")
        monkeypatch.setenv("XDG_STATE_HOME", f"{name}/state")
        yield Path(name)


@pytest.fixture
def far(short: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarHost]:
    host = FarHost(short / "far")
    monkeypatch.setenv("VITALSIGNS_SSH", host.ssh)
    host.start()
    yield host
    host.kill()


@pytest.fixture
def follow(far: FarHost) -> Iterator:
    """`follow()` follows the far folder, by another program there if one is given; all of them end with the test."""
    begun: list[FolderFollower] = []

    def one(program: str | None = None) -> tuple[Folder, FolderFollower]:
        programs = [far.program if program is None else f"gpu3={program}"] if program != "" else []
        folder = folders_of([far.spec], programs).all[0]
        following = FolderFollower(folder)
        begun.append(following)
        following.start()
        return folder, following

    yield one
    for following in begun:
        following.stop()
