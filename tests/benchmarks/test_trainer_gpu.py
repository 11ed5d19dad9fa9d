"""The GPU benchmark runs to its end as a toy, refuses where it would mislead, and needs four packages only."""

import json
import subprocess
import sys
from pathlib import Path

from tests.supervised import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent

ONLY = """
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions

ALLOWED = {"torch", "functorch", "torchgen", "numpy", "msgspec", "jiwer", "rapidfuzz", "click",
           "typing_extensions", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec", "filelock",
           "optree"}  # torch uses it where another package has brought it
INSTALLED = set(packages_distributions()) - {"trainer", "monitor", "benchmarks"}

class Absent:
    def create_module(self, spec):
        raise ModuleNotFoundError(f"No module named {spec.name!r}: only torch, numpy, msgspec, jiwer are installed")

    def exec_module(self, module):
        raise AssertionError

class Refuses(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        # Looking for a module is allowed (torch looks for many); importing it is not.
        return ModuleSpec(name, Absent()) if name.partition(".")[0] in INSTALLED - ALLOWED else None

sys.meta_path.insert(0, Refuses())
"""
"""What these four need of their own is let through; everything else is not there."""


def run(code: str, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ONLY + code, *argv], cwd=ROOT, capture_output=True, text=True, timeout=400
    )


BENCHMARK = "from benchmarks.trainer_gpu.__main__ import main; sys.exit(main())"
STUDY = "from benchmarks.trainer_gpu.study import main; sys.exit(main())"


def test_without_a_gpu_it_measures_a_toy_and_keeps_table_and_picture(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    done = run(BENCHMARK, "--json", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "torch can use no GPU here: this is a toy on the CPU" in done.stderr
    result = json.loads(done.stdout)
    assert json.loads((tmp_path / "benchmark.json").read_text())["speed"] == result["speed"]
    assert result["cut_off"] == "" and result["peaks"]["flop_per_sec"] > 0
    for name in ("i3d", "mobilenet_v3"):
        assert result["agreement"][name]["fp32"]["agrees"]
        rows = result["speed"][name]
        assert list(rows) == ["plain fp32 loop", "the trainer's defaults", "bf16, channels last"]
        assert all(row["clips_per_sec"] > 0 and 0 <= row["data_wait_ratio"] < 1 for row in rows.values())
        assert all(row["flop_per_clip"] > 0 and row["bytes_per_clip"] > 0 for row in rows.values())
    assert list(result["speed"]["landmark_tcn"]) == ["plain fp32 loop", "the trainer's defaults"]
    assert "a toy: no figure of speed counts" in (tmp_path / "benchmark.md").read_text()
    assert (tmp_path / "benchmark.svg").read_text().count("<rect") == 1 + 6 + 2


def test_a_signal_cuts_it_off_and_what_was_measured_is_printed_and_kept(tmp_path):
    argv = [sys.executable, "-m", "benchmarks.trainer_gpu", "--toy", "--out", str(tmp_path)]
    kept = tmp_path / "benchmark.json"
    with subprocess.Popen(argv, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: kept.exists() and json.loads(kept.read_text())["speed"], secs=200)
        process.terminate()
        printed, _ = process.communicate(timeout=100)
    assert process.returncode == 75
    result = json.loads(kept.read_text())
    assert result["cut_off"].startswith("cut off by SIGTERM after ")
    assert result["cut_off"] in printed and "| plain fp32 loop | " in printed


def test_the_limit_cuts_it_off(tmp_path):
    done = run(BENCHMARK, "--toy", "--limit", "0.2", "--out", str(tmp_path))
    assert done.returncode == 75 and "cut off at its limit of 0.2 s" in done.stdout


def test_the_study_trains_both_presets_side_by_side_as_a_toy(monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    done = run(STUDY, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "a toy on the CPU" in done.stderr
    runs = json.loads((tmp_path / "study.json").read_text())["runs"]
    for preset in ("video_broken", "video_fixed"):
        assert (runs[preset]["epochs"], runs[preset]["ended"]) == (2, "finished")
        assert runs[preset]["test_wer"] is not None and len(runs[preset]["curves"]["val_loss"]) == 2
        assert f"| {preset} | 2 of 2 |" in done.stdout
    assert (tmp_path / "study.svg").read_text().count("<polyline") == 6


def test_the_study_stops_both_runs_at_its_limit(tmp_path):
    done = run(STUDY, "--toy", "--limit", "1", "--out", str(tmp_path))
    assert done.returncode == 75 and "cut off at its limit of 1 s" in done.stdout
    assert {each["ended"] for each in json.loads((tmp_path / "study.json").read_text())["runs"].values()} == {"stopped"}


def test_the_trainer_needs_four_packages_only(tmp_path):
    argv = ["--train_clips", "8", "--eval_clips", "4", "--epochs", "1", "--hidden_dim", "8", "--width", "0.1"]
    done = run("from trainer.__main__ import main; sys.exit(main())", *argv, "--output_dir", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr[-2000:]
