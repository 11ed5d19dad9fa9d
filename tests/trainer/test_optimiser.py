"""The optimiser gives PyTorch's own numbers, and imports no compiler."""

import inspect
import sys

import pytest
import torch
from torch import nn

from trainer.optimiser import EagerAdamW


def trained(kind: type[torch.optim.AdamW], steps: int, **options) -> tuple[nn.Module, torch.optim.AdamW]:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))
    optimiser = kind(model.parameters(), lr=0.05, weight_decay=0.1, **options)
    go_on(model, optimiser, range(steps))
    return model, optimiser


def go_on(model: nn.Module, optimiser: torch.optim.AdamW, steps: range) -> None:
    for step in steps:
        optimiser.zero_grad(set_to_none=True)
        model(torch.full((3, 4), 0.1 * step)).square().sum().backward()
        optimiser.step()


@pytest.mark.parametrize("fused", [True, False])
def test_the_same_steps_as_adamw_also_from_a_state_that_was_saved(fused):
    model, optimiser = trained(EagerAdamW, 5, fused=fused)
    other, usual = trained(torch.optim.AdamW, 3, fused=fused)
    resumed = EagerAdamW(other.parameters(), lr=0.7, fused=fused)
    resumed.load_state_dict(usual.state_dict())
    go_on(other, resumed, range(3, 5))
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), other.parameters(), strict=True))
    assert str(optimiser.state_dict()) == str(resumed.state_dict())


def test_hooks_of_a_step_are_called_and_no_step_is_part_of_a_gradient():
    model, optimiser = trained(EagerAdamW, 0)
    called = []
    optimiser.register_step_pre_hook(lambda *_: called.append(torch.is_grad_enabled()))
    go_on(model, optimiser, range(2))
    assert len(called) == 2 and all(each.is_leaf and each.requires_grad for each in model.parameters())


def test_no_compiler_is_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # its import raises
    for name in ("add_param_group", "load_state_dict", "state_dict", "zero_grad"):
        kept = inspect.unwrap(getattr(torch.optim.AdamW, name))  # what an earlier call has imported
        monkeypatch.delattr(kept, "__dynamo_disable", raising=False)
    _, optimiser = trained(EagerAdamW, 2, fused=True)
    optimiser.load_state_dict(optimiser.state_dict())
    optimiser.add_param_group({"params": [nn.Parameter(torch.zeros(2))]})
