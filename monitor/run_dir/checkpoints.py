"""Whose trainer it is, and what is known of its checkpoints. Pure."""

from __future__ import annotations

from itertools import pairwise

from monitor.run_dir import words
from monitor.run_dir.records import Snapshot

OWN = {("-m", words.TRAINER), ("-m", "vitalsigns.trainer")}
"""Command lines that start the bundled trainer: as here, and as a wheel does. Beside a wheel, `-m trainer` is another
program."""


PROGRAMS = (".py", ".sh")
"""Endings of a program's file; the words that follow it on a command line are its own."""
SHELLS = frozenset({"bash", "sh", "zsh", "dash"})


def is_own_trainer(argv: list[str]) -> bool:
    """Whether the command is `python … -m trainer …`, whose flags we know."""
    place = next((place for place, pair in enumerate(pairwise(argv)) if pair in OWN), None)
    if place is None:
        return False
    before = [word.rpartition("/")[2] for word in argv[:place]]
    return not any(word.endswith(PROGRAMS) or word in SHELLS for word in before)


def saves_checkpoints(snapshot: Snapshot) -> bool:
    """Whether a stop leaves a checkpoint, as far as is known: one was reported, or the trainer is our own."""
    return _has_reported(snapshot) or is_ours(snapshot)


def keeps_best_checkpoint(snapshot: Snapshot) -> bool:
    """Whether the checkpoint with the best error rate lies there: our own trainer keeps it from its first on."""
    return _has_reported(snapshot) and is_ours(snapshot)


def _has_reported(snapshot: Snapshot) -> bool:
    return snapshot.progress is not None and snapshot.progress.checkpoint is not None


def is_ours(snapshot: Snapshot) -> bool:
    """Whether this project's trainer trains it, which saves when asked to stop; `trainer.diagnose` reads it."""
    return snapshot.launch is not None and is_own_trainer(snapshot.launch.argv)
