"""Out of memory on the GPU, simulated: what the trainer says, what it keeps, and what page and messages offer."""

import itertools
from pathlib import Path

import pytest
import torch
from torch import nn

from monitor.diagnosis.crash_kinds.registry import failure_in
from monitor.diagnosis.failures import failure_of
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Epoch, Progress
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
    assert said.startswith(f"error: {ASKED_AND_FREE} That was at step 5. ")
    assert "checkpoints/last.pt holds the state of step 4.\n" in said
    assert "--batch_size 4 --accumulation_steps 2 make the same update and need about half the memory" in said
    assert "Traceback" not in said and "expandable" not in said
    assert checkpoints.about(run_dir / "checkpoints" / "last.pt")["step"] == 4

    snapshot = RunReader(run_dir).read(0.0)
    assert failure_of(snapshot).happened == "GPU 0 was asked for 2.00 GiB and had 1.20 GiB free: out of memory."
    reason = judge(snapshot, 0.0).diagnosis.reason
    assert "checkpoints/last.pt holds the state of step 4." in reason and "…" not in reason
    assert "accumulation" not in reason, "the next step says it"
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
    assert "at step 1. No checkpoint was saved yet.\nA batch is one clip already: try" in said
    assert document(tmp_path / "run" / "progress.json", Progress).outcome == "failed"


def in_the_head(model: nn.Module, at_call: int, error: RuntimeError) -> None:
    """The GPU has no room for what the last layer gives in this call: all layers before have been computed."""
    calls = itertools.count(1)

    def refused(*_):
        if next(calls) == at_call:
            raise error

    list(model.children())[-1].register_forward_hook(refused)


def saved(run_dir: Path) -> dict:
    """All that a resume goes on with."""
    return checkpoints.load(run_dir / "checkpoints" / "last.pt")


def assert_equal(one, other) -> None:
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        one, other = list(one.values()), list(other.values())
    if isinstance(one, list):
        assert len(one) == len(other)
        for each, its in zip(one, other, strict=True):
            assert_equal(each, its)


CLIPS = (
    *("--modality", "video", "--model", "i3d", "--frame_size", "16", "--epochs", "2"),
    *("--batch_size", "4", "--accumulation_steps", "2"),
)
ALLOCATION = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """What CLIPS save where nothing fails."""
    run_dir = tmp_path_factory.mktemp("clips") / "unbroken"
    assert train(run_dir, *CLIPS) == 0
    return saved(run_dir)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError(TORCHS), RuntimeError(ALLOCATION)])
def test_in_the_middle_of_a_forward_pass_all_that_it_had_changed_is_brought_back(
    tmp_path, capsys, monkeypatch, error, unbroken
):
    """The second of two passes of step 2: batch norm has counted both, and dropout has drawn for both."""
    update = Training.update

    def begun(self):
        if self.step == 1:
            in_the_head(self.model, 2, error)
        return update(self)

    with monkeypatch.context() as small:
        small.setattr(Training, "update", begun)
        assert train(tmp_path / "run", *CLIPS) == 1
    said = capsys.readouterr().err
    assert "at step 2. checkpoints/last.pt holds the state of step 1.\n" in said
    assert failure_of(RunReader(tmp_path / "run").read(0.0)).name == "gpu_memory"

    assert train(tmp_path / "run", "--resume") == 0
    one = saved(tmp_path / "run")
    assert any("running_mean" in name for name in one["model"])
    for part in ("model", "optimiser", "rng"):
        assert_equal(one[part], unbroken[part])


def test_in_the_test_split_the_last_weights_are_kept_and_not_the_best(tmp_path, capsys, monkeypatch):
    """It is scored with the best ones, at the end of the last epoch; the resumed run scores it once more."""
    whole, rank = Loop.score, Training.rank

    def refused(self, clips, beam_width=0):
        if clips == list(self.corpus.splits["test"]):
            raise torch.OutOfMemoryError(TORCHS)
        return whole(self, clips, beam_width)

    run_dir, options = tmp_path / "run", ("--epochs", "2", "--batch_size", "8")
    with monkeypatch.context() as small:
        small.setattr(Loop, "score", refused)
        small.setattr(Training, "rank", lambda self, value: self.epoch == 1 and rank(self, value))
        assert train(run_dir, *options) == 1
    said = capsys.readouterr().err
    assert "in the evaluation of epoch 2" in said and "holds the state of step 6.\n" in said
    best = checkpoints.load(run_dir / "checkpoints" / "best.pt")["model"]
    assert not all(torch.equal(best[name], weights) for name, weights in saved(run_dir)["model"].items())

    assert train(run_dir, "--resume") == 0
    assert train(tmp_path / "unbroken", *options) == 0
    assert_equal(saved(run_dir)["model"], saved(tmp_path / "unbroken")["model"])
    assert ["test_wer" in each.metrics for each in lines(run_dir / "epochs.jsonl", Epoch)] == [False, True]


def test_a_step_that_had_begun_to_move_the_weights_is_not_called_the_one_before(tmp_path, capsys, monkeypatch):
    """An error of the driver can come up behind the call that caused it: after the optimiser's step here."""
    apply = Training._apply

    def late(self, measured):
        apply(self, measured)
        if self.step + 1 == 5:
            raise RuntimeError("CUDA error: out of memory\nFor debugging consider passing CUDA_LAUNCH_BLOCKING=1")

    monkeypatch.setattr(Training, "_apply", late)
    assert train(tmp_path / "run", "--epochs", "3", "--batch_size", "8") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: CUDA error: out of memory. That was at step 5. ")
    assert "checkpoints/last.pt holds the state of step 3.\n" in said, "the end of epoch 1"


def test_a_driver_that_refuses_to_save_too_leaves_the_checkpoint_of_before(tmp_path, capsys, monkeypatch):
    save = checkpoints.save

    def refused(path, state, about):
        if about["step"] == 4:
            raise RuntimeError("CUDA error: unspecified launch failure")
        save(path, state, about)

    without_room(monkeypatch, at_step=5)
    monkeypatch.setattr(checkpoints, "save", refused)
    assert train(tmp_path / "run", "--epochs", "3", "--batch_size", "8") == 1
    said = capsys.readouterr().err
    assert f"{ASKED_AND_FREE} That was at step 5" in said and "holds the state of step 3.\n" in said


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call",
        "CUDA driver error: out of memory",
        "HIP error: out of memory",
        ALLOCATION,
        "CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "cuFFT error: CUFFT_ALLOC_FAILED",
        "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`",
    ],
)
def test_the_driver_and_the_libraries_say_it_in_words_of_their_own(text):
    error = RuntimeError(text)
    assert memory.is_out(error)
    said = str(memory.explained(error, check({"batch_size": 4}), "at step 2", "Kept.", torch.device("cpu")))
    assert said.startswith(f"{text.splitlines()[0]}. That was at step 2. Kept.\n--batch_size 2 ")
    assert failure_in(f"error: {said}").name == "gpu_memory", "the monitor knows it again"


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 34359738368 bytes. Error code 12",
    ],
)
def test_another_error_is_not_called_out_of_memory(text, tmp_path, monkeypatch):
    assert not memory.is_out(RuntimeError(text))

    def fails(self):
        raise RuntimeError(text)

    monkeypatch.setattr(Training, "update", fails)
    with pytest.raises(RuntimeError) as raised:
        train(tmp_path / "run", "--epochs", "1")
    assert str(raised.value) == text and type(raised.value) is RuntimeError


def test_where_only_the_driver_speaks_the_gpu_is_asked_what_is_free(monkeypatch):
    config, gpu, error = check({"batch_size": 4}), torch.device("cuda", 0), RuntimeError("CUDA error: out of memory")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (3 * 2**29, 143771 * 2**20))
    said = str(memory.explained(error, config, "at step 2", "Kept.", gpu))
    assert said.startswith("CUDA error: out of memory. The GPU has 140.40 GiB, of which 1.50 GiB is free now. That was")
    assert "GPU has 140" not in str(memory.explained(torch.OutOfMemoryError(TORCHS), config, "at step 2", "Kept.", gpu))

    def silent(device):
        raise error

    monkeypatch.setattr(torch.cuda, "mem_get_info", silent)
    said = str(memory.explained(error, config, "at step 2", "Kept.", gpu))
    assert said.startswith("CUDA error: out of memory. That was at step 2")


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
    assert said.startswith(f"{first} That was at step 2. Kept.\n")
    assert said.endswith("--batch_size 2 --accumulation_steps 4 need about half the memory for activations.")
