"""Output as training tools print it (`tests/importers/printed`): followed to its end, it gives the right records."""

import json
import os
from pathlib import Path

import pytest

from monitor.importers.following import Following
from monitor.importers.formats.text_log import TextLog
from monitor.importers.free_text.proposal import propose_log, sentence
from monitor.importers.free_text.scan import scan
from monitor.importers.items import Row
from monitor.importers.live import About, FollowedRun
from monitor.run_dir import Decode, Epoch, Step, decode
from monitor.run_dir.errors import MonitorError
from tests.importers.printed import PRINTED

LOGS = Path(__file__).parent / "logs"
RIGHT = json.loads((LOGS / "expected.json").read_text(encoding="utf-8"))
"""Whole logs in files, with the values that a person reads there; `said` is part of the sentence about the log."""
NOW = 1_800_000_000.0


def records(run_dir, name, kind):
    path = run_dir / name
    return [decode(line, kind) for line in path.read_bytes().splitlines()] if path.exists() else []


def followed(tmp_path, text):
    """(epochs of the newest start, its steps, starts, decodes, what was said about it)."""
    log = tmp_path / "train.log"
    log.write_bytes(text.encode())
    os.utime(log, (NOW - 3600, NOW - 3600))
    found = scan(log)
    mapping = propose_log(found)
    run = FollowedRun.begin(tmp_path / "runs", About(log, "log", "run", mapping.document()), NOW)
    follower = Following(run)
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
    check(followed(tmp_path, text), right)


@pytest.mark.parametrize("name", RIGHT)
def test_a_log_is_read_as_a_person_reads_it(tmp_path, name):
    right, text = RIGHT[name], (LOGS / name).read_bytes().decode()
    if right.get("refused"):
        with pytest.raises(MonitorError):
            followed(tmp_path, text)
    else:
        check(followed(tmp_path, text), right)


def check(found, right):
    epochs, steps, starts, decodes, said = found
    assert len(epochs) == right.get("epochs", len(epochs)), said
    assert right.get("said", "") in said
    for record, wanted in ((epochs[:1], right.get("first", {})), (epochs[-1:], right.get("last", {}))):
        for quantity, number in wanted.items():
            wanted_value = None if number is None else pytest.approx(number, rel=2e-3)
            assert value(record[0], quantity) == wanted_value, (quantity, record[0])
    assert len(steps) >= right.get("steps", 0)
    for quantity, number in right.get("last_step", {}).items():
        assert getattr(steps[-1], quantity) == pytest.approx(number)
    assert starts == right.get("generations", starts)
    assert sum(len(each.hypotheses) for each in decodes) >= right.get("samples", 0)
    names = {key for record in epochs for key in record.metrics}
    assert not [key for key in names for bad in right.get("no_metric", ()) if bad in key]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step 0, loss: 9.0\nstep 100, loss: 7.0\n", "only train loss 9.00 → 7.00 up to step 100: a curve by step"),
        (PRINTED["three starts"][0], "Found 3 starts in a.log; the last one: 4 epochs, train loss 28.00 → 25.00"),
    ],
)
def test_what_is_there_is_said_in_a_sentence(tmp_path, text, said):
    log = tmp_path / "a.log"
    log.write_text(text)
    found = scan(log)
    assert said in sentence(found, propose_log(found), log.name)


def test_a_refusal_says_what_was_seen(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("sway 3.1 heat 7.5\nsway 3.2 heat 7.1\n")
    with pytest.raises(MonitorError, match=r"2 whole lines.*under sway 3\.2, heat 7\.1"):
        propose_log(scan(log))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [("训练损失", "Epoch 1 | 训练损失: 2.0 | 验证损失: 3.0\n"), ("奖励", "Epoch 1 | 奖励: 2.0 | 验证损失: 3.0\n")],
)
def test_a_name_in_any_script_can_be_mapped(tmp_path, wanted, text):
    log = tmp_path / "a.log"
    log.write_text(text)
    found = scan(log)
    uses = {use.field: use.column for use in propose_log(found, {"train_loss": wanted}).uses}
    assert uses["val_loss"] == "val_loss" and uses["train_loss"] in found.rows[0].cells


def test_a_comma_that_may_be_either_is_asked_about(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("Epoch 1 loss 2,410 lr 0.001\nEpoch 2 loss 2,210 lr 0.001\n")
    with pytest.raises(MonitorError, match="it is not clear whether the comma"):
        propose_log(scan(log))


def test_an_imported_evaluation_that_a_later_line_adds_to_is_one_row(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(PRINTED["deep-text-recognition-benchmark: accuracy on a line of its own"][0])
    rows = [item for item in TextLog(log).items() if isinstance(item, Row)]
    assert [row.values["accuracy"] for row in rows] == [0.0, 90.0, 80.0]
