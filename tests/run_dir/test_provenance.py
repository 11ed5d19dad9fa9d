"""Which file a command runs."""

import pytest

from monitor.run_dir.provenance import script_of


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python train.py --lr 0.1", "train.py"),
        ("./run.sh", "run.sh"),
        ("python -m package.fit --config train.py", "package/fit.py"),
        ("torchrun --nproc_per_node 2 -m package.fit", "package/fit.py"),
        ("python -m torch.distributed.run --nproc-per-node=2 train.py", "train.py"),
        ("python -m accelerate.commands.launch --num_processes 1 train.py --lr 1", "train.py"),
        ("python -m torch.distributed.run -m package.fit", "package/fit.py"),
        ("python train.py -m resnet18", "train.py"),
        ("python train.py -m lr=0.1,0.2", "train.py"),
        ("python -m installed.tool train.py", None),
    ],
)
def test_the_script_is_found_behind_its_launcher(tmp_path, command, script):
    (tmp_path / "package").mkdir()
    for name in ("train.py", "run.sh", "package/fit.py"):
        (tmp_path / name).write_text("")
    assert script_of(command.split(), tmp_path) == (script and (tmp_path / script).resolve())
