"""Where a script's own words begin: whatever starts it, its options are its own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.launcher.relaunch.launchers import is_in_image, is_notebook, is_program, own_words_begin, script_path


def own(command):
    words = command.split()
    return words[own_words_begin(words) :]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", []),
        ("python train.py", []),
        ("python train.py --lr 0.1 other.py", ["--lr", "0.1", "other.py"]),
        ("./train --lr 0.1", ["--lr", "0.1"]),
        ("python -m pkg.train --lr 0.1", ["--lr", "0.1"]),
        ("python -m torch.distributed.run --nproc_per_node 2 train.py --lr 0.1", ["--lr", "0.1"]),
        ("torchrun --nproc_per_node 2 -m pkg.train --lr 0.1", ["--lr", "0.1"]),
        ("srun -n 4 --mem 8G python -u train.py --n 1", ["--n", "1"]),
        ("env LR=1 OMP_NUM_THREADS=4 nice -n 5 ./train --x", ["--x"]),
        ("conda run -n base python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("srun --partition gpu --exclusive python -u -m pkg.train --lr 0.1", ["--lr", "0.1"]),
        ("srun -p gpu -w node1 --mem 8G python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("srun --exclusive ./train --python python3", ["--python", "python3"]),
        (
            "accelerate launch --config_file a.yaml --num_processes 2 train.py --num_processes 5",
            ["--num_processes", "5"],
        ),
        ("torchrun --rdzv_endpoint host:1 --nproc_per_node 2 train.py --lr 0.1", ["--lr", "0.1"]),
        ("torchrun --rdzv_backend c10d --nproc_per_node 2 -m pkg.train -m 3", ["-m", "3"]),
        ("torchrun --log_dir logs -m train --config a.py", ["--config", "a.py"]),
        ("torchrun --nproc_per_node 2 --no-python ./train --config a.py", ["--config", "a.py"]),
        ("deepspeed --hostfile hosts --num_gpus 2 train.py --deepspeed ds.json", ["--deepspeed", "ds.json"]),
        ("python -m accelerate.commands.launch --config_file a.yaml --cpu train.py --cpu", ["--cpu"]),
        ("uv run --with numpy --python 3.11 python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("uv run --extra gpu -- python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("pixi run -e gpu python -u train.py -e 3", ["-e", "3"]),
        ("chrt -b 0 python -u train.py -b 8", ["-b", "8"]),
        ("taskset 0x3 python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("flock /tmp/lock python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("wrapped-by-us python -u train.py --lr 0.1", ["--lr", "0.1"]),
        ("docker run --rm -v .:/w -w /w --gpus all img python train.py -v 1", ["-v", "1"]),
        ("docker run --rm -it -e LR=1 --name a img python -u train.py --name b", ["--name", "b"]),
        ("docker run --rm -it --gpus=all img -u --name b", ["-u", "--name", "b"]),
        ("docker compose run --no-deps trainer torchrun --nproc-per-node 2 train.py --n 3", ["--n", "3"]),
        ("sudo docker exec -it box ./train --lr 0.1", ["--lr", "0.1"]),
        ("docker run img", []),
        ("srun -n 1 singularity exec --nv -B /d:/d img.sif python -u train.py --nv", ["--nv"]),
        ("bash train.sh --lr 0.1", ["--lr", "0.1"]),
        ("bash -c anything --lr 0.1", []),
        ("python -c code --lr 0.1", ["--lr", "0.1"]),
        ("train --config train.py", ["--config", "train.py"]),
        ("--lr 0.1", ["--lr", "0.1"]),
    ],
)
def test_the_words_behind_the_script_are_its_own(command, words):
    assert own(command) == words


LAUNCHERS = st.sampled_from(
    [
        *([], ["torchrun", "--nproc_per_node", "2"], ["accelerate", "launch"], ["srun", "-n", "4"], ["uv", "run"]),
        *(["env", "A=1"], ["nohup"], ["timeout", "60"], ["docker", "run", "--rm", "-v", "a:b", "img"]),
        *(["flock", "lock"], ["conda", "run", "-n", "base"]),
    ]
)
WORDS = st.lists(st.sampled_from(["--lr", "0.1", "-n", "4", "x=1", "eval.py", "--", "-m"]), max_size=4)


@settings(max_examples=60)
@given(LAUNCHERS, LAUNCHERS, st.sampled_from([["python"], ["python3.11", "-u"], []]), WORDS)
def test_no_launcher_takes_a_word_of_the_script(outer, inner, interpreter, words):
    argv = [*outer, *inner, *interpreter, "train.py", *words]
    assert argv[own_words_begin(argv) :] == words


def test_a_command_in_an_image_is_known_and_a_script_of_that_name_is_none():
    assert is_in_image(["docker", "run", "--rm", "img", "python", "train.py"])
    assert is_in_image(["srun", "apptainer", "exec", "img.sif", "torchrun", "train.py"])
    assert not is_in_image(["python", "train.py", "docker"]) and not is_in_image([])


def test_the_file_of_the_script_is_found_where_it_was_started(tmp_path):
    (tmp_path / "train.py").write_text("")
    assert script_path(["python", "train.py", "--lr"], tmp_path) == (tmp_path / "train.py").resolve()
    assert script_path(["python", "other.py"], tmp_path) is None
    assert script_path(["python", "-m", "train"], tmp_path) is None and script_path([], tmp_path) is None


def test_papermill_runs_a_notebook_and_an_option_is_no_program():
    assert is_notebook(["papermill", "a.ipynb", "-p", "lr", "1"]) and not is_notebook(["jupyter", "a.ipynb"])
    assert is_program("a.sh") and not is_program("--file.py") and not is_program("x=a.py")
