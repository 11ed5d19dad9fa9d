"""The contract and the disk: what a run directory holds, and everything that reads or writes one.

The records are re-exported here, so that `from monitor.run_dir import Epoch` is all that a reader needs.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec

if "msgspec" not in sys.modules and (_found := find_spec("msgspec")) is not None:
    # Looked at before it is imported: a file of that name beside a script would be executed by that, and be a script.
    _inside = list(_found.submodule_search_locations or [])
    if PathFinder.find_spec("msgspec._core", _inside) is None:
        raise ImportError(
            f"{_found.origin or _inside} is not the library msgspec, which Vitalsigns needs, but hides it: "
            "rename that file."
        )

from monitor.run_dir.records import *  # noqa: F403 - all of them: each is listed once, in its own file
