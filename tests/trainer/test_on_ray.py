"""`--ray_workers` without a Ray: a sentence, and nothing is started. tests/cluster/test_ray.py has a real one."""

import subprocess
import sys

from tests.supervised import ROOT

WITHOUT_RAY = """
import sys
sys.modules["ray"] = None  # as where it is not installed
from trainer.__main__ import main
sys.exit(main(["--ray_workers", "2", "--output_dir", sys.argv[1]]))
"""


def test_where_ray_is_not_installed_it_says_how_to_get_it(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY, str(tmp_path / "run")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert "--ray_workers needs Ray" in done.stderr and "pip install 'ray[train]'" in done.stderr
    assert not (tmp_path / "run").exists()


def test_the_trainer_loads_no_ray_unless_it_is_asked_for():
    code = "import sys, trainer.__main__, trainer.run; assert 'ray' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120).returncode == 0
