"""Against a GPU without memory left: the same update from half the batch, in twice as many passes."""

from __future__ import annotations

from monitor.diagnosis.batch import halved, is_same_update
from monitor.diagnosis.prescriptions.prescription import Config, Prescription, flags, restart, titled
from monitor.diagnosis.verdict import Diagnosis
from monitor.run_dir import Snapshot

HALF_BATCH = "half_batch"
NORM = "Batch norm, where there is any, sees half as many samples at a time."
NOT_SUMMED = (
    "This run has no setting for accumulation: each update then rests on half as many samples, and an epoch has twice "
    "as many updates."
)


def half_batch(snapshot: Snapshot, diagnosis: Diagnosis, config: Config) -> Prescription | None:
    """For a run that failed of the GPU's memory, where its config says how large a batch is."""
    changes = halved(config)
    if diagnosis.failure is None or diagnosis.failure.name != "gpu_memory" or not changes:
        return None
    passes = "the same update from" if is_same_update(changes) else "passes of"
    return Prescription(
        id=HALF_BATCH,
        title=titled(changes),
        changes=changes,
        command=restart(snapshot, changes, HALF_BATCH),
        expected=f"{passes} half as many samples at a time: their activations take about half the memory",
        cost="more and smaller passes, which are slower where the GPU was not busy all the time",
        disproved_by="it runs out of memory again",
        note=NORM if len(changes) > 1 else f"{NOT_SUMMED} {NORM}",
        flags=flags(changes),
    )
