"""Importing a table of epochs: what is read, in which unit, and what is said about it."""

import json
import math
import subprocess
import sys

import pytest

from monitor.importers.formats.markdown import Markdown
from monitor.importers.importing import Asked, plan, records
from monitor.importers.store import Imported, keep
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.reader import RunReader


def understood(tmp_path, text, **how):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    chosen = plan(path, Asked(**how))
    return {use.field: use for use in chosen.mapping.uses}, chosen, list(records(chosen))


def test_a_plain_csv_becomes_epochs_with_their_gap(tmp_path):
    uses, _, found = understood(tmp_path, "epoch,train_loss,val_loss,val_wer\n1,3.5,3.6,0.98\n2,2.5,3.1,0.9\n")
    assert list(uses) == ["epoch", "train_loss", "val_loss", "val_wer"]
    assert [epoch.epoch for epoch in found] == [1, 2]
    assert (found[1].val_loss, found[1].val_wer) == (3.1, 0.9)
    run_id = keep(tmp_path / "runs", Imported("gap", found, "a test"), now=1.0)
    assert RunReader(tmp_path / "runs" / run_id).read(2.0).epochs[1].gap == pytest.approx(0.6)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Epoch;Train Loss;Val WER (%)\n1;3,5;98,0\n2;2,5;90,0\n", id="semicolons and decimal commas"),
        pytest.param("epoch\ttrain/loss\tval/wer_pct\n1\t3.5\t98.0\n2\t2.5\t90\n", id="tabs and a percent name"),
        pytest.param(
            "| Epoch | Train loss | Val WER |\n|---|---:|---|\n| 1 | 3.5 | 98.0 % |\n| 2 | 2.5 | 90 % |", id="md"
        ),
        pytest.param("\ufeff\nepoch,loss,wer\n1,3.5,98\n2,2.5,90\n", id="byte order mark, and a WER of 98"),
    ],
)
def test_other_ways_to_write_the_same_table_are_understood(tmp_path, text):
    uses, _, found = understood(tmp_path, text)
    assert uses["val_wer"].scale == 0.01
    assert [round(epoch.val_wer, 4) for epoch in found] == [0.98, 0.9]
    assert [epoch.train_loss for epoch in found] == [3.5, 2.5]


def test_a_wer_above_one_stays_a_fraction(tmp_path):
    uses, _, found = understood(tmp_path, "epoch,val_wer\n1,1.48\n2,0.99\n")
    assert uses["val_wer"].scale == 1.0
    assert found[0].val_wer == 1.48


def test_the_user_may_say_the_unit(tmp_path):
    _, _, found = understood(tmp_path, "epoch,val_wer\n1,1.48\n2,0.99\n", percent=True)
    assert found[1].val_wer == pytest.approx(0.0099)


def test_the_users_mapping_wins_over_the_names(tmp_path):
    uses, _, found = understood(tmp_path, "epoch,loss,ctc\n1,3,5\n", fields={"val_loss": "loss", "train_loss": "ctc"})
    assert uses["val_loss"].column == "loss"
    assert (found[0].train_loss, found[0].val_loss) == (5, 3)


def test_missing_cells_stay_missing_and_non_finite_ones_survive(tmp_path):
    _, _, found = understood(tmp_path, "epoch,train_loss,val_loss\n1,nan,-\n2,2.0,inf\n3,1.0,\n")
    first, second, third = found
    assert math.isnan(first.train_loss) and first.val_loss is None
    assert second.val_loss == math.inf
    assert third.val_loss is None and third.gap is None


def test_columns_without_a_field_are_kept_under_their_own_names(tmp_path):
    _, _, found = understood(tmp_path, "epoch,val_loss,bleu\n1,3,12.5\n")
    assert found[0].metrics == {"bleu": 12.5}


def test_repeated_and_missing_epochs_are_said(tmp_path):
    _, chosen, found = understood(tmp_path, "epoch,val_loss\n1,3\n,2\n1,2.5\n")
    assert [(epoch.epoch, epoch.val_loss) for epoch in found] == [(1, 3), (1, 2.5)]
    assert "Epoch 1 stands there twice; line 4 is kept." in chosen.notes
    assert "1 lines have no epoch and were left out." in chosen.notes


def test_a_row_of_a_test_or_a_mean_at_the_end_is_no_epoch_and_is_named(tmp_path):
    _, chosen, found = understood(tmp_path, "epoch,val_loss,wer\n1,3,0.9\n2,2,0.8\ntest,2.1,0.85\nmean,2.5,0.85\n")
    assert [epoch.epoch for epoch in found] == [1, 2]
    assert chosen.unread.first[0] == "Line 4: 'test' stands where the epoch should."


def test_restarts_in_one_file_are_generations_and_the_last_counts(tmp_path):
    _, chosen, found = understood(tmp_path, "epoch,val_loss\n1,3\n2,2\nepoch,val_loss\n1,5\n2,4\n3,3.5\n")
    assert [(epoch.generation, epoch.epoch) for epoch in found] == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]
    assert any("2 starts" in note for note in chosen.notes)
    run_id = keep(tmp_path / "runs", Imported("again", found, "a test"), now=1.0)
    seen = RunReader(tmp_path / "runs" / run_id).read(2.0)
    assert [epoch.val_loss for epoch in seen.epochs] == [5, 4, 3.5]


def test_one_start_can_be_taken_alone(tmp_path):
    _, _, found = understood(tmp_path, "epoch,val_loss\n1,3\n2,2\n1,5\n", start=1)
    assert [(epoch.generation, epoch.val_loss) for epoch in found] == [(1, 3), (1, 2)]
    with pytest.raises(UsageError, match="no start 3"):
        understood(tmp_path, "epoch,val_loss\n1,3\n2,2\n1,5\n", start=3)


def test_padded_names_and_cells_are_the_same_as_bare_ones(tmp_path):
    _, _, found = understood(tmp_path, "     epoch,    train_loss,   val_loss\n     1,   3.5,      3.6\n")
    assert (found[0].epoch, found[0].train_loss, found[0].val_loss) == (1, 3.5, 3.6)


def test_percent_and_fraction_under_one_name_and_losses_on_two_scales_are_said(tmp_path):
    text = "epoch,train_loss,val_loss,wer\n1,250,3,0.98\n2,200,2.5,0.97\n3,180,2.4,96.1\n"
    _, chosen, _ = understood(tmp_path, text)
    assert any("wer changes by a factor of 30 or more at line 4" in note for note in chosen.notes)
    assert any("different scales" in note for note in chosen.notes)


def test_what_the_loss_is_per_is_stated_by_the_user_or_stays_open(tmp_path):
    text = "epoch,val_loss\n1,3\n"
    assert understood(tmp_path, text)[1].units["loss"] == "as logged"
    assert understood(tmp_path, text, per="utterance")[1].units["loss"] == "nats per utterance"


def test_without_an_epoch_column_lines_are_counted_and_that_is_said(tmp_path):
    _, chosen, found = understood(tmp_path, "train_loss,val_loss\n3,3\n2,3\n")
    assert [epoch.epoch for epoch in found] == [1, 2]
    assert "counted" in chosen.notes[0]


def test_correlations_of_embeddings_are_scores(tmp_path):
    text = "epoch,steps,cosine_pearson,cosine_spearman,dot_spearman\n0,-1,0.61,0.62,0.55\n1,-1,0.71,0.73,0.66\n"
    uses, _, found = understood(tmp_path, text)
    assert not {"train_loss", "val_loss", "val_wer"} & set(uses)
    assert [(epoch.epoch, epoch.metrics["cosine_spearman"]) for epoch in found] == [(0, 0.62), (1, 0.73)]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", UnreadableRunError, "is empty"),
        ("only a title\n", UnreadableRunError, "nothing that can be read"),
        ("epoch,val_loss\n", UnreadableRunError, "nothing that can be read"),
        ("a,b\n1,2\n", UsageError, "--map val_loss=COLUMN"),
        ("\x00\x01\x02", UnreadableRunError, "not a text file"),
        ("\x1f\u0000", UnreadableRunError, "not a text file"),
    ],
)
def test_what_is_no_table_of_epochs_is_one_sentence(tmp_path, text, error, says):
    with pytest.raises(error, match=says):
        understood(tmp_path, text)


def test_a_table_whose_epochs_are_no_numbers_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no column 'epoch' with numbers"):
        understood(tmp_path, "epoch,val_loss\n-,3\n", fields={"epoch": "epoch"})


def test_an_import_never_touches_a_run_of_the_same_name(tmp_path):
    _, _, found = understood(tmp_path, "epoch,val_loss\n1,3\n")
    first = keep(tmp_path / "runs", Imported("my run", found, "from a test"), now=1.0)
    second = keep(tmp_path / "runs", Imported("my run", found, "from a test"), now=2.0)
    assert (first, second) == ("my-run", "my-run-2")
    assert RunReader(tmp_path / "runs" / first).read(3.0).run.created_at == 1.0


def monitor(*words, stdin=""):
    return subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60
    )


def test_the_verb_shows_its_mapping_writes_only_when_told_and_the_run_is_judged(tmp_path):
    path = tmp_path / "old run.csv"
    rows = [f"{epoch},{5 / epoch:.3f},{3 + epoch / 10:.3f},{95}" for epoch in range(1, 31)]
    path.write_text("epoch,train_loss,val_loss,wer\n" + "\n".join(rows))
    runs = tmp_path / "runs"
    asked = monitor("import", path, "--runs", runs)
    assert asked.returncode == 64 and "--yes" in asked.stderr
    assert "percent → fraction" in asked.stdout and not runs.exists()
    shown = json.loads(monitor("import", path, "--runs", runs, "--json").stdout)
    assert shown["run_id"] is None and shown["epochs"] == 30 and not runs.exists()
    done = json.loads(monitor("import", path, "--runs", runs, "--json", "--yes").stdout)
    assert done["run_id"] == "old-run"
    assert monitor("check", runs / "old-run").returncode == 2
    assert "old-run" in monitor("list", "--runs", runs).stdout


def test_a_file_that_is_not_there_is_one_sentence_and_exit_code_3(tmp_path):
    done = monitor("import", tmp_path / "nowhere.csv")
    assert done.returncode == 3
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr


RUNS = {
    "W&B": "Name,State,Created,iter,train/loss,val/loss\na,finished,2026-03-14,5,0.6,1.7\nb,crashed,2026-03-15,5,0.4,2",
    "W&B, one run": '"Name","State","User","Tags","Runtime","lr","val_loss"\n"owl","finished","x","","10","0.1","2.0"',
    "ClearML": "NAME,STATUS,LAST UPDATE,PARENT TASK,ITERATIONS,loss (val)\na,Completed,now,,9,0.7\nb,Failed,now,,9,1",
    "made by hand": "model,epochs,lr,train_loss,val_loss\nsmall,30,0.1,0.42,0.68\nlarge,100,0.1,0.29,0.63",
    "MLflow": "Start Time,Duration,Run ID,Name,User,Source Name,lr,val_loss\n2024,1,abc,owl,x,train.py,0.1,2.0",
}


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_a_table_of_runs_is_refused_as_such(text, tmp_path):
    """It holds no curve: what each run came to, in one row."""
    path = tmp_path / "runs.csv"
    path.write_text(f"{text}\n")
    with pytest.raises(UnreadableRunError, match="is a table of runs, one a row"):
        plan(path, Asked())


def test_a_chart_that_wandb_exported_is_read_without_its_band_and_run(tmp_path):
    path = tmp_path / "chart.csv"
    names = [f"calm-sea-2 - {name}{band}" for name in ("train/loss", "val/loss") for band in ("", "__MIN", "__MAX")]
    rows = [[step, *[2.0 - step / 4] * 3, *[2.5 - step / 4] * 3] for step in range(3)]
    path.write_text("\n".join(",".join(f'"{cell}"' for cell in row) for row in (["Step", *names], *rows)) + "\n")
    chosen = plan(path, Asked())
    assert {use.field: use.column for use in chosen.mapping.uses if "loss" in use.field} == {
        "train_loss": "train/loss",
        "val_loss": "val/loss",
    }
    assert (chosen.counts.evaluations, chosen.last.train_loss, chosen.last.val_loss) == (3, 1.5, 2.0)
    assert not any("__M" in name for name in chosen.last.metrics)


def test_a_markdown_table_that_compares_models_is_no_run_and_another_beside_it_is_read(tmp_path):
    models = "| model | params | train loss | val loss |\n|---|---|---|---|\n| small | 124M | 3.1 | 3.2 |\n"
    epochs = "\n| epoch | train loss | val loss |\n|---|---|---|\n| 1 | 3.0 | 3.1 |\n| 2 | 2.5 | 2.9 |\n"
    (tmp_path / "models.md").write_text(models)
    (tmp_path / "both.md").write_text(models + epochs)
    with pytest.raises(UnreadableRunError, match="is a table of runs, one a row"):
        list(Markdown(tmp_path / "models.md").items())
    rows = list(Markdown(tmp_path / "both.md").items())
    assert len(rows) == 2 and "3.1" in str(rows[0])
