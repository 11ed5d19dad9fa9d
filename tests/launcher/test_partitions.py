"""What is free in a cluster, from sinfo's lines."""

import threading

from monitor.launcher.engines.partitions import RECENT_SECS, Partition, PartitionWatch, parsed, rays
from monitor.run_dir import JobSeen, jobs
from tests.supervised import wait_for

LINES = """\
main|n1|idle|0/8/0/8|gpu:2|gpu:0|
urgent|n1|idle|0/8/0/8|gpu:2|gpu:0|
main|n2|mix|1/7/0/8|gpu:2|gpu:1|
main|n3|down*|0/0/8/8|gpu:2|gpu:0|
main|n4|drain|0/0/8/8|(null)|gpu:0|
fat|g1|alloc|64/0/0/64|gpu:h100:4(S:0-1),shard:8|gpu:h100:3(IDX:0-2),shard:0|
fat|g2|idle~|0/64/0/64|gpu:a100:2,gpu:h100:2|gpu:a100:0(IDX:N/A),gpu:h100:1(IDX:0)|
cpu|c1|idle|0/16/0/16|(null)|(null)|

slurm_load_partitions: Unable to contact slurm controller
odd|n1|idle|many|gpu:2|gpu:0|
"""


def test_each_partition_has_what_its_usable_nodes_have_free():
    assert parsed(LINES.splitlines()) == (
        Partition("main", nodes=2, nodes_out=2, cpus=16, cpus_free=15, gpus=4, gpus_free=3),
        Partition("urgent", nodes=1, cpus=8, cpus_free=8, gpus=2, gpus_free=2),
        Partition("fat", nodes=2, cpus=128, cpus_free=64, gpus=8, gpus_free=4),
        Partition("cpu", nodes=1, cpus=16, cpus_free=16),
    )
    assert parsed([]) == ()


def test_the_rays_that_are_asked_are_those_of_ones_own_jobs_of_the_last_day():
    now = 1_800_000_000.0

    def seen(number, address, **more):
        return JobSeen(engine="ray", job_id=number, address=address, **more)

    known = [
        seen("1", "http://a:8265"),
        seen("2", "http://a:8265", ended_at=now - 10),
        seen("3", "http://b:8265", ended_at=now - RECENT_SECS + 1),
        seen("4", "http://c:8265", ended_at=now - RECENT_SECS - 1),
        JobSeen(job_id="17"),
    ]
    assert rays(jobs.Book(jobs={each.job_id: each for each in known}), now) == ["http://a:8265", "http://b:8265"]
    assert rays(jobs.Book(), now) == []


def test_nobody_waits_for_an_answer_and_a_slow_one_is_not_asked_twice():
    go, asked = threading.Event(), []

    def slow():
        asked.append(1)
        assert go.wait(30)
        return (Partition("main"),)

    watch = PartitionWatch(slow)
    assert [watch.now() for _ in range(5)] == [()] * 5
    go.set()
    wait_for(lambda: watch.now() == (Partition("main"),))
    assert len(asked) == 1
