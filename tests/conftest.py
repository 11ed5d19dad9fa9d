"""For all tests: one compute thread a process (tests run side by side, and waiting threads would spin on each other),
and keys and tokens of their own instead of the user's."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XDG_STATE_HOME", str(Path(tempfile.gettempdir()) / f"vitalsigns-tests-{os.getuid()}"))
