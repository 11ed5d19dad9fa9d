"""`python -m trainer.diagnose RUN`: measures a run's best checkpoint, and keeps the findings beside the run.

Five questions: is it the decoder or the model, does the output depend on the input, do gradients reach every module,
is there enough time left inside for each word, and can the network learn five clips by heart?
The page and the rules' diagnosis pick the answers up from `probes/`.
"""

# ruff: noqa: E402 - the search for modules is put right first
from __future__ import annotations

from monitor.__main__ import leave_the_current_folder_out

leave_the_current_folder_out()  # a torch.py there would be taken for the library

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from monitor.run_dir import Probe
from monitor.run_dir.errors import EXIT_OK, MonitorError
from trainer.arguments import Parser


def main(argv: list[str] | None = None) -> int:
    """The exit code. The one place where errors on purpose are caught."""
    try:
        parser = Parser(prog="python -m trainer.diagnose", description=__doc__, allow_abbrev=False)
        parser.add_argument("run", type=Path, metavar="RUN", help="A run directory that this trainer wrote.")
        parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="Where to measure.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document instead of text.")
        given = parser.parse_args(argv)
        probes = measure(given.run.absolute(), given.device, quiet=given.json)
    except MonitorError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(msgspec.to_builtins(probes), indent=2) + "\n" if given.json else _text(probes))
    return EXIT_OK


def measure(run_dir: Path, device: str, *, quiet: bool = False) -> list[Probe]:
    """All measurements of a run, kept in its `probes/`. Raises MonitorError."""
    # torch and the networks are imported here: a wrong option is reported at once.
    from monitor.writer import write_probe
    from trainer.probes import by_heart, decoder, flow, information, resolution
    from trainer.probes.subject import about, open_run
    from trainer.terminal import Terminal, make_terminal

    # What is printed for a script is one document: its progress goes to stderr.
    screen = Terminal(sys.stderr) if quiet else make_terminal()
    subject = open_run(run_dir, device, screen)
    questions: list[Callable[..., Probe]] = [
        decoder.measure,
        information.measure,
        resolution.measure,
        flow.measure,
        by_heart.measure,
    ]
    found = []
    names = [question.__module__.rpartition(".")[2].replace("_", " ") for question in questions]
    for number in screen.questions(names):
        question = questions[number]
        probe = msgspec.structs.replace(question(subject), at=time.time(), checkpoint=about(subject.checkpoint))
        write_probe(run_dir, probe)
        found.append(probe)
    return found


def _text(probes: list[Probe]) -> str:
    lines = [f"\nMeasured on {probes[0].checkpoint}.\n"]
    for probe in probes:
        lines.append(f"{probe.title}\n  {probe.line}\n")
        if probe.name == "decoder-sweep":
            lines += [_table(probe)]
    return "\n".join(lines) + "\n"


def _table(probe: Probe) -> str:
    names = list(probe.rows[0])
    rows = [names, *([f"{row[name]:g}" for name in names] for row in probe.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(names))]
    return "\n".join(
        "  " + "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows
    )


if __name__ == "__main__":
    sys.exit(main())
