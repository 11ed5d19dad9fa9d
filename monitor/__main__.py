"""Entry point of `python -m monitor`: reports what keeps this Python from running it, before anything is imported."""

# pathlib is a file, and could be anybody's as long as the current folder is searched.
# ruff: noqa: PTH100, PTH120, PTH121
import os
import sys


def leave_the_current_folder_out() -> None:
    """`python -m` looks into the current folder first: a token.py or msgspec.py of any user's there would be executed.

    Where the current folder is the one that Python found us in, it stays.
    """
    home = os.path.dirname(os.path.abspath(__file__))
    for _ in range((__package__ or "monitor").count(".") + 1):
        home = os.path.dirname(home)
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) == home or not _is_here(entry or ".")]


def _is_here(entry: str) -> bool:
    try:
        return os.path.samefile(entry, ".")
    except OSError:
        return False


# Both modules above are built into Python (3.11); from here on, imports find the libraries only.
leave_the_current_folder_out()

from pathlib import Path  # noqa: E402

USAGE = 64
"""EXIT_USAGE, written out: nothing of ours can be imported yet."""


def main() -> int:
    """The exit code of the command line; USAGE where this Python is too old or lacks a library."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python gets its message from this file
        return _refuse(f"Vitalsigns needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    try:
        from monitor.commands import cli
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith(__package__ or "monitor"):
            raise
        listed = Path(__file__).resolve().parent.parent / "requirements-monitor.txt"
        needed = f"-r {listed}" if listed.exists() else "'vitalsigns[monitor]'"
        return _refuse(
            f"{sys.executable} has no {missing.name}. Use the Python that Vitalsigns was set up with, "
            f"or add it here: {sys.executable} -m pip install {needed}"
        )
    return cli.main()


def _refuse(why: str) -> int:
    sys.stderr.write(f"error: {why}\n")
    return USAGE


if __name__ == "__main__":
    sys.exit(main())
