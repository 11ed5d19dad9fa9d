"""Entry point of the command `vitalsigns` and of `python -m vitalsigns`: the verbs of `python -m monitor`."""

import sys

from monitor.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
