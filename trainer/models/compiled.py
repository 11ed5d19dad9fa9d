"""The visual part of a network, compiled by torch: one graph for each shape that training has, made before its first
step (`trainer/warming.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

FAILURES = (RuntimeError, OSError, ImportError, ValueError, TypeError, AttributeError, LookupError, AssertionError)
"""What torch's compiler raises: its own errors are RuntimeErrors, those of its parts are not always put into one."""


class Compiled:
    """A function (tensors in, tensors out) as it is called in training; without gradients it runs as it is.

    Sizes are never left open in a graph: with open ones the compiler fails in i3d (torch 2.13: "Invalid ranges"),
    and kernels for fixed sizes are faster. Evaluation would need graphs of its own, for a small part of the time.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.function = function
        # In one piece or not at all: a failure can then never come after half of the function has run.
        self.compiled = torch.compile(function, dynamic=False, fullgraph=True, **options)
        self.is_closed = False

    def close(self) -> None:
        """From here on nothing is compiled: a shape that comes now for the first time runs uncompiled."""
        self.is_closed = True

    def __call__(self, *given: Any) -> Any:
        """Calls the compiled function; the plain one where no gradients are wanted."""
        if not torch.is_grad_enabled():
            return self.function(*given)
        torch.compiler.cudagraph_mark_step_begin()  # what a CUDA graph gave before may be overwritten
        with torch.compiler.set_stance("eager_on_recompile" if self.is_closed else "default"):
            return self.compiled(*given)


def in_one_line(problem: BaseException) -> str:
    """Kind and first words of torch's error."""
    first, *more = str(problem).strip().splitlines() or [""]
    words = f"{first} {more[0].strip()}" if first.endswith("raised:") and more else first  # the cause comes behind
    return f"{type(problem).__name__}: {words[:160]}"
