"""A line of a log that is an object of JSON, or that a logger wrapped into one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from monitor.importers.free_text.statement import Statement
from monitor.importers.json_objects import numbers_of, parse
from monitor.importers.languages import in_english
from monitor.importers.names import of_another_moment, plain_name, split_in
from monitor.importers.splits import split_of
from monitor.importers.vocabulary import EPOCHS, HOUSEKEEPING, NO_SPLIT, QUALITY, STEPS, words

WRAPPED = re.compile(r'"(log|message|msg|text|event|body|textPayload)"\s*:\s*"[^"]*\d')
BETWEEN = re.compile(rb"(?<=\})[ \t]{1,200}(?=\{['\"])")
MLPERF = ":::MLLOG "
PLACES_OF_MLPERF = {"epoch_num": "epoch", "step_num": "global_step", "samples_count": "global_step"}
OF_A_LOGGER = words("ts, time, timestamp, level, levelno, line, lineno, pid, process, thread, rank, created, msecs")


def apart(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, each of several objects in one as a line of its own: `{'eval_loss': 2.1}   {'eval_loss': 1.9}`."""
    for line in lines:
        yield from BETWEEN.split(line) if line.lstrip()[:1] == b"{" else (line,)


def unwrapped(line: str) -> str:
    """The text in a line that a logger wrapped into an object without figures: `{"log": "epoch 3 loss 2.1", …}`."""
    if MLPERF in line:
        return _of_mlperf(line.partition(MLPERF)[2])
    found = WRAPPED.search(line) if line.startswith("{") else None
    if found is None:
        return line
    try:
        whole = parse(line.strip())
    except ValueError:
        return line
    says_more = not isinstance(whole, dict) or set(numbers_of(whole)) - OF_A_LOGGER
    return line if says_more else str(whole.get(found[1], line)).strip()


def _of_mlperf(text: str) -> str:
    """`{"key": "eval_accuracy", "value": 0.7, "metadata": {"epoch_num": 3}}` in words; empty for no measurement."""
    try:
        whole = parse(text.strip())
        name, value, about = whole["key"], whole["value"], whole["metadata"]
        places = [f"{word} {about[key]:g}" for key, word in PLACES_OF_MLPERF.items() if key in about]
    except (ValueError, KeyError, TypeError):
        return ""
    measures = isinstance(value, (int, float)) and ("loss" in str(name) or QUALITY.fullmatch(str(name)))
    return f"{places[0]} {name}: {value}" if places and measures else ""


def of_object(text: str) -> Statement | None:
    """What a JSON object states; None for a text that is none."""
    try:
        found = parse(text.strip().rstrip(","))
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    if any("runtime" in key and key.startswith("train") for key in found):
        return Statement()
    word = next((split for key, value in found.items() if (split := split_of(key, value))), "")
    word = "val" if {"metric", "results"} <= found.keys() else word  # StyleGAN
    epoch = step = None
    values: dict[str, str] = {}
    for key, value in numbers_of(found, texts=True).items():
        plain = in_english(key)
        if plain.rpartition("/")[2] in EPOCHS:
            epoch = value if epoch is None and math.isfinite(value) and 0 <= value < 1e7 else epoch
        elif plain.rpartition("/")[2] in STEPS:
            step = value if step is None and math.isfinite(value) and value >= 0 else step
        else:
            name = plain_name(plain.replace("/", " "))
            if name and not HOUSEKEEPING.fullmatch(name) and not of_another_moment(name, split_in(name) or word):
                has_split = bool(split_in(name))
                values[name if has_split or not word or name in NO_SPLIT else f"{word}_{name}"] = repr(value)
    partial = step is not None and not any(name.startswith(("val_", "test_")) for name in values)
    return Statement(epoch=epoch, step=step, partial=partial, values=tuple(values.items()), split=word)
