"""Which code a run was started with: the script's hash, the commit and what was edited since.

A change of the code explains as much as a change of a hyper-parameter, so both must be visible in a comparison.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

TORCHRUN = "torch.distributed.run"
"""The module that starts a script in several processes."""
LONGEST_DIFF_BYTES = 200_000
LARGEST_SCRIPT_BYTES = 20_000_000
GIT_TIMEOUT_SECS = 5.0


@dataclass(frozen=True)
class Code:
    """`script` is a path (or None if the command names none), `git_diff` what differs from `git_commit`."""

    script: str | None = None
    script_sha256: str | None = None
    git_commit: str | None = None
    git_diff: str | None = None


def code_of(argv: list[str], cwd: Path) -> Code:
    """Looks up the code behind `argv` as it is started in `cwd`; whatever cannot be found out stays None."""
    script = script_of(argv, cwd)
    commit = _git(cwd, "rev-parse", "HEAD")
    diff = _git(cwd, "diff", "HEAD", "--no-color", "--no-ext-diff") if commit else None
    return Code(
        script=str(script) if script else None,
        script_sha256=_sha256(script) if script else None,
        git_commit=commit.strip() if commit else None,
        git_diff=_bounded(diff) if diff else None,
    )


def script_of(argv: list[str], cwd: Path) -> Path | None:
    """The file that a command runs: `-m package` and plain paths are understood, in this order."""
    if TORCHRUN in argv:
        return script_of(argv[argv.index(TORCHRUN) + 1 :], cwd)
    if "-m" in argv[1:-1]:
        module = argv[argv.index("-m") + 1].replace(".", "/")
        candidates = [cwd / module / "__main__.py", cwd / f"{module}.py"]
    else:
        candidates = [cwd / word for word in argv if word.endswith((".py", ".sh", ".ipynb"))]
    return next((path.resolve() for path in candidates if path.is_file()), None)


def _sha256(path: Path) -> str | None:
    try:
        if path.stat().st_size > LARGEST_SCRIPT_BYTES:
            return None
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _git(cwd: Path, *arguments: str) -> str | None:
    """What git prints in `cwd`, or None: no git, no repository and a slow disk are all ordinary."""
    try:
        done = subprocess.run(
            ["git", "-C", str(cwd), *arguments],
            capture_output=True,
            timeout=GIT_TIMEOUT_SECS,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


def _bounded(diff: str) -> str:
    if len(diff) <= LONGEST_DIFF_BYTES:
        return diff
    return diff[:LONGEST_DIFF_BYTES] + f"\n… {len(diff) - LONGEST_DIFF_BYTES} more characters left out\n"
