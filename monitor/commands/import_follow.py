"""`import --follow`: waits for the first row, prints each epoch, and ends cleanly on Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from monitor.commands.common import confirm, console, elsewhere, err_console, now, print_json
from monitor.commands.import_shown import figures_of, show_plan
from monitor.importers.following import Following
from monitor.importers.importing import Asked, NothingYetError, Plan, plan
from monitor.importers.live import find_followed
from monitor.importers.several import container
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.words import monitor_line

POLL_SECS = 1.0


def follow_file(path: Path, runs: Path, asked: Asked, name: str, yes: bool, as_json: bool) -> int:
    """Follows `path` into the run that it was followed into before, or a new one. Returns EXIT_OK, after Ctrl-C too."""
    known = find_followed(runs, path)
    with _stopped_politely():
        try:
            if known is not None:
                following = Following.go_on(known, now())
            else:
                chosen = _awaited(path, asked)
                if not as_json:
                    show_plan(chosen)
                    confirm("Is that right? It is then followed until you press Ctrl-C.", yes)
                following = Following.begin(runs, chosen, name or chosen.run_name, now())
        except KeyboardInterrupt:
            return EXIT_OK
        run_id = following.run.run_dir.name
        if not as_json:
            again = "Going on with" if known is not None else "Following as"
            look = f"{monitor_line('show', run_id)}{elsewhere(runs)}"
            console().print(f"{again} {run_id}.  Look at it: {look}", soft_wrap=True)
        _stay(following, as_json)
    last = following.last.epoch if following.last is not None else None
    if as_json:
        print_json({"run_id": run_id, "continued": known is not None, "last_epoch": last, "ended": following.ended})
    elif following.ended:
        console().print("Its log ends: the run has ended.")
    else:
        console().print("No longer followed; the same command goes on from here.")
    return EXIT_OK


def _stay(following: Following, quiet: bool) -> None:
    shown = None
    try:
        while not following.ended:
            following.look(now())
            if not quiet and following.last is not None and following.last != shown:
                shown = following.last
                console().print(f"epoch {shown.epoch:g}: {figures_of(shown)}")
            if not following.ended:
                time.sleep(POLL_SECS)
    except KeyboardInterrupt:
        pass
    finally:
        following.stop(now())


def _awaited(path: Path, asked: Asked) -> Plan:
    """The plan, once there is something to read."""
    said = False
    while True:
        try:
            place, part = container(path)
            if place.stat().st_size if place.is_file() else place.is_dir() and not part:
                return plan(path, asked, follow=True)
        except NothingYetError:
            pass
        if not said:
            err_console().print(f"Waiting for {path} to say something.", soft_wrap=True)
            said = True
        time.sleep(POLL_SECS)


@contextlib.contextmanager
def _stopped_politely() -> Iterator[None]:
    """SIGTERM ends following as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        """The handler: what Ctrl-C raises."""
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
