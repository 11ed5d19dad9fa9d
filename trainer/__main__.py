"""`python -m trainer`: reads the command line, trains, and turns what went wrong into one sentence and an exit code."""

# ruff: noqa: E402 - the search for modules is put right first
from __future__ import annotations

from monitor.__main__ import leave_the_current_folder_out

leave_the_current_folder_out()  # a torch.py there would be taken for the library

import os
import sys
import time

from monitor.run_dir.errors import EXIT_OK, MonitorError, UsageError
from trainer import arguments
from trainer.stopping import StopSignals

LET_THE_FIRST_SPEAK_SECS = 5.0


def main(argv: list[str] | None = None) -> int:
    """The exit code. The one place where errors on purpose are caught."""
    try:
        invocation = arguments.parse(sys.argv[1:] if argv is None else argv)
        if invocation.schema:
            sys.stdout.write(arguments.schema_text() + "\n")
            return EXIT_OK
        signals = StopSignals().install()
        # torch takes a second or two to import: options are checked and signals heard before that.
        from trainer.run import run, where

        if invocation.ray_workers > 0 and "WORLD_SIZE" not in os.environ:
            from trainer.on_ray import train_on_ray

            words, device = sys.argv[1:] if argv is None else argv, invocation.config.device
            train_on_ray(words, invocation.ray_workers, device, where(invocation))
        else:
            run(invocation, signals)
    except MonitorError as error:
        # Processes that train together have the same command line: one of them tells what is wrong with it, and the
        # others give it time to, because torchrun ends all when the first one ends.
        if os.environ.get("RANK", "0") == "0" or not isinstance(error, UsageError):
            sys.stderr.write(f"error: {error}\n")
        else:
            time.sleep(LET_THE_FIRST_SPEAK_SECS)
        return error.exit_code
    return EXIT_OK


if __name__ == "__main__":
    code = main()
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        # Everything is on disk by now. Ending the interpreter in the usual way races with gloo's own threads, and the
        # loser aborts ("terminate called without an active exception"), which torchrun takes for a failed training.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
