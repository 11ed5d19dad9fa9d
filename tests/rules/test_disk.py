"""`disk`: room for the next checkpoints."""

import pytest

from monitor.rules.disk import Disk
from monitor.rules.result import NotApplicable, Quiet
from monitor.run_dir import Progress, decode
from monitor.writer import RunWriter
from tests.snapshots import beating, check, found, snapshot

RULE = Disk()
GIB = 2**30


def room(free, size=GIB, **more):
    return snapshot(val_loss=[1.0], **beating(disk_free_bytes=free, checkpoint_bytes=size, epoch=7, **more))


@pytest.mark.parametrize("free", [3 * GIB, 900 * GIB])
def test_enough_room_is_quiet(free):
    assert isinstance(check(RULE, room(free)), Quiet)


def test_a_run_that_has_ended_needs_none():
    assert isinstance(check(RULE, room(10, outcome="finished")), Quiet)


def test_without_a_checkpoint_or_the_figures_nothing_is_judged():
    assert isinstance(check(RULE, room(10, size=None)), NotApplicable)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0])), NotApplicable)


@pytest.mark.parametrize(("free", "severity"), [(2.5 * GIB, "warning"), (GIB / 2, "critical")])
def test_little_room_is_told_in_checkpoints(free, severity):
    finding = found(RULE, room(int(free)))
    assert (finding.severity, finding.onset) == (severity, 7.0)
    assert (
        finding.line.startswith(f"Room for {int(free // GIB)} more checkpoints: ") and "takes 1.0 GiB" in finding.line
    )


def test_the_writer_tells_both_figures(tmp_path):
    saved = tmp_path / "last.pt"
    saved.write_bytes(b"x" * 1234)
    folder = tmp_path / "sharded"
    folder.mkdir()
    (folder / "0.bin").write_bytes(b"x" * 100)
    with RunWriter(tmp_path / "run") as run:
        run.saved_checkpoint(saved, epoch=1)
        told = decode((tmp_path / "run" / "progress.json").read_bytes(), Progress)
        assert told.checkpoint_bytes == 1234 and told.disk_free_bytes > 0
        run.saved_checkpoint(folder, epoch=2)
        assert decode((tmp_path / "run" / "progress.json").read_bytes(), Progress).checkpoint_bytes == 100
        run.saved_checkpoint(tmp_path / "gone.pt", epoch=3)
    assert decode((tmp_path / "run" / "progress.json").read_bytes(), Progress).outcome == "finished"
