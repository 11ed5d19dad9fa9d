"""Networks, loss, decoding and metrics: padding and batch size never change a figure."""

import itertools
import math

import jiwer
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from monitor.run_dir.counted import word_shape, words_in
from monitor.run_dir.errors import UsageError
from trainer.data.batches import collate
from trainer.data.corpus import Corpus, Sample
from trainer.data.synthetic import synthetic_corpus
from trainer.decoding import greedy
from trainer.evaluation import Evaluation, evaluate
from trainer.loss import Objective, clip_losses, per_token
from trainer.metrics import FrameStatistics, word_errors
from trainer.models import MODELS, build_model, describe_model
from trainer.models.base import BiLstm, CtcModel, HeadOptions, Preparation
from trainer.models.i3d import I3dTrunk, folded, folded_kernel
from trainer.models.mobilenet_v3 import MobileNetTrunk

SHAPES = {"landmark_tcn": (24,), "digits_cnn": (8,), "i3d": (1, 12, 12), "mobilenet_v3": (1, 16, 16)}


def tiny(name: str, **changes) -> CtcModel:
    torch.manual_seed(1)
    values = {"vocabulary_size": 12, "frame_shape": SHAPES[name], "width": 0.2, "hidden_dim": 8, **changes}
    return build_model(name, **values)


def talkative(name: str) -> CtcModel:
    """A fresh network whose output is far from flat, so that it says words."""
    model = tiny(name)
    with torch.no_grad():
        model.head.linear.weight.mul_(20)
    return model


def random_clips(name: str, lengths: list[int], seed: int = 0) -> list[Sample]:
    rng = np.random.default_rng(seed)
    return [
        Sample(
            clip_id=f"c{number}",
            signer="",
            frames=rng.normal(size=(length, *SHAPES[name])).astype(np.float32),
            tokens=rng.integers(1, 12, size=max(1, length // 16)),
        )
        for number, length in enumerate(lengths)
    ]


def corpus_of(clips: list[Sample]) -> Corpus:
    vocabulary = ("<blank>", *(f"W{number}" for number in range(1, 12)))
    return Corpus("c", vocabulary, {"train": tuple(clips), "val": (), "test": ()}, lambda frames, rng, strength: frames)


def figures(result: Evaluation) -> dict[str, float]:
    return {
        "loss": result.loss,
        "pooled": result.loss_pooled,
        "blank": result.frames.blank_ratio,
        "entropy": result.frames.entropy,
        "information": result.frames.mutual_information,
    }


@pytest.mark.parametrize("name", MODELS)
@settings(max_examples=12, deadline=None)
@given(lengths=st.lists(st.integers(20, 70), min_size=2, max_size=7), batch_size=st.integers(1, 7))
def test_batch_size_and_padding_change_no_metric(name, lengths, batch_size):
    model, clips = talkative(name), random_clips(name, lengths)
    alone = evaluate(model, corpus_of(clips), clips, batch_size=1)
    together = evaluate(model, corpus_of(clips), clips, batch_size=batch_size)
    assert together.hypotheses == alone.hypotheses
    assert together.errors == alone.errors
    assert figures(together) == pytest.approx(figures(alone), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_what_lies_behind_a_clips_end_is_never_read(name):
    model, clips = tiny(name).eval(), random_clips(name, [31, 64])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    clean, lengths = model(batch.frames, batch.frame_lengths)
    batch.frames[0, 31:] = 1e3
    dirty, _ = model(batch.frames, batch.frame_lengths)
    assert torch.equal(clean[: lengths[0], 0], dirty[: lengths[0], 0])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("frames", [9, 16, 31])
def test_output_lengths_are_the_input_divided_by_the_stride_rounded_up(name, frames):
    model = tiny(name)
    log_probs, lengths = model(torch.zeros(2, frames, *SHAPES[name]), torch.tensor([frames, frames - 3]))
    expected = [-(-frames // model.stride), -(-(frames - 3) // model.stride)]
    assert lengths.tolist() == expected
    assert log_probs.shape == (expected[0], 2, 12)
    assert torch.allclose(log_probs.exp().sum(dim=2), torch.ones(expected[0], 2), atol=1e-5)


def test_the_two_halves_of_the_lstm_equal_torchs_packed_one():
    torch.manual_seed(0)
    ours, theirs = BiLstm(5, 4, layers=2, dropout=0.0), torch.nn.LSTM(5, 4, 2, batch_first=True, bidirectional=True)
    weights = {}
    for layer, half in itertools.product(range(2), ("ahead", "back")):
        for name, value in getattr(ours, half)[layer].state_dict().items():
            weights[name.replace("l0", f"l{layer}") + ("_reverse" if half == "back" else "")] = value
    theirs.load_state_dict(weights)
    x, lengths = torch.randn(3, 9, 5), torch.tensor([9, 4, 6])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    expected, _ = torch.nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    for clip, length in enumerate(lengths.tolist()):
        assert torch.allclose(ours(x, lengths)[clip, :length], expected[clip, :length], atol=1e-6)


def test_half_the_hidden_units_cost_less_than_half_the_parameters():
    full = describe_model("landmark_tcn", build_model("landmark_tcn", vocabulary_size=52, frame_shape=(24,)))
    half = describe_model(
        "landmark_tcn", build_model("landmark_tcn", vocabulary_size=52, frame_shape=(24,), hidden_dim=64)
    )
    assert (full.parameters, half.parameters) == (786_740, 319_028)
    assert sum(full.share_per_stage.values()) == pytest.approx(1.0)


def test_the_trunks_have_exactly_the_published_numbers_of_parameters():
    def count(module):
        return sum(weights.numel() for weights in module.parameters())

    assert count(I3dTrunk(3, 1.0)) == 12_287_264
    assert count(MobileNetTrunk(3, 1.0)) == 2_971_952


def test_whole_networks_have_the_sizes_of_the_real_teachers():
    """For the 1,232 words of PHOENIX-2014 SI5 and a blank, RGB pictures."""
    size = {
        name: describe_model(name, build_model(name, vocabulary_size=1233, frame_shape=(3, 224, 224)))
        for name in ("i3d", "mobilenet_v3")
    }
    assert 25_900_000 < size["i3d"].parameters < 27_400_000
    assert 7_850_000 < size["mobilenet_v3"].parameters < 7_950_000
    assert sum(size["i3d"].share_per_stage.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(("name", "shape"), [("i3d", (24,)), ("mobilenet_v3", (24,)), ("landmark_tcn", (1, 24, 24))])
def test_a_network_that_cannot_read_such_frames_says_what_it_reads(name, shape):
    with pytest.raises(UsageError, match=f"--model {name} reads"):
        tiny(name, frame_shape=shape)


@pytest.mark.parametrize("name", MODELS)
def test_width_and_hidden_dim_really_change_the_network(name):
    count = {key: describe_model(name, tiny(name, **values)).parameters for key, values in {
        "tiny": {}, "wide": {"width": 1.0}, "deep": {"hidden_dim": 32}
    }.items()}  # fmt: skip
    assert count["tiny"] < min(count["wide"], count["deep"])


def test_an_unknown_network_is_refused():
    with pytest.raises(UsageError, match="choose one of landmark_tcn, mobilenet_v3, i3d, digits_cnn"):
        build_model("resnet", vocabulary_size=3, frame_shape=(2,))


def test_the_loss_is_torchs_own_mean_per_token():
    model, clips = tiny("landmark_tcn").eval(), random_clips("landmark_tcn", [40, 64, 52])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    log_probs, lengths = model(batch.frames, batch.frame_lengths)
    expected = torch.nn.CTCLoss(reduction="mean")(log_probs, batch.targets, lengths, batch.target_lengths)
    assert per_token(clip_losses(log_probs, lengths, batch), batch).mean().item() == pytest.approx(expected.item())


def test_a_clip_that_cannot_be_spelled_has_an_infinite_loss_not_a_zero():
    batch = collate([np.zeros((2, 1))], [np.array([1, 1])])
    log_probs = torch.zeros(2, 1, 3).log_softmax(dim=2)
    assert clip_losses(log_probs, torch.tensor([2]), batch).tolist() == [math.inf]


def slow_greedy(best: list[int]) -> list[int]:
    """Merge repeats, then drop blanks, one frame at a time."""
    said, last = [], None
    for symbol in best:
        if symbol != last and symbol != 0:
            said.append(symbol)
        last = symbol
    return said


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=12), min_size=1, max_size=5))
def test_greedy_decoding_equals_merging_frame_by_frame(paths):
    longest = max(len(path) for path in paths)
    # Behind a clip's end the output shouts a token; it must not be heard.
    scores = torch.full((longest, len(paths), 4), -9.0)
    for clip, path in enumerate(paths):
        for frame in range(longest):
            scores[frame, clip, path[frame] if frame < len(path) else 3] = 0.0
    decoded = greedy(scores, torch.tensor([len(path) for path in paths]))
    assert decoded == [slow_greedy(path) for path in paths]


sentences = st.lists(st.sampled_from(["A", "B", "C"]), max_size=5).map(" ".join)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(sentences.filter(bool), sentences), min_size=1, max_size=5))
def test_the_word_error_rate_is_jiwers(pairs):
    references, hypotheses = [left for left, _ in pairs], [right for _, right in pairs]
    errors = word_errors(references, hypotheses)
    assert errors.wer == jiwer.wer(references, hypotheses)
    assert errors.tokens == sum(len(text.split()) for text in references)
    assert errors.hypothesis_tokens == sum(len(text.split()) for text in hypotheses)


def test_errors_are_summed_over_the_corpus_before_dividing():
    errors = word_errors(["A", "A B C"], ["B", "A B C"])
    assert (errors.substitutions, errors.deletions, errors.insertions, errors.wer) == (1, 0, 0, 0.25)


def test_a_silent_model_is_empty_and_has_no_top_token():
    shape = word_shape(words_in(["A B", "C"]), ["", ""])
    assert (shape.empty_ratio, shape.length_ratio, shape.top_token, shape.top_token_ratio) == (1.0, 0.0, None, None)


def test_a_model_that_says_one_word_to_everything_shows_it():
    shape = word_shape(words_in(["A B", "C D"]), ["A A", "A A"])
    assert (shape.top_token, shape.top_token_ratio) == ("A", 1.0)
    assert (shape.unique_hypothesis_ratio, shape.distinct_token_ratio, shape.length_ratio) == (0.5, 0.25, 1.0)


def test_output_that_ignores_its_input_holds_no_information():
    frames = FrameStatistics(classes=3)
    odds = torch.tensor([0.5, 0.3, 0.2])
    frames.add(odds.log().expand(7, 2, 3), torch.tensor([7, 4]))
    assert frames.frames == 11
    assert frames.mutual_information == pytest.approx(0.0, abs=1e-6)
    assert frames.entropy == pytest.approx(-sum(p * math.log(p) for p in (0.5, 0.3, 0.2)), rel=1e-6)


def test_certain_output_that_changes_with_its_input_is_all_information():
    frames = FrameStatistics(classes=2)
    frames.add(torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]]]).log(), torch.tensor([2]))
    assert (frames.entropy, frames.blank_ratio) == (0.0, 0.5)
    assert frames.mutual_information == pytest.approx(math.log(2))


def test_a_not_a_number_never_ranks_as_the_best():
    clips = synthetic_corpus(2, 1, 1, seed=0)
    model = build_model("landmark_tcn", vocabulary_size=52, frame_shape=(24,), width=0.1, hidden_dim=4)
    good = evaluate(model, clips, clips.splits["train"])
    with torch.no_grad():
        model.head.linear.bias.fill_(math.nan)
    bad = evaluate(model, clips, clips.splits["train"])
    assert math.isnan(bad.loss) and good.rank() < bad.rank()


def test_an_evaluation_leaves_the_mode_of_the_network_as_it_was():
    clips = random_clips("landmark_tcn", [40])
    for mode in (True, False):
        model = tiny("landmark_tcn").train(mode)
        evaluate(model, corpus_of(clips), clips)
        assert model.training is mode


# -- how classes are scored, and what is minimised ------------------------------------------------------------------


def a_batch(name: str):
    clips = random_clips(name, [40, 52, 33])
    return collate([clip.frames for clip in clips], [clip.tokens for clip in clips])


@pytest.mark.parametrize("name", MODELS)
def test_without_an_auxiliary_loss_the_reported_loss_is_the_minimised_one(name):
    model, batch = tiny(name).eval(), a_batch(name)
    log_probs, lengths = model(batch.frames, batch.frame_lengths)
    reported, minimised = Objective(model)(batch)
    assert reported is minimised
    assert torch.equal(reported, per_token(clip_losses(log_probs, lengths, batch), batch))


@pytest.mark.parametrize("name", MODELS)
def test_the_auxiliary_loss_is_minimised_but_never_reported(name):
    model, batch = tiny(name, head=HeadOptions(auxiliary=True)).eval(), a_batch(name)
    plain, _ = Objective(model)(batch)
    reported, minimised = Objective(model, 0.5)(batch)
    assert torch.allclose(reported, plain)
    _, visual, lengths = model.forward_both(batch.frames, batch.frame_lengths)
    assert torch.allclose(minimised - reported, 0.5 * per_token(clip_losses(visual, lengths, batch), batch))
    minimised.sum().backward()
    assert all(weights.grad is not None for weights in model.parameters())


@pytest.mark.parametrize("name", MODELS)
def test_the_auxiliary_output_never_looks_further_than_the_visual_network(name):
    """A clip's last frames cannot change what the visual features say of its first ones."""
    model = tiny(name, head=HeadOptions(auxiliary=True)).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            module.running_var.fill_(0.1)  # a fresh network would let the picture fade away
    frames = torch.randn(1, 120, *SHAPES[name])
    changed = frames.clone()
    changed[:, 110:] += 3
    (_, one, _), (_, two, _) = (model.forward_both(each, torch.tensor([120])) for each in (frames, changed))
    assert torch.allclose(one[0], two[0], atol=1e-6)
    assert not torch.equal(one[-1], two[-1])


def test_a_normalised_classifier_scores_by_direction_alone():
    model = tiny("landmark_tcn", head=HeadOptions(normalised=True)).eval()
    batch = a_batch("landmark_tcn")
    before, _ = model(batch.frames, batch.frame_lengths)
    with torch.no_grad():
        model.head.linear.weight[3] *= 40
    after, _ = model(batch.frames, batch.frame_lengths)
    assert torch.allclose(before, after, atol=1e-5)


def test_prior_biases_make_an_untrained_network_say_the_prior():
    model = tiny("landmark_tcn").eval()
    odds = torch.tensor([0.7, *[0.3 / 11] * 11])
    model.head.start_at(odds)
    with torch.no_grad():
        model.head.linear.weight.zero_()
    batch = a_batch("landmark_tcn")
    log_probs, _ = model(batch.frames, batch.frame_lengths)
    assert torch.allclose(log_probs.exp(), odds.expand_as(log_probs), atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_log_probs_and_losses_are_fp32_under_bf16_too(name):
    model, batch = tiny(name), a_batch(name)
    with torch.autocast("cpu", torch.bfloat16):
        log_probs, _ = model(batch.frames, batch.frame_lengths)
        loss, _ = Objective(model)(batch)
    exact, _ = model.eval()(batch.frames, batch.frame_lengths)
    assert log_probs.dtype == loss.dtype == exact.dtype == torch.float32
    assert torch.isfinite(loss).all()


@pytest.mark.parametrize("sizes", [(5, 9, 11), (6, 8, 10), (7, 16, 16)])
def test_the_folded_stem_of_i3d_computes_the_same_sums(sizes):
    x, weight = torch.randn(2, 3, *sizes).double(), torch.randn(4, 3, 7, 7, 7).double().requires_grad_()
    plain = F.conv3d(x, weight, None, 2, 3)
    other = F.conv3d(folded(x), folded_kernel(weight))
    assert folded(x).is_contiguous(memory_format=torch.channels_last_3d)
    assert torch.allclose(other, plain, atol=1e-10)
    g = torch.randn_like(plain)
    (one,), (two,) = (torch.autograd.grad(each, weight, g) for each in (plain, other))
    assert torch.allclose(two, one, atol=1e-10)


@pytest.mark.parametrize("model", ["i3d", "mobilenet_v3"])
def test_channels_last_and_few_shapes_are_the_same_function(model):
    clips = random_clips(model, [40, 33])
    batch = collate([clip.frames for clip in clips], [clip.tokens for clip in clips])
    found = []
    for how in (Preparation(), Preparation(channels_last=True, few_shapes=True)):
        network = tiny(model, dropout=0.0).double()
        network.prepare(how)
        seen, _ = network(batch.frames.double(), batch.frame_lengths)
        seen.exp().square().sum().backward()
        found.append((seen.detach(), torch.cat([each.grad.flatten() for each in network.parameters()])))
    assert all(float((one - other).norm() / one.norm()) < 1e-5 for one, other in zip(*found, strict=True))
