"""AdamW without PyTorch's compiler, whose import at the first step is half of what a small training takes to start.

What a compiled network leaves to the optimiser is not compiled either, so nothing here needs it.
"""

from __future__ import annotations

import inspect

import torch
from torch.optim import AdamW


class EagerAdamW(AdamW):
    """The methods of AdamW as they stand below the wrappers that import the compiler; the same numbers and state."""

    add_param_group = inspect.unwrap(AdamW.add_param_group)
    state_dict = inspect.unwrap(AdamW.state_dict)
    load_state_dict = inspect.unwrap(AdamW.load_state_dict)
    zero_grad = inspect.unwrap(AdamW.zero_grad)
    step = torch.no_grad()(inspect.unwrap(AdamW.step))
