"""Out of memory on the GPU: what was asked and free, the way back to before the step, and which settings need less."""

from __future__ import annotations

import re
from collections import defaultdict

import torch
from torch import Tensor, nn

from monitor.run_dir.errors import EXIT_WARNING, MonitorError
from trainer.checkpoints import restore_rng, rng_state
from trainer.config import Config

SAID = re.compile(r".*?out of memory.*? is free\.", re.DOTALL)
"""Of torch's text what was asked for and free; tips on its allocator follow."""
LONGEST = 200
GIB = 2**30
OTHERS = re.compile(
    r"(?:CUDA|HIP|XPU)(?: driver)? error: out of memory|CUDA_ERROR_OUT_OF_MEMORY|Cuda failure (?:2 )?'out of memory'"
    r"|\b(?:CU|HIP)[A-Z]+_(?:STATUS_)?(?:ALLOC|INTERNAL_ERROR_DEVICE_ALLOCATION)_FAILED"
)
"""What the driver, NCCL, and cuBLAS, cuDNN and their like say, whose memory torch's allocator does not hold."""


class OutOfMemoryError(MonitorError):
    """The GPU has no memory left; the run failed, as by any exception that nobody catches."""

    exit_code = EXIT_WARNING


class Before:
    """The way back from a step that could not be made: what its forward passes change beside the gradients.

    These are batch norm's running figures and the random numbers; weights and optimiser change at its end only.
    """

    def __init__(self, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        alike = defaultdict[torch.dtype, list[Tensor]](list)
        for buffer in model.buffers():
            alike[buffer.dtype].append(buffer)
        self._buffers = [(buffers, [torch.empty_like(each) for each in buffers]) for buffers in alike.values()]
        self._step, self._is_applied = -1, False
        optimiser.register_step_pre_hook(self._apply)

    def note(self, step: int) -> None:
        """Now `step` updates are made. One kernel for all that are alike: hundreds of copies would cost a GPU 1 ms."""
        for buffers, kept in self._buffers:
            torch._foreach_copy_(kept, buffers)
        self._rng, self._step, self._is_applied = rng_state(), step, False

    def bring_back(self, step: int) -> bool:
        """Whether all is now as after `step` updates. In place: each buffer stays the same tensor."""
        if step != self._step:
            return True  # none was begun since, or it was made
        if self._is_applied:
            return False  # the weights have moved, some at least
        for buffers, kept in self._buffers:
            torch._foreach_copy_(buffers, kept)
        restore_rng(self._rng)
        return True

    def _apply(self, *_: object) -> None:
        self._is_applied = True


def is_out(error: RuntimeError) -> bool:
    """Whether the GPU had no memory left, in the words of any library."""
    return isinstance(error, torch.OutOfMemoryError) or OTHERS.search(str(error)) is not None


def explained(
    error: RuntimeError, config: Config, where: str, kept: str, device: torch.device | None = None
) -> OutOfMemoryError:
    """`where`: such as "at step 12"; `kept`: one sentence on the checkpoint; `device`: whose free memory is named."""
    said = SAID.match(" ".join(str(error).split()))
    # What the driver and the libraries say in further lines is how to debug an error of another kind.
    first = said[0] if said else next(iter(str(error).splitlines()), "")[:LONGEST].rstrip(". ") + f".{_free(device)}"
    # On a line of its own: what shows a failed run quotes the first one, and has its own words for what to do.
    return OutOfMemoryError(f"{first} That was {where}. {kept}\n{way_out(config)}")


def _free(device: torch.device | None) -> str:
    """One sentence on a GPU's free memory; "" for a CPU, and where the driver does not say."""
    if device is None or device.type != "cuda":
        return ""
    try:
        free, total = torch.cuda.mem_get_info(device)
    except RuntimeError:
        return ""
    return f" The GPU has {total / GIB:.2f} GiB, of which {free / GIB:.2f} GiB is free now."


def way_out(config: Config) -> str:
    """What fits into less memory."""
    if config.batch_size < 2:
        return "A batch is one clip already: try a smaller --frame_size, --width or --hidden_dim."
    half, passes = config.batch_size // 2, 2 * config.accumulation_steps
    same = "make the same update and " if config.batch_size % 2 == 0 else ""
    return f"--batch_size {half} --accumulation_steps {passes} {same}need about half the memory for activations."
