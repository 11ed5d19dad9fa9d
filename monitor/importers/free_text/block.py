"""A ruled block of names and values in groups, as Stable-Baselines3 prints it: one statement when it ends.

```
| rollout/            |          |
|    ep_rew_mean      | 29.1     |
| time/               |          |
|    total_timesteps  | 900      |
| train/              |          |
|    loss             | 0.355    |
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from monitor.importers.free_text.statement import ROLLOUT, Statement
from monitor.importers.names import plain_name, split_of_words
from monitor.importers.numbers import number
from monitor.importers.vocabulary import HOUSEKEEPING

GROUP = re.compile(r"\s*[|│┃]\s*([a-z]\w*)/\s*[|│┃]\s*[|│┃]?\s*$")
ROW = re.compile(r"\s*[|│┃]\s*([a-z][^|│┃]{0,80}?)\s*[|│┃]\s*([^|│┃]{1,40}?)\s*[|│┃]?\s*$")
STEP, OF_TIME = "total_timesteps", "time"
MOST_ROWS = 100


class Block:
    """Takes the lines of a log, in lower case and in English."""

    def __init__(self, memory: Mapping[str, Any] | None = None) -> None:
        known = memory or {}
        self._group: str | None = known.get("group")
        """The group that the next rows belong to; None outside of a block."""
        self._step: float | None = known.get("step")
        self._values: list[tuple[str, str]] = [(name, text) for name, text in known.get("values", [])]

    def memory(self) -> dict[str, Any]:
        """The group, the step and the values of the present block, as plain JSON."""
        return {"group": self._group, "step": self._step, "values": self._values}

    def take(self, line: str) -> Statement | None:
        """What a line states as a part of a block, the last one all of it; None where it is none."""
        if (group := GROUP.match(line)) is not None:
            self._group = group[1]
            return Statement()
        if self._group is None:
            return None
        if (row := ROW.match(line)) is not None:
            self._take_row(row[1], row[2])
            return Statement()
        said = Statement(step=self._step, through=True, values=tuple(self._values))
        self.__init__()  # type: ignore[misc]
        return (
            said
            if said.evaluates
            else None
            if not said.values
            else Statement(
                step=said.step, partial=said.step is not None, values=said.values, through=True, split="train"
            )
        )

    def _take_row(self, name: str, text: str) -> None:
        value = number(text)
        if value is None or len(self._values) >= MOST_ROWS:
            return
        if name == STEP:
            self._step = value
        elif self._group == "rollout":
            self._values.append((f"{ROLLOUT}{name}", text))
        elif self._group != OF_TIME and self._group is not None:
            split = split_of_words((self._group,))
            kept = f"{split}_{name}" if split in ("val", "test") else plain_name(f"{self._group} {name}")
            if not HOUSEKEEPING.fullmatch(name):
                self._values.append((kept, text))
