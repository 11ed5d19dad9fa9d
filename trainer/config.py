"""Every option of a training run: type, range, default and help in one typed record.

The record is the single source of the command line, of `--schema` (a start form is made from it) and of the
`config` stored in run.json. Nothing here imports torch: an error message must cost milliseconds.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from monitor.run_dir.errors import UsageError

Help = Meta


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run is made of. Only `check` builds one from outside values, so a Config is always valid."""

    data: Annotated[
        Literal["synthetic", "digits", "phoenix2014", "manifest"],
        Help(description="Corpus: invented signers, real handwritten digits, PHOENIX-2014, or a CSV of your clips."),
    ] = "synthetic"
    data_path: Annotated[
        str, Help(description="Folder of PHOENIX-2014, or the manifest's CSV (id, path, gloss, signer, split).")
    ] = ""
    features_path: Annotated[
        str, Help(description="Folder with a .npy or .npz per clip of PHOENIX-2014, read instead of its pictures.")
    ] = ""
    protocol: Annotated[
        Literal["multisigner", "si5"], Help(description="Task of PHOENIX-2014; si5 scores a signer train never sees.")
    ] = "si5"
    label_scheme: Annotated[
        Literal["raw", "eval_clean"], Help(description="Glosses as annotated, or cleaned as PHOENIX-2014 scores them.")
    ] = "eval_clean"
    model: Annotated[
        Literal["auto", "landmark_tcn", "mobilenet_v3", "i3d", "digits_cnn"],
        Help(description="Network; auto takes the first one that fits the corpus."),
    ] = "auto"
    modality: Annotated[
        Literal["landmarks", "video"],
        Help(description="What a frame is: a vector of landmarks or features, or a picture."),
    ] = "landmarks"
    frame_size: Annotated[int, Help(ge=8, le=512, description="Side of a picture in pixels (video only).")] = 24
    batch_size: Annotated[int, Help(ge=1, le=1024, description="Clips in one forward pass.")] = 8
    accumulation_steps: Annotated[
        int, Help(ge=1, le=256, description="Forward passes whose gradients are summed into one optimiser step.")
    ] = 1
    epochs: Annotated[int, Help(ge=1, le=100_000, description="Passes over the training clips.")] = 100
    learning_rate: Annotated[float, Help(ge=1e-7, le=1.0, description="Peak learning rate of AdamW.")] = 1e-3
    warmup_epochs: Annotated[
        float, Help(ge=0, le=1000, description="Epochs over which the learning rate rises to its peak.")
    ] = 1.0
    weight_decay: Annotated[float, Help(ge=0, le=1.0, description="AdamW's decoupled weight decay.")] = 1e-3
    dropout: Annotated[float, Help(ge=0, le=0.95, description="Share of activations dropped between the stages.")] = 0.3
    hidden_dim: Annotated[
        int, Help(ge=4, le=4096, description="Units per direction of the recurrent sequence model.")
    ] = 128
    width: Annotated[float, Help(ge=0.05, le=8.0, description="Multiplier on the convolution channels.")] = 1.0
    classifier: Annotated[
        Literal["linear", "normalised"],
        Help(description="Last layer; normalised scores by direction alone, so no class wins by the size of weights."),
    ] = "normalised"
    auxiliary_ctc: Annotated[
        float,
        Help(ge=0, le=10, description="Weight of a second CTC loss on the features before the recurrent layers."),
    ] = 1.0
    bias_init: Annotated[
        Literal["random", "prior"],
        Help(description="First biases of the last layer; prior: each class as often as the training targets hold it."),
    ] = "prior"
    batchnorm: Annotated[
        Literal["train", "frozen"],
        Help(description="Batch norm learns from each batch, or keeps its figures; frozen suits warm starts."),
    ] = "train"
    clip_norm: Annotated[float, Help(ge=1e-3, le=1e6, description="Gradient norm above which it is scaled down.")] = 5.0
    augmentation: Annotated[
        Literal["none", "light", "strong"], Help(description="How much training clips are distorted afresh each epoch.")
    ] = "light"
    flip: Annotated[
        float,
        Help(ge=0, le=1, description="Probability that a training clip is mirrored: a left-handed signer."),
    ] = 0.0
    frame_drop: Annotated[
        float, Help(ge=0, le=0.5, description="Share of a training clip's frames left out, others each epoch.")
    ] = 0.0
    crop: Annotated[
        float,
        Help(ge=0, le=0.5, description="Share of a picture's sides cut off at random places (video only)."),
    ] = 0.0
    train_clips: Annotated[int, Help(ge=1, le=1_000_000, description="Training clips (digits: lines).")] = 300
    eval_clips: Annotated[int, Help(ge=1, le=100_000, description="Clips in val, and as many in test.")] = 60
    seen_clips: Annotated[
        int,
        Help(
            ge=0,
            le=100_000,
            description="Clips of people that train knows, scored beside val: tells overfitting from new signers.",
        ),
    ] = 0
    signers: Annotated[
        int, Help(ge=1, le=1000, description="People in the training clips; val and test have others (synthetic only).")
    ] = 2
    train_images: Annotated[
        int, Help(ge=10, le=900, description="Handwritten digits that training lines are made of (digits only).")
    ] = 600
    patience: Annotated[
        int, Help(ge=0, le=100_000, description="Stop after this many epochs without a better val WER; 0 never does.")
    ] = 0
    seed: Annotated[
        int, Help(ge=0, le=2**31 - 1, description="Fixes the first weights, the order of clips, distortions, dropout.")
    ] = 0
    data_seed: Annotated[
        int,
        Help(ge=0, le=2**31 - 1, description="Fixes the corpus (synthetic and digits): train, val and test clips."),
    ] = 0
    device: Annotated[
        Literal["auto", "cpu", "cuda"], Help(description="Where to compute; auto takes a GPU where there is one.")
    ] = "auto"
    precision: Annotated[
        Literal["auto", "fp32", "bf16"],
        Help(description="Number format of convolutions and products; auto measures on a GPU, and is fp32 on a CPU."),
    ] = "auto"
    memory_format: Annotated[
        Literal["auto", "contiguous", "channels_last"],
        Help(description="Order of pictures in memory; auto measures on a GPU, and is contiguous on a CPU."),
    ] = "auto"
    compile: Annotated[
        Literal["auto", "off", "on", "graphs"],
        Help(description="auto measures CUDA graphs of the training step on a GPU; on: the visual network compiled."),
    ] = "auto"
    padding: Annotated[
        Literal["auto", "longest", "buckets"],
        Help(
            description="As long as the longest clip, or one of a few lengths; auto is buckets on a GPU or if compiled."
        ),
    ] = "auto"
    recompute: Annotated[
        Literal["off", "on"],
        Help(description="Networks on pictures keep fewer activations and compute them twice: less memory, more time."),
    ] = "off"
    tuned: Annotated[
        str, Help(description="File that keeps what auto has measured; a later run with the same shapes reads it.")
    ] = ""
    loader_threads: Annotated[
        int,
        Help(
            ge=-1,
            le=64,
            description="Threads that make the next batches meanwhile; -1 takes none on a CPU and 8 for a GPU.",
        ),
    ] = -1
    log_every: Annotated[int, Help(ge=1, le=100_000, description="Optimiser steps between two step records.")] = 5
    blank_penalty: Annotated[
        float,
        Help(ge=-20, le=20, description="Nats taken from the blank before decoding; reported with and without."),
    ] = 0.0
    min_confidence: Annotated[
        float,
        Help(ge=0, le=1, description="Empties predictions of a lower mean probability; reported with and without."),
    ] = 0.0
    beam_width: Annotated[
        int,
        Help(ge=0, le=200, description="Prefixes kept by the final evaluation's beam search; 0 leaves it out."),
    ] = 10
    init_checkpoint: Annotated[
        str, Help(description="Checkpoint whose weights this run starts from; empty starts from random ones.")
    ] = ""
    pace: Annotated[
        float, Help(ge=0, le=3600, description="Least seconds an epoch takes; only to slow a demonstration down.")
    ] = 0.0


FITTING_MODELS = {
    ("synthetic", "landmarks"): ("landmark_tcn",),
    ("synthetic", "video"): ("i3d", "mobilenet_v3"),
    ("digits", "landmarks"): ("digits_cnn",),
    ("phoenix2014", "landmarks"): ("landmark_tcn",),
    ("phoenix2014", "video"): ("i3d", "mobilenet_v3"),
    ("manifest", "landmarks"): ("landmark_tcn",),
    ("manifest", "video"): ("i3d", "mobilenet_v3"),
}
"""(corpus, modality) → the networks that can read it, the usual one first."""

PROPERTIES: dict[str, dict[str, Any]] = msgspec.json.schema(Config)["$defs"]["Config"]["properties"]
"""JSON Schema of each option: type, default, minimum, maximum, enum, description."""


BEFORE: dict[str, Any] = {
    "classifier": "linear",
    "auxiliary_ctc": 0.0,
    "bias_init": "random",
    "memory_format": "contiguous",
    "compile": "off",
    "padding": "longest",
}
"""What a stored config that does not name an option was trained with, where that is not the default of today."""


def check_stored(values: dict[str, Any]) -> Config:
    """The Config of a run that was trained before, perhaps by an older version. Raises UsageError."""
    return check(completed(values))


def completed(stored: dict[str, Any]) -> dict[str, Any]:
    """A stored config with what an older version did not name; its one seed fixed the corpus too."""
    return {**BEFORE, "data_seed": stored.get("seed", 0), **stored}


def flag(key: str) -> str:
    """The option's name on the command line."""
    return "--" + key


def check(values: dict[str, Any]) -> Config:
    """A valid Config from loose values (text or numbers); what is not given takes its default.

    Raises UsageError with the option, its value and what is allowed.
    """
    for key in values:
        if key not in PROPERTIES:
            raise UsageError(f"There is no option {flag(key)}; the options are {', '.join(PROPERTIES)}.")
    typed = {key: parse(key, value) for key, value in values.items()}
    fitting = _fitting_models(typed.get("data", "synthetic"), typed.get("modality", "landmarks"))
    made = Config(**{**typed, "model": _fitting_model(typed.get("model", "auto"), fitting, typed)})
    _check_paths(made)
    _check_distortions(made)
    if made.recompute == "on" and made.compile in ("on", "graphs"):
        raise UsageError("--recompute on and --compile exclude each other; leave one of them out.")
    return made


def parse(key: str, value: Any) -> Any:
    """One option's value in its own type. Raises UsageError if it is of another type or out of range."""
    schema = PROPERTIES[key]
    if "enum" in schema:
        if value in schema["enum"]:
            return value
        raise UsageError(f"{flag(key)} {value} is unknown; choose one of {', '.join(schema['enum'])}.")
    if schema["type"] == "string":
        return str(value)
    number = _number(value, whole=schema["type"] == "integer")
    low, high = schema["minimum"], schema["maximum"]
    if number is None or not low <= number <= high:
        kind = "a whole number" if schema["type"] == "integer" else "a number"
        raise UsageError(f"{flag(key)} {value} is not allowed; give {kind} from {low:g} to {high:.12g}.")
    return number


def _number(value: Any, whole: bool) -> float | int | None:
    """`value` as a finite number of the asked kind, or None. Booleans are no numbers here."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number) or (whole and number != int(number)):
        return None
    return int(number) if whole else number


def _check_paths(config: Config) -> None:
    """A corpus on disk needs its place. Raises UsageError."""
    if config.data in ("phoenix2014", "manifest") and not config.data_path:
        raise UsageError(f"--data {config.data} needs --data_path; see python -m trainer --help.")
    if config.data == "phoenix2014" and config.modality == "landmarks" and not config.features_path:
        raise UsageError("--data phoenix2014 needs --features_path, or --modality video to read its pictures.")


def _check_distortions(config: Config) -> None:
    """Some distortions mean nothing for some frames. Raises UsageError."""
    if config.crop and config.modality != "video":
        raise UsageError("--crop cuts pictures; leave it out, or give --modality video.")
    if config.flip and config.modality != "video" and config.data != "synthetic":
        raise UsageError(
            f"--flip cannot mirror the {config.data} corpus: which of its values are left and right is not known."
        )
    if config.seen_clips and config.data not in ("synthetic", "phoenix2014"):
        raise UsageError("--seen_clips is for the synthetic and phoenix2014 corpora; a manifest names its split seen.")


def _fitting_models(data: str, modality: str) -> tuple[str, ...]:
    fitting = FITTING_MODELS.get((data, modality))
    if fitting is None:
        known = [name for corpus, name in FITTING_MODELS if corpus == data]
        raise UsageError(f"--modality {modality} does not exist for the {data} corpus; it has {', '.join(known)}.")
    return fitting


def _fitting_model(model: str, fitting: tuple[str, ...], typed: dict[str, Any]) -> str:
    if model == "auto":
        return fitting[0]
    if model in fitting:
        return model
    data, modality = typed.get("data", "synthetic"), typed.get("modality", "landmarks")
    several = sum(corpus == data for corpus, _ in FITTING_MODELS) > 1
    kind = f"{data} corpus" + (f" as {modality}" if several else "")
    raise UsageError(f"--model {model} cannot read the {kind}; leave it out or give --model {' or '.join(fitting)}.")
