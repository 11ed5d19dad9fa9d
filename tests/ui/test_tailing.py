"""One reader for all who look at a run: what it read last, and how long ago that was."""

import asyncio
import threading

from monitor.launcher import judge_by
from monitor.run_dir.metric import Metric
from monitor.ui import tailing
from monitor.ui.family import Family
from monitor.ui.tailing import Tailer
from monitor.writer import RunWriter
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


def test_time_alone_makes_a_live_run_be_judged_again_and_no_ended_one(tmp_path, monkeypatch):
    judged = []
    real = tailing.judge_run
    monkeypatch.setattr(
        tailing, "judge_run", lambda snapshot, now: judged.append(snapshot.run_id) or real(snapshot, now)
    )
    monkeypatch.setattr(tailing, "REJUDGE_SECS", 0.0)
    monkeypatch.setattr(tailing, "REJUDGE_TIMES", 0.0)
    with RunWriter(tmp_path / "goes-on", epochs=9) as run:
        run.log_epoch(1, train_loss=1.0, val_loss=1.0)
        going = Tailer(run.run_dir, Family(tmp_path))
        assert going._look()
        for _ in range(3):
            going._look()
        assert judged == ["goes-on"] * 4
        monkeypatch.setattr(tailing, "REJUDGE_TIMES", 1e9)
        going._look()
        assert judged == ["goes-on"] * 4, "a run that takes long to judge is judged seldom"
        run.log_epoch(2, train_loss=1.0, val_loss=1.0)
        assert going._look() and judged == ["goes-on"] * 5, "but a new record is judged at once"
    judged.clear()
    ended = Tailer(fake_runs.healthy(tmp_path), Family(tmp_path))
    assert [ended._look() for _ in range(4)] == [True, False, False, False] and judged == ["healthy"]
