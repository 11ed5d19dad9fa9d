"""One small run as every foreign tool would have written it, each in its tool's real shape: for importers' tests.

Every maker takes a folder and returns the path to import. Epochs count from 1 unless the tool counts from 0.
"""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

EPOCHS = 6
STEPS_PER_EPOCH = 20
TRAIN_LOSS = [4.0, 3.2, 2.6, 2.1, 1.8, 1.5]
VAL_LOSS = [4.1, 3.5, 3.0, 2.8, 2.75, 2.8]
VAL_WER = [1.04, 0.95, 0.9, 0.85, 0.84, 0.86]
LR = [1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4, 2.5e-4]
BEGAN_AT = 1_700_000_000.0
WRITTEN = Path(__file__).resolve().parent / "importers" / "written"
"""Files that the tools themselves wrote, by `make.py` there."""


def _epochs() -> Iterable[tuple[int, float, float, float, float]]:
    return zip(range(1, EPOCHS + 1), TRAIN_LOSS, VAL_LOSS, VAL_WER, LR, strict=True)


def table(folder: Path) -> Path:
    rows = ["epoch,train_loss,val_loss,val_wer,lr"]
    rows += [f"{epoch},{train},{val},{wer},{lr}" for epoch, train, val, wer, lr in _epochs()]
    return _text(folder / "history.csv", rows)


def markdown(folder: Path) -> Path:
    rows = ["# Notes", "", "| Epoch | Train loss | Val loss | Val WER | LR |", "|:--|--:|--:|--:|--:|"]
    rows += [
        f"| **{epoch}** | {train} | **{val}** | {100 * wer:.2f}% | {lr} |" for epoch, train, val, wer, lr in _epochs()
    ]
    return _text(folder / "notes.md", rows)


def model_card(folder: Path) -> Path:
    rows = ["### Training results", "", "| Training Loss | Epoch | Step | Validation Loss | Wer    |"]
    rows.append("|:-------------:|:-----:|:----:|:---------------:|:------:|")
    for epoch, train, val, wer, _ in _epochs():
        rows.append(f"| {train:<13} | {epoch:.1f}   | {epoch * STEPS_PER_EPOCH:<4} | {val:<15} | {wer:.4f} |")
    return _text(folder / "README.md", rows)


def json_lines(folder: Path) -> Path:
    rows = [
        json.dumps({"epoch": epoch, "train": {"loss": train}, "val": {"loss": val, "wer": wer}, "lr": lr})
        for epoch, train, val, wer, lr in _epochs()
    ]
    return _text(folder / "log.jsonl", rows)


def json_array(folder: Path) -> Path:
    """ESPnet1's log: chainer's LogReport."""
    entries = [
        {
            "epoch": epoch,
            "iteration": epoch * STEPS_PER_EPOCH,
            "main/loss": train,
            "validation/main/loss": val,
            "validation/main/wer": wer,
            "lr": lr,
            "elapsed_time": 60.0 * epoch,
        }
        for epoch, train, val, wer, lr in _epochs()
    ]
    return _text(folder / "log", [json.dumps(entries, indent=4)])


def lightning(folder: Path) -> Path:
    """Step rows, then the epoch's validation, then its train mean, each in a row of its own; epochs from 0."""
    names = ["epoch", "lr-Adam", "step", "train_loss_epoch", "train_loss_step", "val_loss", "val_wer"]
    path = folder / "lightning_logs" / "version_0" / "metrics.csv"
    path.parent.mkdir(parents=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        for epoch, train, val, wer, lr in _epochs():
            last = epoch * STEPS_PER_EPOCH - 1
            writer.writerow({"lr-Adam": lr, "step": last - 10})
            writer.writerow({"epoch": epoch - 1, "step": last - 10, "train_loss_step": train + 0.3})
            writer.writerow({"epoch": epoch - 1, "step": last, "val_loss": val, "val_wer": wer})
            writer.writerow({"epoch": epoch - 1, "step": last, "train_loss_epoch": train})
    return path


def hugging_face(folder: Path) -> Path:
    """Two train entries an epoch whose mean is the epoch's, then the evaluation; a summary at the end."""
    history: list[dict[str, float]] = []
    for epoch, train, val, wer, lr in _epochs():
        step = epoch * STEPS_PER_EPOCH
        history.append(
            {"epoch": epoch - 0.5, "grad_norm": 2.0, "learning_rate": lr, "loss": train + 0.1, "step": step - 10}
        )
        history.append({"epoch": epoch, "grad_norm": 1.5, "learning_rate": lr, "loss": train - 0.1, "step": step})
        history.append({"epoch": epoch, "eval_loss": val, "eval_runtime": 3.2, "eval_wer": wer, "step": step})
    history.append({"epoch": EPOCHS, "step": EPOCHS * STEPS_PER_EPOCH, "train_loss": 2.5, "train_runtime": 360.5})
    state = {"best_metric": 0.84, "epoch": float(EPOCHS), "global_step": 120, "log_history": history, "max_steps": 120}
    path = folder / "output" / "checkpoint-120" / "trainer_state.json"
    path.parent.mkdir(parents=True)
    return _text(path, [json.dumps(state, indent=2)])


def speechbrain(folder: Path) -> Path:
    rows = [
        f"epoch: {epoch}, lr: {lr:.2e}, steps: {epoch * STEPS_PER_EPOCH}, optimizer: Adadelta - train loss: {train:.2e}"
        f" - valid loss: {val:.2f}, valid CER: 30.10, valid WER: {100 * wer:.2f}"
        for epoch, train, val, wer, lr in _epochs()
    ]
    rows.append("Epoch loaded: 5 - test loss: 2.80, test CER: 30.00, test WER: 85.10")
    return _text(folder / "train_log.txt", rows)


def history(folder: Path) -> Path:
    """Keras' `history.history`, as a script writes it at the end; no epoch is named in it."""
    lists = {"loss": TRAIN_LOSS, "val_loss": VAL_LOSS, "val_wer": VAL_WER, "learning_rate": LR}
    return _text(folder / "history.json", [json.dumps(lists, indent=2)])


def history_of_pandas(folder: Path) -> Path:
    """`DataFrame.to_json`: by columns, each with its index."""
    columns = {
        "epoch": range(1, EPOCHS + 1),
        "train_loss": TRAIN_LOSS,
        "val_loss": VAL_LOSS,
        "val_wer": VAL_WER,
        "lr": LR,
    }
    indexed = {name: {str(place): value for place, value in enumerate(each)} for name, each in columns.items()}
    return _text(folder / "history.json", [json.dumps(indexed)])


def history_inside(folder: Path) -> Path:
    """Lists inside of another key, behind words of the script's own."""
    lists = {"train_loss": TRAIN_LOSS, "val_loss": VAL_LOSS, "val_wer": VAL_WER, "lr": LR}
    return _text(folder / "result.json", [json.dumps({"history": lists, "best_epoch": 5, "model": "lstm"}, indent=1)])


def keras(folder: Path) -> Path:
    rows = ["epoch,accuracy,learning_rate,loss,val_accuracy,val_loss,val_wer"]
    rows += [f"{epoch - 1},0.5,{lr},{train},0.4,{val},{wer}" for epoch, train, val, wer, lr in _epochs()]
    return _text(folder / "training.log", rows)


def ultralytics(folder: Path) -> Path:
    names = ["epoch", "train/box_loss", "train/cls_loss", "metrics/mAP50(B)", "val/box_loss", "val/cls_loss", "lr/pg0"]
    rows = [",".join(f"{name:>23}" for name in names)]
    for epoch, train, val, _, lr in _epochs():
        cells = [epoch - 1, train - 1, 1.0, 0.3, val - 2, 2.0, lr]
        rows.append(",".join(f"{cell:>23.6g}" for cell in cells))
    return _text(folder / "results.csv", rows)


def espnet(folder: Path) -> Path:
    rows = [
        "# python3 -m espnet2.bin.asr_train --use_preprocessor true",
        "[host] 2024-01-01 10:00:00,1 (asr:1) INFO: x",
    ]
    for epoch, train, val, wer, lr in _epochs():
        begin = f"[host] 2024-01-01 10:{epoch:02d}:00,123 (trainer:756) INFO:"
        for first in (1, 11):
            rows.append(
                f"{begin} {epoch}epoch:train:{first}-{first + 9}batch: iter_time=1.2e-04, loss_ctc=60.1, "
                f"loss={train + 0.2:.3f}, grad_norm=5.1, optim0_lr0={lr:.3e}, train_time=1.235"
            )
        rows.append(
            f"{begin} {epoch}epoch results: [train] iter_time=1.2e-04, loss_ctc=60.1, loss={train:.3f}, "
            f"optim0_lr0={lr:.3e}, train_time=0.5, time=1 minute and 2.02 seconds, total_count={epoch * 20}, "
            f"[valid] loss_ctc=50.2, cer=0.301, wer={wer:.3f}, loss={val:.3f}, time=3.2 seconds, total_count=4, "
            "[att_plot] time=2.01 seconds, total_count=0, gpu_max_cached_mem_GB=3.1"
        )
    return _text(folder / "train.log", rows)


def fairseq(folder: Path) -> Path:
    rows = []
    for epoch, train, val, wer, lr in _epochs():
        step = epoch * STEPS_PER_EPOCH
        clock = f"2024-01-01 10:{epoch:02d}:00"
        inner = {"epoch": epoch, "update": epoch - 0.5, "loss": f"{train + 0.2}", "num_updates": f"{step - 10}"}
        trained = {"epoch": epoch, "train_loss": f"{train}", "train_num_updates": f"{step}", "train_lr": f"{lr}"}
        valid = {
            "epoch": epoch,
            "valid_loss": f"{val}",
            "valid_wer": f"{100 * wer:.2f}",
            "valid_num_updates": f"{step}",
        }
        rows.append(f"{clock} | INFO | train_inner | {json.dumps(inner)}")
        rows.append(f"{clock} | INFO | fairseq.trainer | begin training epoch {epoch}")
        rows.append(f"{clock} | INFO | valid | {json.dumps({**valid, 'valid_best_loss': '2.75'})}")
        rows.append(f"{clock} | INFO | train | {json.dumps(trained)}")
    return _text(folder / "fairseq.log", rows)


def fairseq_simple(folder: Path) -> Path:
    rows = []
    for epoch, train, val, wer, lr in _epochs():
        step = epoch * STEPS_PER_EPOCH
        clock = f"2024-01-01 10:{epoch:02d}:00"
        rows.append(
            f"{clock} | INFO | train_inner | epoch {epoch:03d}:     10 / 20 loss={train + 0.2}, ppl=20, lr={lr}"
        )
        rows.append(
            f"{clock} | INFO | valid | epoch {epoch:03d} | valid on 'valid' subset | loss {val} | wer {100 * wer:.2f} "
            f"| wps 0 | num_updates {step}"
        )
        rows.append(
            f"{clock} | INFO | train | epoch {epoch:03d} | loss {train} | ppl 20 | num_updates {step} | lr {lr}"
        )
    return _text(folder / "fairseq_simple.log", rows)


def wav2letter(folder: Path) -> Path:
    rows = [
        f"epoch: {epoch:>8} | nupdates: {epoch * STEPS_PER_EPOCH:>8} | lr: {lr:.6f} | lrcriterion: 0.000000 | "
        f"runtime: 00:01:00 | bch(ms): 601.30 | loss: {train:>10.5f} | train-TER: 40.10 | train-WER: 60.20 | "
        f"dev-clean.lst-loss: {val:>10.5f} | dev-clean.lst-TER: 30.10 | dev-clean.lst-WER: {100 * wer:.2f} | "
        "dev-other.lst-loss: 9.00000 | dev-other.lst-WER: 99.00 | avg-isz: 1228 | avg-tsz: 041 | hrs: 12.10"
        for epoch, train, val, wer, lr in _epochs()
    ]
    return _text(folder / "001_log", rows)


def wav2letter_perf(folder: Path) -> Path:
    rows = ["# date time epoch nupdates lr loss train-TER train-WER dev-loss dev-TER dev-WER avg-isz"]
    for epoch, train, val, wer, lr in _epochs():
        step = epoch * STEPS_PER_EPOCH
        rows.append(f"2024-01-01 10:00:00 {epoch} {step} {lr} {train} 40.1 60.2 {val} 30.1 {100 * wer:.2f} 1228")
    return _text(folder / "001_perf", rows)


def text_log(folder: Path) -> Path:
    rows = [
        f"2024-01-01 9:0{epoch}:00 INFO Epoch {epoch}/6 lr {lr} train loss {train} | val loss {val} wer {wer}"
        for epoch, train, val, wer, lr in _epochs()
    ]
    return _text(folder / "train.log", rows)


def tensorboard(folder: Path) -> Path:
    """Written by tensorboard's own writer; what PyTorch's SummaryWriter writes, and a new-style tensor beside it."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder / "tb"))

    def scalar(tag: str, value: float, step: int, *, tensor: bool = False) -> None:
        what = (
            Summary.Value(tag=tag, tensor=TensorProto(dtype=1, tensor_content=struct.pack("<f", value)))
            if tensor
            else Summary.Value(tag=tag, simple_value=value)
        )
        writer.add_event(Event(wall_time=BEGAN_AT + step, step=step, summary=Summary(value=[what])))

    for epoch, train, val, wer, lr in _epochs():
        step = epoch * STEPS_PER_EPOCH
        scalar("train/batch", train + 0.3, step - 10)
        scalar("Loss/train", train, step)
        scalar("Loss/val", val, step, tensor=True)
        scalar("val/wer", wer, step)
        scalar("lr", lr, step)
        scalar("epoch", epoch, step)
    writer.close()
    return folder / "tb"


def mlflow(folder: Path) -> Path:
    run = folder / "mlruns" / "0" / "5f0c6e7e1c2b4d3a9b8a7c6d5e4f3a2b"
    for name in ("metrics", "params", "tags"):
        (run / name).mkdir(parents=True)
    (run / "meta.yaml").write_text("lifecycle_stage: active\nrun_id: 5f0c6e7e\nstart_time: 1700000000000\nstatus: 3\n")
    (run / "params" / "learning_rate").write_text("0.001")
    (run / "tags" / "mlflow.runName").write_text("gentle-owl")
    columns = {"train_loss": TRAIN_LOSS, "val_loss": VAL_LOSS, "val_wer": VAL_WER, "lr": LR}
    for place, (name, values) in enumerate(columns.items()):
        lines = [
            f"{int(1000 * (BEGAN_AT + 60 * epoch)) + place} {value} {epoch}" for epoch, value in enumerate(values, 1)
        ]
        _text(run / "metrics" / name, lines)
    return folder / "mlruns"


def wandb(folder: Path) -> Path:
    """The framing of a LevelDB log around protobuf records, as `wandb offline` leaves them."""
    records = [_message(17, _field(8, b"gentle-owl-7")), _message(5, _field(1, _item("learning_rate", 0.001)))]
    for epoch, train, val, wer, lr in _epochs():
        step = epoch * STEPS_PER_EPOCH
        trained = {"train/loss": train, "train/learning_rate": lr, "train/epoch": epoch, "train/global_step": step}
        evaluated = {"eval/loss": val, "eval/wer": wer, "train/epoch": epoch, "train/global_step": step}
        for number, values in ((2 * epoch, trained), (2 * epoch + 1, evaluated)):
            records.append(wandb_history({**values, "_step": number, "_timestamp": BEGAN_AT}))
        records.append(_message(7, _field(1, b"\x00" * 14000)))  # statistics of the machine: passed over
    records.append(_message(18, b"\x10\x05"))
    run = folder / "wandb" / "offline-run-20240101_100000-abcd1234"
    run.mkdir(parents=True)
    path = run / "run-abcd1234.wandb"
    path.write_bytes(leveldb_log(records))
    return path


def wandb_history(values: dict[str, float]) -> bytes:
    """What one call of `run.log` becomes."""
    return _message(2, b"".join(_field(1, _item(name, value)) for name, value in values.items()))


def leveldb_log(records: Iterable[bytes]) -> bytes:
    """The file: a header, then records in blocks of 32 KiB, split where one does not fit."""
    out = bytearray(b":W&B" + struct.pack("<HB", 0xBEE1, 0))
    for record in records:
        first, rest = True, record
        while first or rest:
            room = 32768 - len(out) % 32768
            if room < 7:
                out += b"\0" * room
                room = 32768
            part, rest = rest[: room - 7], rest[room - 7 :]
            kind = (1 if first else 4) if not rest else (2 if first else 3)
            out += struct.pack("<IHB", zlib.crc32(bytes([kind]) + part), len(part), kind) + part
            first = False
    return bytes(out)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _message(kind: int, content: bytes) -> bytes:
    return b"\x08\x01" + _field(kind, content)


def _item(name: str, value: float) -> bytes:
    return _field(1, name.encode()) + _field(16, json.dumps(value).encode())


def mlflow_db(folder: Path) -> Path:
    """Two runs, gentle-owl and other."""
    return _unpacked("mlflow.db", folder) / "gentle-owl"


def trackio(folder: Path) -> Path:
    """Two runs, gentle-owl and other."""
    return _unpacked("trackio.db", folder) / "gentle-owl"


def swanlab(folder: Path) -> Path:
    return _copied("swanlab", folder)


def swanlab_json(folder: Path) -> Path:
    """As it was before version 0.8."""
    return _copied("swanlab6", folder)


def clearml(folder: Path) -> Path:
    return _copied("clearml", folder)


def neptune(folder: Path) -> Path:
    """Two runs, RUN-1 and RUN-2."""
    return _copied("neptune", folder) / "RUN-1"


def tensorboard_csv(folder: Path) -> Path:
    return _copied("tensorboard_csv", folder)


def tensorboardx(folder: Path) -> Path:
    return _copied("tensorboardx", folder)


def _unpacked(name: str, folder: Path) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.decompress((WRITTEN / f"{name}.gz").read_bytes()))
    return path


def _copied(name: str, folder: Path) -> Path:
    shutil.copytree(WRITTEN / name, folder / name)
    return folder / name


def _text(path: Path, lines: Iterable[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


CAST: dict[str, tuple[Callable[[Path], Path], str]] = {
    "table": (table, "table"),
    "markdown": (markdown, "markdown"),
    "model card": (model_card, "model-card"),
    "JSON lines": (json_lines, "jsonl"),
    "JSON array": (json_array, "json"),
    "history": (history, "history"),
    "history of pandas": (history_of_pandas, "history"),
    "history inside": (history_inside, "history"),
    "Lightning": (lightning, "lightning"),
    "Hugging Face": (hugging_face, "hugging-face"),
    "SpeechBrain": (speechbrain, "speechbrain"),
    "Keras": (keras, "keras"),
    "Ultralytics": (ultralytics, "ultralytics"),
    "ESPnet": (espnet, "espnet"),
    "fairseq": (fairseq, "fairseq"),
    "fairseq simple": (fairseq_simple, "fairseq"),
    "wav2letter": (wav2letter, "wav2letter"),
    "wav2letter perf": (wav2letter_perf, "wav2letter"),
    "text log": (text_log, "log"),
    "TensorBoard": (tensorboard, "tensorboard"),
    "MLflow": (mlflow, "mlflow"),
    "W&B": (wandb, "wandb"),
    "MLflow's database": (mlflow_db, "mlflow-db"),
    "Trackio": (trackio, "trackio"),
    "SwanLab": (swanlab, "swanlab"),
    "SwanLab before 0.8": (swanlab_json, "swanlab"),
    "ClearML": (clearml, "clearml"),
    "Neptune": (neptune, "neptune"),
    "TensorBoard's CSV": (tensorboard_csv, "tensorboard-csv"),
    "tensorboardX": (tensorboardx, "tensorboard"),
}
"""Tool → how it writes, and the name of the format."""
WITHOUT_WER = {"Ultralytics"}
FROM_ZERO = {"Lightning", "Keras", "Ultralytics"}
