"""Show predictions against targets, word by word: ≠ substituted, ∅ deleted, + inserted; or one clip over the epochs."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    find_run,
    now,
    print_json,
)
from monitor.run_dir import words
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.reader import RunReader
from monitor.view.predictions import DECODERS, FILTERS, KIND_GLYPHS, PredictionsQuestion, clip_history, predictions
from monitor.view.shapes.answers import ClipHistory, Predictions

SHOWN = tuple(name for name in FILTERS if name != "watch")
"""The watch list is a browser's own."""


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    epoch: Annotated[float | None, typer.Option("--at", help="Epoch of the evaluation; default: the last.")] = None,
    which: Annotated[str, typer.Option("--filter", metavar="|".join(SHOWN), help="Which clips come first.")] = "first",
    word: Annotated[str, typer.Option(help="Only clips with this word in target or prediction.")] = "",
    decoder: Annotated[str, typer.Option(metavar="|".join(DECODERS), help="Which decoder's predictions.")] = DECODERS[
        0
    ],
    clip: Annotated[
        str | None, typer.Option("--clip", metavar="ID", help="Show one clip over all evaluations.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Maximum number of clips.")] = 10,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. Raises UsageError for an unknown filter or decoder."""
    _check(which, SHOWN, "--filter")
    _check(decoder, DECODERS, "--decoder")
    snapshot = RunReader(find_run(runs, run)).read(now())
    if clip is not None:
        history = clip_history(snapshot, clip, decoder)
        _print(snapshot.run_id, history, _history(history), as_json)
    else:
        question = PredictionsQuestion(epoch, which, word, decoder=decoder, most=most)
        found = predictions(snapshot, question)
        _print(snapshot.run_id, found, _clips(found), as_json)
    return EXIT_OK


def _print(run_id: str, found: Predictions | ClipHistory, lines: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"run_id": run_id, **msgspec.to_builtins(found)})
    else:
        console().print("\n".join(lines), soft_wrap=True)


def _check(given: str, allowed: tuple[str, ...], option: str) -> None:
    if given not in allowed:
        raise UsageError(f"{option} {given}: must be one of {', '.join(allowed)}.")


def _clips(found: Predictions) -> list[str]:
    if found.epoch is None:
        return ["No predictions are logged. Log them with run.log_decodes(epoch, hypotheses, references=…)."]
    counts = found.counts
    text = [
        f"Epoch {words.plain(found.epoch)}: {found.total} clips, {found.empty} of them empty. "
        f"Hits {counts.hits}, ≠ {counts.s}, ∅ {counts.d}, + {counts.i}; "
        f"{found.words_out} words out for {found.words_in} in."
    ]
    for clip in found.clips:
        text += [f"{clip.id}  WER {words.percent(clip.wer)}", *_target_and_prediction(clip.words)]
    left = found.matching - len(found.clips)
    return [*text, f"… and {left} more clips."] if left > 0 else text


def _history(found: ClipHistory) -> list[str]:
    if not found.moments:
        return [f"No evaluation holds a clip called {found.id}."]
    text = [f"{found.id}  target: {found.reference}"]
    for moment in found.moments:
        until = f" to {words.plain(moment.until)}" if moment.until is not None else ""
        said = " ".join(prediction for kind, _, prediction in moment.words if kind != "d") or "(EMPTY)"
        text.append(f"  epoch {words.plain(moment.epoch)}{until}  WER {words.percent(moment.wer)}  {said}")
    return text


def _target_and_prediction(pairs: list[list[str]]) -> list[str]:
    targets = " ".join(target for kind, target, _ in pairs if kind != "i")
    said = " ".join(
        f"{KIND_GLYPHS[kind]}{prediction}" if kind != "d" else KIND_GLYPHS[kind] for kind, _, prediction in pairs
    )
    return [f"  target      {targets}", f"  prediction  {said or '(EMPTY)'}"]
