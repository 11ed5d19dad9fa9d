"""Few shapes: batches are padded to a few lengths, and nothing that is measured or learnt changes by it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.trainer.test_models import corpus_of, figures, random_clips, talkative, tiny
from trainer.data.augmentation import STRENGTHS, Distortion
from trainer.data.batches import TrainingBatches, collate, evaluation_batches
from trainer.data.buckets import MOST_PADDING, Buckets, choose_buckets, stack_size
from trainer.data.synthetic import synthetic_corpus
from trainer.evaluation import evaluate
from trainer.loss import Objective
from trainer.models import MODELS, norms
from trainer.models.base import Preparation


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(4, 300), min_size=1, max_size=60), st.integers(0, 60))
def test_every_length_has_a_bucket_and_the_added_frames_stay_under_a_tenth(longest, more):
    most = max(longest) + more
    buckets = choose_buckets([*longest, most], most)
    padded = [buckets.of(each) for each in [*longest, most]]
    assert all(bucket >= each for bucket, each in zip(padded, [*longest, most], strict=True))
    rounded = [-(-each // 4) * 4 for each in [*longest, most]]
    # Nothing is rounded to less than four frames; beyond that the limit holds.
    assert sum(padded) < (1 + MOST_PADDING) * sum([*longest, most]) or padded == rounded
    assert buckets.padding == pytest.approx(sum(padded) / sum([*longest, most]) - 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 12).map(lambda each: 4 * each), min_size=1, max_size=25))
def test_no_fewer_buckets_would_do(longest):
    found = choose_buckets(longest, max(longest))
    sizes = sorted(set(longest))
    for others in itertools.combinations(sizes[:-1], max(0, len(found.lengths) - 2)):
        fewer = Buckets((*others, sizes[-1]))
        if len(fewer.lengths) < len(found.lengths):
            assert sum(map(fewer.of, longest)) > (1 + MOST_PADDING - 1e-9) * sum(longest)


def test_a_clip_longer_than_any_bucket_still_has_a_length():
    assert [Buckets((40, 80)).of(frames) for frames in (1, 40, 41, 80, 81, 85)] == [40, 40, 80, 80, 84, 88]


@given(st.integers(1, 5000))
def test_a_stack_is_at_most_a_tenth_and_a_rounding_too_large(pictures):
    assert pictures <= stack_size(pictures) <= max(8, 1.1 * pictures + 4)


def test_there_are_few_sizes_of_stacks():
    assert len({stack_size(pictures) for pictures in range(200, 600)}) <= 13


@pytest.mark.parametrize("strength", STRENGTHS)
def test_distorted_clips_of_a_real_corpus_land_in_a_few_buckets(strength):
    corpus = synthetic_corpus(120, 8, 3, seed=5)
    plain = TrainingBatches(corpus, 8, Distortion(strength, frame_drop=0.1), seed=3, stride=4)
    batches = plain.in_buckets()
    shapes, padded, longest = set(), 0, 0
    for epoch, place in itertools.product((1, 2, 3), range(len(plain))):
        batch = batches.load(epoch, batches.order(epoch)[place])
        shapes.add(batch.frames.shape[1])
        padded, longest = padded + batch.frames.shape[1], longest + int(batch.frame_lengths.max())
        assert torch.equal(batch.frame_lengths, plain.load(epoch, plain.order(epoch)[place]).frame_lengths)
    assert shapes <= set(batches.buckets.lengths)
    assert len(batches.buckets.lengths) <= 8
    assert padded < 1.1 * longest


def test_evaluation_batches_land_in_them_too():
    clips = random_clips("landmark_tcn", [31, 50, 47, 20, 22])
    shapes = [batch.frames.shape[1] for batch in evaluation_batches(clips, 2, Buckets((24, 64)))]
    assert shapes == [64, 64, 24]


def loss_and_gradients(model, batch):
    model.train()
    model.zero_grad(set_to_none=True)
    reported, minimised = Objective(model, 0.0)(batch)
    minimised.mean().backward()
    return reported.detach(), torch.cat([each.grad.reshape(-1) for each in model.parameters() if each.grad is not None])


def learnt(name, lengths, buckets, kind):
    """Losses, gradients and running figures of a fresh network and one batch."""
    clips = random_clips(name, lengths)
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips], buckets)
    model = tiny(name, dropout=0.0).to(kind)
    model.prepare(Preparation(few_shapes=buckets is not None))
    losses, gradients = loss_and_gradients(model, replace(batch, frames=batch.frames.to(kind)))
    return losses, gradients, dict(model.named_buffers())


@pytest.mark.parametrize(
    ("name", "as_on_a_gpu"), [*((name, False) for name in MODELS), ("i3d", True)], ids=[*MODELS, "i3d as on a GPU"]
)
@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(lengths=st.lists(st.integers(20, 60), min_size=2, max_size=5), more=st.integers(1, 40))
def test_padding_to_a_bucket_changes_no_loss_no_gradient_and_no_running_figure(name, as_on_a_gpu, lengths, more):
    with pytest.MonkeyPatch.context() as patch:
        if as_on_a_gpu:
            patch.setattr(norms, "rows_pay", lambda x: True)
        nothing_changes(name, lengths, more)


def nothing_changes(name, lengths, more):
    buckets = Buckets((max(lengths) + more,))
    exact = learnt(name, lengths, None, torch.float64)[1]
    assert error(learnt(name, lengths, buckets, torch.float64)[1], exact) < 1e-5
    losses, _, figures_of_norms = learnt(name, lengths, None, torch.float32)
    same_losses, same_gradients, same_figures = learnt(name, lengths, buckets, torch.float32)
    assert torch.allclose(losses, same_losses, rtol=1e-4)
    # In float32 a rounding may decide which of two nearly equal values max-pooling and ReLU let through, so a gradient
    # may differ there by a whole entry; float64 above holds it to the formula.
    assert error(same_gradients, exact) < 0.05
    assert all(torch.allclose(each, same_figures[key], rtol=1e-4, atol=1e-6) for key, each in figures_of_norms.items())


def error(gradients, exact):
    return float((gradients - exact).norm() / exact.norm())


@pytest.mark.parametrize("name", MODELS)
def test_padding_to_a_bucket_changes_no_metric_and_no_decode(name):
    model, clips = talkative(name), random_clips(name, [33, 20, 47, 61, 25])
    alone = evaluate(model, corpus_of(clips), clips, batch_size=2)
    model.prepare(Preparation(few_shapes=True))
    padded = evaluate(model, corpus_of(clips), clips, batch_size=2, buckets=Buckets((48, 80)))
    assert padded.hypotheses == alone.hypotheses
    assert figures(padded) == pytest.approx(figures(alone), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", ["i3d", "mobilenet_v3"])
def test_activations_that_are_computed_again_change_nothing(name):
    clips = random_clips(name, [40, 33])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    found = []
    for again in (False, True):
        model = tiny(name, dropout=0.0)
        model.prepare(Preparation(recompute=again, few_shapes=True))
        losses, gradients = loss_and_gradients(model, batch)
        found.append((losses, gradients, *model.buffers()))
    assert all(torch.allclose(left, right, rtol=1e-5, atol=1e-7) for left, right in zip(*found, strict=True))


@pytest.mark.parametrize("name", ["i3d", "mobilenet_v3"])
def test_channels_last_gives_the_same_numbers_and_depthwise_convolutions_stay_contiguous(name):
    clips = random_clips(name, [40, 33])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    one, two = tiny(name, dropout=0.0), tiny(name, dropout=0.0)
    two.prepare(Preparation(channels_last=True))
    strides = []
    for module in two.modules():
        if getattr(module, "groups", 1) > 1:
            module.register_forward_hook(lambda _, __, out: strides.append(out.is_contiguous()))
    (losses, gradients), (same_losses, same_gradients) = (loss_and_gradients(each, batch) for each in (one, two))
    assert torch.allclose(losses, same_losses, rtol=1e-4)
    assert float((gradients - same_gradients).norm() / gradients.norm()) < 5e-3
    assert all(strides) and len(strides) == (15 if name == "mobilenet_v3" else 0)


def test_the_order_of_clips_and_their_distortion_are_those_without_buckets():
    corpus = synthetic_corpus(40, 4, 2, seed=1)
    plain = TrainingBatches(corpus, 8, Distortion("strong"), seed=3, stride=4)
    buckets = plain.in_buckets()
    assert replace(buckets, buckets=None) == plain
    for numbers, same in zip(plain.order(2), buckets.order(2), strict=True):
        assert np.array_equal(numbers, same)
        frames, padded = plain.load(2, numbers).frames, buckets.load(2, numbers).frames
        assert torch.equal(padded[:, : frames.shape[1]], frames) and not padded[:, frames.shape[1] :].any()
