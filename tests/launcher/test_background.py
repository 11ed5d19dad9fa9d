"""A command that sends its training to the background is over at once, and the training with it: that is said first."""

import pytest

from monitor.launcher import start
from monitor.launcher.relaunch.background import background_problem
from monitor.run_dir.errors import RefusedError


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("nohup python train.py > log 2>&1 &", True),
        ("cd x && python train.py &", True),
        ("nohup python -u train.py \\\n  --lr 0.1 > log 2>&1 &\necho started $!\n", True),
        ("python a.py & python b.py & disown", True),
        ("python a.py &\n# wait for nothing\n", True),
        ("python a.py & python b.py & wait", False),
        ("python a.py > log &\ntail -f log", False),
        ("python train.py > log 2>&1", False),
        ("python train.py >& log", False),
        ("python train.py &> log", False),
        ("./train && echo done", False),
        ("python train.py &> log; tensorboard --logdir out &", False),
        ("python train.py > log 2>&1; tensorboard --logdir out &", False),
        ("python prepare.py\nnohup python train.py > log &", True),
        ("python train.py\ntensorboard --logdir out &", False),
        ("bash scripts/inner.sh\ntensorboard --logdir out &", False),
        ("make train\ntensorboard --logdir out &", False),
        ("cd x; ./train --lr 1; tensorboard --logdir out &", False),
        ("bash prepare.sh\nnohup python train.py > log &", True),
        ("cd x; python train.py; tensorboard --logdir out &", False),
        ("export LR=1\nnohup ./train > log &\nPID=$!", True),
        ("server & python train.py", False),
        ("mkdir -p out && python train.py", False),
        ("echo done", False),
        ("", False),
    ],
)
def test_a_shell_that_is_over_before_its_training_is_known_by_its_last_line(tmp_path, text, is_one):
    (tmp_path / "train.sh").write_text(f"#!/bin/bash\n{text}\n")
    for argv in (["bash", "-c", text], ["bash", "train.sh"], ["env", "A=B", "./train.sh"]):
        assert bool(background_problem(argv, tmp_path)) == is_one
    assert background_problem(["python", "train.py", text], tmp_path) == ""


@pytest.mark.parametrize(
    ("command", "is_one"),
    [
        ("docker run -d img python train.py", True),
        ("sudo podman run --rm -itd -v a:b img python train.py", True),
        ("docker compose run --detach trainer", True),
        ("docker run --rm -it img python train.py -d", False),
        ("python train.py -d", False),
        ("singularity exec -d img.sif python train.py", False),
        ("", False),
    ],
)
def test_a_container_in_the_background_is_one_by_its_own_words_alone(tmp_path, command, is_one):
    assert bool(background_problem(command.split(), tmp_path)) == is_one


def test_such_a_command_is_refused_with_the_line_and_leaves_no_run(tmp_path):
    (tmp_path / "train.sh").write_text("nohup python train.py > log 2>&1 &\n")
    with pytest.raises(
        RefusedError, match=r"(?s)train\.sh sends .* at once: nohup python train\.py.*Leave out the last &"
    ):
        start(tmp_path / "runs", ["bash", "train.sh"], run_id="r", cwd=tmp_path)
    assert not (tmp_path / "runs" / "r").exists()
