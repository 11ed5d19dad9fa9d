"""Operations and bytes are counted right per operator: against a count of both networks by hand, groups known."""

import math
import time

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.trainer_gpu import plan
from benchmarks.trainer_gpu.counting import Counter
from benchmarks.trainer_gpu.cutting import Clock, Cut, TooLong
from benchmarks.trainer_gpu.networks import VOCABULARY, Size, beginners, config_of, network
from benchmarks.trainer_gpu.result import shares, table
from benchmarks.trainer_gpu.speed import Stretch, figures, new_shape_cost
from trainer.data.batches import collate
from trainer.loss import clip_losses, per_token
from trainer.models import norms

CPU = torch.device("cpu")
CLIPS, FRAMES, PIXELS, HIDDEN = 2, 8, 32, 16
STEPS = FRAMES // 4
"""Output frames of a clip."""

MOVED_SHARE = 0.95
"""Of the bytes that the beginner's i3d moves; measured: .92 on these clips, .88 on larger ones."""

INCEPTION = (
    # inputs, 1x1 | 1x1, 3x3x3 | 1x1, 3x3x3 | after the pooling; places of a clip of 8 frames of 32 pixels
    (192, 64, 96, 128, 16, 32, 32, 4 * 4 * 4),
    (256, 128, 128, 192, 32, 96, 64, 4 * 4 * 4),
    (480, 192, 96, 208, 16, 48, 64, 2 * 2 * 2),
    (512, 160, 112, 224, 24, 64, 64, 2 * 2 * 2),
    (512, 128, 128, 256, 24, 64, 64, 2 * 2 * 2),
    (512, 112, 144, 288, 32, 64, 64, 2 * 2 * 2),
    (528, 256, 160, 320, 32, 128, 128, 2 * 2 * 2),
    (832, 256, 160, 320, 32, 128, 128, 2 * 1 * 1),
    (832, 384, 192, 384, 48, 128, 128, 2 * 1 * 1),
)
RESIDUALS = (
    # inputs, kernel, expanded, outputs, squeezed to (0: not), side of a picture of 32 pixels before and after
    (16, 3, 16, 16, 0, 16, 16),
    (16, 3, 64, 24, 0, 16, 8),
    (24, 3, 72, 24, 0, 8, 8),
    (24, 5, 72, 40, 24, 8, 4),
    (40, 5, 120, 40, 32, 4, 4),
    (40, 5, 120, 40, 32, 4, 4),
    (40, 3, 240, 80, 0, 4, 2),
    (80, 3, 200, 80, 0, 2, 2),
    (80, 3, 184, 80, 0, 2, 2),
    (80, 3, 184, 80, 0, 2, 2),
    (80, 3, 480, 112, 120, 2, 2),
    (112, 3, 672, 112, 168, 2, 2),
    (112, 5, 672, 160, 168, 2, 1),
    (160, 5, 960, 160, 240, 1, 1),
    (160, 5, 960, 160, 240, 1, 1),
)


def lstm(inputs: int) -> int:
    """Multiplications of a bidirectional layer over one clip."""
    return STEPS * 2 * 4 * HIDDEN * (inputs + HIDDEN)


def i3d_by_hand() -> tuple[int, int]:
    """(multiplications of the first convolution, of everything else) of one clip."""
    first = 4 * 16 * 16 * 64 * 3 * 7**3
    rest = 4 * 8 * 8 * (64 * 64 + 64 * 192 * 3**3)
    for inputs, one, three_in, three, five_in, five, pooled, places in INCEPTION:
        pointwise = inputs * (one + three_in + five_in + pooled)
        rest += places * (pointwise + 27 * (three_in * three + five_in * five))
    return first, rest + lstm(1024) + lstm(2 * HIDDEN) + STEPS * 2 * HIDDEN * VOCABULARY


def mobilenet_by_hand() -> tuple[int, int]:
    first, frame = FRAMES * 16 * 16 * 16 * 3 * 3**2, 0
    for inputs, kernel, expanded, outputs, squeezed, before, after in RESIDUALS:
        frame += before**2 * inputs * expanded if expanded != inputs else 0
        frame += after**2 * expanded * kernel**2  # depthwise: one kernel a channel
        frame += 2 * expanded * squeezed + after**2 * expanded * outputs
    tcn = 5 * (FRAMES * 960 * 448 + FRAMES // 2 * 448 * 448)
    return first, FRAMES * (frame + 160 * 960) + tcn + lstm(448) + STEPS * 2 * HIDDEN * VOCABULARY


@pytest.mark.parametrize(("name", "by_hand"), [("i3d", i3d_by_hand), ("mobilenet_v3", mobilenet_by_hand)])
def test_forward_and_backward_cost_what_a_count_by_hand_says(name, by_hand):
    model = network(config_of(name, Size(pixels=PIXELS, hidden=HIDDEN))).train()
    frames = [np.random.default_rng(each).integers(0, 256, (FRAMES, 3, PIXELS, PIXELS), np.uint8) for each in (1, 2)]
    batch = collate(frames, [np.array([1]), np.array([2])]).to(CPU)
    with Counter(CPU) as counted:
        log_probs, lengths = model(batch.frames, batch.frame_lengths)
        per_token(clip_losses(log_probs, lengths, batch), batch).mean().backward()
    first, rest = by_hand()
    # The way back costs twice the way there; no gradient is asked for the pictures.
    assert counted.flops == CLIPS * 2 * (2 * first + 3 * rest)


def test_a_depthwise_convolution_is_not_counted_as_a_dense_one():
    convolution = nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False)
    x = torch.randn(2, 64, 8, 8, requires_grad=True)
    once = 2 * 2 * 64 * 8 * 8 * 9
    with Counter(CPU) as counted:
        convolution(x).sum().backward()
    with FlopCounterMode(display=False) as torchs:
        convolution(x).sum().backward()
    assert counted.flops == 3 * once
    assert torchs.get_total_flops() > 20 * once, "torch counts right now: its own counter will do"


def bytes_moved(model, frames) -> int:
    """By one update's forward and backward pass."""
    batch = collate(frames, [np.array([1]), np.array([2])]).to(CPU)
    with Counter(CPU) as counted:
        log_probs, lengths = model(batch.frames, batch.frame_lengths)
        per_token(clip_losses(log_probs, lengths, batch), batch).mean().backward()
    return counted.moved_bytes


def clips_of(*lengths: int, pixels: int = PIXELS) -> list[np.ndarray]:
    draw = np.random.default_rng(1)
    return [draw.integers(0, 256, (length, 3, pixels, pixels), np.uint8) for length in lengths]


@pytest.mark.parametrize("name", ["i3d", "mobilenet_v3"])
def test_the_beginners_network_is_the_same_function_where_there_is_no_padding(name):
    config = config_of(name, Size(pixels=PIXELS, hidden=HIDDEN, width=0.25), dropout=0.0)
    batch = collate(clips_of(8, 8), [np.array([1]), np.array([2])]).to(CPU)
    one, other = (make(config).double().train() for make in (network, beginners))
    seen, plain = (each(batch.frames.double(), batch.frame_lengths)[0] for each in (one, other))
    assert torch.allclose(seen, plain, rtol=1e-6, atol=1e-8)
    for name_of, figure in one.named_buffers():
        assert torch.allclose(figure, dict(other.named_buffers())[name_of])


def test_the_trainers_i3d_moves_fewer_bytes_than_the_beginners(monkeypatch):
    """On the path that a GPU takes, here by the kernels of the CPU."""
    monkeypatch.setattr(norms, "rows_pay", lambda x: True)
    config = config_of("i3d", Size(pixels=64, hidden=HIDDEN, width=0.25))
    ours, plain = (bytes_moved(make(config).train(), clips_of(16, 13, pixels=64)) for make in (network, beginners))
    assert ours < MOVED_SHARE * plain


def test_bytes_are_those_that_operators_read_and_write():
    x = torch.randn(1000, 10)
    with Counter(CPU) as counted:
        y = x + 1
    assert counted.moved_bytes == 2 * x.nbytes
    with Counter(CPU) as counted:
        y.t()[:4].detach()
        torch.empty(7, 7)
    assert counted.moved_bytes == 0
    with Counter(CPU) as counted:
        x.half()
    assert counted.moved_bytes == 1.5 * x.nbytes


def test_batch_norm_reads_twice_what_it_learns_from():
    x = torch.randn(4, 3, 16, 16)
    norm = nn.BatchNorm2d(3)
    with Counter(CPU) as learning:
        y = norm(x.requires_grad_())
    gradient = torch.ones_like(y)
    with Counter(CPU) as back:
        torch.autograd.grad(y, x, gradient)
    with torch.inference_mode(), Counter(CPU) as scoring:
        norm.eval()(x)
    assert [round(each.moved_bytes / x.nbytes) for each in (learning, back, scoring)] == [3, 5, 2]


def stretch(*updates) -> Stretch:
    secs, frames = zip(*updates, strict=True)
    return Stretch(list(secs), [(2, each) for each in frames], [2] * len(secs), [0.1 * each for each in secs])


def test_a_new_shape_costs_what_its_first_update_takes_longer():
    first = stretch((9.0, 40), (0.5, 41), (0.1, 40), (0.6, 42))
    later = stretch((0.1, 41), (0.1, 42), (0.2, 40))
    assert new_shape_cost(first, later) == pytest.approx(0.55 - 0.1)
    assert new_shape_cost(stretch((9.0, 40)), stretch((0.1, 40), (0.1, 40))) is None
    found = figures(first, later)
    assert found["clips_per_sec"] == pytest.approx(6 / 0.4)
    assert found["data_wait_ratio"] == pytest.approx(0.1)
    assert found["first_epoch_times_later"] == pytest.approx((10.2 / 4) / (0.4 / 3))


def test_shares_are_of_the_measured_peaks_and_what_is_not_known_is_left_open():
    row = {"clips_per_sec": 80.0, "data_wait_ratio": 0.01, "first_epoch_times_later": 1.2, "new_shape_secs": None}
    row |= {"start_secs": 3.0, "peak_gib": 9.0, "flop_per_clip": 6e11, "bytes_per_clip": 1e10}
    plain = {**row, "clips_per_sec": 40.0, "flop_per_clip": 5e11}
    compiled = {**row, "chose": "Speed: bf16.", "flop_per_clip": None, "bytes_per_clip": None}
    rows = {"plain fp32 loop": plain, "bf16": row, "compiled": compiled, "odd": {"failed": "OutOfMemoryError: x"}}
    result = {"date": "d", "device": "H200", "torch": "2", "command": "c", "elapsed_secs": 9.0, "cut_off": ""}
    result |= {"agreement": {}, "speed": {"i3d": rows}, "peaks": {"flop_per_sec": 8e14, "bytes_per_sec": 4e12}}
    found = shares(result, "i3d", row)
    assert found == {"times_plain": 2.0, "compute_share": pytest.approx(0.05), "bandwidth_share": pytest.approx(0.2)}
    assert shares(result, "i3d", compiled)["bandwidth_share"] is None
    said = table(result)
    assert "| bf16 | 80.00 | 2.00 | 1.0 % | 3.0 s | 1.20 | – | 9.00 | 10.00 | 5.0 % | 20.0 % |" in said
    assert "| odd | failed: OutOfMemoryError: x |" in said and said.endswith("\n\ncompiled: Speed: bf16.")
    assert shares({**result, "peaks": {}}, "i3d", row)["compute_share"] is None


def test_one_part_may_take_too_long_without_ending_the_others():
    clock = Clock(60.0)
    with clock.running():
        with pytest.raises(TooLong), clock.at_most(0.05):
            time.sleep(5)
        time.sleep(0.1)
    clock = Clock(0.05)
    with pytest.raises(Cut, match="at its limit"), clock.running(), clock.at_most(20):
        time.sleep(5)
    assert math.isfinite(clock.elapsed)


def test_a_setting_that_takes_too_long_or_fails_costs_the_others_nothing(monkeypatch):
    size = Size(clips=2, batch=2, frames=8, pixels=16, width=0.05, hidden=8, seconds=0.02, threads=0)
    job = plan.Job("i3d", "plain fp32 loop")
    clock = Clock(60.0)
    with clock.running(), monkeypatch.context() as slow:
        slow.setattr(plan, "measure", lambda *_, **__: time.sleep(5))
        failed = plan.run(job, size, CPU, clock, compile_secs=0.01)["failed"]
        assert failed == "took longer than 0.05 s, compiling included"

        def refused(*_, **__):
            raise torch.OutOfMemoryError("CUDA out of memory.\nmore")

        slow.setattr(plan, "measure", refused)
        failed = plan.run(job, size, CPU, clock, compile_secs=9.0)["failed"]
        assert failed == "OutOfMemoryError: CUDA out of memory."
