"""What the seeds of a run and of its parent reached: means over those that came so far, none of a run without seeds."""

from monitor.diagnosis.seed_means import seed_lines, siblings
from monitor.diagnosis.seed_spread import SeedGroup
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.errors import UnreadableRunError


def run_of(name, *wers):
    rows = tuple(Epoch(epoch=place, val_wer=wer, val_loss=1.0) for place, wer in enumerate(wers, 1))
    return Snapshot(run_dir=f"runs/{name}", run_id=name, read_at=0.0, epochs=rows)


RUNS = {run.run_id: run for run in (run_of("p2", 0.6, 0.5), run_of("c2", 0.5, 0.3), run_of("young", 0.9))}


def read(name):
    if name not in RUNS:
        raise UnreadableRunError(f"There is no run {name}.")
    return RUNS[name]


PARENT, CHILD = run_of("p", 0.6, 0.4), run_of("c", 0.5, 0.2)
OF_PARENT, OF_CHILD = SeedGroup(("p", "p2")), SeedGroup(("c", "c2"))


def test_without_seeds_nothing_is_told():
    assert seed_lines(PARENT, CHILD, 2.0, [], read) == []
    assert seed_lines(PARENT, CHILD, 2.0, [SeedGroup(("x", "y"))], read) == []


def test_each_with_seeds_gets_a_line_and_both_their_difference():
    only_child = seed_lines(PARENT, CHILD, 2.0, [OF_CHILD], read)
    assert len(only_child) == 1 and only_child[0].startswith("c and 1 seed (c2): val WER mean 25.0 %")
    lines = seed_lines(PARENT, CHILD, 2.0, [OF_PARENT, OF_CHILD], read)
    assert [line.partition(" and ")[0] for line in lines[:2]] == ["p", "c"]
    assert lines[2].startswith("Difference of the means −20.0 points (95 % Welch t interval ")
    assert seed_lines(PARENT, CHILD, 1.0, [OF_PARENT, OF_CHILD], read)[2].startswith("Difference of the means −10.0")


def test_two_seeds_of_one_group_are_told_once_and_without_a_difference():
    lines = seed_lines(PARENT, RUNS["p2"], 2.0, [OF_PARENT], read)
    assert len(lines) == 1 and lines[0].startswith("p and 1 seed (p2)")


def test_a_seed_that_cannot_be_read_or_has_not_come_so_far_is_left_out():
    assert seed_lines(PARENT, CHILD, 2.0, [SeedGroup(("c", "gone"))], read) == []
    assert seed_lines(PARENT, CHILD, 2.0, [SeedGroup(("c", "young"))], read) == []
    assert len(seed_lines(PARENT, CHILD, 2.0, [SeedGroup(("c", "c2", "young", "gone"))], read)) == 1


def test_siblings_are_the_runs_of_the_group_that_can_be_read():
    assert siblings(CHILD, [OF_PARENT], read) == [CHILD]
    assert siblings(CHILD, [SeedGroup(("c2", "c", "gone"))], read) == [RUNS["c2"], CHILD]
