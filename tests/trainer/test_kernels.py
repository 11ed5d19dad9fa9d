"""Kernels of our own: how they share out a picture; what they compute; and that each can be made for a real GPU."""

import json
import os
import subprocess
import sys

import pytest
import torch

from trainer.kernels import block_of, is_channels_last, side_by_side, together

CL3 = torch.channels_last_3d


def test_rows_of_pixels_fill_tiles_and_never_reach_into_another_row_of_a_picture():
    for channels in (3, 16, 24, 72, 120, 184, 200, 960):
        for pixels in (1, 7, 14, 49, 56, 112 * 112):
            beside = side_by_side(channels, pixels, 64)
            assert pixels % beside == 0 and beside in (1, 2, 4, 8)
    assert side_by_side(72, 56, 64) == 8 and side_by_side(64, 56, 64) == 1 and side_by_side(24, 49, 64) == 1
    assert [together(each) for each in (960, 72, 20, 6, 3)] == [8, 8, 4, 2, 1]
    assert [block_of(each, 64) for each in (1, 3, 16, 24, 64, 960)] == [1, 4, 16, 32, 64, 64]


def test_the_order_in_memory_is_told_from_the_strides():
    x = torch.zeros(2, 3, 4, 5, 6)
    assert not is_channels_last(x) and is_channels_last(x.to(memory_format=CL3))
    assert not is_channels_last(x[0]) and is_channels_last(x[0].to(memory_format=torch.channels_last))


@pytest.mark.frameworks
def test_each_kernel_computes_what_its_torch_operator_does(tmp_path):
    """In a process of its own: Triton is an interpreter only where it is one from its first import on."""
    argv = ["-m", "pytest", "-p", "no:cacheprovider", "-n", "0", "tests/trainer/interpreted_kernels.py"]
    env = {**os.environ, "TRITON_INTERPRET": "1"}
    done = subprocess.run([sys.executable, *argv], env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0 and "failed" not in done.stdout, done.stdout + done.stderr


@pytest.mark.frameworks
def test_each_kernel_is_made_for_a_hopper_gpu_and_reads_16_bytes_at_once(tmp_path):
    """In a process of its own: the interpreter leaves Triton's language changed."""
    env = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.trainer.made_kernels"], env=env, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert len(made) == 10 and all(each["machine code"] > 1000 for each in made.values())
    assert [name for name, each in made.items() if not each["wide reads"]] == ["norm._joined"]
