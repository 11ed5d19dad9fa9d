"""Entry point of `python -m monitor`: before anything is imported, what keeps this Python from running it is said."""

import sys
from pathlib import Path

USAGE = 64
"""EXIT_USAGE, written out: nothing of ours can be imported yet."""


def _main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python gets its message from this file
        return _refuse(f"Vitalsigns needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    try:
        from monitor.commands.cli import main
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("monitor"):
            raise
        needed = Path(__file__).resolve().parent.parent / "requirements-monitor.txt"
        return _refuse(
            f"{sys.executable} has no {missing.name}. Use the Python that Vitalsigns was set up with, "
            f"or add it here: {sys.executable} -m pip install -r {needed}"
        )
    return main()


def _refuse(why: str) -> int:
    sys.stderr.write(f"error: {why}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(_main())
