"""How right and how light the importers are.

`python -m benchmarks.importers [--curves DIR] [--traps] [--mib N] [--logs N [--beside DIR]] [--json]`

`--curves DIR`: every file of DIR/raw is imported by the command and compared with the figures of DIR/<id>.csv, which
somebody else took out of it (epoch, train_loss, val_loss, train_wer, val_wer, lr; WER a fraction). A file that holds
several starts of a run is compared start by start.
`--traps`: what damaged and odd files bring, format by format.
`--mib N`: made files of N MiB in seven formats, each imported by a process of its own: seconds, and peak memory.
`--logs N`: made text logs of N MiB (bars, step lines), read as `attach` reads them: seconds, µs a line, peak memory;
`--beside DIR`: in turn with the same of another checkout, whose times the ratios are of.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.importers.big import measure_size
from benchmarks.importers.curves import compare
from benchmarks.importers.logs import measure_logs
from benchmarks.importers.traps import measure_traps


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importers", description=__doc__)
    parser.add_argument("--curves", type=Path, metavar="DIR", help="folder with raw/ and <id>.csv")
    parser.add_argument("--traps", action="store_true", help="table of formats and traps")
    parser.add_argument("--mib", type=int, metavar="N", help="size of the made files")
    parser.add_argument("--logs", type=int, metavar="N", help="size of the made text logs")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout, for ratios")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args(argv)
    if asked.curves is None and asked.mib is None and asked.logs is None and not asked.traps:
        parser.error("say what to measure: --curves DIR, --traps, --mib N, --logs N")
    found: dict[str, list[dict[str, Any]]] = {}
    if asked.curves is not None:
        found["curves"] = compare(asked.curves)
    if asked.traps:
        found["traps"] = measure_traps()
    if asked.mib is not None:
        found["sizes"] = measure_size(asked.mib)
    if asked.logs is not None:
        found["logs"] = measure_logs(asked.logs, asked.beside)
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        for rows in found.values():
            print("\n".join(as_text(rows)) + "\n")
    return 1 if any(row.get("wrong") for row in found.get("curves", [])) else 0


def as_text(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A Markdown table of rows that have the same keys."""
    names = [name for name in rows[0] if name != "wrong"] if rows else ["nothing"]
    cells = [names, *([str(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(names))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


if __name__ == "__main__":
    sys.exit(main())
