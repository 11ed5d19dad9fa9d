"""How far the word error rate here can differ from sclite's, which weighs errors before it counts them.

Usage: python -m benchmarks.sclite_weights RUN [RUN …] [--json]

Both align word by word. jiwer takes the alignment with the fewest errors; sclite's default takes the cheapest one at
3 for an insertion or deletion and 4 for a substitution, and then counts its errors: never fewer, sometimes more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from monitor.run_dir.reader import RunReader

INSERTION = DELETION = 3
SUBSTITUTION = 4


def errors(reference: list[str], hypothesis: list[str], *, gap: int = INSERTION, swap: int = SUBSTITUTION) -> int:
    """Errors of the cheapest alignment at these weights; of several equally cheap ones, the fewest."""
    row = [(gap * column, column) for column in range(len(hypothesis) + 1)]
    for place, asked in enumerate(reference, 1):
        before, row = row, [(gap * place, place)]
        for column, said in enumerate(hypothesis, 1):
            cost, count = before[column - 1]
            same = (cost, count) if asked == said else (cost + swap, count + 1)
            deleted = before[column][0] + gap, before[column][1] + 1
            inserted = row[column - 1][0] + gap, row[column - 1][1] + 1
            row.append(min(same, deleted, inserted))
    return row[-1][1]


def measure(run_dir: Path) -> dict[str, float | str | int]:
    """Both rates over the last val decodes of a run."""
    snapshot = RunReader(run_dir).read(time.time())
    last = [decode for decode in snapshot.decodes if decode.split == "val"][-1]
    references = [clip.reference.split() for clip in snapshot.clips if clip.split == "val"]
    pairs = list(zip(references, [text.split() for text in last.hypotheses], strict=True))
    words = sum(len(reference) for reference, _ in pairs)
    fewest = sum(errors(*pair, gap=1, swap=1) for pair in pairs)
    weighted = sum(errors(*pair) for pair in pairs)
    return {"run": run_dir.name, "clips": len(pairs), "wer": fewest / words, "wer_weighted": weighted / words}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sclite_weights", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--json", action="store_true", help="Print one JSON document.")
    given = parser.parse_args(argv)
    rows = [measure(run_dir) for run_dir in given.runs]
    if given.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'run':30} {'clips':>6} {'fewest errors':>14} {'at 3, 3, 4':>11}")
    for row in rows:
        print(f"{row['run']:30} {row['clips']:6} {100 * row['wer']:12.2f} % {100 * row['wer_weighted']:9.2f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
