"""A script that prints faster than its log can be read: its stop and its end are noticed as those of any other."""

from __future__ import annotations

import time

import pytest

from monitor.launcher import start, stop
from monitor.run_dir import EPOCHS_FILE, LOG_FILE
from monitor.run_dir.reader import RunReader
from monitor.view.state import reading_words
from tests.supervised import script, wait_for, wait_for_state

FLOODS = """
import os, sys, time
block = {"lines": b"epoch 1 step 5 loss 0.123 some words here and there\\n" * 4000,
         "bar": b"\\r 50%|#####     | 5/10 loss=0.5" * 6000, "one line": b"x" * 200_000}[sys.argv[1]]
print("epoch 1 loss 0.6 val_loss 0.7", flush=True)
began, written = time.time(), 0
while written < int(sys.argv[2]):
    written += os.write(1, block)
    time.sleep(max(0.0, written / float(sys.argv[3]) - (time.time() - began)))
print("\\nepoch 2 loss 0.5 val_loss 0.7\\nepoch 3 loss 0.4 val_loss 0.8", flush=True)
"""
"""What it prints, how many bytes, and how many a second: with "inf" more than any machine reads."""
KINDS = ["lines", "bar", "one line"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_floods_its_log_is_stopped_within_its_usual_time(runs, kind):
    run_dir = runs / start(runs, [*script(runs.parent, FLOODS), kind, "1_200_000_000", "40e6"], run_id="flood")
    wait_for(lambda: (run_dir / LOG_FILE).stat().st_size > 80_000_000)
    stop(run_dir)  # half a minute before it would end by itself
    assert wait_for_state(run_dir, "stopped").signal is not None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_end_of_a_run_that_flooded_its_log_is_noticed_and_what_was_left_out_is_said(runs, kind):
    # Lines are read at tens of megabytes a second, for as long as they come and five seconds more.
    size = {"lines": "600_000_000"}.get(kind, "120_000_000")
    run_dir = runs / start(runs, [*script(runs.parent, FLOODS), kind, size, "inf"], run_id="flood")
    wait_for(lambda: (run_dir / LOG_FILE).read_bytes()[-100:].endswith(b"epoch 3 loss 0.4 val_loss 0.8\n"))
    wait_for_state(run_dir, "finished")
    seen = RunReader(run_dir).read(time.time())
    assert [record.epoch for record in seen.epochs][-2:] == [2.0, 3.0], (run_dir / EPOCHS_FILE).read_text()[-500:]
    if kind == "lines":
        assert "printed faster than they could be read and are left out" in reading_words(seen)
