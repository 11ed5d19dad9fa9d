"""The formats that are known, and which of them a file is in."""

from __future__ import annotations

from pathlib import Path

from monitor.importers.espnet import EspNet
from monitor.importers.fairseq import Fairseq
from monitor.importers.hugging_face import HuggingFace
from monitor.importers.items import Importer
from monitor.importers.jsonl import JsonArray, JsonLines
from monitor.importers.keras import Keras
from monitor.importers.lightning import Lightning
from monitor.importers.lines import check_text, head_of, text_of
from monitor.importers.markdown import Markdown, ModelCard
from monitor.importers.mlflow import Mlflow
from monitor.importers.speechbrain import SpeechBrain
from monitor.importers.table import Table
from monitor.importers.tensorboard import TensorBoard
from monitor.importers.text_log import TextLog
from monitor.importers.ultralytics import Ultralytics
from monitor.importers.wandb import Wandb
from monitor.importers.wav2letter import Wav2Letter
from monitor.run_dir.errors import UnreadableRunError, UsageError

FORMATS: tuple[type[Importer], ...] = (
    TensorBoard,
    Wandb,
    Mlflow,
    Lightning,
    HuggingFace,
    ModelCard,
    SpeechBrain,
    Keras,
    Ultralytics,
    EspNet,
    Fairseq,
    Wav2Letter,
    Markdown,
    JsonLines,
    JsonArray,
    Table,
    TextLog,
)
NAMES = ", ".join(each.name for each in FORMATS)
BINARY = frozenset({"tensorboard", "wandb"})
LEAST = 0.1
"""Below this a file is in no format that is known."""


def named(name: str) -> type[Importer]:
    """The format a person asks for. Raises UsageError."""
    for each in FORMATS:
        if each.name == name:
            return each
    raise UsageError(f"There is no format {name}; there are {NAMES}.")


def detect(path: Path) -> type[Importer]:
    """The format that a file or folder looks like most. Raises UnreadableRunError in one sentence where none fits."""
    head = head_of(path)
    text = text_of(head)
    scores = [each.fits(path, head if each.name in BINARY else text) for each in FORMATS]
    score = max(scores)
    best = FORMATS[scores.index(score)]
    if path.is_dir():
        if score < LEAST:
            raise UnreadableRunError(f"{path} is a folder without anything that is known here: {NAMES}.")
        return best
    if best.name not in BINARY or score < LEAST:
        check_text(path, head)
    if score < LEAST:
        return TextLog
    return best


def checked(path: Path, name: str) -> type[Importer]:
    """The format that was asked for by name, else the detected one; a file that cannot be it is refused here."""
    if not name:
        return detect(path)
    kind = named(name)
    head = head_of(path)
    if not path.is_dir() and kind.name not in BINARY:
        check_text(path, head)
    return kind
