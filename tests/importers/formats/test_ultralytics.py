"""results.csv of Ultralytics: the losses in parts are summed by split."""

from monitor.importers.formats.ultralytics import Ultralytics
from monitor.importers.items import Unread

HEAD = "  epoch, train/box_loss, train/cls_loss, val/box_loss, metrics/mAP50(B), lr/pg0\n"


def test_it_is_known_by_its_epoch_and_two_parts_of_a_loss(tmp_path):
    assert Ultralytics.fits(tmp_path, HEAD.encode()) == 0.9
    assert Ultralytics.fits(tmp_path, b"epoch,train/box_loss,lr\n") == 0.0
    assert Ultralytics.fits(tmp_path, b"train/box_loss,val/box_loss\n") == 0.0


def test_the_parts_of_a_split_are_its_loss_and_stay_beside(tmp_path):
    (tmp_path / "results.csv").write_text(HEAD + " 1, 1.5, 0.25, 2.0, 0.5, 0.01\nx, 1, 2, 3, 4, 5\n")
    row, odd = Ultralytics(tmp_path / "results.csv").items()
    assert (row.values["train/loss (sum)"], row.values["val/loss (sum)"]) == (1.75, 2.0)
    assert row.values["train/box_loss"] == 1.5 and isinstance(odd, Unread)


def test_a_split_without_a_loss_has_no_sum(tmp_path):
    (tmp_path / "results.csv").write_text("epoch,train/a_loss,train/b_loss\n1,nan,2\n2,,\n")
    first, _ = [row.values for row in Ultralytics(tmp_path / "results.csv").items()]
    assert "val/loss (sum)" not in first and repr(first["train/loss (sum)"]) == "nan"
