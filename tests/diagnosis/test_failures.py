"""What is said of a crash: the cause and what to try of a known one, the own line of an ordinary exception.

tests/diagnosis/tracebacks holds the last lines of logs in the forms of torch, JAX, Keras, Python, NCCL, SLURM and bash.
The first part of a file's name is the class that it belongs to; "quiet" belongs to none.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.diagnosis.batch import half_the_batch
from monitor.diagnosis.crash_kinds.kind import Failure
from monitor.diagnosis.crash_kinds.lines import lines_of, uncaught
from monitor.diagnosis.crash_kinds.registry import KINDS, failure_in
from monitor.diagnosis.failures import failure_of, parent_to_go_on_with
from monitor.diagnosis.last_frame import own_frame
from monitor.diagnosis.prescriptions.choosing import next_step, recommended
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import LOG_FILE, Launch, Parent, Progress, State, StopStage
from monitor.supervisor.ending import final_of, last_error, last_traceback
from monitor.supervisor.trainer import Ending
from tests.snapshots import NOW, PROCESS, beating, snapshot

CASES = sorted((Path(__file__).parent / "tracebacks").glob("*.txt"))
QUIET = [case for case in CASES if case.stem.startswith("quiet_")]
KNOWN = [case for case in CASES if case not in QUIET]
NAMES = {kind.name for kind in KINDS}


def class_of(case: Path) -> str:
    """The class in a file's name: of "gpu_memory_torch" it is "gpu_memory"."""
    return max((name for name in NAMES if f"{case.stem}_".startswith(f"{name}_")), key=len)


def told_by_the_supervisor(case: Path, folder: Path) -> Failure | None:
    """The class from what a supervisor keeps of a log: its last error and its last traceback."""
    log = folder / LOG_FILE
    log.write_text(case.read_text())
    return failure_in("\n".join(part for part in (last_error(log), last_traceback(log)) if part))


@pytest.mark.parametrize("case", QUIET, ids=lambda case: case.stem)
def test_an_ordinary_exception_has_no_class_and_gets_no_advice(case, tmp_path):
    assert failure_in(case.read_text(), exit_code=1) is None
    assert told_by_the_supervisor(case, tmp_path) is None


@pytest.mark.parametrize(("code", "number"), [(None, None), (0, None), (1, None), (2, None), (129, None), (None, 1)])
def test_an_exit_that_says_nothing_has_no_class(code, number):
    assert failure_in("", code, number) is None
    assert failure_in("epoch 3 loss 2.1", code, number) is None


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.stem)
def test_a_known_cause_is_found_in_the_log_and_in_what_is_kept_of_it(case, tmp_path):
    found = failure_in(case.read_text(), exit_code=1)
    assert found is not None and found.name == class_of(case)
    assert found.happened.endswith(".") and found.advice.endswith(".")
    kept = told_by_the_supervisor(case, tmp_path)
    assert kept is not None and kept.name == found.name


def row_of(case: Path) -> int:
    """Which row of the table speaks of this text."""
    lines = lines_of(case.read_text())
    texts = ["\n".join(uncaught(lines)) if kind.handled else "\n".join(lines) for kind in KINDS]
    return next(number for number, kind in enumerate(KINDS) if kind.of(texts[number]) is not None)


def test_every_row_of_the_table_has_a_text_in_the_corpus():
    rows = {row_of(case) for case in KNOWN}
    assert [kind.name for number, kind in enumerate(KINDS) if number not in rows] == []


@pytest.mark.parametrize(
    ("name", "happened"),
    [
        ("gpu_memory_torch", "GPU 0 was asked for 2.00 GiB and had 1.20 GiB free: out of memory."),
        ("gpu_memory_torch_1", "GPU 1 was asked for 512.00 MiB and had 224.44 MiB free: out of memory."),
        ("gpu_memory_accelerate", "GPU 1 was asked for 3.91 GiB and had 2.55 GiB free: out of memory."),
        ("gpu_memory_jax", "The GPU was asked for 2.0 GiB: out of memory."),
        ("gpu_memory_jax_allocating", "The GPU was asked for 4.0 GiB: out of memory."),
        ("gpu_memory_cupy", "The GPU was asked for 18.6 GiB: out of memory."),
        ("gpu_memory_tensorflow", "GPU 0 has no memory left."),
        ("gpu_memory_accelerator", "The GPU has no memory left."),
        ("gpu_memory_nccl", "The GPU has no memory left."),
        ("device_assertion_labels", "A check on the GPU failed: t >= 0 && t < n_classes."),
        ("disk_checkpoint", "The disk is full: no room for '/scratch/ana/ckpt/epoch-12.pt'."),
        ("disk_quota", "The quota is used up."),
        ("host_memory_numpy", "The machine had no room for 14.9 GiB more: out of memory on the host."),
        ("host_memory_torch", "The machine had no room for 32.0 GiB more: out of memory on the host."),
        ("peer_watchdog", "ALLREDUCE between the processes did not end within 30 min."),
        ("file_missing_wrapped", "'data/train.jsonl' does not exist."),
        ("file_missing_script", "'/home/ana/asr/trian.py' does not exist."),
        ("import_module", "An import failed: No module named 'torchaudio'."),
        ("scheduler_time_limit", "The scheduler ended it at its time limit."),
        ("scheduler_cancelled", "The scheduler cancelled it."),
    ],
)
def test_the_numbers_and_names_of_the_text_are_said(name, happened):
    text = next(case for case in CASES if case.stem == name).read_text()
    assert failure_in(text).happened == happened


@pytest.mark.parametrize(
    ("code", "number", "name"),
    [
        (137, None, "host_memory"),
        (None, 9, "host_memory"),
        (143, None, "scheduler"),
        (None, 15, "scheduler"),
        (139, None, "native_crash"),
        (None, 6, "native_crash"),
        (None, 11, "native_crash"),
    ],
)
def test_the_exit_alone_names_a_signal(code, number, name):
    assert failure_in("epoch 3 loss 2.1", code, number).name == name


def test_a_run_that_a_signal_ended_did_not_end_of_an_error_that_it_had_caught():
    caught = "Traceback (most recent call last):\nRuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB"
    assert failure_in(caught, signal_number=15).name == "scheduler"
    assert failure_in(caught, exit_code=143).name == "gpu_memory", "srun gives 143 where it ended the other tasks"


def test_nothing_is_said_of_memory_where_a_stop_was_asked():
    state = State(state="failed", trainer=PROCESS, signal=9, stop=StopStage(stage="asked"))
    asked = failure_of(snapshot(state=state))
    assert asked.name == "stop" and "memory" not in asked.happened + asked.advice
    assert failure_of(snapshot(state=State(state="failed", trainer=PROCESS, signal=9))).name == "host_memory"


def test_a_run_that_did_not_fail_has_no_failure():
    error = "RuntimeError: CUDA out of memory."
    for outcome in ("finished", "stopped"):
        assert failure_of(snapshot(progress=Progress(heartbeat_at=NOW, outcome=outcome, error=error))) is None


@pytest.mark.parametrize(
    ("config", "advice"),
    [
        ({}, "Halve the batch size, and double gradient accumulation where the script has it."),
        ({"batch_size": 32}, "Halve the batch: batch_size 32 → 16."),
        ({"batch_size": True, "batch": "8"}, half_the_batch({})),
        (
            {"data.batch-size": 8, "grad_accum": 2},
            "Halve the batch: data.batch-size 8 → 4, and double the accumulation: grad_accum 2 → 4, "
            "for the same update.",
        ),
        (
            {"batch_size": 5, "grad_accum": 2},
            "Halve the batch: batch_size 5 → 2, and double the accumulation: grad_accum 2 → 4.",
        ),
        (
            {"batch_size": 1, "grad_accum": 2},
            "batch_size is 1 already: shorten the inputs, take a smaller model, or recompute activations.",
        ),
    ],
)
def test_half_the_batch_is_advised_with_the_settings_that_the_run_has(config, advice):
    assert half_the_batch(config) == advice


def crashed(error: str, trace: str | None = None, **more):
    progress = Progress(heartbeat_at=NOW, process=PROCESS, outcome="failed", error=error, traceback=trace)
    return judge(snapshot(progress=progress, **more), NOW).diagnosis


def test_a_crash_of_an_unknown_cause_quotes_its_error_and_says_that_no_line_is_known():
    said = crashed("ValueError: bad")
    assert (said.verdict, said.failure.name) == ("FAILED", "exception")
    assert said.next_step == "Read what it wrote before this error: no line of its own code is known."
    assert said.reason == "Failed before its first evaluation: ValueError: bad."


RAISED = {
    "quiet_assertion": "data.py:77 in collate: assert lengths.max() <= 2000, "
    '"clip too long; Killed clips are listed in bad.txt"',
    "quiet_key_error": 'train.py:12: print(config["model"]["layers"])',
    "quiet_optional_file": 'cache.py:15 in rebuild: raise TypeError(f"{type(clips).__name__} is no list")',
    "quiet_optional_import": "model.py:6 in attention: return KINDS[config.attention]",
}


@pytest.mark.parametrize("name", RAISED)
def test_of_an_ordinary_exception_the_last_own_line_is_named(name, tmp_path):
    (tmp_path / LOG_FILE).write_text(next(case for case in CASES if case.stem == name).read_text())
    kept = State(state="failed", exit_code=1, traceback=last_traceback(tmp_path / LOG_FILE), error="KeyError: 'a'")
    launch = Launch(run_id="r", created_at=0.0, cwd="/home/ana/asr")
    found = failure_of(snapshot(state=kept, launch=launch))
    assert found.happened == f"Raised at {RAISED[name]}."
    place = RAISED[name].partition(": ")[0]
    assert found.advice == f"Look at {place} first, and at what it was given."


IN_A_LIBRARY = """Traceback (most recent call last):
  File "/home/ana/asr/train.py", line 31, in <module>
    main()
  File "/home/ana/asr/net.py", line 12, in forward
    return self.head(x)
           ^^^^^^^^^^^^
  File "/opt/venv/lib/python3.11/site-packages/torch/nn/modules/linear.py", line 125, in forward
    return F.linear(input, self.weight, self.bias)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (8x512 and 256x10)
"""


def test_an_exception_that_comes_up_as_a_package_is_imported_is_one_of_versions():
    trace = IN_A_LIBRARY.replace("return self.head(x)", "from fastai.basics import *")
    said = crashed("TypeError: policy() got an unexpected keyword argument 'arg'", trace=trace)
    assert said.next_step.startswith("Run pip check in the Python of the run")


def test_where_a_library_raised_it_the_own_line_that_called_it_is_named():
    said = crashed("RuntimeError: mat1 and mat2 …", trace=IN_A_LIBRARY)
    assert said.reason.endswith("Called from net.py:12 in forward: return self.head(x).")
    assert said.next_step == "Look at net.py:12 in forward first, and at what it was given."


@pytest.mark.parametrize(
    "trace",
    [
        "",
        "no traceback at all",
        'Traceback (most recent call last):\n  File "<frozen runpy>", line 198, in _run\nValueError: a',
        'Traceback (most recent call last):\n  File "/usr/lib/python3.11/json/decoder.py", line 3, in x\nValueError: a',
    ],
)
def test_without_a_line_of_own_code_nothing_is_named(trace):
    said = crashed("ValueError: a", trace=trace)
    assert said.reason == "Failed before its first evaluation: ValueError: a."
    assert said.next_step == "Read what it wrote before this error: no line of its own code is known."


def test_a_line_without_its_code_a_syntax_error_and_a_cut_traceback_are_named_too():
    assert own_frame('  File "/a/b.py", line 3, in f\nValueError: x').place == "b.py:3 in f"
    assert own_frame('  File "/a/b.py", line 3\n    def f(\n         ^\nSyntaxError: bad').code == "def f("
    assert own_frame('…ne 1, in g\n  File "/a/c/b.py", line 3, in f\n    x()\nValueError: x', "/a").file == "c/b.py"
    assert own_frame('  File "/other/c/b.py", line 3, in f\n    x()\nValueError: x', "/a").file == "c/b.py"


def test_a_crash_of_a_known_cause_says_what_happened_and_what_to_try():
    run = {"config": {"batch_size": 32, "accumulation_steps": 1}}
    said = crashed("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB", run=run)
    assert said.verdict == "FAILED"
    assert said.reason == (
        "Failed before its first evaluation: RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB."
    )
    assert said.next_step == (
        "Halve the batch: batch_size 32 → 16, and double the accumulation: accumulation_steps 1 → 2, "
        "for the same update."
    )


OUT_OF_MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"


def options_after(error: str, config: dict, **more):
    progress = Progress(heartbeat_at=NOW, process=PROCESS, outcome="failed", error=error)
    seen = snapshot(progress=progress, run={"config": config}, **more)
    diagnosis = judge(seen, NOW).diagnosis
    return diagnosis, prescribe(seen, diagnosis)


def test_half_the_batch_is_an_option_of_a_run_that_had_no_memory_left_and_the_first():
    overfits = {"train_loss": [2.0 / (1 + e) for e in range(30)], "val_loss": [2.0 + e / 9 for e in range(30)]}
    config = {"batch_size": 8, "accumulation_steps": 2, "dropout": 0.1, "weight_decay": 1e-4}
    diagnosis, options = options_after(OUT_OF_MEMORY, config, **overfits)
    assert len(options) > 1, "it overfits, too"
    first = options[0]
    assert first.changes == {"batch_size": [8, 4], "accumulation_steps": [2, 4]}
    assert (first.title, first.flags) == (
        "Half the batch, accumulation steps 2 → 4",
        "--batch_size 4 --accumulation_steps 4",
    )
    assert first.expected.startswith("the same update from half as many samples at a time")
    assert next_step(diagnosis, options) == (diagnosis.next_step, first)
    assert recommended(options) is first


def test_what_half_the_batch_changes_beside_the_memory_is_said():
    _, (odd,) = options_after(OUT_OF_MEMORY, {"bs": 7, "accum_iter": 1})
    assert odd.expected.startswith("passes of half as many samples") and "same update" not in odd.expected
    _, (alone,) = options_after(OUT_OF_MEMORY, {"bs": 8})
    assert alone.changes == {"bs": [8, 4]} and alone.note.startswith("This run has no setting for accumulation")


def test_half_the_batch_is_no_option_where_it_cannot_be_or_does_not_help():
    assert options_after(OUT_OF_MEMORY, {"batch_size": 1, "accumulation_steps": 1})[1] == ()
    assert options_after(OUT_OF_MEMORY, {})[1] == ()
    assert options_after("MemoryError", {"batch_size": 8})[1] == ()
    diagnosis, options = options_after("MemoryError", {"batch_size": 8})
    assert next_step(diagnosis, options) == (diagnosis.next_step, None)


def test_of_a_message_of_many_lines_the_error_itself_is_quoted():
    said = crashed("RuntimeError: CUDA error: device-side assert triggered\nFor debugging consider x\nCompile with y")
    assert said.reason.startswith("Failed before its first evaluation: RuntimeError: CUDA error: device-side assert")
    assert "Compile" not in said.reason


def test_without_a_checkpoint_nothing_is_to_be_resumed_from():
    ended = {"state": State(state="failed", signal=15, ended_at=NOW), "progress": Progress(heartbeat_at=NOW)}
    assert failure_of(snapshot(**ended)).advice.startswith("Start it again (it reported no checkpoint);")
    saved = {**ended, "progress": Progress(heartbeat_at=NOW, checkpoint="last.pt")}
    assert failure_of(snapshot(**saved)).advice.startswith("Resume it from its checkpoint;")


def ended(folder: Path, text: str, code: int | None = 1, number: int | None = None):
    """The diagnosis of a supervised run whose log ends so."""
    (folder / LOG_FILE).write_text(f"Epoch 5/20 | train loss 0.600\n{text}\n")
    final = final_of(Ending(exit_code=code, signal=number), None, None, folder)
    kept = State(state="failed", exit_code=code, signal=number, error=final.error, traceback=final.traceback)
    return judge(snapshot(state=kept, val_wer=[0.9, 0.8]), NOW).diagnosis


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_crash_has_its_error_once_and_one_thing_to_look_at(case, tmp_path):
    said = ended(tmp_path, case.read_text())
    assert said.failure.name == ("exception" if case in QUIET else class_of(case))
    assert said.next_step.endswith(".") and said.reason.endswith((".", "?", "!", "…"))
    for wrong in (":.", "..", ",.", "sys.exit(main())", "Last line of its log"):
        assert wrong not in said.reason.replace("  ...", "")
    sentences = said.reason.removeprefix("Failed after epoch 2").strip(": ").split(". ")
    assert len(sentences) == len(set(sentences))


SAID_ONCE = {
    "file_missing_manifest": "FileNotFoundError: [Errno 2] No such file or directory: 'data/train.jsonl'.",
    "import_module": "ModuleNotFoundError: No module named 'torchaudio'.",
    "scheduler_time_limit": "slurmstepd: error: *** JOB 811422 ON gpu07 CANCELLED AT 2026-03-12T10:14:02 "
    "DUE TO TIME LIMIT ***.",
    "gpu_memory_cublas": "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`. "
    "The GPU has no memory left.",
    "checkpoint_mismatch_keys": "RuntimeError: Error(s) in loading state_dict for Net: Missing key(s) in state_dict: "
    '"head.bias". Unexpected key(s) in state_dict: "module.head.bias". size mismatch for head.weight: copying a param '
    "with shape torch.Size([1000, 512]) from checkpoint, the shape in current model is torch.Size([10, 512]). "
    "The checkpoint does not fit this network or its optimizer.",
    "labels_keras": "tensorflow.python.framework.errors_impl.InvalidArgumentError: Graph execution error: Received a "
    "label value of 10 which is outside the valid range of [0, 10).  Label values: 3 1 10 7. A label or token id is "
    "below 0 or beyond the number of classes.",
    "gpu_bitsandbytes": "RuntimeError: CUDA Setup failed despite GPU being available. Please run the following command "
    "to get more information: python -m bitsandbytes Inspect the output of the command and see if you can locate CUDA "
    "libraries. You might need to add them.",
    "host_memory_torchrun": "Killed by SIGKILL without a stop being asked: usually the kernel or the scheduler, when "
    "memory runs out.",
    "file_missing_wrapped": "RuntimeError: the manifest cannot be read. 'data/train.jsonl' does not exist.",
    "usage_hydra": "Could not override 'optim.lrr'.",
}


@pytest.mark.parametrize("name", SAID_ONCE)
def test_what_the_errors_line_says_is_not_said_again_and_what_stands_below_it_is_kept(name, tmp_path):
    said = ended(tmp_path, next(case for case in CASES if case.stem == name).read_text())
    assert said.reason.removeprefix("Failed after epoch 2").lstrip(".: ") == SAID_ONCE[name]


ADVICE = {
    "gpu_taken_other_process": "wait for them",
    "usage_argparse": "Correct --lrr in the command",
    "usage_jsonargparse": "Correct --trainer.lrr in the command",
    "usage_required": "Give --data in the command",
    "usage_value": "Correct --lr in the command",
    "usage_click_argument": "Give DATA in the command",
    "usage_hydra": "Correct optim.lrr in the command",
    "usage_omegaconf": "Give data.path in the command",
    "usage_typer": "Correct --lrr in the command",
    "port_socket": "'sport = :29500'",
    "port_torch_2_6": "'sport = :29500'",
    "shared_memory_loader": "--shm-size",
    "scheduler_time_limit": "with a longer time limit",
    "scheduler_preempted": "nothing in the run is wrong",
    "library_glibcxx": "its library has no GLIBCXX_3.4.29",
    "library_missing": "that holds libcudart.so.12",
    "program_ffmpeg": "Install ffmpeg",
    "import_pip_name": "Install 'setuptools<81' in the Python",
    "import_module": "begin the command with env PYTHONPATH=.",
    "permission_checkpoint": "who may write '/data/out/ckpt.pt'",
}


@pytest.mark.parametrize("name", ADVICE)
def test_the_advice_names_what_the_error_names(name, tmp_path):
    said = ended(tmp_path, next(case for case in CASES if case.stem == name).read_text())
    assert ADVICE[name] in said.next_step


def test_a_gpu_that_others_hold_is_no_matter_of_the_batch(tmp_path):
    said = ended(tmp_path, next(case for case in CASES if case.stem == "gpu_taken_other_process").read_text())
    assert said.reason.endswith("Other processes hold about 78.6 GiB of its 79.2 GiB.")
    assert "Halve" not in said.next_step


def test_half_of_a_gpu_in_other_hands_is_the_limit():
    held = "RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 80.00 GiB of "
    held += "which 1.00 GiB is free. Process 7 has {} GiB memory in use. Including non-PyTorch memory, this process "
    held += "has {} GiB memory in use."
    assert failure_in(held.format("40.00", "39.00")).name == "gpu_taken"
    assert failure_in(held.format("39.00", "40.00")).name == "gpu_memory"


def test_in_a_container_the_named_process_is_this_one():
    """There torch does not know its own pid on the host; what PyTorch itself holds is this process's."""
    text = next(case for case in CASES if case.stem == "gpu_memory_torch").read_text()
    assert "Process 51123 has 22.48 GiB" in text and "this process" not in text
    assert failure_in(text).name == "gpu_memory"


@pytest.mark.parametrize(
    ("code", "number", "reason", "advice"),
    [
        (3, None, "It ended with exit code 3.", "sys.exit"),
        (2, None, "It ended with exit code 2.", "sys.exit"),
        (126, None, "It ended with exit code 126.", "chmod"),
        (127, None, "It ended with exit code 127.", "PATH"),
        (137, None, "Killed by SIGKILL without a stop being asked: usually the kernel", "ask for more memory"),
        (None, 9, "Killed by SIGKILL without a stop being asked: usually the kernel", "ask for more memory"),
        (None, 11, "Ended by SIGSEGV: native code read or wrote memory", "PYTHONFAULTHANDLER=1"),
        (None, 7, "Ended by SIGBUS: native code used memory that is not there", "--shm-size"),
        (None, 4, "Ended by SIGILL: a native library", "processor"),
        (None, 15, "Ended by SIGTERM, which a scheduler", "if this was a time limit"),
        (None, 1, "Ended by SIGHUP: the terminal", "nohup"),
        (129, None, "Ended by SIGHUP: the terminal", "nohup"),
        (None, 12, "Ended by SIGUSR2.", "what sends SIGUSR2"),
    ],
)
def test_a_process_that_wrote_no_error_has_its_exit_and_its_last_line(code, number, reason, advice, tmp_path):
    said = ended(tmp_path, "", code, number)
    assert said.reason.startswith(f"Failed after epoch 2. {reason}")
    assert said.reason.endswith(" The last line of its log: “Epoch 5/20 | train loss 0.600”.")
    assert advice in said.next_step
    for name in ("SIGKILL", "SIGSEGV", "SIGTERM", "SIGHUP", "exit code"):
        assert said.reason.count(name) <= 1


def test_an_error_in_the_log_of_a_process_that_a_signal_ended_is_named_as_such(tmp_path):
    said = ended(tmp_path, "ValueError: caught and dealt with", None, 15)
    assert said.reason.endswith(" An error in its log: “ValueError: caught and dealt with”.")


def test_an_end_that_left_nothing_at_all_is_said_so():
    progress = Progress(heartbeat_at=NOW, process=PROCESS, outcome="failed")
    said = judge(snapshot(progress=progress), NOW).diagnosis
    assert said.reason == "Failed before its first evaluation. It left no error."
    assert said.next_step == "Read the end of what it wrote: nothing here says why it failed."
    silent = State(state="failed", exit_code=3, error="It ended with exit code 3 and left no message.")
    said = judge(snapshot(state=silent), NOW).diagnosis
    assert said.reason == "Failed before its first evaluation. It ended with exit code 3."


SEGFAULT = """Fatal Python error: Segmentation fault

Thread 0x00007f1a2bfff700 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 324 in wait
  File "/home/ana/asr/prefetch.py", line 9 in run

Current thread 0x00007f1b4c0e8740 (most recent call first):
  File "/opt/venv/lib/python3.11/site-packages/torch/nn/functional.py", line 2551 in embedding
  File "/home/ana/asr/net.py", line 12 in forward
  File "/home/ana/asr/train.py", line 61 in main
  File "/home/ana/asr/train.py", line 88 in <module>

Extension modules: numpy.core._multiarray_umath (total: 41)
"""


def test_a_crash_of_native_code_names_the_line_that_the_interpreter_has_written(tmp_path):
    said = ended(tmp_path, SEGFAULT, None, 11)
    assert "It was called from net.py:12 in forward." in said.reason
    assert said.next_step.startswith("Look at net.py:12 in forward first;") and "FAULTHANDLER" not in said.next_step


CHILD = Launch(run_id="r", created_at=0.0, argv=["python", "t.py"], parent=Parent(run_id="old"))
BACK = "If old was stopped for this run, it can be resumed."


def test_a_child_that_failed_before_its_first_evaluation_says_that_its_parent_can_go_on():
    said = crashed("ValueError: bad", launch=CHILD)
    assert said.next_step == f"Read what it wrote before this error: no line of its own code is known. {BACK}"


def test_of_a_command_that_could_not_be_started_nothing_is_to_be_read():
    error = "Could not start: the program 'pythonn' is not there. Give the full path of an interpreter."
    said = judge(snapshot(state=State(state="failed", error=error)), NOW).diagnosis
    assert said.next_step == "Correct the command or its folder, and start it again: nothing of it ran."


def test_no_parent_is_named_where_there_is_none_or_where_the_child_has_come_on_by_itself():
    assert BACK not in crashed("ValueError: bad", launch=Launch(run_id="r", created_at=0.0)).next_step
    assert BACK not in crashed("ValueError: bad", launch=CHILD, train_loss=[2.0], val_loss=[2.1]).next_step
    assert parent_to_go_on_with(snapshot(launch=CHILD, **beating())) is None
