"""For all tests: one compute thread a process. Tests run side by side, and waiting threads would spin on each other."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
