"""Where the packages of a script's interpreter lie: read from the disk, nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

PACKAGES = "lib/python3*/site-packages"
SHARES = re.compile(r"(?im)^include-system-site-packages\s*=\s*true")
HOME = re.compile(r"(?m)^home\s*=\s*(\S.*)$")
LONGEST_BYTES = 100_000


def site_packages(interpreter: str) -> list[Path]:
    """The environment's own folders, those that its `.pth` files add, and its base's where it shares them."""
    return list(dict.fromkeys(_folders(Path(interpreter).parent.parent))) if interpreter else []


def _folders(environment: Path) -> Iterator[Path]:
    own = sorted(environment.glob(PACKAGES))
    yield from own
    for added in (path for folder in own for path in sorted(folder.glob("*.pth"))):
        lines = [line.strip() for line in _text(added).splitlines()]
        yield from (Path(line) for line in lines if line.startswith("/") and Path(line).is_dir())
    about = _text(environment / "pyvenv.cfg")
    if SHARES.search(about) and (home := HOME.search(about)) is not None:
        yield from sorted(Path(home[1].strip()).parent.glob(PACKAGES))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
