"""One reader for all who look at a run: what it read last, and how long ago that was."""

import asyncio
import threading

from monitor.launcher import judge_by
from monitor.run_dir.metric import Metric
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


def test_a_metric_that_a_person_chooses_is_judged_by_at_once(tmp_path):
    """No record is new then, and a verdict is kept for as long as nothing that it is made of changes."""
    run_dir = fake_runs.healthy(tmp_path)
    tailer = Tailer(run_dir, Family(tmp_path))
    seen = tailer._reader.read(1.0)
    first = tailer._judge(seen, 1.0)
    tailer.seen = seen, first
    assert tailer._judge(tailer._reader.read(1.0), 1.0) is first
    judge_by(run_dir, Metric("val_loss"), "ana", 1.0)
    assert tailer._judge(tailer._reader.read(1.0), 1.0) is not first
