"""`trainer_state.json` of the Hugging Face `Trainer` (`transformers/trainer_callback.py`, `TrainerState`).

Read is `log_history`: entries with `loss` (the mean since the entry before), `grad_norm` and `learning_rate`, entries
with `eval_*`, and `epoch` as a fraction. The entry at the end with `train_runtime` is a summary and no epoch. Losses
are natural logarithms, per token or as the model's head computes them; `eval_wer` is what `compute_metrics` made it,
a fraction or percent. A folder is read too: the newest checkpoint's file; it is replaced whole and followed as that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.items import Importer, Item, Row, Unread, without_summary
from monitor.importers.json_objects import Elements, numbers_of
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError

FILE = "trainer_state.json"
HISTORY = "log_history"


class HuggingFace(Importer):
    """Gives out each entry of `log_history` once, though every save replaces the whole file."""

    name = "hugging-face"
    title = "trainer_state.json of the Hugging Face Trainer"
    shape = "events"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_loss": ("loss",),
        "val_loss": ("eval_loss",),
        "val_wer": ("eval_wer",),
    }

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self._given = 0
        """Entries given out: the history only grows."""
        self._place = Place()
        folder = path.absolute() if path.is_dir() else path.absolute().parent
        self.run_name = folder.parent.name if folder.name.startswith("checkpoint-") else folder.name

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a file of that name or with that list in its head, and for a folder that holds such a file."""
        if path.is_dir():
            return 0.7 if newest(path) is not None else 0.0
        if path.name == FILE and head.lstrip().startswith(b"{"):
            return 0.9
        return 0.8 if head.lstrip().startswith(b"{") and b'"log_history"' in head else 0.0

    def items(self) -> Iterator[Item]:
        """The entries that are new. Raises UnreadableRunError where there is no file and none is waited for."""
        file = newest(self.path)
        if file is None:
            if self.follow:
                return
            raise UnreadableRunError(f"{self.path} holds no {FILE}.")
        found = file.stat()
        place = Place(device=found.st_dev, inode=found.st_ino, offset=found.st_size, lines=found.st_mtime_ns)
        if place == self._place:
            return
        self._place = place
        yield from self._entries(file)

    def _entries(self, file: Path) -> Iterator[Item]:
        for number, found in enumerate(Elements(file, HISTORY).read(), 1):
            if number <= self._given:
                continue
            if isinstance(found, Unread):
                # While it is followed, a file that is being written is read again in a moment.
                if not self.follow:
                    yield found
                return
            self._given = number
            yield self._item(*found)

    def _item(self, line: int, entry: Any) -> Item:
        values = numbers_of(entry) if isinstance(entry, dict) else {}
        return without_summary(Row(line, values)) if values else Unread(line, "no entry with numbers")

    def places(self) -> dict[str, Place]:
        """The file's size in bytes when it was last read."""
        # Another inode says nothing here: the file is replaced at every save.
        return {FILE: Place(offset=self._place.offset)}


def newest(path: Path) -> Path | None:
    """The file itself; of a folder the state in it, else that of its checkpoint with most steps."""
    if not path.is_dir():
        return path if path.is_file() else None
    if (path / FILE).is_file():
        return path / FILE
    found = [
        each
        for each in path.glob(f"checkpoint-*/{FILE}")
        if each.is_file() and each.parent.name.rpartition("-")[2].isdigit()
    ]
    return max(found, key=lambda each: int(each.parent.name.rpartition("-")[2]), default=None)
