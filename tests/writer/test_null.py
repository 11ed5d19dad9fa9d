"""A writer that writes nothing: whatever a script may call of a real one."""

import inspect

import pytest

from monitor.writer.null import NullRunWriter
from monitor.writer.run_writer import RunWriter

METHODS = [name for name in vars(NullRunWriter) if not name.startswith("_") and callable(getattr(NullRunWriter, name))]


@pytest.mark.parametrize("name", METHODS)
def test_a_call_that_the_real_one_takes_is_taken(name):
    real, silent = (inspect.signature(getattr(kind, name)).parameters for kind in (RunWriter, NullRunWriter))
    assert [(each.name, each.kind, each.default) for each in silent.values()] == [
        (each.name, each.kind, each.default) for each in real.values()
    ]


def test_nothing_is_written_checked_or_answered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = NullRunWriter()
    said = [
        run.log_epoch(1, val_loss=object()),
        run.log_step(1, train_loss="x"),
        run.log_clips([]),
        run.log_decodes(1, ["A"], references=["A", "B"], split="nowhere"),
        run.log_probe("../x", {}),
        run.heartbeat(),
        run.saved_checkpoint("last.pt", 1),
        run.finish("failed", "why"),
    ]
    assert said == [None] * 8
    assert (run.should_stop(), run.run_dir, run.generation) == (False, None, 1)
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_training_goes_through_it():
    with pytest.raises(KeyError), NullRunWriter() as run:
        assert isinstance(run, NullRunWriter)
        raise KeyError("the script's own")
