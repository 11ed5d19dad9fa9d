"""Changes that need no training: score again, measure alike, decode otherwise, look at the checkpoint."""

from __future__ import annotations

import shlex

from monitor.diagnosis.prescriptions.arithmetic import threshold_note
from monitor.diagnosis.prescriptions.prescription import Config, Prescription, bundle, flags, restart
from monitor.rules.evaluations import last
from monitor.rules.kind import is_ctc
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import is_ours, keeps_best_checkpoint

SCORE_AGAIN = Prescription(
    id="score_again",
    title="Score the logged predictions again, references first",
    changes={},
    command=None,
    expected="the error rate that the predictions bear out; the training itself may be fine",
    cost="minutes, no training",
    disproved_by="the same rate comes out again",
)
MEASURE_ALIKE = Prescription(
    id="measure_alike",
    title="Measure train and val loss alike",
    changes={},
    command=None,
    expected="two losses that start near each other; the gap then means something",
    cost="a change of the script, then a restart",
    disproved_by="with the same reduction and terms they still start apart",
    code_edit="Look for how each loss is reduced (over clips, over tokens, summed) and for terms that stand in one "
    "split only.",
)


def stop_here(snapshot: Snapshot) -> Prescription:
    """For a metric at rest: no change, the best that there is."""
    metric = primary_of(snapshot)
    step = "a point" if metric is None or metric.is_share else "2 % of its range"
    return Prescription(
        id="stop_here",
        title=f"Stop here and keep the best checkpoint{'' if keeps_best_checkpoint(snapshot) else ', if there is one'}",
        changes={},
        command=None,
        expected="the same best model, without the epochs that would not change it",
        cost="none",
        disproved_by=f"a later evaluation makes a new best by {step} or more",
    )


def decoder_or_model(snapshot: Snapshot) -> Prescription | None:
    """A measurement, no restart; nothing once it was made."""
    if any(probe.name == "decoder-sweep" for probe in snapshot.probes):
        return None
    saved = is_ours(snapshot) and snapshot.progress is not None and snapshot.progress.checkpoint is not None
    return Prescription(
        id="decoder_or_model",
        title="Is it the decoder? Decode again with the blank lowered by 0 to 4",
        changes={},
        command=f"python -m trainer.diagnose {shlex.quote(snapshot.run_dir)}" if saved else None,
        expected="if words appear (words out / in near 1) and WER falls by 3 points, it is the decoder",
        cost="no restart",
        disproved_by="nothing changes: then the logits hold no evidence",
        note=threshold_note(snapshot),
    )


def without_filter(snapshot: Snapshot, config: Config) -> Prescription:
    """The decoder's filter left out; a change only where this run's config has one."""
    changes = bundle(config, {"blank_penalty": 0.0, "min_confidence": 0.0})
    wer = last(snapshot, "val_wer")
    plain = f"{100 * wer:.1f} %" if wer is not None else "what the plain output scores"
    return Prescription(
        id="without_filter",
        title="Leave the decoder's filter out",
        changes=changes,
        command=restart(snapshot, changes, "without_filter"),
        expected=f"the same predictions score {plain}; nothing has to be trained again for that",
        cost="none for what is decoded from now on",
        disproved_by="the rate without the filter is no better",
        note=threshold_note(snapshot) if is_ctc(snapshot) else "",
        flags=flags(changes),
    )
