"""Two seeds: one for the training, one for the corpus. A second seed of the training is scored on the same clips."""

import pytest
import torch

from monitor.run_dir.errors import UsageError
from tests.trainer.test_run import TINY
from trainer.arguments import parse
from trainer.config import check, check_stored
from trainer.loop import train_subset
from trainer.run import assemble, make_batches, make_corpus, resumed_config
from trainer.terminal import Terminal

SPLITS = ("train", "val", "test")
SMALL = {"train_clips": 24, "eval_clips": 6, "hidden_dim": 8, "width": 0.1}


def corpus(**changes):
    return make_corpus(check({**SMALL, **changes}), Terminal())[0]


def targets(made, split):
    return [(clip.clip_id, clip.tokens.tolist(), clip.frames.tobytes()) for clip in made.splits[split]]


@pytest.mark.parametrize("data", ["synthetic", "digits"])
@pytest.mark.parametrize("split", SPLITS)
def test_another_seed_has_the_same_clips(data, split):
    assert targets(corpus(data=data, seed=1), split) == targets(corpus(data=data, seed=2), split)


@pytest.mark.parametrize("data", ["synthetic", "digits"])
def test_another_data_seed_has_others(data):
    assert targets(corpus(data=data, data_seed=1), "val") != targets(corpus(data=data, data_seed=2), "val")


def test_the_clips_that_train_is_scored_on_stay_the_same():
    made = corpus(train_clips=200)
    drawn = [train_subset(made, check({**SMALL, "seed": seed}).data_seed) for seed in (1, 2)]
    assert [clip.clip_id for clip in drawn[0]] == [clip.clip_id for clip in drawn[1]]


def test_another_seed_begins_with_other_weights_and_another_order_of_clips():
    weights, orders = [], []
    for seed in (1, 2):
        config = check({**SMALL, "seed": seed})
        torch.manual_seed(config.seed)
        made, model = assemble(config, Terminal())
        weights.append(next(model.parameters()).detach().clone())
        orders.append([sample.tolist() for sample in make_batches(made, model, config).order(1)])
    assert not torch.equal(*weights) and orders[0] != orders[1]


def test_a_run_of_before_has_its_seed_as_its_data_seed():
    assert check_stored({"seed": 7}).data_seed == 7
    assert check_stored({"seed": 7, "data_seed": 2}).data_seed == 2
    assert check({"seed": 7}).data_seed == 0
    assert resumed_config({"seed": 7}, {"data_seed": 7}).data_seed == 7
    with pytest.raises(UsageError, match="whose --data_seed is 7, not 3"):
        resumed_config({"seed": 7}, {"data_seed": 3})


def test_the_command_line_takes_both():
    config = parse([*TINY, "--seed", "4", "--data_seed", "5"]).config
    assert (config.seed, config.data_seed) == (4, 5)
