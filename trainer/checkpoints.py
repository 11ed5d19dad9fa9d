"""Checkpoints: one dict holds all that a resume needs, written aside and renamed, with a readable .json beside it.

A process killed while saving leaves the previous checkpoint as it was. Loading never executes a pickle.
"""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch

from monitor.run_dir import files, opening
from monitor.run_dir.errors import UnreadableRunError, UsageError
from trainer.models.base import CtcModel

State = dict[str, Any]
AUXILIARY = "head.visual"


def save(path: Path, state: State, about: dict[str, Any]) -> None:
    """Replaces the checkpoint whole; `about` goes into the .json. Raises OSError when the disk does not take it."""
    memory, readable = io.BytesIO(), json.dumps(about, indent=2).encode()
    torch.save(state, memory)
    opening.make_folder(path.parent)
    files.replace(path, memory.getbuffer())
    files.replace(path.with_suffix(".json"), readable)


def load(path: Path) -> State:
    """The dict in a checkpoint, on the CPU. Raises UnreadableRunError naming the file."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, KeyError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged or no checkpoint"
        raise UnreadableRunError(f"Checkpoint {path} cannot be read: {reason}. Choose another one.") from None
    if not isinstance(state, dict):
        raise UnreadableRunError(f"Checkpoint {path} holds no named weights. Choose one that this trainer saved.")
    return state


def about(path: Path) -> dict[str, Any] | None:
    """What the .json beside a checkpoint says, or None where there is no checkpoint yet."""
    try:
        found = json.loads(path.with_suffix(".json").read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise UnreadableRunError(f"{path.with_suffix('.json')} cannot be read; --resume needs it.") from None
    return found if isinstance(found, dict) else {}


def load_weights(model: CtcModel, path: Path) -> None:
    """Puts a checkpoint's weights into `model`. Raises UsageError if they are another network's.

    The auxiliary part of the last layer may be missing on either side: it only helps while training.
    """
    state = load(path)
    try:
        apart = model.load_state_dict(state.get("model", state), strict=False)
        fits = all(name.startswith(AUXILIARY) for name in (*apart.missing_keys, *apart.unexpected_keys))
    except (RuntimeError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise UsageError(
            f"The weights in {path} do not fit this network; give the --model, --width and --hidden_dim it was "
            "trained with, or leave --init_checkpoint out."
        )


def rng_state() -> State:
    """torch's random numbers (dropout). Data order and distortions follow from seed and epoch, not from a state."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"torch": torch.get_rng_state(), "cuda": cuda}


def restore_rng(state: State) -> None:
    """Sets torch's random numbers as a checkpoint keeps them; those of the GPUs where there are any now."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
