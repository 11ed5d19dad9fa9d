"""The GPU benchmark runs to its end as a toy, refuses where it would mislead, and needs four packages only."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_toy_measures_every_setting_and_both_networks_agree_with_float64():
    done = run("from benchmarks.trainer_gpu.__main__ import main; sys.exit(main())", "--tiny", "--json")
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(done.stdout)
    for name in ("i3d", "mobilenet_v3"):
        assert result["agreement"][name]["fp32"]["agrees"]
        rows = result["speed"][name]["rows"]
        assert rows["plain fp32 loop"]["times_plain"] == pytest.approx(1.0)
        assert all(row["clips_per_sec"] > 0 and 0 <= row["data_wait_ratio"] < 1 for row in rows.values())
        assert result["speed"][name]["gflop_per_clip"] > 0


def test_without_a_gpu_it_refuses(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    done = run("from benchmarks.trainer_gpu.__main__ import main; sys.exit(main())")
    assert done.returncode == 69 and "no GPU" in done.stderr


def test_the_trainer_needs_four_packages_only(tmp_path):
    argv = ["--train_clips", "8", "--eval_clips", "4", "--epochs", "1", "--hidden_dim", "8", "--width", "0.1"]
    done = run("from trainer.__main__ import main; sys.exit(main())", *argv, "--output_dir", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr[-2000:]
