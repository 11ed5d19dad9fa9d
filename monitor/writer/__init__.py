"""`RunWriter`: the only way a training loop writes a run directory, and how it learns that it should stop.

    with RunWriter("runs/mine", config=vars(args), epochs=60) as run:
        for epoch in range(1, 61):
            ...
            run.log_epoch(epoch, train_loss=train_loss, val_loss=val_loss, val_wer=wer)
            if run.should_stop():
                break

What decides how good the model is can be declared: `metrics=[Metric("val_cer", "error", "fraction", primary=True)]`.
After construction nothing here raises into training: what cannot be written waits in a bounded backlog,
is counted in progress.json, and is written when the disk has room again.
The heartbeat comes from the loop's own calls, so that a hung trainer looks hung; a thread only carries it to the disk.
"""

from monitor.run_dir.metric import Metric
from monitor.writer.fields import gap_of
from monitor.writer.folder import write_probe
from monitor.writer.null import NullRunWriter
from monitor.writer.queue import RecordQueue
from monitor.writer.run_writer import RunWriter

__all__ = ["Metric", "NullRunWriter", "RecordQueue", "RunWriter", "gap_of", "write_probe"]
