"""`list` over a folder in which a summary was damaged: its row is there, and so is every other."""

import json
import subprocess
import sys

from monitor.run_dir import SUMMARY_FILE
from tests import fake_runs


def test_a_summary_whose_epoch_is_no_number_stops_no_list(tmp_path):
    runs = tmp_path / "runs"
    run_dir = fake_runs.healthy(runs)
    listed = [sys.executable, "-m", "monitor", "list", "--runs", str(runs), "--json"]
    subprocess.run(listed, capture_output=True, check=True, timeout=120)
    summary = run_dir / SUMMARY_FILE
    known = json.loads(summary.read_text()) if summary.exists() else {"run_id": run_dir.name, "updated_at": 9e9}
    summary.write_text(json.dumps({**known, "epoch": "nan", "verdict": "LOOK"}))
    done = subprocess.run(listed, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [row["run_id"] for row in json.loads(done.stdout)["runs"]] == [run_dir.name]
