"""The verbs of `python -m monitor`: one file each, with a function `run` that returns the exit code."""
