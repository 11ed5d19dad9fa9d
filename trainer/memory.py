"""Out of memory on the GPU: what was asked and free, what is kept, and which settings need half of it."""

from __future__ import annotations

import re

from monitor.run_dir.errors import EXIT_WARNING, MonitorError
from trainer.config import Config

SAID = re.compile(r".*?out of memory.*? is free\.", re.DOTALL)
"""Of torch's text what was asked for and free; tips on its allocator follow."""
LONGEST = 200


class OutOfMemoryError(MonitorError):
    """The GPU has no memory left; the run failed, as by any exception that nobody catches."""

    exit_code = EXIT_WARNING


def explained(error: Exception, config: Config, where: str, kept: str) -> OutOfMemoryError:
    """`error`: torch's own; `where`: such as "at step 12"; `kept`: one sentence on the checkpoint."""
    text = " ".join(str(error).split())
    said = SAID.match(text)
    first = said[0] if said else text[:LONGEST].rstrip(".") + "."
    return OutOfMemoryError(
        f"{first} That was {where}, with --batch_size {config.batch_size}. {kept} {way_out(config)}"
    )


def way_out(config: Config) -> str:
    """What fits into less memory."""
    if config.batch_size < 2:
        return "A batch is one clip already: try a smaller --frame_size, --width or --hidden_dim."
    half, passes = config.batch_size // 2, 2 * config.accumulation_steps
    same = "make the same update and " if config.batch_size % 2 == 0 else ""
    return f"--batch_size {half} --accumulation_steps {passes} {same}need about half the memory for activations."
