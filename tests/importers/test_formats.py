"""Every foreign format gives the same figures of the same run, and says what it could not read."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.commands.cli import main
from monitor.importers.formats.mlflow import Mlflow
from monitor.importers.formats.registry import FORMATS, detect
from monitor.importers.importing import Asked, plan, records
from monitor.importers.items import Unread
from monitor.importers.store import Imported, keep
from monitor.rules.primary import primary_of
from monitor.run_dir import Epoch, Step
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.reader import RunReader
from tests import foreign

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = (ROOT / "docs" / "importers.md").read_text(encoding="utf-8")


def imported(path, **asked):
    chosen = plan(path, Asked(**asked))
    found = list(records(chosen))
    return (
        chosen,
        [each for each in found if isinstance(each, Epoch)],
        [each for each in found if isinstance(each, Step)],
    )


@pytest.mark.parametrize("tool", foreign.CAST)
def test_the_format_is_recognised(tool, tmp_path):
    make, name = foreign.CAST[tool]
    assert detect(make(tmp_path)).name == name


@pytest.mark.parametrize("tool", foreign.CAST)
def test_the_figures_of_the_run_are_those_that_were_written(tool, tmp_path):
    make, _ = foreign.CAST[tool]
    chosen, epochs, _ = imported(make(tmp_path))
    first = 0 if tool in foreign.FROM_ZERO else 1
    assert [epoch.epoch for epoch in epochs] == list(range(first, first + foreign.EPOCHS))
    assert [epoch.train_loss for epoch in epochs] == pytest.approx(foreign.TRAIN_LOSS)
    assert [epoch.val_loss for epoch in epochs] == pytest.approx(foreign.VAL_LOSS)
    if tool not in foreign.WITHOUT_WER:
        assert [epoch.val_wer for epoch in epochs] == pytest.approx(foreign.VAL_WER)
    if tool != "model card":
        assert [epoch.lr for epoch in epochs] == pytest.approx(foreign.LR)
    assert chosen.unread.count == 0
    assert chosen.counts.began_again.count == 0 and chosen.counts.repeated.count == 0


def test_every_format_is_in_the_cast():
    assert {name for _, name in foreign.CAST.values()} == {kind.name for kind in FORMATS}


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_every_format_is_described_with_an_example(kind):
    found = re.search(rf"^## {kind.name}\n(.*?)(?=^## )", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/importers.md has no section {kind.name}"
    for word in ("File: ", "Read", "nits", "ot read", "Example: `python -m monitor import "):
        assert word in found[1], f"{kind.name} does not say {word}"
    assert kind.__doc__ or sys.modules[kind.__module__].__doc__


def test_a_git_lfs_pointer_is_one_sentence_in_every_format(tmp_path):
    for name in (
        "train_log.txt",
        "events.out.tfevents.1",
        "run-a.wandb",
        "metrics.csv",
        "trainer_state.json",
        "README.md",
    ):
        path = tmp_path / name
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
        with pytest.raises(UnreadableRunError, match=r"LFS pointer, not the file itself; fetch it with: git lfs pull"):
            plan(path, Asked())
    with pytest.raises(UnreadableRunError, match="git-LFS pointer"):
        (tmp_path / "metrics.csv").unlink()
        plan(tmp_path, Asked(format="tensorboard"))


def test_a_damaged_or_cut_off_event_file_gives_what_stands_before_and_says_so(tmp_path):
    folder = foreign.tensorboard(tmp_path)
    [path] = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-7])
    chosen, epochs, _ = imported(folder)
    assert [epoch.val_loss for epoch in epochs] == pytest.approx(foreign.VAL_LOSS)
    assert "cut off or damaged" in chosen.unread.first[0]


def test_event_files_of_several_runs_are_not_mixed(tmp_path):
    for name in ("lstm", "gru"):
        foreign.tensorboard(tmp_path / "logs" / name)
    with pytest.raises(UnreadableRunError, match=r"2 runs \(gru, lstm\); give the folder of one"):
        plan(tmp_path / "logs", Asked())


def test_a_damaged_block_of_an_offline_run_is_left_out_and_named(tmp_path):
    path = foreign.wandb(tmp_path)
    data = bytearray(path.read_bytes())
    assert len(data) > 2 * 32768
    data[40000] ^= 0xFF
    path.write_bytes(data)
    chosen, epochs, _ = imported(path)
    assert 0 < len(epochs) < foreign.EPOCHS + 1
    assert "damaged" in chosen.unread.first[0]
    assert {epoch.val_loss for epoch in epochs} <= set(foreign.VAL_LOSS)


def test_an_offline_run_brings_its_name_config_and_end(tmp_path):
    chosen, _, _ = imported(foreign.wandb(tmp_path).parent.parent)
    assert chosen.run_name == "gentle-owl-7" and chosen.config == {"learning_rate": 0.001}


@pytest.mark.parametrize("way", ["link", "hard link", "link to a device", "pipe", "folder"])
@pytest.mark.parametrize("part", ["params", "metrics", "tags"])
def test_of_mlflow_nothing_is_read_through_a_link(tmp_path, part, way):
    """A store from elsewhere must not bring the reader's own files into the record that he shows around."""
    root = foreign.mlflow(tmp_path / "store")
    [run] = (path.parent for path in root.glob("*/*/meta.yaml"))
    secret = tmp_path / "secrets"
    secret.mkdir()
    (secret / "key").write_text("1 0.125 1 PRIVATE\n")
    planted = run / part / ("mlflow.runName" if part == "tags" else "key")
    if way == "folder":
        shutil.rmtree(run / part)
        (run / part).symlink_to(secret)
        (secret / "mlflow.runName").write_text("PRIVATE")
    else:
        planted.unlink(missing_ok=True)
        {
            "link": lambda: planted.symlink_to(secret / "key"),
            "hard link": lambda: os.link(secret / "key", planted),
            "link to a device": lambda: planted.symlink_to("/dev/zero"),
            "pipe": lambda: os.mkfifo(planted),
        }[way]()
    reader = Mlflow(run)
    items = list(reader.items())
    assert "PRIVATE" not in f"{reader.config} {reader.run_name} {items}" and "0.125" not in str(items)
    told = [item.reason for item in items if isinstance(item, Unread)]
    assert part == "tags" or [reason for reason in told if reason.startswith(part)] == told != []


def test_a_run_of_mlflow_brings_its_name_and_config_and_names_a_bad_line(tmp_path):
    root = foreign.mlflow(tmp_path)
    [metrics] = root.glob("*/*/metrics")
    with (metrics / "val_loss").open("a") as file:
        file.write("half a li")
    chosen, epochs, _ = imported(root)
    assert (chosen.run_name, chosen.config, len(epochs)) == ("gentle-owl", {"learning_rate": "0.001"}, foreign.EPOCHS)
    assert "metrics/val_loss: no time, value and step" in chosen.unread.first[0]


def test_a_foreign_name_cannot_spoil_the_run(tmp_path):
    root = foreign.mlflow(tmp_path)
    [name] = root.glob("*/*/tags/mlflow.runName")
    name.write_bytes(b"\x1b[31mred" + b"\0" * 5000 + b"x" * 3000)
    chosen, epochs, _ = imported(root)
    run_id = keep(tmp_path / "runs", Imported(chosen.run_name, epochs, chosen.source), now=1.0)
    seen = RunReader(tmp_path / "runs" / run_id).read(2.0)
    assert seen.problems == () and seen.run.name.startswith("[31mred xx") and len(seen.run.name) == 200


def test_bare_nan_is_the_finding_it_is(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(
        '{"epoch": 1, "val_loss": 2.0}\n{"epoch": 2, "val_loss": NaN, "train_loss": Infinity}\n{"epoch": 3,'
    )
    chosen, epochs, _ = imported(path)
    assert math.isnan(epochs[1].val_loss) and epochs[1].train_loss == math.inf
    assert chosen.unread.first == ["Line 3: no JSON, or cut off."]


def test_a_reward_is_an_evaluation_though_no_val_stands_beside_it(tmp_path):
    path = tmp_path / "trainer_state.json"
    rows = [{"step": n, "epoch": n / 100, "loss": 1e-4 * n, "reward": 0.1 * n, "kl": 0.01} for n in (1, 2, 3)]
    path.write_text(json.dumps({"log_history": rows, "global_step": 3}))
    _, epochs, _ = imported(path)
    assert [(row.step, row.train_loss, row.metrics["reward"]) for row in epochs] == [
        (n, 1e-4 * n, 0.1 * n) for n in (1, 2, 3)
    ]


def test_a_cut_off_trainer_state_gives_its_whole_entries(tmp_path):
    path = foreign.hugging_face(tmp_path)
    text = path.read_text().replace('"loss": 4.1', '"loss": NaN')
    path.write_text(text[: text.index('"eval_loss": 2.75') + 5])
    chosen, epochs, steps = imported(path)
    assert [epoch.val_loss for epoch in epochs] == foreign.VAL_LOSS[:4]
    assert math.isnan(epochs[0].train_loss) and math.isnan(steps[0].train_loss)
    assert "cut off or no JSON" in chosen.unread.first[0]


def test_train_losses_of_steps_become_steps_and_the_epochs_mean(tmp_path):
    chosen, epochs, steps = imported(foreign.hugging_face(tmp_path))
    assert len(steps) == 2 * foreign.EPOCHS and steps[0].grad_norm == 2.0
    assert epochs[0].train_loss == pytest.approx(foreign.TRAIN_LOSS[0])
    assert any("mean of the steps" in note for note in chosen.notes)
    assert any("whole training took 360 s" in note for note in chosen.notes)


def test_a_stale_train_loss_of_a_card_is_no_new_measurement(tmp_path):
    rows = ["No log", "3.5", "3.5", "2.1"]
    text = "| Training Loss | Epoch | Step | Validation Loss | Wer |\n|:--:|:--:|:--:|:--:|:--:|\n"
    text += "".join(f"| {loss} | {n}.0 | {n}00 | 4.0 | **0.9** |\n" for n, loss in enumerate(rows, 1))
    (tmp_path / "README.md").write_text(text)
    chosen, epochs, _ = imported(tmp_path / "README.md")
    assert [epoch.train_loss for epoch in epochs] == [None, 3.5, None, 2.1]
    assert [epoch.val_wer for epoch in epochs] == [0.9] * 4
    assert any("only repeats the one before" in note for note in chosen.notes)


def test_a_resumed_log_repeats_epochs_and_the_later_ones_count(tmp_path):
    path = foreign.speechbrain(tmp_path)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], *(line.replace("train loss: ", "train loss: 1") for line in lines[2:])]))
    chosen, epochs, _ = imported(path)
    assert [(each.epoch, each.generation) for each in epochs[3:6]] == [(4, 1), (3, 2), (4, 2)]
    assert "begins again or goes back at line 5" in " ".join(chosen.notes)
    assert "a test and no epoch: Epoch loaded: 5" in " ".join(chosen.notes)


def test_steps_that_go_back_are_a_new_start_in_a_log_of_events(tmp_path):
    path = foreign.hugging_face(tmp_path)
    history = json.loads(path.read_text())["log_history"][:-1]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(json.dumps(entry) for entry in [*history[:9], *history[3:]]))
    _, epochs, steps = imported(log)
    assert [(each.epoch, each.generation) for each in epochs] == [
        *((n, 1) for n in (1, 2, 3)),
        *((n, 2) for n in (2, 3, 4, 5, 6)),
    ]
    assert [step.generation for step in steps[5:8]] == [1, 2, 2]


def test_several_validations_in_one_epoch_are_told_apart_by_their_steps(tmp_path):
    rows = ["epoch,step,train_loss,val_loss"]
    for step in range(25, 401, 25):
        rows.append(f"{(step - 1) // 100},{step - 1},{500 / step:.3f},")
        rows.append(f"{(step - 1) // 100},{step - 1},,{600 / step:.3f}")
    path = tmp_path / "metrics.csv"
    path.write_text("\n".join(rows))
    chosen, epochs, _ = imported(path)
    assert len({epoch.epoch for epoch in epochs}) == 16 and chosen.counts.repeated.count == 0
    assert [epoch.epoch for epoch in epochs] == sorted(epoch.epoch for epoch in epochs)
    assert any("numbered by their step" in note for note in chosen.notes)


def test_tags_that_count_epochs_beside_tags_that_count_steps_are_no_restart(tmp_path):
    rows = []
    for epoch in (1, 2, 3):
        rows += [{"batch_loss": 3.0, "step": 100 * epoch + n} for n in range(5)]
        rows.append({"train_loss": 3.0 - epoch / 10, "val_loss": 3.5 - epoch / 10, "step": epoch})
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    _, epochs, _ = imported(path)
    assert [(epoch.epoch, epoch.generation) for epoch in epochs] == [(1, 1), (2, 1), (3, 1)]
    assert [epoch.train_loss for epoch in epochs] == pytest.approx([2.9, 2.8, 2.7])


def test_invalid_utf8_is_read_around_and_counted(tmp_path):
    path = foreign.espnet(tmp_path)
    path.write_bytes(b"\xff\xfeword \xc3\x28\n".replace(b"\xff\xfe", b"\xe9") + path.read_bytes())
    chosen, epochs, _ = imported(path)
    assert len(epochs) == foreign.EPOCHS
    assert "1 lines hold bytes that are no UTF-8" in chosen.unread.first[0]


def test_zeros_that_a_power_loss_left_behind_a_log_cost_only_their_lines(tmp_path):
    path = foreign.speechbrain(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0" * 4096)
    chosen, epochs, _ = imported(path)
    assert len(epochs) == foreign.EPOCHS and chosen.unread.first[0].startswith("Line 8: ")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x1f\x8b\x08\x00rest", "is packed .gzip.; unpack it"),
        (b"PK\x03\x04rest", "is packed .zip."),
        (b"\x7fELF\x02\x01\x01\x00\x00", "not a text file"),
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"Dear diary, nothing was measured today.\n", "No line there gives an epoch"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, content, says):
    path = tmp_path / "thing.log"
    path.write_bytes(content)
    with pytest.raises(UnreadableRunError, match=says) as told:
        plan(path, Asked())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_the_wrong_format_by_name_is_one_sentence(kind, tmp_path):
    path = tmp_path / "diary.log"
    path.write_text("Dear diary,\nnothing was measured today.\n")
    with pytest.raises((UnreadableRunError, UsageError)) as told:
        plan(path, Asked(format=kind.name))
    assert str(path) in str(told.value) and str(told.value).count("\n") == 0


def test_an_unknown_format_is_told_with_those_there_are(tmp_path):
    with pytest.raises(UsageError, match="no format wandbb; there are tensorboard, tensorboard-csv, wandb"):
        plan(foreign.table(tmp_path), Asked(format="wandbb"))


def test_event_files_are_read_without_the_tensorboard_package(tmp_path):
    folder = foreign.tensorboard(tmp_path)
    code = (
        "import sys; sys.modules['tensorboard'] = None\n"
        "from monitor.commands.cli import main\n"
        f"sys.exit(main(['import', {str(folder)!r}, '--yes', '--runs', {str(tmp_path / 'runs')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0 and "6 evaluations" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            '{"epoch": 1, "phase": "train", "loss": 3, "lr": 0.1}\n{"epoch": 1, "phase": "val", "loss": 4}\n'
            '{"epoch": 2, "phase": "train", "loss": 2, "lr": 0.1}\n{"epoch": 2, "phase": "val", "loss": 3}\n',
            id="JSON lines",
        ),
        pytest.param(
            "epoch,split,loss,lr\n1,train,3,0.1\n1,valid,4,0.1\n2,train,2,0.1\n2,valid,3,0.1\n", id="a table in words"
        ),
        pytest.param(
            "epoch,train_loss,val_loss,lr\n1,3,,0.1\n1,,4,\n2,2,,0.1\n2,,3,\n", id="a table whose rows are never whole"
        ),
        pytest.param(
            "Epoche;Trainingsverlust;Validierungsverlust;Lernrate\n1;3,0;4,0;0,1\n2;2,0;3,0;0,1\n", id="a German table"
        ),
        pytest.param(
            "Epoch,Average Training Loss,Avg. Dev Loss,Learning Rate\n1,3,4,0.1\n2,2,3,0.1\n", id="a table's own words"
        ),
        pytest.param(
            '{"epoch": 1, "trn": {"xent": 3}, "dev": {"xent": 4}, "lr": 0.1}\n'
            '{"epoch": 2, "trn": {"xent": 2}, "dev": {"xent": 3}, "lr": 0.1}\n',
            id="JSON lines under the names that attach knows",
        ),
        pytest.param(
            '{"轮次": 1, "训练损失": 3, "验证损失": 4, "学习率": 0.1}\n'
            '{"轮次": 2, "训练损失": 2, "验证损失": 3, "学习率": 0.1}\n',
            id="JSON lines in Chinese",
        ),
    ],
)
def test_what_is_said_of_one_evaluation_is_one_in_any_words(text, tmp_path):
    path = tmp_path / ("log.csv" if ";" in text else "log")
    path.write_text(text, encoding="utf-8")
    _, epochs, _ = imported(path)
    assert [(each.epoch, each.train_loss, each.val_loss, each.lr) for each in epochs] == [
        (1, 3, 4, 0.1),
        (2, 2, 3, 0.1),
    ]


def test_the_lines_of_a_cell_with_line_breaks_are_named_and_the_rows_around_it_are_right(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text('epoch,train_loss,val_loss,note\n1,5,4,"two\nlines"\n2,4,3,ok\n3,3,2,"a\nb\nc"\n4,2,1.5,z\n')
    command = [sys.executable, "-m", "monitor", "import", str(path), "--yes", "--json"]
    command += ["--runs", str(tmp_path / "runs")]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout)
    assert told["not_read"]["count"] == 3 and [line.split(":")[0] for line in told["not_read"]["first"]] == [
        "Line 3",
        "Line 6",
        "Line 7",
    ]
    records = RunReader(tmp_path / "runs" / told["run_id"]).read(1e9).epochs
    assert [(record.epoch, record.train_loss, record.val_loss) for record in records] == [
        (1, 5, 4),
        (2, 4, 3),
        (3, 3, 2),
        (4, 2, 1.5),
    ]


METRIC_FILES = {
    "accuracy.csv": "epoch,val_acc\n1,0.4\n2,0.6\n3,0.7\n",
    "accuracy.log": "Epoch 1/3  val_acc: 0.4\nEpoch 2/3  val_acc: 0.6\nEpoch 3/3  val_acc: 0.7\n",
    "one_line.jsonl": "".join(
        f'{{"epoch": {at}, "train_loss": {3 / at}, "val_cer": {1 - value}}}\n'
        for at, value in ((1, 0.4), (2, 0.6), (3, 0.7))
    ),
    "lines_of_their_own.jsonl": "".join(
        f'{{"epoch": {at}, "train_loss": {3 / at}}}\n{{"epoch": {at}, "val_cer": {1 - value}}}\n'
        for at, value in ((1, 0.4), (2, 0.6), (3, 0.7))
    ),
}


@pytest.mark.parametrize("name", METRIC_FILES)
def test_a_file_whose_only_validation_is_an_error_or_a_score_is_read_with_it(tmp_path, name):
    (tmp_path / name).write_text(METRIC_FILES[name])
    assert main(["import", str(tmp_path / name), "--runs", str(tmp_path / "runs"), "--yes", "--name", "r"]) in (0, None)
    seen = RunReader(tmp_path / "runs" / "r").read(0.0)
    metric = primary_of(seen)
    assert metric is not None and [record.epoch for record in seen.epochs] == [1.0, 2.0, 3.0]
    assert [metric.error_of(record) for record in seen.epochs] == pytest.approx([0.6, 0.4, 0.3])


def _scores(of_training, of_validation, every=1):
    """JSON lines in which a validation names its scores without a split, in rows of its own."""
    rows = []
    for n in range(1, 7):
        rows.append(of_training(n))
        rows += [of_validation(n)] if n % every == 0 else []
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("text", "evaluations"),
    [
        (  # MMEngine by epochs: the validation's step is the epoch
            _scores(
                lambda n: {"loss": 3 - n / 4, "acc": 80.0, "epoch": n, "iter": 90 * n, "step": 90 * n},
                lambda n: {"coco/bbox_mAP": n / 20, "coco/bbox_mAP_s": n / 40, "time": 0.1, "step": n},
            ),
            [(n, 90 * n, 3 - n / 4, n / 20) for n in range(1, 7)],
        ),
        (  # and by iterations
            _scores(
                lambda n: {"loss": 3 - n / 4, "lr": 0.1, "iter": 50 * n, "step": 50 * n},
                lambda n: {"mIoU": n / 20, "time": 0.1, "step": 50 * n},
                every=3,
            ),
            [(1, 150, 2.5, 0.15), (2, 300, 1.75, 0.3)],
        ),
        (
            _scores(lambda n: {"epoch": n, "loss": 3 - n / 4}, lambda n: {"epoch": n, "accuracy": n / 20}),
            [(n, 0, 3 - n / 4, n / 20) for n in range(1, 7)],
        ),
    ],
)
def test_scores_without_a_split_in_rows_of_their_own_are_the_evaluation_of_what_was_just_trained(
    tmp_path, text, evaluations
):
    path = tmp_path / "scalars.jsonl"
    path.write_text(text)
    _, epochs, _ = imported(path)
    names = ("coco/bbox_mAP", "mIoU", "accuracy")
    found = [
        (each.epoch, each.step, each.train_loss, next(each.metrics[n] for n in names if n in each.metrics))
        for each in epochs
    ]
    assert found == [pytest.approx(each) for each in evaluations]


def test_a_score_of_each_step_is_no_evaluation(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(_scores(lambda n: {"step": n, "loss": 3 - n / 4}, lambda n: {"step": n, "accuracy": n / 20}))
    _, epochs, _ = imported(path)
    assert [each.train_loss for each in epochs] == [3 - n / 4 for n in range(1, 7)]


def test_a_metric_of_val_that_is_not_known_by_name_makes_an_evaluation_and_is_kept(tmp_path):
    rows = [
        {"epoch": epoch, "iteration": 100 * epoch, "main/loss": 3 - epoch, "validation/main/ap/Orange": epoch / 10}
        for epoch in (1, 2)
    ]
    path = tmp_path / "log.json"
    path.write_text(json.dumps(rows))
    _, epochs, _ = imported(path)
    assert [record.metrics["validation/main/ap/Orange"] for record in epochs] == [0.1, 0.2]
    assert [record.train_loss for record in epochs] == [2, 1]


def test_how_long_it_ran_is_a_clock_and_no_number_under_the_half_of_it(tmp_path):
    found = [each for each in records(plan(foreign.wav2letter(tmp_path), Asked())) if isinstance(each, Epoch)]
    assert found and not [name for each in found for name in each.metrics if ":" in name]
