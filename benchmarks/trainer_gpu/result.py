"""The result while it grows: one JSON document, a table and a picture, written again after every part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.trainer_gpu.plan import PLAIN
from benchmarks.trainer_gpu.speed import Row

Found = dict[str, Any]


def shares(result: Found, network: str, row: Row) -> Row:
    """What follows from a row, the plain loop's row and the peaks; None where one of them is not known."""
    rows = result["speed"].get(network, {})
    plain, speed = rows.get(PLAIN, {}), row.get("clips_per_sec")
    peaks = result.get("peaks", {})
    return {
        "times_plain": _product(speed, plain.get("clips_per_sec"), divide=True),
        # The network asks for the same products in every setting: those of the plain loop count.
        "compute_share": _share(speed, plain.get("flop_per_clip"), peaks.get("flop_per_sec")),
        "bandwidth_share": _share(speed, row.get("bytes_per_clip"), peaks.get("bytes_per_sec")),
    }


def _product(first: float | None, second: float | None, *, divide: bool = False) -> float | None:
    if first is None or second is None or (divide and not second):
        return None
    return first / second if divide else first * second


def _share(speed: float | None, per_clip: float | None, peak: float | None) -> float | None:
    return _product(_product(speed, per_clip), peak, divide=True)


def keep(result: Found, folder: Path, name: str, text: str, picture: str) -> None:
    """Replaces `name`.json, .md and .svg in the folder, each whole at any moment."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending, content in (("json", json.dumps(result, indent=2) + "\n"), ("md", text + "\n"), ("svg", picture)):
        fresh = folder / f"{name}.{ending}.tmp"
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(folder / f"{name}.{ending}")


def table(result: Found) -> str:
    """The whole result as Markdown."""
    peaks = result.get("peaks")
    lines = [
        f"{result['device']}, torch {result['torch']}, {result['date']}, {result['elapsed_secs']:.0f} s"
        + (f"; {result['cut_off']}" if result["cut_off"] else ""),
        f"Command: `{result['command']}`",
    ]
    if peaks:
        lines.append(
            f"Measured peaks: {peaks['flop_per_sec'] / 1e12:.3g} TFLOP/s (bf16 matrix product), "
            f"{peaks['bytes_per_sec'] / 1e9:.0f} GB/s (copy)."
        )
    for network, found in result["agreement"].items():
        lines += ["", *(_agreement(network, kind, errors) for kind, errors in found.items())]
    for network, rows in result["speed"].items():
        lines += ["", *_rows(result, network, rows)]
    return "\n".join(lines)


def _agreement(network: str, kind: str, errors: Row) -> str:
    limits = ", ".join(f"{what} {limit:.1e}" for what, limit in errors["limits"].items())
    verdict = "agrees" if errors["agrees"] else "DOES NOT AGREE"
    return (
        f"- {network} {kind} against float64 on the CPU: loss off by {errors['loss']:.1e}, gradient by "
        f"{errors['gradient']:.1e} of its length: {verdict} (limits: {limits})"
    )


def _rows(result: Found, network: str, rows: dict[str, Row]) -> Iterator[str]:
    flops = rows.get(PLAIN, {}).get("flop_per_clip")
    yield f"{network}" + (f": {flops / 1e9:.3g} GFLOP a clip, forward and backward" if flops else "")
    yield ""
    yield (
        "| setting | clips/s | × plain | data wait | before step 1 | first epoch / later | new shape costs | peak GiB "
        "| GB a clip | share of compute | of bandwidth |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for setting, row in rows.items():
        if "failed" in row:
            yield f"| {setting} | failed: {row['failed'][:90]} | | | | | | | | | |"
            continue
        more = shares(result, network, row)
        cells = (
            f"{row['clips_per_sec']:.2f}",
            cell(more["times_plain"], "{:.2f}"),
            cell(row["data_wait_ratio"], "{:.1f} %", 100),
            cell(row.get("start_secs"), "{:.1f} s"),
            cell(row["first_epoch_times_later"], "{:.2f}"),
            cell(row["new_shape_secs"], "{:.3f} s"),
            cell(row["peak_gib"], "{:.2f}"),
            cell(row["bytes_per_clip"], "{:.2f}", 1e-9),
            cell(more["compute_share"], "{:.1f} %", 100),
            cell(more["bandwidth_share"], "{:.1f} %", 100),
        )
        yield f"| {setting} | {' | '.join(cells)} |"
    decided = [f"{setting}: {row['chose']}" for setting, row in rows.items() if row.get("chose")]
    yield from ["", *decided] if decided else []


def cell(value: float | None, form: str, times: float = 1.0) -> str:
    """A figure as the table shows it; a dash for one that is not known."""
    return "–" if value is None else form.format(value * times)
