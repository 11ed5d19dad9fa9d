"""The verbs of `python -m monitor`: a function each that returns the exit code, mostly one file a verb."""
