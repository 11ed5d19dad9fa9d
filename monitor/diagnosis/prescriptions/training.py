"""Changes of data, network and regularisation, each one bundle for one restart."""

from __future__ import annotations

from dataclasses import replace

from monitor.diagnosis.causes import lowered
from monitor.diagnosis.prescriptions.arithmetic import decay_note, parameters_note
from monitor.diagnosis.prescriptions.prescription import (
    Aims,
    Changes,
    Config,
    Prescription,
    aims_below,
    bundle,
    flags,
    gap_goal,
    in_words,
    judged_epoch,
    number_in,
    restart,
    titled,
)
from monitor.rules.primary import chance_of, primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.metric import WER
from monitor.run_dir.words import limit

FROM_SCRATCH = "a restart from scratch; an epoch takes about as long as now"
NO_AUGMENTATION = "This script has no augmentation option; adding one would do more than these."
SIGN_FRAMES = 12
SMALLER_NETWORK = {"i3d": "mobilenet_v3"}


def variety(snapshot: Snapshot, config: Config) -> Prescription | None:
    """More variety with a smaller, regularised model: the bundle that cured the bundled corpus (docs/log.md).

    None where the run has neither augmentation nor width to change: what is left is `regularise`, which did not.
    """
    width = config.get("hidden_dim")
    wanted = {
        "augmentation": "strong",
        **raised(config, {"dropout": 0.5, "weight_decay": 1e-3}),
        "hidden_dim": width // 2 if isinstance(width, int) and width >= 64 else width,
    }
    if "augmentation" in config and isinstance(config.get("learning_rate"), float):
        # Strong augmentation and half the width take a higher rate and more steps: measured with the preset `fixed`.
        wanted["learning_rate"] = min(2e-3, 2 * config["learning_rate"])
        if isinstance(config.get("batch_size"), int) and config["batch_size"] >= 8:
            wanted["batch_size"] = config["batch_size"] // 2
    changes = bundle(config, wanted)
    if not {"augmentation", "hidden_dim"} & set(changes):
        return None
    aims = aims_below(snapshot, 10, gap=gap_goal(snapshot))
    return _training(
        snapshot,
        "variety",
        changes,
        expected=in_words(snapshot, aims),
        disproved_by=f"the gap closes but {_what(snapshot)} stays: then the model learns less, not better",
        note="" if "augmentation" in config else NO_AUGMENTATION,
        aims=aims,
    )


def raised(config: Config, wanted: Config) -> Config:
    """Of the regularisation that is wanted what is more than the run has: none of it is taken away."""
    now = {key: number_in(config.get(key)) for key in wanted}
    return {key: value for key, value in wanted.items() if (has := now[key]) is None or has < value}


def better_head(snapshot: Snapshot, config: Config) -> Prescription | None:
    """A last layer that finds words earlier: measured to take a cured run from 26 to 7 % test WER (docs/log.md)."""
    changes = bundle(config, {"classifier": "normalised", "auxiliary_ctc": 1.0, "bias_init": "prior"})
    if not changes:
        return None
    aims = aims_below(snapshot, 5)
    return _training(
        snapshot,
        "better_head",
        changes,
        expected=f"words about eight epochs earlier, and {in_words(snapshot, aims)}",
        cost="a restart from scratch; an epoch takes about a sixth longer",
        disproved_by=f"{_what(snapshot)} is no lower at the same epoch",
        note="It does not close the gap of a run on two people's clips: there test WER moved by -12, -9 and +3 points "
        "on three seeds. Its place is beside more variety.",
        aims=aims,
    )


def more_data(snapshot: Snapshot, config: Config) -> Prescription | None:
    """More distinct material, where the script has an option for it: the one cure that costs no capacity."""
    wanted: Config = {}
    if config.get("data") == "digits":
        wanted = {
            "train_images": 600,
            "train_clips": 240,
            "dropout": 0.3,
            "weight_decay": 1e-2,
            "augmentation": "strong",
        }
    elif isinstance(config.get("signers"), int) and isinstance(config.get("train_clips"), int):
        wanted = {"signers": 2 * config["signers"], "train_clips": 2 * config["train_clips"]}
    changes = bundle(config, wanted)
    if not changes:
        return None
    aims = aims_below(snapshot, 5)
    return _training(
        snapshot,
        "more_data",
        changes,
        expected=f"{in_words(snapshot, aims)}, and a smaller gap",
        cost="a restart from scratch; epochs take longer, as there is more to see",
        disproved_by=f"{_what(snapshot)} does not move: then variety was not what it lacked",
        aims=aims,
    )


def smaller_model(snapshot: Snapshot, config: Config) -> Prescription | None:
    """Half the width, or the smaller network of the family where the run names one."""
    width = config.get("hidden_dim")
    changes = bundle(config, {"hidden_dim": width // 2} if isinstance(width, int) and width >= 64 else {})
    if not changes:
        return None
    aims = aims_below(snapshot, 2)
    return _training(
        snapshot,
        "smaller_model",
        changes,
        expected=f"a gap that opens later, and {in_words(snapshot, aims)}",
        cost="a restart from scratch; an epoch takes less time",
        disproved_by="the gap opens at the same epoch: then it is not the size",
        note=f"{known} Most of them may sit in stages this does not touch."
        if (known := parameters_note(snapshot))
        else "",
        aims=aims,
    )


def smaller_network(snapshot: Snapshot, config: Config) -> Prescription | None:
    """A smaller network as a baseline: what it cannot learn either, the large one does not lack size for."""
    changes = bundle(config, {"model": SMALLER_NETWORK.get(str(config.get("model")), config.get("model"))})
    if not changes:
        return None
    aims = Aims(max(25.0, judged_epoch(snapshot) / 2), _below_chance(snapshot))
    return _training(
        snapshot,
        "smaller_network",
        changes,
        title=f"The smaller network first, as a baseline: {lowered(titled(changes))}",
        expected=f"{in_words(snapshot, aims)}; if it learns, compare what it does with time",
        cost="a restart from scratch; an epoch takes less time",
        disproved_by="it stays at chance too: then data, labels or scorer, not the network",
        note=parameters_note(snapshot),
        aims=aims,
    )


def regularise(snapshot: Snapshot, config: Config) -> Prescription | None:
    """The popular fix. Measured on the bundled corpus, it moves the gap and leaves the errors."""
    changes = bundle(config, raised(config, {"dropout": 0.5, "weight_decay": 1e-3}))
    if not changes:
        return None
    decay = decay_note(snapshot, config, 1e-3) if "weight_decay" in changes else ""
    more = "" if "augmentation" in config else NO_AUGMENTATION
    metric, goal = primary_of(snapshot), gap_goal(snapshot)
    return _training(
        snapshot,
        "regularise",
        changes,
        expected=f"a gap below {limit(goal)}, with train loss higher from the first epoch on",
        disproved_by=f"{metric.title if metric is not None else 'val loss'} is no better at the epoch of judgement",
        note=f"{decay} On the bundled corpus the error rate hardly moved with these alone. {more}".strip(),
        aims=replace(aims_below(snapshot, 0, gap=goal), value=None),
    )


def keep_time(snapshot: Snapshot, config: Config) -> Prescription:
    """Time resolution inside the network, with a rate at which something can be learnt."""
    wanted: Config = {"inner_stride": 4}
    rate = config.get("learning_rate")
    if isinstance(rate, float) and rate < 1e-3:
        wanted["learning_rate"] = 1e-3
    changes = bundle(config, wanted)
    aims = Aims(max(25.0, judged_epoch(snapshot) / 2), _below_chance(snapshot))
    metric = primary_of(snapshot) or WER
    goal = f"{metric.title} {'below' if metric.direction == 'error' else 'above'} "
    goal += f"{100 * aims.value:.0f} %" if aims.value is not None else "chance"
    short = "an output of more tokens than time steps cannot be learnt, and few steps a token are hardly enough."
    if _is_of_signs(snapshot):
        short = f"a sign lasts about {SIGN_FRAMES} frames, and a model that shrinks time 16-fold has none of it left."
    edit = (
        "Its time resolution is an edit of the model, no option of this run. Look for strides and pooling along time: "
        f"{short}"
    )
    return _training(
        snapshot,
        "keep_time",
        changes,
        title="" if "inner_stride" in changes else _by_hand(changes),
        expected=f"{goal} by epoch {aims.epoch:.0f}",
        cost="a restart from scratch",
        disproved_by=f"train {metric.label} stays at chance too with full time resolution: then look at labels and "
        "scorer",
        aims=aims,
        code_edit="" if "inner_stride" in changes else edit,
    )


def _is_of_signs(snapshot: Snapshot) -> bool:
    """Whether it learns signs: our own trainer does, others by the names of their data, model or run."""
    run = snapshot.run
    names = (run.data.name, run.model.name, run.name) if run is not None else ()
    return is_ours(snapshot) or any(word in name.lower() for name in names for word in ("sign", "i3d"))


def _by_hand(changes: Changes) -> str:
    """The title of an edit of the code, with the settings that go with it."""
    beside = titled(changes)
    return "Keep more time steps inside the model" + (f", and {beside[:1].lower()}{beside[1:]}" if beside else "")


def higher_rate(snapshot: Snapshot, config: Config) -> Prescription | None:
    """A higher peak rate with a longer warm-up, from scratch; None where the run has one or its config names none."""
    changes = bundle(config, {"learning_rate": 1e-3, "warmup_epochs": 10, "dropout": 0.4, "weight_decay": 5e-4})
    if "learning_rate" not in changes or changes["learning_rate"][0] > changes["learning_rate"][1]:
        return None
    aims = aims_below(snapshot, 3)
    return _training(
        snapshot,
        "higher_rate",
        changes,
        expected=in_words(snapshot, aims),
        cost="a restart from scratch",
        disproved_by=f"the best {_what(snapshot)} stays where it is after as many epochs",
        aims=aims,
    )


def _below_chance(snapshot: Snapshot) -> float | None:
    metric = primary_of(snapshot)
    chance = chance_of(snapshot, metric)
    return None if metric is not WER or chance is None or chance.assumed else chance.error - 0.05


def _what(snapshot: Snapshot) -> str:
    """What a change is judged by: the primary metric, else the val loss."""
    metric = primary_of(snapshot)
    return metric.title if metric is not None else "val loss"


def _training(
    snapshot: Snapshot,
    name: str,
    changes: Changes,
    *,
    title: str = "",
    expected: str,
    disproved_by: str,
    cost: str = FROM_SCRATCH,
    note: str = "",
    aims: Aims | None = None,
    code_edit: str = "",
) -> Prescription:
    return Prescription(
        id=name,
        title=title or titled(changes),
        changes=changes,
        command=restart(snapshot, changes, name),
        expected=expected,
        cost=cost,
        disproved_by=disproved_by,
        note=note,
        flags=flags(changes),
        aims=aims,
        code_edit=code_edit,
    )
