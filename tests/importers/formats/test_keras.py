"""A CSVLogger file of Keras is known by its header."""

from pathlib import Path

import pytest

from monitor.importers.formats.keras import Keras


@pytest.mark.parametrize(
    ("head", "fits"),
    [
        (b"", False),
        (b"epoch,loss\n", False),
        (b"epoch,loss,step,val_loss\n", False),
        (b"time,epoch,loss,val_loss\n", False),
        (b"epoch,accuracy,loss,val_accuracy,val_loss\n", True),
    ],
)
def test_it_begins_with_the_epoch_and_names_both_losses_and_no_step(head, fits):
    assert (Keras.fits(Path("training.log"), head) > 0.5) == fits
