"""What a person sees who started the trainer in a terminal, or reads its log.

In a terminal a bar with losses and time left, if rich is installed; in a log one plain line per epoch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, TextIO

MANY_ITEMS = 1000
"""From this many on, preparing them takes seconds and deserves a bar."""


class Terminal:
    """Plain lines; `Bar` adds a progress bar to them."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout

    def say(self, line: str) -> None:
        """One line on the standard output."""
        self.out.write(line + "\n")
        self.out.flush()

    def warn(self, line: str) -> None:
        """One line on the standard error."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def track(self, items: Iterable[int], label: str, total: int) -> Iterable[int]:
        """Passes items on, with a bar where one can be drawn."""
        return items

    def questions(self, names: Sequence[str]) -> Iterator[int]:
        """The numbers of a few long tasks, each announced when its turn comes."""
        for number, name in enumerate(names):
            self.say(f"[{number + 1}/{len(names)}] {name} …")
            yield number

    def start(self, total_steps: int, done_steps: int) -> None:
        """Training begins."""

    def step(self, done_steps: int, train_loss: float) -> None:
        """An optimiser step was made."""

    def epoch(self, epoch: int, epochs: int, fields: dict[str, Any]) -> None:
        """An epoch was evaluated; `fields` are those of its record."""
        self.say(epoch_line(epoch, epochs, fields))

    def close(self) -> None:
        """Training is over."""


class Silent(Terminal):
    """Of the processes that train together, one speaks."""

    def say(self, line: str) -> None:
        """Says nothing."""

    def warn(self, line: str) -> None:
        """Warns of nothing."""


class Bar(Terminal):
    """rich's progress bar at the bottom, the epoch lines above it."""

    def __init__(self) -> None:
        super().__init__()
        self.exits = ExitStack()
        self.progress: Any = None
        self.task: Any = None
        self.losses = ""

    def say(self, line: str) -> None:
        """One line, above the bar where it is drawn."""
        if self.progress is None:
            super().say(line)
        else:
            self.progress.console.print(line, highlight=False, markup=False)

    def track(self, items: Iterable[int], label: str, total: int) -> Iterator[int]:
        """Passes items on, with a bar for MANY_ITEMS or more."""
        from rich.progress import track

        if total < MANY_ITEMS:
            yield from items
            return
        yield from track(items, description=label, total=total, transient=True)

    def questions(self, names: Sequence[str]) -> Iterator[int]:
        """The numbers of a few long tasks, with a bar that names the one in hand."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (BarColumn(), TextColumn("{task.completed}/{task.total}"), TextColumn("{task.description}"))
        with Progress(*columns, TimeElapsedColumn(), transient=True) as progress:
            task = progress.add_task("", total=len(names))
            for number, name in enumerate(names):
                progress.update(task, description=f"{name} …")
                yield number
                progress.advance(task)

    def start(self, total_steps: int, done_steps: int) -> None:
        """Draws the bar of all steps of the training."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self.progress = self.exits.enter_context(Progress(*columns))
        self.task = self.progress.add_task("", total=total_steps, completed=done_steps)

    def step(self, done_steps: int, train_loss: float) -> None:
        """Moves the bar on, with the running train loss."""
        self.progress.update(self.task, completed=done_steps, description=f"train {train_loss:.2f}  {self.losses}")

    def epoch(self, epoch: int, epochs: int, fields: dict[str, Any]) -> None:
        """Prints the epoch's line, and keeps its val loss beside the bar."""
        self.losses = f"val {_figure(fields.get('val_loss'))}"
        super().epoch(epoch, epochs, fields)

    def close(self) -> None:
        """Ends the bar; what it shows stays on the screen."""
        self.exits.close()


def make_terminal() -> Terminal:
    """A bar on a terminal where rich is installed, else plain lines."""
    if not sys.stdout.isatty():
        return Terminal()
    try:
        import rich.progress  # noqa: F401  (asked for only to learn whether it is installed)
    except ImportError:
        return Terminal()
    return Bar()


def epoch_line(epoch: int, epochs: int, fields: dict[str, Any]) -> str:
    """`Epoch 33/150  train 3.71  val 4.79  WER 92.0 %  0.7 s`."""
    parts = [f"Epoch {epoch}/{epochs}"]
    parts += [f"{name} {_figure(fields.get(f'{name}_loss'))}" for name in ("train", "val")]
    parts += [f"WER {_percent(fields.get('val_wer'))}"]
    if "seconds" in fields:
        parts += [f"{fields['seconds']:.1f} s"]
    if "test_wer" in fields:
        parts += [f"test WER {_percent(fields['test_wer'])}"]
    return "  ".join(parts)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"
