"""Printed predictions → clips, and one decode an epoch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monitor.importers.samples import Sample
from monitor.run_dir import CLIPS_FILE, Clip, Decode, decode
from monitor.run_dir.opening import OddFileError, open_to_read

MOST_CLIPS = 10_000


class ClipBook:
    """Names each target once; what was predicted for several of them at one epoch is one decode."""

    def __init__(self, memory: Mapping[str, Any] | None = None, run_dir: Path | None = None) -> None:
        """`memory`: what an earlier reading of the same log, into `run_dir`, left (`memory()`)."""
        known = memory or {}
        self._names = {} if run_dir is None else _known_clips(run_dir, int(known.get("clips", 0)))
        self._epoch: float | None = known.get("epoch")
        self._generation = int(known.get("generation", 1))
        self._said: dict[str, str] = dict(known.get("said", {}))

    def memory(self) -> dict[str, Any]:
        """The count of clips, and the present epoch with its predictions, as plain JSON."""
        return {"clips": len(self._names), "epoch": self._epoch, "generation": self._generation, "said": self._said}

    def take(self, sample: Sample, generation: int = 1) -> Iterator[Clip | Decode]:
        """The records that this prediction brings or completes."""
        if (sample.epoch, generation) != (self._epoch, self._generation):
            yield from self.rest()
            self._epoch, self._generation = sample.epoch, generation
        name = self._names.get(sample.reference)
        if name is None:
            if len(self._names) >= MOST_CLIPS:
                return
            name = self._names[sample.reference] = f"sample-{len(self._names) + 1}"
            yield Clip(clip_id=name, reference=sample.reference)
        self._said[name] = sample.hypothesis

    def rest(self) -> Iterator[Decode]:
        """The predictions so far of the present epoch, as one record."""
        said, self._said = self._said, {}
        if said and self._epoch is not None:
            clips, hypotheses = list(said), list(said.values())
            yield Decode(epoch=self._epoch, generation=self._generation, clip_ids=clips, hypotheses=hypotheses)


def _known_clips(run_dir: Path, count: int) -> dict[str, str]:
    """Reference → clip id of the first `count` clips that were written."""
    names: dict[str, str] = {}
    try:
        with os.fdopen(open_to_read(run_dir / CLIPS_FILE), "rb") as lines:
            for line in lines:
                if len(names) >= count:
                    break
                try:
                    clip = decode(line, Clip)
                except ValueError:
                    continue
                names[clip.reference] = clip.clip_id
    except (OSError, OddFileError):
        return {}
    return names
