"""The finished runs that a page sets a run beside: read once, the newest first, never more than a few."""

import time

from monitor.run_dir import DataInfo
from monitor.run_dir.reader import RunReader
from monitor.ui.earlier import EarlierBook
from monitor.writer import RunWriter


def write(folder, name, start, epochs=6, ended=True):
    writer = RunWriter(folder / name, epochs=epochs, data=DataInfo(name="mine", clips={"val": 60}))
    for epoch in range(1, epochs + 1):
        writer.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=start / epoch)
    if ended:
        writer.finish()
    return writer


def test_a_run_is_set_beside_the_finished_ones_and_they_are_read_once(tmp_path, monkeypatch):
    for place, start in enumerate((1.0, 0.9, 0.5)):
        write(tmp_path, f"r{place}", start)
    own = write(tmp_path, "own", 0.8, ended=False)
    earlier, seen = EarlierBook(tmp_path), RunReader(tmp_path / "own").read(time.time())
    assert "better than 2 of 3 earlier runs" in earlier.beside(seen).line
    monkeypatch.setattr("monitor.ui.earlier.RunReader", None)
    assert "better than 2 of 3 earlier runs" in earlier.beside(seen).line
    own.finish()


def test_a_folder_that_holds_no_run_but_it_says_so(tmp_path):
    write(tmp_path, "own", 0.8)
    (tmp_path / "notes").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    (tmp_path / "broken" / "epochs.jsonl").write_text("{")
    found = EarlierBook(tmp_path).beside(RunReader(tmp_path / "own").read(time.time()))
    assert found.runs == 0 and found.line.startswith("No earlier finished run on this validation set.")
