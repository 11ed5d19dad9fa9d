"""One reader for all who look at a run: what it read last, and how long ago that was."""

import asyncio
import threading

from monitor.ui.family import Family
from monitor.ui.live import Tailer
from tests import fake_runs


def test_a_disk_that_hangs_raises_nothing_and_is_told_by_the_age_of_the_last_read(tmp_path):
    run_dir = fake_runs.healthy(tmp_path)

    async def look() -> float:
        tailer = Tailer(run_dir, Family(tmp_path))
        hung, over = threading.Event(), threading.Event()
        reading = tailer._reader.read

        def hangs(now: float):
            if tailer.snapshot is not None:
                hung.set()
                over.wait(30)
            return reading(now)

        tailer._reader.read = hangs
        async with tailer:
            await asyncio.to_thread(hung.wait, 30)
            first = tailer.unread_secs
            await asyncio.sleep(0.3)
            grown = tailer.unread_secs - first
            over.set()
        assert tailer.problem == "" and len(tailer.snapshot.epochs) == 30
        return grown

    assert asyncio.run(look()) >= 0.25
