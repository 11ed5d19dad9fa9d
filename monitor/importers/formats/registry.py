"""The formats that are known, and which of them a file is in."""

from __future__ import annotations

from pathlib import Path

from monitor.importers.formats.clearml import ClearMl
from monitor.importers.formats.espnet import EspNet
from monitor.importers.formats.fairseq import Fairseq
from monitor.importers.formats.history import History
from monitor.importers.formats.hugging_face import HuggingFace
from monitor.importers.formats.jsonl import JsonArray, JsonLines
from monitor.importers.formats.keras import Keras
from monitor.importers.formats.lightning import Lightning
from monitor.importers.formats.markdown import Markdown, ModelCard
from monitor.importers.formats.mlflow import Mlflow
from monitor.importers.formats.mlflow_store import MlflowStore
from monitor.importers.formats.neptune import Neptune
from monitor.importers.formats.speechbrain import SpeechBrain
from monitor.importers.formats.sqlite_file import MAGIC
from monitor.importers.formats.swanlab import SwanLab
from monitor.importers.formats.table import Table
from monitor.importers.formats.tensorboard import TensorBoard
from monitor.importers.formats.tensorboard_csv import TensorBoardCsv
from monitor.importers.formats.text_log import TextLog
from monitor.importers.formats.trackio import Trackio
from monitor.importers.formats.ultralytics import Ultralytics
from monitor.importers.formats.wandb import Wandb
from monitor.importers.formats.wav2letter import Wav2Letter
from monitor.importers.items import Importer, NothingYetError
from monitor.importers.lines import check_text, head_of, text_of
from monitor.importers.several import container
from monitor.run_dir.errors import UnreadableRunError, UsageError

FORMATS: tuple[type[Importer], ...] = (
    TensorBoard,
    TensorBoardCsv,
    Wandb,
    Mlflow,
    MlflowStore,
    Trackio,
    SwanLab,
    ClearMl,
    Neptune,
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
    History,
    JsonLines,
    JsonArray,
    Table,
    TextLog,
)
NAMES = ", ".join(each.name for each in FORMATS)
BINARY = frozenset({"tensorboard", "wandb", "mlflow-db", "trackio", "swanlab", "neptune"})
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
    place, part = container(path)
    head = head_of(place)
    text = text_of(head)
    kinds = [each for each in FORMATS if each.several or not part]
    scores = [each.fits(place, head if each.name in BINARY else text) for each in kinds]
    score = max(scores)
    best = kinds[scores.index(score)]
    if place.is_dir():
        if score < LEAST:
            head_of(path)  # says that there is none where a folder alone is there
            refuse_aim(place)
            raise UnreadableRunError(f"{path} is a folder without anything that is known here: {NAMES}.")
        return best
    if score < LEAST and head.startswith(MAGIC):
        raise NothingYetError(f"{place} is a SQLite database, but holds no tables of MLflow or Trackio.")
    if best.name not in BINARY or score < LEAST:
        check_text(place, head)
    if part and score < LEAST:
        raise UnreadableRunError(f"{place} is a file, and not one of several runs: there is no {part} in it.")
    return best if score >= LEAST else TextLog


def checked(path: Path, name: str) -> type[Importer]:
    """The format that was asked for by name, else the detected one; a file that cannot be it is refused here."""
    if not name:
        return detect(path)
    kind = named(name)
    place = container(path)[0] if kind.several else path
    head = head_of(place)
    if not place.is_dir() and kind.name not in BINARY:
        check_text(place, head)
    return kind


def refuse_aim(folder: Path) -> None:
    """Raises UnreadableRunError for a repository of Aim, which is known and not read; it says what to do instead."""
    if (folder / ".aim").is_dir() or folder.name == ".aim":
        raise UnreadableRunError(
            f"{folder} is a repository of Aim, which only Aim itself can read (RocksDB): write the run to a CSV file "
            "with it (Repo.query_metrics) and import that."
        )
