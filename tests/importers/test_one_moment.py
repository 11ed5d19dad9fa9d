"""Rows that tell of one moment more than once: a test behind the last validation, a repetition, a summary."""

import pytest

from monitor.importers.importing import Asked, plan, records
from monitor.run_dir import Epoch

HEAD = "epoch,step,test_loss,train_loss,val_acc,val_loss\n"
TRAINED = "".join(
    f"{e},{50 * e + 24},,{1 - e / 5:.2f},,\n{e},{50 * e + 49},,,0.{5 + e},{1.2 - e / 10:.2f}\n" for e in range(3)
)


def last_of(tmp_path, text, name="metrics.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    chosen = plan(path, Asked())
    found = {each.epoch: each for each in records(chosen) if isinstance(each, Epoch)}
    return found, list(found.values())[-1]


@pytest.mark.parametrize("test", ["3,150,0.91,,,\n", "3,150,0.91,,0.77,0.85\n"])
def test_a_test_row_at_the_step_of_the_last_validation_adds_to_it(tmp_path, test):
    found, last = last_of(tmp_path, HEAD + TRAINED + "3,150,,,0.77,0.85\n" + test)
    assert (len(found), last.val_loss) == (4, 0.85)
    assert last.metrics == {"val_acc": 0.77, "test_loss": 0.91}


def test_another_figure_of_the_same_quantity_is_an_evaluation_of_its_own(tmp_path):
    _, last = last_of(tmp_path, HEAD + TRAINED + "3,150,,,0.77,0.85\n3,150,,,0.78,0.84\n")
    assert (last.val_loss, last.metrics) == (0.84, {"val_acc": 0.78})


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_the_summary_of_the_whole_training_is_no_loss_of_its_end(tmp_path, name):
    names = ("loss", "epoch", "step", "eval_loss", "eval_runtime", "train_runtime", "train_loss")
    rows = [(4 - n / 10, n / 4, n * 10, None, None, None, None) for n in range(1, 9)]
    rows.insert(4, (None, 1.0, 40, 3.9, 8.1, None, None))
    rows += [
        (None, 2.0, 80, 3.5, 8.2, None, None),
        (None, 2.0, 80, None, None, 61.0, 9.5),
        (None, 2.0, 80, 3.5, 7.9, None, None),
    ]
    if name == "log.csv":
        text = (
            "\n".join([",".join(names), *(",".join("" if x is None else str(x) for x in row) for row in rows)]) + "\n"
        )
    else:
        told = ({n: x for n, x in zip(names, row, strict=True) if x is not None} for row in rows)
        text = "".join("{" + ", ".join(f'"{n}": {x}' for n, x in row.items()) + "}\n" for row in told)
    found, last = last_of(tmp_path, text, name)
    assert (len(found), last.val_loss, last.train_loss) == (2, 3.5, pytest.approx(3.35))


@pytest.mark.parametrize(("name", "metric"), [("learn_error.tsv", "train/RMSE"), ("test_error.tsv", "val/RMSE")])
def test_the_name_of_catboosts_file_says_of_which_split_it_is(tmp_path, name, metric):
    _, last = last_of(tmp_path, "iter\tRMSE\n" + "".join(f"{n}\t{9 - n / 4}\n" for n in range(8)), name)
    assert last.metrics == {metric: 7.25}


def test_a_step_that_is_counted_anew_in_each_epoch_parts_no_epochs(tmp_path):
    rows = "".join(f'{{"name": "validation", "epoch": {e}, "iteration": 21.0, "loss": {9 - e}.5}}\n' for e in (3, 4))
    found, last = last_of(tmp_path, rows, "log.jsonl")
    assert {epoch: each.val_loss for epoch, each in found.items()} == {3: 6.5, 4: 5.5} and last.epoch == 4
