"""The contract and the disk: what a run directory holds, and everything that reads or writes one.

The records are re-exported here, so that `from monitor.run_dir import Epoch` is all that a reader needs.
"""

import msgspec

if not hasattr(msgspec, "Struct"):
    raise ImportError(
        f"{getattr(msgspec, '__file__', None) or list(msgspec.__path__)} is not the library msgspec, which Vitalsigns "
        "needs, but hides it: rename that file."
    )

from monitor.run_dir.records import *  # noqa: F403 - all of them, and their list stands once, in records.py
