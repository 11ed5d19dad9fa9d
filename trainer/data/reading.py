"""Clips from disk: feature files as they are, pictures scaled once into a cache that is only mapped afterwards."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from monitor.run_dir.cache import cache_dir
from monitor.run_dir.errors import RefusedError
from trainer.data.entries import Entry

PICTURES = (".png", ".jpg", ".jpeg")


def read_features(path: Path) -> np.ndarray:
    """(T, D) float32 of a .npy, or of `features` (or the only array) of a .npz; never a pickle.

    Raises OSError or ValueError with the reason.
    """
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.lib.npyio.NpzFile):
        with loaded:
            names = loaded.files
            if "features" not in names and len(names) != 1:
                raise ValueError(f"it holds {', '.join(names)}, and none is called features")
            array = loaded["features" if "features" in names else names[0]]
    else:
        array = loaded
    if array.ndim < 2 or not len(array):
        raise ValueError(f"its shape is {array.shape}, not (frames, values)")
    return np.ascontiguousarray(array.reshape(len(array), -1), dtype=np.float32)


def pictures_of(folder: Path) -> list[Path]:
    """The pictures of a clip in the order of their names. Raises OSError."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def read_pictures(folder: Path, size: int) -> np.ndarray:
    """(T, 3, size, size) uint8. Raises OSError or ValueError with the reason."""
    try:
        from PIL import Image
    except ImportError:
        raise RefusedError("Reading pictures needs Pillow, which is not installed; run: pip install pillow") from None
    paths = pictures_of(folder)
    if not paths:
        raise ValueError("it holds no picture")
    out = np.empty((len(paths), 3, size, size), np.uint8)
    for place, path in enumerate(paths):
        with Image.open(path) as picture:
            scaled = picture.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
            out[place] = np.asarray(scaled).transpose(2, 0, 1)
    return out


class PictureCache:
    """One file of scaled pictures per clip, written whole and then only mapped: the second run reads no PNG.

    A clip's file is named after its folder, the size, and the names and times of its pictures: a changed clip is
    another file.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size

    def get(self, clip: Path) -> np.ndarray:
        """(T, 3, size, size) uint8, mapped read-only. Raises OSError or ValueError."""
        path = self.folder / f"{self._name(clip)}.npy"
        if not path.exists():
            self._write(path, read_pictures(clip, self.size))
        mapped: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped

    def _name(self, clip: Path) -> str:
        seen = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in pictures_of(clip)]
        text = json.dumps([str(clip.resolve()), self.size, seen])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _write(self, path: Path, pictures: np.ndarray) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.stem}.{os.getpid()}.npy")
        try:
            np.save(aside, pictures, allow_pickle=False)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def reader_of(entries: list[Entry], modality: str, size: int) -> Callable[[Entry], np.ndarray]:
    """What turns an entry into frames."""
    if modality == "video":
        cache = PictureCache(cache_dir() / "pictures", size)
        return lambda entry: cache.get(entry.path)
    return lambda entry: read_features(entry.path)
