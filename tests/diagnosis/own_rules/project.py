"""A project with rules of its own and a run that was started in it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.diagnosis.own_rules.sources import RULES_FILE
from monitor.run_dir import Snapshot
from monitor.run_dir.reader import RunReader
from monitor.writer import RunWriter

HEAD = "import os, sys, time\nfrom vitalsigns.rules import Finding, Quiet\n"
QUIET = 'return Quiet("It was asked.")'


def rule(body: str, name: str = "mine", title: str = "A rule of mine", more: str = "") -> str:
    """A class whose `check(self, snapshot)` is `body`."""
    lines = textwrap.indent(textwrap.dedent(body).strip("\n"), " " * 8)
    head = f"class {name.title().replace('_', '')}:\n    name, title = {name!r}, {title!r}\n{more}"
    return f"\n{head}    def check(self, snapshot):\n{lines}\n"


def write_rules(folder: Path, *rules: str) -> Path:
    path = folder / RULES_FILE
    path.write_text(HEAD + "".join(rules), encoding="utf-8")
    return path


def write_run(run_dir: Path, seconds: Sequence[float] = (50.0,) * 8, **more: Any) -> Path:
    """A foreground run that was started in the current folder, with a healthy loss."""
    with RunWriter(run_dir, epochs=len(seconds), **more) as run:
        for epoch, secs in enumerate(seconds, 1):
            run.log_epoch(epoch, train_loss=2.0 / epoch, val_loss=2.1 / epoch, seconds=secs)
    return run_dir


def read(run_dir: Path, now: float = 2e9) -> Snapshot:
    return RunReader(run_dir).read(now)
