"""Parts of a whole that cannot be ones, such as a share that is logged in percent."""

from __future__ import annotations

import math

from monitor.diagnosis.verdict import judge
from monitor.run_dir.fractions import PARTS, GrowingEpochs, no_fractions
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records import Epoch
from monitor.writer import RunWriter


def grown(*pieces: list[Epoch]) -> tuple[Epoch, ...]:
    growing = GrowingEpochs()
    for piece in pieces:
        growing.extend(piece)
    return growing.frozen()


def test_fractions_are_left_as_they_are():
    records = [Epoch(epoch=1.0), Epoch(epoch=2.0, **dict.fromkeys(PARTS, 1.0)), Epoch(epoch=3.0, empty_ratio=math.nan)]
    records.append(Epoch(epoch=4.0, empty_ratio=1.0000001, blank_ratio=-1e-9, length_ratio=7.0))
    assert grown(records) == tuple(records)
    assert not any(map(no_fractions, records))


def test_a_share_in_percent_is_not_measured_in_any_evaluation_and_stands_among_the_metrics():
    first, later = Epoch(epoch=1.0, empty_ratio=0.8, blank_ratio=0.9), Epoch(epoch=2.0, empty_ratio=45.0)
    seen = grown([first], [later], [Epoch(epoch=3.0, empty_ratio=0.5)])
    assert [record.empty_ratio for record in seen] == [None, None, None]
    assert [record.metrics["empty_ratio"] for record in seen] == [0.8, 45.0, 0.5]
    assert seen[0].blank_ratio == 0.9


def test_no_sentence_is_made_of_a_share_in_percent(tmp_path, capsys):
    with RunWriter(tmp_path / "r", epochs=60) as run:
        for epoch in range(1, 21):
            loss = 1 + 4 / epoch
            run.log_epoch(epoch, train_loss=loss, val_loss=loss, val_wer=1 / epoch, empty_ratio=45.0 - epoch)
    said = capsys.readouterr().err
    assert said.count("empty_ratio is 44, and a fraction lies between 0 and 1: it is not judged") == 1
    snapshot = RunReader(tmp_path / "r").read(0.0)
    diagnosis = judge(snapshot, 0.0).diagnosis
    assert "blank_collapse" not in {finding.rule for finding in diagnosis.findings}
    assert snapshot.epochs[-1].metrics["empty_ratio"] == 25.0
