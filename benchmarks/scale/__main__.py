"""How the program bears large folders and long runs.

`python -m benchmarks.scale [--quick] [--runs N] [--epochs N] [--steps N] [--clips N] [--decodes N] [--tabs N]
[--paced N] [--hammered N] [--only NAME,…] [--beside DIR] [--json]`

Folders are made anew; what is measured are processes: commands, a server and its visitors, a loop that logs a step
every 4 ms. `--beside DIR`: each case first with another checkout, then with this one, on the same folders, so that a
busy machine slows both; ratios are of its figures. 0 leaves a case out. Progress is printed on stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.importers.__main__ import as_text
from benchmarks.scale.cases import Checkout, Figures, checked, crowded, hammered, listed, logged, paged
from benchmarks.scale.folders import long_run, many_decodes, many_runs

SIZES = {
    "runs": 5000,
    "epochs": 100_000,
    "steps": 1_000_000,
    "clips": 10_000,
    "decodes": 200,
    "tabs": 200,
    "paced": 3000,
    "hammered": 20_000,
}
QUICK = {
    "runs": 300,
    "epochs": 3000,
    "steps": 20_000,
    "clips": 500,
    "decodes": 10,
    "tabs": 20,
    "paced": 500,
    "hammered": 2000,
}
IDLE_SECS, QUICK_IDLE_SECS = 15.0, 2.0

Case = Callable[[Checkout], Figures]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    for name, size in SIZES.items():
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"default {size}, quick {QUICK[name]}")
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that everything runs")
    parser.add_argument("--only", metavar="NAME,…", default="", help=", ".join(SIZES))
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout, for ratios")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args(argv)
    usual = QUICK if asked.quick else SIZES
    sizes = {name: usual[name] if getattr(asked, name) is None else getattr(asked, name) for name in SIZES}
    only = [name for name in asked.only.split(",") if name] or list(SIZES)
    with tempfile.TemporaryDirectory() as place:
        rows = measure(Path(place), sizes, only, asked.beside, QUICK_IDLE_SECS if asked.quick else IDLE_SECS)
        # Before the folders are removed, which takes its time.
        print(json.dumps(rows, indent=2) if asked.json else "\n".join(as_text(rows)), flush=True)
    return 0


def measure(
    place: Path, sizes: dict[str, int], only: Sequence[str], beside: Path | None, idle_secs: float
) -> list[dict[str, str | float]]:
    """A row a figure: the case, what it is, before and now (or now alone) and the ratio."""
    here = Checkout(Path(__file__).resolve().parents[2], place / "here")
    trees = [here] if beside is None else [Checkout(beside.resolve(), place / "beside"), here]
    rows: list[dict[str, str | float]] = []
    for name, made in _cases(place, sizes, idle_secs).items():
        if name not in only or not sizes[name]:
            continue
        title, case = made()
        found = []
        for checkout in trees:
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} measured: {title} in {checkout.tree}\n")
            found.append(case(checkout))
            told = ", ".join(f"{figure} {_short(value)}" for figure, value in found[-1].items())
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} {told}\n")
        rows += [_row(title, figure, [figures[figure] for figures in found]) for figure in found[-1]]
    return rows


def _row(title: str, figure: str, values: list[float]) -> dict[str, str | float]:
    row: dict[str, str | float] = {"case": title, "figure": figure}
    if len(values) > 1:
        row["beside"] = _short(values[0])
    row["here"] = _short(values[-1])
    if len(values) > 1:
        row["ratio"] = f"{values[-1] / values[0]:.2g}" if values[0] else "–"
    return row


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _cases(place: Path, sizes: dict[str, int], idle_secs: float) -> dict[str, Callable[[], tuple[str, Case]]]:
    """Name → what makes its folder and says what it is called and how it is measured."""

    def runs() -> tuple[str, Case]:
        folder = many_runs(place / "many" / "runs", sizes["runs"])
        return f"{sizes['runs']:,} runs", lambda one: {**listed(one, folder), **paged(one, folder, None, idle_secs)}

    def of(run_dir: Path, title: str, *, also_check: bool = False) -> tuple[str, Case]:
        def case(one: Checkout) -> Figures:
            first = checked(one, run_dir) if also_check else {}
            return {**first, **paged(one, run_dir.parent, run_dir.name, idle_secs)}

        return title, case

    def tabs() -> tuple[str, Case]:
        run_dir = long_run(place / "tabs", epochs=500)
        return f"{sizes['tabs']} tabs", lambda one: crowded(one, run_dir.parent, run_dir.name, sizes["tabs"])

    def hammering() -> tuple[str, Case]:
        run_dir = long_run(place / "hammered", epochs=sizes["hammered"])
        run_dir.rename(run_dir.with_name("long"))  # as tests.hammering asks for it
        title = f"one hammers, {sizes['hammered']:,} epochs"
        return title, lambda one: hammered(one, run_dir.parent, "long", idle_secs / 2)

    epochs, steps, clips = sizes["epochs"], sizes["steps"], sizes["clips"]
    return {
        "runs": runs,
        "epochs": lambda: of(long_run(place / "epochs", epochs=epochs), f"{epochs:,} epochs", also_check=True),
        "steps": lambda: of(long_run(place / "steps", steps=steps), f"{steps:,} steps"),
        "clips": lambda: of(
            many_decodes(place / "clips", clips, sizes["decodes"]), f"{clips:,} clips × {sizes['decodes']}"
        ),
        "tabs": tabs,
        "paced": lambda: ("paced", lambda one: logged(one, place, sizes["paced"])),
        "hammered": hammering,
    }


if __name__ == "__main__":
    sys.exit(main())
