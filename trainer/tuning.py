"""The machine decides by measurement: what of precision, memory format and compilation was left to `auto` is tried for
about a second each on the commonest shape of this corpus, and the fastest that agrees with the plain loop is taken.

The plain fp32 contiguous loop is tried first and is the yardstick: whatever is not faster than it is not taken.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import torch

from monitor.run_dir import files
from monitor.run_dir.errors import RefusedError, UsageError
from trainer.config import Config
from trainer.data.batches import Batch, TrainingBatches
from trainer.devices import Precision
from trainer.models.base import CtcModel
from trainer.settings import PLAIN, Setting, can_capture, untried
from trainer.trial import SECS, Trial, Tried
from trainer.warming import shapes as shapes_of

MOST_LOSS_ERROR = 0.03
"""Relative difference of a batch's loss from the plain loop's up to which a setting agrees: bf16 has 8 bits."""
LEAST_ALIKE = 0.9
"""Cosine between its gradient and the plain loop's from which on it agrees."""
ROUNDINGS = 4.0
"""In bf16 the gradient may also be so many times as far off as rounding the weights alone puts it: activations and
gradients are rounded too, in each layer (i3d 2.6 times, mobilenet_v3 1.5 times: docs/log.md)."""
WORTH = 0.97
"""A setting is taken for its speed if an update takes less than this share of the plain loop's."""
SHOWN_DIGITS = 3

SHORT_SECS = 20.0
"""A run that takes no longer as the plain loop is left to it: trying takes about as long."""
MAKING_SECS = 120.0
"""Channels last is tried in a run that takes so long as the plain loop, unless it is asked for: its kernels are made
then, once on a machine (up to 26 s for mobilenet_v3: docs/log.md)."""
TRYING_SHARE = 0.02
"""Of the run that the timed updates of one setting may take, up to a second."""

Try = Callable[[Setting, float], Tried]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided, with what it was decided by; a line of the file of `--tuned`."""

    setting: Setting
    line: str
    tried: list[Tried] = []


def is_open(config: Config, device: torch.device) -> bool:
    """Whether there is anything to measure: a GPU, and something left to `auto`."""
    return device.type == "cuda" and "auto" in (config.precision, config.memory_format, config.compile)


def decide(
    config: Config,
    model: CtcModel,
    batches: TrainingBatches,
    device: torch.device,
    *,
    updates: int,
    say: Callable[[str], None],
    world: int = 1,
) -> Choice:
    """The setting of a run of `updates` more updates, by `world` processes.

    Raises MonitorError for a file of `--tuned` that is none.
    """
    path, key = Path(config.tuned) if config.tuned else None, key_of(config, model, batches, device)
    kept = read(path) if path is not None else {}
    if key in kept:
        return msgspec.structs.replace(kept[key], line=f"{kept[key].line} Read from {path}.")
    say("Measuring which precision and memory format are the fastest here, as CUDA graphs or not …")
    started = time.perf_counter()
    batch = commonest(batches)
    shapes = len(shapes_of(batches, model)) if batches.buckets is not None else len(batches)
    capturing = can_capture(config, device, world)
    trial = Trial(config, model, batch, device)
    tried = try_out(
        candidates(config, batch, device), trial.of, config, updates=updates, shapes=shapes, may_capture=capturing
    )
    choice = chosen(tried, config, untried(config, device), batch, updates=updates, shapes=shapes)
    choice = msgspec.structs.replace(
        choice, line=f"{choice.line} {_count(len(tried))} tried in {time.perf_counter() - started:.1f} s."
    )
    if path is not None:
        keep(path, {**kept, key: choice})
    return choice


def candidates(config: Config, batch: Batch, device: torch.device) -> list[Setting]:
    """What can be tried with what was not left open as it was given, nothing compiled; the plain loop first."""
    able = Precision.of("auto", device).bf16 or device.type == "cpu"
    precisions = [config.precision] if config.precision != "auto" else ["fp32", "bf16"] if able else ["fp32"]
    orders = [config.memory_format] if config.memory_format != "auto" else ["contiguous", "channels_last"]
    if batch.frames.ndim == 3:  # vectors have one order only
        orders = orders[:1]
    made = [
        msgspec.convert({"precision": precision, "memory_format": order}, Setting)
        for precision in precisions
        for order in orders
    ]
    return [PLAIN, *(setting for setting in made if setting != PLAIN)]


def try_out(
    settings: list[Setting], attempt: Try, config: Config, *, updates: int, shapes: int, may_capture: bool = True
) -> list[Tried]:
    """All settings; then the fastest one as CUDA graphs, or compiled where that is asked for."""
    tried = [attempt(settings[0], SECS)]
    left_secs = updates * (tried[0].secs or 0.0)
    asked = config.compile in ("on", "graphs")
    if not tried[0].runs or (left_secs < SHORT_SECS and _allowed(tried, config) and not asked):
        return tried
    secs = min(SECS, TRYING_SHARE * left_secs)
    for setting in settings[1:]:
        if setting.memory_format in ("contiguous", config.memory_format) or left_secs >= MAKING_SECS:
            tried.append(attempt(setting, secs))
    best = _fastest(_allowed(tried, config), updates, shapes)
    wanted = config.compile if asked else "graphs"
    if best is not None and config.compile != "off" and (wanted == "on" or may_capture):
        tried.append(attempt(msgspec.structs.replace(best.setting, compile=wanted), secs))
    return tried


def agrees(tried: Tried) -> bool:
    """With the plain loop, to the stated limits."""
    if not tried.runs or tried.loss_error is None or tried.alike is None:
        return False
    return tried.loss_error <= MOST_LOSS_ERROR and (tried.alike >= LEAST_ALIKE or _within_rounding(tried))


def _within_rounding(tried: Tried) -> bool:
    """Whether a gradient in bf16 is as far off as its roundings explain. Off by noise of n times its length, a gradient
    has a cosine of 1 / sqrt(1 + n²) with the exact one."""
    if tried.rounded is None or not (tried.alike or 0.0) > 0.0 or not tried.rounded > 0.0:
        return False
    noise, of_weights = (1 / each**2 - 1 for each in (tried.alike or 0.0, tried.rounded))
    return noise <= ROUNDINGS**2 * of_weights


def _allowed(tried: list[Tried], config: Config) -> list[Tried]:
    """Those that agree and have the format that the options allow; the plain loop is always tried and may not."""
    return [
        each
        for each in tried
        if agrees(each)
        and config.precision in ("auto", each.setting.precision)
        and config.memory_format in ("auto", each.setting.memory_format)
    ]


def _secs(tried: Tried) -> float:
    return math.inf if tried.secs is None else tried.secs


def _fastest(tried: list[Tried], updates: int, shapes: int) -> Tried | None:
    """By the time of the whole run, with what each new shape costs."""
    return min(tried, key=lambda each: _secs(each) * updates + each.first_secs * shapes, default=None)


def chosen(
    tried: list[Tried], config: Config, otherwise: Setting, batch: Batch, *, updates: int, shapes: int
) -> Choice:
    """The decision in words. `otherwise`: what is taken where nothing could be compared."""
    plain, possible = tried[0], _allowed(tried, config)
    if not plain.runs:
        return Choice(setting=otherwise, line=f"Speed: {otherwise}, not measured: {plain.failed}.", tried=tried)
    as_asked = [each for each in possible if config.compile in ("auto", each.setting.compile)]
    instead = "" if as_asked else _instead(tried)
    possible = as_asked or possible
    if plain in possible:  # whatever else is taken must be faster than it
        possible = [each for each in possible if each is plain or _secs(each) < WORTH * _secs(plain)]
    best = _fastest(possible, updates, shapes)
    if best is None:
        line = f"Speed: {otherwise}, as the options ask: it did not run, or does not agree with {PLAIN}."
        return Choice(setting=otherwise, line=line, tried=tried)
    took = f"{_ms(_secs(best))} an update of {len(batch)} x {batch.frames.shape[1]} frames"
    than = "" if best is plain else f"; {PLAIN}: {_ms(_secs(plain))}, {_secs(plain) / _secs(best):.2f} times as long"
    return Choice(setting=best.setting, line=f"Speed: {best.setting}: {took}{than}.{instead}", tried=tried)


def _instead(tried: list[Tried]) -> str:
    """Why the run is not compiled although the options ask for it."""
    compiled = [each for each in tried if each.setting.compile != "off"]
    why = compiled[-1].failed if compiled else "nothing else ran"
    return f" Not compiled as asked: {why or f'what it computes does not agree with {PLAIN}'}."


def _count(settings: int) -> str:
    return f"{settings} setting{'s' if settings > 1 else ''}"


def _ms(secs: float) -> str:
    return f"{1000 * secs:.{SHOWN_DIGITS}g} ms"


def commonest(batches: TrainingBatches) -> Batch:
    """A batch of the shape that comes most often in the first epoch, of as many clips as a batch has."""
    order = batches.order(1)
    clips, buckets = batches.corpus.splits["train"], batches.buckets
    longest = [max(len(clips[number].frames) for number in numbers) for numbers in order]
    shapes = [
        (len(numbers), frames if buckets is None else buckets.of(frames))
        for numbers, frames in zip(order, longest, strict=True)
    ]
    ((usual, _),) = Counter(shapes).most_common(1)
    return batches.load(1, order[shapes.index(usual)])


# -- the file of --tuned -------------------------------------------------------------------------------------------


def key_of(config: Config, model: CtcModel, batches: TrainingBatches, device: torch.device) -> str:
    """What a measurement holds for: card, torch, network, shape of its input, and what was left open."""
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    network = f"{config.model}, {sum(each.numel() for each in model.parameters())} parameters"
    frame = "x".join(map(str, batches.corpus.frame_shape))
    lengths = batches.buckets.lengths if batches.buckets is not None else ()
    options = [config.precision, config.memory_format, config.compile, f"recompute {config.recompute}"]
    return "; ".join(
        [card, f"torch {torch.__version__}", network, f"{config.batch_size} clips of {frame}", f"{lengths}", *options]
    )


def read(path: Path) -> dict[str, Choice]:
    """The choices in a file; none where there is no file yet. Raises UsageError for a file of another kind."""
    try:
        data = files.read_bytes(path)
        return {} if data is None else msgspec.json.decode(data, type=dict[str, Choice])
    except (OSError, ValueError) as problem:
        raise UsageError(f"--tuned {path} cannot be read: {problem}. Give another file, or none.") from None


def keep(path: Path, choices: dict[str, Choice]) -> None:
    """Raises RefusedError where the file cannot be written."""
    try:
        files.replace(path, msgspec.json.format(msgspec.json.encode(choices), indent=2) + b"\n")
    except OSError as problem:
        raise RefusedError(f"--tuned {path} cannot be written: {problem.strerror}. Give another file.") from None
