"""`labels.json` beside the runs: the name, note, tags and pin that people give to runs, never inside a run's folder.

So a run of another program or another user, and one that is sealed, can be labelled too. Only `label` writes the file:
as a whole, and one process at a time.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from monitor.run_dir import files
from monitor.run_dir.audit import audited, by_name
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.processes import alone_in
from monitor.run_dir.records import Record, check_run_id, encode

LABELS_FILE = "labels.json"
LONGEST_TITLE = 80
LONGEST_NOTE = 500
LONGEST_TAG = 40
MOST_TAGS = 12


class Label(Record, frozen=True, kw_only=True):
    """A person's label of a run. `title` is shown beside the run's id, never in its place; `at` in UTC seconds."""

    title: str = ""
    note: str = ""
    tags: list[str] = msgspec.field(default_factory=list)
    pinned: bool = False
    at: float = 0.0
    by: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether name, note, tags and pin are all empty: such a label is removed."""
        return not (self.title or self.note or self.tags or self.pinned)


class Labels(Record, frozen=True, kw_only=True):
    """Run id → its label."""

    labels: dict[str, Label] = msgspec.field(default_factory=dict)


def read_labels(runs_dir: Path) -> dict[str, Label]:
    """Every label of a folder of runs; none where the file is missing or cannot be understood."""
    kept = files.read_document(runs_dir / LABELS_FILE, Labels, files.UNREADABLE)
    return kept.labels if kept is not None else {}


def label_of(runs_dir: Path, run_id: str | None) -> Label:
    """The label of one run; an empty one where there is none."""
    return (read_labels(runs_dir).get(run_id) if run_id is not None else None) or Label()


def cut(label: Label) -> Label:
    """A foreign label within the limits of one."""
    tags = [tag[:LONGEST_TAG] for tag in label.tags[:MOST_TAGS]]
    return replace(
        label, title=label.title[:LONGEST_TITLE], note=label.note[:LONGEST_NOTE], tags=tags, by=label.by[:80]
    )


def tags_in(text: str) -> list[str]:
    """The tags in a line with commas or spaces between them, small letters, each once."""
    found = (word.strip("#").lower()[:LONGEST_TAG] for word in text.replace(",", " ").split())
    return list(dict.fromkeys(filter(None, found)))[:MOST_TAGS]


@audited("label", by_name)
def label(runs_dir: Path, run_id: str, wanted: Label) -> None:
    """Gives a run this label; an empty label removes the old one. Raises UsageError or RefusedError."""
    check_run_id(run_id)
    path = runs_dir / LABELS_FILE
    try:
        with alone_in(runs_dir):
            # What cannot be understood is not overwritten: somebody's notes may stand in it.
            kept = files.read_document(path, Labels)
            labels = dict(kept.labels) if kept is not None else {}
            labels.pop(run_id, None)
            if not wanted.says_nothing:
                labels[run_id] = wanted
            files.replace(path, encode(Labels(labels=labels)))
    except ValueError as problem:
        raise RefusedError(f"{path} cannot be understood ({problem}); it was left as it is.") from problem
    except OSError as problem:
        raise RefusedError(f"{path} cannot be written ({problem.strerror}); nothing was changed.") from problem
