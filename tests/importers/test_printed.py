"""Output as training tools print it (`tests/importers/printed.py`): followed to its end, it gives the right records."""

import os

import pytest

from monitor.importers.live import About, FollowedRun
from monitor.importers.log_follow import LogFollower
from monitor.importers.log_proposal import propose_log, sentence
from monitor.importers.log_reading import scan
from monitor.run_dir import Decode, Epoch, Step, decode
from monitor.run_dir.errors import MonitorError
from tests.importers.printed import PRINTED

NOW = 1_800_000_000.0


def records(run_dir, name, kind):
    path = run_dir / name
    return [decode(line, kind) for line in path.read_bytes().splitlines()] if path.exists() else []


def followed(tmp_path, text):
    """(epochs of the newest start, its steps, starts, decodes, what was said about it)."""
    log = tmp_path / "train.log"
    log.write_text(text, encoding="utf-8")
    os.utime(log, (NOW - 3600, NOW - 3600))
    found = scan(log)
    mapping = propose_log(found)
    run = FollowedRun.begin(tmp_path / "runs", About(log, "log", "run", mapping.document()), NOW)
    follower = LogFollower(run, mapping)
    for _ in range(4):
        follower.look(NOW)
    written = records(run.run_dir, "epochs.jsonl", Epoch)
    starts = max((record.generation for record in written), default=1)
    epochs = {record.epoch: record for record in written if record.generation == starts}
    steps = {record.step: record for record in records(run.run_dir, "steps.jsonl", Step)}
    decodes = records(run.run_dir, "decodes.jsonl", Decode)
    run.close(NOW)
    return (
        [epochs[e] for e in sorted(epochs)],
        [steps[s] for s in sorted(steps)],
        starts,
        decodes,
        sentence(found, mapping, log.name),
    )


def value(record, name):
    if name.startswith("~"):
        return next((number for key, number in record.metrics.items() if name[1:] in key), None)
    return getattr(record, name)


@pytest.mark.parametrize("name", PRINTED)
def test_what_a_tool_prints_is_read_as_a_person_reads_it(tmp_path, name):
    text, right = PRINTED[name]
    if "refused" in right:
        with pytest.raises(MonitorError, match=right["refused"]):
            followed(tmp_path, text)
        return
    epochs, steps, starts, decodes, said = followed(tmp_path, text)
    assert len(epochs) == right["epochs"], said
    for record, wanted in ((epochs[:1], right.get("first", {})), (epochs[-1:], right.get("last", {}))):
        for quantity, number in wanted.items():
            assert value(record[0], quantity) == pytest.approx(number, rel=2e-3), (quantity, record[0])
    assert len(steps) >= right.get("steps", 0)
    for quantity, number in right.get("last_step", {}).items():
        assert getattr(steps[-1], quantity) == pytest.approx(number)
    assert starts == right.get("generations", starts)
    assert sum(len(each.hypotheses) for each in decodes) >= right.get("samples", 0)
    names = {key for record in epochs for key in record.metrics}
    assert not [key for key in names for bad in right.get("no_metric", ()) if bad in key]
