"""What the updates of an epoch add up to, and whether a cluster has put the same job back into its queue."""

import pytest

from monitor.run_dir import LAUNCH_FILE, Launch, encode
from trainer.run import is_requeued
from trainer.tally import Tally, Update


def update(**changes):
    usual = {"loss": 2.0, "lr": 0.1, "grad_norm": 1.0, "clipped": False, "skipped": False, "clips": 4}
    return Update(**{**usual, "data_secs": 0.25, "total_secs": 1.0, **changes})


def test_an_epoch_without_an_update_has_no_loss_and_no_norm():
    assert (Tally().train_loss, Tally().grad_norm) == (None, None)


def test_the_loss_is_a_mean_over_clips_so_that_a_short_batch_counts_for_less():
    tally = Tally()
    tally.count(update(loss=3.0, clips=3), 0)
    tally.count(update(loss=7.0, clips=1), 0)
    assert tally.train_loss == 4.0 and (tally.clips, tally.updates) == (4, 2)


def test_the_norm_is_a_median_so_that_one_spike_does_not_count():
    tally = Tally()
    for norm in (1.0, 1e9, 2.0):
        tally.count(update(grad_norm=norm, clipped=norm > 5), 0)
    assert tally.grad_norm == 2.0 and tally.clipped == 1
    assert (tally.data_secs, tally.total_secs) == (0.75, 3.0)


def test_skipped_updates_are_counted_and_the_longest_row_of_them_is_kept():
    tally = Tally()
    for row in (1, 2, 0, 1):
        tally.count(update(skipped=row > 0), row)
    assert (tally.skipped, tally.longest_skip) == (3, 2)


@pytest.fixture
def run_dir(tmp_path):
    launch = Launch(run_id="r", created_at=0.0, argv=["t"], cwd="/", scheduler={"job_id": "42"})
    (tmp_path / LAUNCH_FILE).write_bytes(encode(launch))
    return tmp_path


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SLURM_JOB_ID": "42"},
        {"SLURM_JOB_ID": "42", "SLURM_RESTART_COUNT": "0"},
        {"SLURM_JOB_ID": "42", "SLURM_RESTART_COUNT": ""},
        {"SLURM_JOB_ID": "43", "SLURM_RESTART_COUNT": "1"},
        {"SLURM_RESTART_COUNT": "1"},
    ],
)
def test_a_first_start_and_another_job_are_not_requeued(run_dir, environment):
    assert not is_requeued(run_dir, environment)


def test_the_job_that_began_the_run_is_requeued_when_it_starts_again(run_dir):
    assert is_requeued(run_dir, {"SLURM_JOB_ID": "42", "SLURM_RESTART_COUNT": "1"})


def test_without_a_readable_launch_nothing_is_requeued(run_dir, tmp_path):
    again = {"SLURM_JOB_ID": "42", "SLURM_RESTART_COUNT": "1"}
    assert not is_requeued(tmp_path / "nowhere", again)
    (run_dir / LAUNCH_FILE).write_text("{")
    assert not is_requeued(run_dir, again)
