"""Out of memory on the GPU, simulated: what the trainer says, what it keeps, and what page and messages offer."""

import pytest
import torch

from monitor.diagnosis.failures import failure_of
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Progress
from monitor.run_dir.reader import RunReader
from monitor.supervisor.ending import last_error
from tests.trainer.test_run import document, foreground, lines, train  # noqa: F401 - the fixture is used by its name
from trainer import checkpoints, memory
from trainer.config import check
from trainer.loop import Loop
from trainer.training import Training

TORCHS = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 139.80 GiB of which 1.20 GiB is "
    "free. Process 51123 has 138.59 GiB memory in use. Of the allocated memory 137.75 GiB is allocated by PyTorch, and "
    "1.29 GiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting "
    "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation."
)
HIP = "HIP out of memory. Tried to allocate 20.00 MiB. GPU 1 has a capacity of 63.98 GiB of which 0 bytes is free."
ASKED_AND_FREE = TORCHS[: TORCHS.index(" Process")]


def without_room(monkeypatch, at_step: int) -> None:
    """The GPU has no room for the gradients of this step."""
    backward = Training._backward

    def refused(self, places, clips):
        if self.step + 1 == at_step:
            raise torch.OutOfMemoryError(TORCHS)
        return backward(self, places, clips)

    monkeypatch.setattr(Training, "_backward", refused)


def test_it_is_said_in_one_sentence_and_the_state_of_before_is_kept(tmp_path, capsys, monkeypatch):
    """24 clips in batches of 8: three updates an epoch, and the fifth has no room."""
    run_dir = tmp_path / "run"
    with monkeypatch.context() as small:
        without_room(small, at_step=5)
        assert train(run_dir, "--epochs", "3", "--batch_size", "8") == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {ASKED_AND_FREE} That was at step 5, with --batch_size 8. ")
    assert "checkpoints/last.pt holds the state of step 4. " in said
    assert "--batch_size 4 --accumulation_steps 2 make the same update and need about half the memory" in said
    assert "Traceback" not in said and "expandable" not in said
    assert checkpoints.about(run_dir / "checkpoints" / "last.pt")["step"] == 4

    snapshot = RunReader(run_dir).read(0.0)
    assert failure_of(snapshot).happened == "GPU 0 was asked for 2.00 GiB and had 1.20 GiB free: out of memory."
    option = prescribe(snapshot, judge(snapshot, 0.0).diagnosis)[0]
    assert option.changes == {"batch_size": [8, 4], "accumulation_steps": [1, 2]}
    log = tmp_path / "out.log"
    log.write_text(said)
    assert "CUDA out of memory" in last_error(log)

    assert train(run_dir, "--resume") == 0
    assert train(tmp_path / "unbroken", "--epochs", "3", "--batch_size", "8") == 0
    one, other = (
        checkpoints.load(each / "checkpoints" / "last.pt")["model"] for each in (run_dir, tmp_path / "unbroken")
    )
    assert all(torch.equal(one[name], other[name]) for name in other)


def test_in_the_first_step_there_is_nothing_to_keep(tmp_path, capsys, monkeypatch):
    without_room(monkeypatch, at_step=1)
    assert train(tmp_path / "run", "--epochs", "1", "--batch_size", "1") == 1
    said = capsys.readouterr().err
    assert "at step 1, with --batch_size 1. No checkpoint was saved yet. A batch is one clip already: try" in said
    assert document(tmp_path / "run" / "progress.json", Progress).outcome == "failed"


def test_the_last_evaluation_never_replaces_the_last_weights(tmp_path, capsys, monkeypatch):
    """It scores the test split with the best ones."""

    def refused(self):
        raise torch.OutOfMemoryError(TORCHS)

    monkeypatch.setattr(Loop, "test", refused)
    assert train(tmp_path / "run", "--epochs", "2", "--batch_size", "8") == 1
    said = capsys.readouterr().err
    assert "in the evaluation of epoch 2" in said and "holds the state of step 3. " in said


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (TORCHS, ASKED_AND_FREE),
        (f"{HIP} Of the allocated memory", HIP),
        ("Allocation on device\n", "Allocation on device."),
    ],
)
def test_what_was_asked_and_free_is_taken_from_torchs_text(text, first):
    config = check({"batch_size": 5, "accumulation_steps": 2})
    said = str(memory.explained(torch.OutOfMemoryError(text), config, "at step 2", "Kept."))
    assert said.startswith(f"{first} That was at step 2, with --batch_size 5. Kept. ")
    assert said.endswith("--batch_size 2 --accumulation_steps 4 need about half the memory for activations.")
