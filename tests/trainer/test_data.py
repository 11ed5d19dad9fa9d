"""Corpora and batches: deterministic, split by people or images, and never infeasible."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainer.config import PROPERTIES
from trainer.data.augmentation import (
    STRENGTHS,
    Distortion,
    augment_landmarks,
    augment_lines,
    crop,
    drop_frames,
    mirror_landmarks,
    mirror_pictures,
    resample,
)
from trainer.data.batches import TrainingBatches, collate, seen_from
from trainer.data.corpus import Corpus, Sample, describe, frames_needed, keep_feasible
from trainer.data.digits import IMAGES, digits_corpus
from trainer.data.prefetch import Prefetch
from trainer.data.preflight import Preflight, too_short
from trainer.data.signs import GLOSSES, LONGEST_SENTENCE, VOCABULARY, phonology, sentence
from trainer.data.synthetic import quietly, synthetic_corpus
from trainer.data.video import as_video, augment_video, draw_view


@pytest.fixture(scope="module")
def signs() -> Corpus:
    return synthetic_corpus(train_clips=120, eval_clips=40, signers=3, seed=5)


@pytest.fixture(scope="module")
def digits() -> Corpus:
    return digits_corpus(train_clips=40, eval_clips=20, train_images=60, seed=5)


@pytest.fixture(params=["signs", "digits"])
def corpus(request) -> Corpus:
    return request.getfixturevalue(request.param)


def same(left: Corpus, right: Corpus, split: str) -> bool:
    pairs = list(zip(left.splits[split], right.splits[split], strict=False))
    return all(np.array_equal(a.frames, b.frames) and np.array_equal(a.tokens, b.tokens) for a, b in pairs)


def test_the_same_seed_gives_the_same_signs_and_another_seed_others(signs):
    assert all(same(signs, synthetic_corpus(120, 40, 3, seed=5), split) for split in signs.splits)
    assert not same(signs, synthetic_corpus(120, 40, 3, seed=6), "val")


def test_more_training_clips_or_people_never_change_what_is_scored(signs):
    more = synthetic_corpus(200, 40, 7, seed=5)
    assert same(signs, more, "val") and same(signs, more, "test")


def test_more_training_clips_keep_the_first_ones(signs):
    assert same(signs, synthetic_corpus(200, 40, 3, seed=5), "train")


def test_nobody_signs_in_two_splits(signs):
    people = [{clip.signer for clip in clips} for clips in signs.splits.values()]
    assert sum(len(some) for some in people) == len(set.union(*people))


def test_no_digit_image_is_in_two_splits():
    ranges = sorted([(0, PROPERTIES["train_images"]["maximum"]), *IMAGES.values()])
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(ranges))


def test_more_digit_images_never_change_what_is_scored(digits):
    more = digits_corpus(train_clips=80, eval_clips=20, train_images=600, seed=5)
    assert same(digits, more, "val") and same(digits, more, "test")


def test_every_target_is_made_of_tokens_and_never_of_the_blank(corpus):
    tokens = np.concatenate([clip.tokens for clips in corpus.splits.values() for clip in clips])
    assert tokens.min() >= 1 and tokens.max() < len(corpus.vocabulary)


def test_the_language_has_51_glosses_no_two_of_which_look_alike():
    forms = phonology()
    looks = set(zip(forms.location.tolist(), forms.movement.tolist(), forms.direction.tolist(), strict=True))
    assert (len(GLOSSES), len(set(VOCABULARY)), len(looks)) == (51, 52, 51)


def test_sentences_are_as_long_as_those_of_a_weather_forecast():
    lengths = [len(sentence(np.random.default_rng(seed))) for seed in range(500)]
    assert min(lengths) >= 1 and max(lengths) <= LONGEST_SENTENCE and 4.8 < np.mean(lengths) < 5.8


def test_a_sign_lasts_about_twelve_frames(signs):
    frames = sum(len(clip.frames) for clip in signs.splits["train"])
    assert 11 < frames / sum(len(clip.tokens) for clip in signs.splits["train"]) < 15


def test_a_clip_too_short_for_its_target_is_left_out_and_counted(signs):
    short = Sample("short", "x", np.zeros((8, 24), np.float32), np.array([1, 1, 2]))
    fits = Sample("fits", "x", np.zeros((16, 24), np.float32), np.array([1, 1, 2]))
    splits = {"train": (short, fits), "val": (fits,), "test": (short,)}
    kept = keep_feasible(Corpus("c", signs.vocabulary, splits, signs.augment), stride=4)
    assert [clip.clip_id for clip in kept.splits["train"]] == ["fits"]
    assert describe(kept, 4).left_out == {"train": 1, "test": 1}


def test_a_clip_with_little_room_is_kept_and_told():
    def clip(name, frames):
        return Sample(name, "x", np.zeros((frames, 2), np.float32), np.array([1, 2, 3, 3]))  # needs 5 frames

    report = Preflight()
    too_short({"train": (clip("none", 16), clip("tight", 28), clip("enough", 32))}, 4, report)
    assert report.left_out == {("shorter than its target", "train"): ["none"]}
    assert report.noted == {("under 1.5 output frames a word", "train"): ["tight"]}


def test_equal_neighbours_need_a_frame_between_them():
    assert [frames_needed(np.array(tokens)) for tokens in ([1, 2], [1, 1], [3, 3, 3])] == [2, 3, 5]


@pytest.mark.parametrize(("augment", "width"), [(augment_landmarks, 24), (augment_lines, 8)])
def test_no_augmentation_leaves_a_clip_as_it_is_and_strong_keeps_its_kind(augment, width):
    clip = np.random.default_rng(0).normal(size=(60, width)).astype(np.float32)
    assert augment(clip, np.random.default_rng(1), "none") is clip
    for strength in set(STRENGTHS) - {"none"}:
        moved = augment(clip, np.random.default_rng(1), strength)
        assert moved.dtype == np.float32 and moved.shape[1] == width and np.isfinite(moved).all()
        assert 30 < len(moved) < 120
    assert np.array_equal(clip, np.random.default_rng(0).normal(size=(60, width)).astype(np.float32))


def test_resampling_at_every_frame_gives_the_clip_back():
    clip = np.random.default_rng(0).normal(size=(9, 3))
    assert np.allclose(resample(clip, np.arange(9.0)), clip)


def batches(corpus: Corpus, **changes) -> TrainingBatches:
    return TrainingBatches(
        **{"batch_size": 8, "distortion": Distortion("strong"), "seed": 3, "stride": 4, **changes}, corpus=corpus
    )


def test_an_epoch_holds_every_clip_once_in_a_new_order(signs):
    order = batches(signs)
    epochs = [np.concatenate(order.order(epoch)).tolist() for epoch in (1, 2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(120))
    assert epochs[0] != epochs[1]


def test_order_and_distortion_follow_from_seed_and_epoch_alone(signs):
    left, right = batches(signs), batches(signs)
    numbers = left.order(7)[3]
    left.load(2, numbers)  # what was asked before leaves no trace
    assert np.array_equal(left.load(7, numbers).frames, right.load(7, right.order(7)[3]).frames)
    assert not np.array_equal(left.load(8, numbers).frames, right.load(7, numbers).frames)


def test_a_clip_that_would_become_too_short_is_not_sped_up():
    def halve(frames, rng, strength):
        return frames[::2]

    clip = Sample("c", "x", np.zeros((16, 2), np.float32), np.array([1, 1, 2]))
    corpus = Corpus("c", ("", "a", "b"), {"train": (clip,), "val": (), "test": ()}, halve)
    assert batches(corpus).load(1, np.array([0])).frame_lengths.tolist() == [16]


def test_a_batch_is_padded_with_zeros_and_keeps_its_lengths():
    batch = collate([np.ones((3, 2)), np.ones((5, 2))], [np.array([1]), np.array([2, 3])])
    assert batch.frames.sum(dim=(1, 2)).tolist() == [6, 10]
    assert (batch.frame_lengths.tolist(), batch.targets.tolist()) == ([3, 5], [1, 2, 3])


# -- three distortions beside the strength -----------------------------------------------------------------------


def test_a_share_of_zero_changes_nothing_and_draws_nothing(signs):
    clip, rng = signs.splits["train"][0].frames, np.random.default_rng(1)
    assert Distortion("none").apply(signs, clip, rng) is clip
    assert rng.random() == np.random.default_rng(1).random()


def test_a_mirror_twice_is_the_clip_and_once_the_other_hand_leads(signs):
    clip = signs.splits["train"][0].frames
    mirrored = mirror_landmarks(clip)
    assert np.allclose(mirror_landmarks(mirrored), clip, atol=1e-5)
    points, turned = clip.reshape(len(clip), -1, 2), mirrored.reshape(len(clip), -1, 2)
    assert np.allclose(points[:, 6, 1], turned[:, 7, 1])  # the dominant wrist's height is now the other wrist's
    neck = points[:, 1, 0].mean()
    assert np.allclose(points[:, 6, 0] - neck, -(turned[:, 7, 0] - neck), atol=1e-5)
    pictures = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
    assert np.array_equal(mirror_pictures(mirror_pictures(pictures)), pictures)
    assert np.array_equal(mirror_pictures(pictures)[..., 0], pictures[..., -1])


def test_flip_is_as_often_as_asked(signs):
    clip = signs.splits["train"][0].frames
    rng = np.random.default_rng(0)
    flipped = sum(not np.array_equal(Distortion(flip=0.25).apply(signs, clip, rng), clip) for _ in range(400))
    assert 70 < flipped < 130


@given(st.integers(1, 80), st.floats(0, 0.5), st.integers(0, 1000))
def test_dropping_frames_keeps_order_and_at_least_one(frames, share, seed):
    kept = drop_frames(np.arange(frames)[:, None], np.random.default_rng(seed), share)[:, 0]
    assert 1 <= len(kept) <= frames
    assert np.all(np.diff(kept) > 0)


def test_half_the_frames_are_dropped_when_half_are_asked_for():
    kept = [len(drop_frames(np.zeros((100, 1)), np.random.default_rng(seed), 0.5)) for seed in range(50)]
    assert 46 < np.mean(kept) < 54


@given(st.floats(0, 0.5), st.integers(0, 1000))
def test_a_crop_keeps_the_shape_and_shows_a_window_of_the_picture(share, seed):
    picture = np.arange(12 * 16, dtype=np.uint8).reshape(1, 1, 12, 16)
    window = crop(picture, np.random.default_rng(seed), share)
    assert window.shape == picture.shape
    rows, columns = window[0, 0] // 16, window[0, 0] % 16
    assert np.all(np.diff(rows.astype(int), axis=0) >= 0) and np.all(np.diff(columns.astype(int), axis=1) >= 0)
    assert int(rows.max()) - int(rows.min()) >= 12 * (1 - share) - 2


def test_a_crop_of_nothing_is_the_picture():
    picture = np.arange(12 * 16, dtype=np.uint8).reshape(1, 1, 12, 16)
    assert np.array_equal(crop(picture, np.random.default_rng(0), 0.0), picture)


# -- people that train knows ---------------------------------------------------------------------------------------


def test_seen_clips_are_new_sentences_of_the_people_of_train_and_change_nothing_else(signs):
    more = synthetic_corpus(train_clips=120, eval_clips=40, signers=3, seed=5, seen_clips=12)
    assert all(same(signs, more, split) for split in ("train", "val", "test"))
    seen, train = more.splits["seen"], more.splits["train"]
    assert len(seen) == 12 and {clip.signer for clip in seen} == {clip.signer for clip in train}
    assert not any(np.array_equal(a.frames, b.frames) for a in seen for b in train)
    assert describe(more, 4).clips["seen"] == 12


# -- batches made ahead --------------------------------------------------------------------------------------------


def frames_of(loader: Prefetch, places) -> list[np.ndarray]:
    try:
        return [loader.get(epoch, place).frames.numpy() for epoch, place in places]
    finally:
        loader.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_make_the_same_batches_in_the_same_order(signs, threads):
    places = [(epoch, place) for epoch in (1, 2) for place in range(15)]
    alone, ahead = frames_of(Prefetch(batches(signs), 0), places), frames_of(Prefetch(batches(signs), threads), places)
    assert all(np.array_equal(left, right) for left, right in zip(alone, ahead, strict=True))


def test_a_jump_to_another_place_as_after_a_resume_is_served_too(signs):
    places = [(1, 0), (4, 9), (4, 10), (2, 3)]
    alone, ahead = frames_of(Prefetch(batches(signs), 0), places), frames_of(Prefetch(batches(signs), 2), places)
    assert all(np.array_equal(left, right) for left, right in zip(alone, ahead, strict=True))


def test_an_error_in_a_thread_reaches_the_loop(signs):
    class Broken(TrainingBatches):
        def load(self, epoch, numbers):
            raise OSError("the disk went away")

    loader = Prefetch(Broken(corpus=signs, batch_size=8, distortion=Distortion(), seed=3, stride=4), 1)
    with pytest.raises(OSError, match="went away"):
        frames_of(loader, [(1, 0), (1, 1)])


@pytest.mark.parametrize("world", [2, 3])
def test_processes_share_a_batch_without_a_clip_missing_or_twice(signs, world):
    loaders = [Prefetch(batches(signs, batch_size=7), 0, rank=rank, world=world) for rank in range(world)]
    whole = Prefetch(batches(signs, batch_size=7), 0)
    for place in range(len(whole.batches)):
        own = [loader.own(1, place) for loader in loaders]
        together = sorted(int(number) for numbers, counted in own if counted for number in numbers)
        assert together == sorted(whole.own(1, place)[0].tolist())


def test_a_process_without_a_clip_of_its_own_takes_one_that_does_not_count(signs):
    last = Prefetch(batches(signs, batch_size=119), 0, rank=1, world=2)
    sizes = [last.clips(1, place) for place in range(2)]
    numbers, counted = last.own(1, sizes.index(1))
    assert len(numbers) == 1 and not counted


# -- pictures from another place and in another light --------------------------------------------------------------

SAME_VIEW = [1, 0, 0, 0, 1, 0, 1, 0]


def clip_of_pictures() -> torch.Tensor:
    return torch.rand(2, 5, 3, 8, 10, generator=torch.Generator().manual_seed(0))


def test_the_same_view_shows_the_same_pictures():
    pictures = clip_of_pictures()
    assert torch.allclose(seen_from(pictures, torch.tensor([SAME_VIEW] * 2).float()), pictures, atol=1e-6)


def test_each_clip_has_its_own_view_and_all_its_frames_the_same():
    pictures = clip_of_pictures()
    mirror_and_dim = [-1, 0, 0, 0, 1, 0, 0.5, 0]
    seen = seen_from(pictures, torch.tensor([SAME_VIEW, mirror_and_dim]).float())
    assert torch.allclose(seen[0], pictures[0], atol=1e-6)
    assert torch.allclose(seen[1], 0.5 * pictures[1].flip(-1), atol=1e-6)


def test_a_drawn_view_is_a_whole_one_and_noise_stays_in_range():
    views = np.stack([draw_view(np.random.default_rng(seed), "strong") for seed in range(2)])
    seen = seen_from(clip_of_pictures(), torch.from_numpy(views))
    assert seen.shape == (2, 5, 3, 8, 10) and seen.min() >= 0 and seen.max() <= 1
    assert views.shape == (2, 8) and not np.array_equal(views[0], views[1])


def test_pictures_are_played_at_another_speed_and_keep_their_kind():
    pictures = np.arange(60, dtype=np.uint8)[:, None, None, None].repeat(4, axis=2)
    assert augment_video(pictures, np.random.default_rng(0), "none") is pictures
    played = augment_video(pictures, np.random.default_rng(0), "strong")
    assert played.dtype == np.uint8 and 30 < len(played) < 120
    assert np.all(np.diff(played[:, 0, 0, 0].astype(int)) >= 0)


def test_only_distorted_clips_of_pictures_have_views(signs):
    video = as_video(synthetic_corpus(8, 1, 1, 0), 12, quietly)
    assert batches(video).load(1, np.arange(3)).views.shape == (3, 8)
    assert batches(video, distortion=Distortion()).load(1, np.arange(3)).views is None
    assert batches(signs).load(1, np.arange(3)).views is None
    on_device = batches(video).load(1, np.arange(3)).to(torch.device("cpu"))
    assert on_device.views is None and on_device.frames.dtype == torch.float32
