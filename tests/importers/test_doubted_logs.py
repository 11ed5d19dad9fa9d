"""Logs that nobody can read for certain: the doubt that is said of each, with its lines and figures."""

import pytest

from monitor.importers.free_text.scan import scan

LATE = range(1, 8)
UNNAMED = "beta:\n  end:\n    val: 2.0\n  start:\n    val: 1.0\nlr: 0.1\n" + "".join(
    f"iter {s * 500} loss_vae: {3 - s / 9:.4f}; loss_recon: 2.49{s}6; loss_kl: 1.93{s}3\n" for s in range(9)
)
TWICE = "".join(
    f"Epoch: [{e}][730/739]\tTime 0.757 (0.773)\tLoss 2.414 ({13.308 - e:.3f})\tEPE 1.724 (1.820)\n * EPE 5.52{e}\n"
    f"Validation[epoch:{e}]: 2019-08-27 11:22:10\t{13.3079 - e:.10f}\t10.5159957665\n"
    for e in range(4)
)
NEVER = "".join(f"Epoch {e}/200 | mAP@0.5: 0.9{e}26, Loss: -1.0000\n" for e in LATE)
STARTS = "".join(f"Epoch {e}/9 train_loss 2.{9 - e}1 val_loss 2.{9 - e}4\n" for e in (1, *range(1, 10)))
PLANS = "".join(
    "".join(f"Epoch {e}/{most} train_loss 2.{9 - e}1 val_loss 2.{9 - e}4\n" for e in range(1, last + 1))
    for most, last in ((12, 8), (15, 1), (20, 1), (20, 1), (20, 8))
)
ROWS = "".join(
    f"epoch {e}: train loss 2.{9 - e}1\nsets   P  R  AP  F\nall   20   249   0.8{e}   0.40{e}3   0.13{e}   0.52{e}\n"
    for e in range(1, 6)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UNNAMED, "No line calls 1.0 a loss: it stands behind a word for val alone, and 9 lines name one."),
        (TWICE, "Train and val loss are nearly the same numbers, 13.308 and 13.3079"),
        (NEVER, "The train loss is -1 in all of 7 rows."),
        (STARTS, "1 start was read, and lines begin with the first epoch again once, line 2 last."),
        (PLANS, "3 starts were read, and lines begin with the first epoch again 4 times, line 12 last."),
        (ROWS, "5 rows of numbers below each other were not taken, line 3 first."),
    ],
)
def test_what_cannot_be_known_is_said_with_its_lines_and_figures(tmp_path, text, said):
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    assert said in " ".join(scan(path).doubts)


@pytest.mark.parametrize(
    "text",
    [
        TWICE.replace("13.3079", "").replace("(1.820)", ""),
        NEVER.replace("-1.0000", "0.9", 1),
        STARTS.replace("Epoch 1/9", "Epoch 0/9", 1),
        ROWS.replace("all   20", "20"),
        PLANS.replace("Epoch 1/20", "Epoch 1/40", 1).replace("Epoch 1/20", "Epoch 1/30", 1),
    ],
)
def test_and_nothing_of_the_kind_where_it_does_not_stand_there(tmp_path, text):
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    told = " ".join(scan(path).doubts)
    assert not any(words in told for words in ("nearly the same", "in all of", "begin with the first epoch again"))
