"""Entry point of `python -m monitor.supervisor`."""

import sys

from monitor.supervisor.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
