"""THE CONTRACT: what a run directory holds (schema 1), as file names and typed records.

A run is a directory; its name is the run id; nothing outside it matters.
These modules know the records but never touch a disk: bytes in, bytes out.
Units stand in the names: `_secs`, `_steps`, `_ratio` (0 to 1), `_per_sec`, `_at` (UTC seconds), `_bytes`.
Losses are in the unit that `run.json` states under `units.loss`; WER is a fraction and may exceed 1.
The public description is docs/run-directory.md.
"""

from monitor.run_dir.records.base import *
from monitor.run_dir.records.coding import *
from monitor.run_dir.records.file_names import *
from monitor.run_dir.records.job import *
from monitor.run_dir.records.judged import *
from monitor.run_dir.records.measured import *
from monitor.run_dir.records.run import *
from monitor.run_dir.records.snapshot import *
from monitor.run_dir.records.source import *
from monitor.run_dir.records.started import *
from monitor.run_dir.records.state import *
