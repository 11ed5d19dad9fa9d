"""`RunWriter` in a stranger's loop: three lines are enough, and nothing it meets reaches the training."""

import json
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from monitor.rules.primary import primary_of
from monitor.run_dir import RUN_DIR_VARIABLE, Clip, control
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.writer import Metric, NullRunWriter, RunWriter
from tests.fake_runs import read


def test_three_lines_in_any_loop(tmp_path):
    with RunWriter(tmp_path / "mine", config={"lr": 0.1}, epochs=3) as run:
        for epoch in range(1, 4):
            run.log_epoch(epoch, train_loss=2 / epoch, val_loss=2.0, val_wer=0.9, bleu=12.5)
            if run.should_stop():
                break
    seen = read(tmp_path / "mine")
    assert [record.epoch for record in seen.epochs] == [1, 2, 3]
    assert seen.epochs[1].gap == 1.0
    assert seen.epochs[0].metrics == {"bleu": 12.5}
    assert seen.run.config == {"lr": 0.1}
    assert (seen.progress.outcome, seen.progress.epochs) == ("finished", 3)
    assert seen.launch.how == "foreground"


def test_a_step_keeps_every_number_that_is_logged_with_it(tmp_path):
    with RunWriter(tmp_path / "mine") as run:
        run.log_step(1, train_loss=2.0, tokens_seen=4096, aux_loss=0.25, note="not a number")
        run.log_step(2, train_loss=1.5)
    seen = read(tmp_path / "mine")
    assert [step.metrics for step in seen.steps] == [{"tokens_seen": 4096.0, "aux_loss": 0.25}, {}]
    assert [step.train_loss for step in seen.steps] == [2.0, 1.5]


def test_a_gap_in_eval_mode_is_taken_against_the_eval_mode_loss(tmp_path):
    with RunWriter(tmp_path / "r", gap_basis="eval") as run:
        run.log_epoch(1, train_loss=3.0, train_eval_loss=1.0, val_loss=2.5)
        run.log_epoch(2, train_loss=3.0, val_loss=2.5)
        run.log_epoch(3, train_loss=3.0, val_loss=2.5, gap=7.0)
    assert [record.gap for record in read(tmp_path / "r").epochs] == [1.5, None, 7.0]


def test_decodes_name_their_clips_once(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        for epoch in (1, 2):
            run.log_decodes(epoch, ["A", ""], references=["A B", "C"])
        run.log_clips([Clip(clip_id="t", reference="X", split="train")])
        run.log_decodes(2, ["X"], split="train")
    seen = read(tmp_path / "r")
    assert [clip.reference for clip in seen.clips] == ["A B", "C", "X"]
    assert [(decode.split, decode.hypotheses) for decode in seen.decodes] == [
        ("val", ["A", ""]),
        ("val", ["A", ""]),
        ("train", ["X"]),
    ]


def test_numbers_of_other_libraries_and_non_finite_ones_are_kept(tmp_path):
    with RunWriter(tmp_path / "r", config={"path": Path("x"), "share": np.float32(0.5), "all": (1, 2)}) as run:
        run.log_epoch(np.int64(1), train_loss=np.float32(1.5), val_loss=float("nan"), val_wer=np.array(0.25))
        run.log_step(np.int32(5), train_loss=float("inf"))
    seen = read(tmp_path / "r")
    assert seen.epochs[0].train_loss == 1.5 and math.isnan(seen.epochs[0].val_loss)
    assert seen.epochs[0].val_wer == 0.25
    assert seen.steps[0].train_loss == math.inf
    assert seen.run.config["share"] == 0.5


@pytest.mark.parametrize(
    "odd",
    [
        {"train_loss": "much"},
        {"train_loss": object()},
        {"val_wer": [1, 2]},
        {"name": "x"},
        {"val_loss": Fraction(1, 2)},
        {"metrics": 3},
        {"step": "five"},
        {"top_token": object()},
        {"top_token": 7},
    ],
    ids=lambda odd: f"{next(iter(odd))}-{type(next(iter(odd.values()))).__name__}",
)
def test_an_odd_value_never_reaches_the_training(tmp_path, odd):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, **{"train_loss": 1.0, **odd})
        run.log_step(1, **{key: value for key, value in odd.items() if key != "step"})
        run.log_epoch(2, train_loss=1.0)
    assert 2 in [record.epoch for record in read(tmp_path / "r").epochs]


def test_odd_texts_and_splits_are_left_out_and_told_once(tmp_path, capsys):
    with RunWriter(tmp_path / "r") as run:
        run.log_decodes(1, ["A"], split="dev")
        run.log_decodes(1, [None, 3])
        run.log_clips([Clip(clip_id=3, reference=None)])
        run.log_decodes(2, ["A"], references=["A"])
        run.log_epoch(2, train_loss=1.0)
    seen = read(tmp_path / "r")
    assert [decode.epoch for decode in seen.decodes] == [2] and seen.problems == ()
    assert "split" in capsys.readouterr().err


def test_a_stop_is_seen_and_the_outcome_says_so(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        assert not run.should_stop()
        control.request(tmp_path / "r", "stop", generation=1, asked_by="anna", now=time.time())
        time.sleep(0.25)
        assert run.should_stop()
    seen = read(tmp_path / "r")
    assert seen.progress.outcome == "stopped"
    assert [given.result for given in control.answers(tmp_path / "r", 1)] == ["done"]


def test_asking_whether_to_stop_costs_next_to_nothing(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        began = time.process_time()
        for _ in range(20_000):
            run.should_stop()
        assert time.process_time() - began < 5.0


def test_an_error_of_the_loop_is_recorded_and_still_raised(tmp_path):
    with pytest.raises(ZeroDivisionError), RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1 / 0)
    seen = read(tmp_path / "r")
    assert (seen.progress.outcome, seen.progress.error) == ("failed", "ZeroDivisionError: division by zero")


def test_ctrl_c_is_a_stop(tmp_path):
    with pytest.raises(KeyboardInterrupt), RunWriter(tmp_path / "r"):
        raise KeyboardInterrupt
    assert read(tmp_path / "r").progress.outcome == "stopped"


def test_the_heartbeat_is_written_twice_a_second_at_most(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.heartbeat(phase="training", step=1)
        began, stamps = time.monotonic(), set()
        for step in range(2, 200):
            run.heartbeat(step=step)
            stamps.add((tmp_path / "r" / "progress.json").stat().st_mtime_ns)
        assert len(stamps) <= 1 + (time.monotonic() - began) / 0.5


def test_a_taken_folder_is_refused_unless_one_goes_on_with_it(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=2.0)
    with pytest.raises(RefusedError, match="already holds a run"):
        RunWriter(tmp_path / "r")
    with RunWriter(tmp_path / "r", resume=True) as run:
        assert run.generation == 2
        run.log_epoch(1, train_loss=1.0)
        run.log_epoch(2, train_loss=1.0)
    seen = read(tmp_path / "r")
    assert [(record.epoch, record.train_loss) for record in seen.epochs] == [(1, 1.0), (2, 1.0)]
    assert (seen.anew, seen.overlaps, seen.resumed_at) == (1, (), ())


def test_a_folder_cannot_have_two_writers(tmp_path):
    with RunWriter(tmp_path / "r"), pytest.raises(RefusedError, match="another process"):
        RunWriter(tmp_path / "r", resume=True)


@pytest.mark.parametrize("where", ["/proc/nowhere/r", "/dev/null/r"])
def test_a_folder_that_cannot_be_written_is_one_sentence(where):
    with pytest.raises(MonitorError, match="Choose a folder"):
        RunWriter(where)


def test_no_folder_at_all_is_one_sentence():
    with pytest.raises(MonitorError, match="give one"):
        RunWriter()


def test_a_supervisors_folder_wins(tmp_path, monkeypatch):
    monkeypatch.setenv(RUN_DIR_VARIABLE, str(tmp_path / "theirs"))
    with RunWriter(tmp_path / "mine") as run:
        run.log_epoch(1, train_loss=1.0)
    assert run.run_dir == tmp_path / "theirs" and not (tmp_path / "mine").exists()


def test_other_ranks_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1.0)
        run.log_decodes(1, ["A"])
        assert not run.should_stop()
    assert not (tmp_path / "r").exists()


def test_a_forked_worker_writes_nothing(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1.0)
        if os.fork() == 0:
            run.log_epoch(99, train_loss=1.0)
            os._exit(0)
        os.wait()
    assert [record.epoch for record in read(tmp_path / "r").epochs] == [1]


def test_a_folder_that_vanishes_does_not_stop_the_training(tmp_path, capsys):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1.0)
        shutil.rmtree(tmp_path / "r")
        for epoch in range(2, 5):
            run.log_step(epoch)
            run.log_decodes(epoch, ["A"])
            run.log_epoch(epoch, train_loss=1.0)
            run.log_probe("p", {"x": 1})
            run.saved_checkpoint("last.pt", epoch)
            assert not run.should_stop()
    assert capsys.readouterr().err.count("\n") <= 1


FULL_DISK = """
import resource, signal, sys, json
from pathlib import Path
from monitor.writer import RunWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with RunWriter(sys.argv[1]) as run:
    run.log_epoch(1, train_loss=1.0)
    limit = 4096
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for epoch in range(2, 101):
        run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=0.5)
    waiting = json.loads((Path(sys.argv[1]) / "progress.json").read_text())["backlog"]
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    run.log_epoch(101, train_loss=1.0)
print(waiting)
"""


def test_a_full_disk_loses_nothing_training_goes_on_and_the_backlog_is_told(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "r")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
    assert done.stderr.count("\n") == 1 and "training goes on" in done.stderr
    seen = read(tmp_path / "r")
    assert [record.epoch for record in seen.epochs] == list(range(1, 102))
    assert len(seen.problems) <= 1, "only the line that the full disk cut short"


def test_the_silent_writer_has_every_method_of_the_real_one(tmp_path):
    public = {name for name in dir(RunWriter) if not name.startswith("_")}
    assert public <= set(dir(NullRunWriter))
    with NullRunWriter() as run:
        run.log_epoch(1, train_loss=1.0)
        run.log_decodes(1, ["A"])
        assert not run.should_stop()
    assert list(tmp_path.iterdir()) == []


def test_importing_the_writer_is_quick():
    code = "import time; t = time.process_time(); import monitor.writer; print(time.process_time() - t)"
    least = min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    )
    assert least < 0.25, "seconds of the processor: what else the machine does counts little"


def test_importing_the_writer_loads_nothing_that_only_a_start_needs():
    code = "import sys, monitor.writer; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"monitor.run_dir.launch", "monitor.run_dir.seal", "subprocess", "secrets", "hmac"} & set(loaded)


def test_probes_are_documents_of_their_own(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_probe("decoder-sweep", {"wer": np.float64(0.5), "none": None})
    assert json.loads((tmp_path / "r" / "probes" / "decoder-sweep.json").read_text()) == {"wer": 0.5, "none": None}


CER = Metric("val_cer", "error", "fraction", chance=0.9, target=0.1, primary=True)


def test_metrics_are_declared_in_run_json(tmp_path):
    with RunWriter(tmp_path / "r", metrics=[CER, Metric("val_acc", "score", "percent")]) as run:
        run.log_epoch(1, val_loss=1.0, val_cer=0.4, val_acc=61.0)
    seen = read(tmp_path / "r")
    assert seen.run.metrics == [CER, Metric("val_acc", "score", "percent")]
    assert primary_of(seen).name == "val_cer"
    assert seen.epochs[0].metrics == {"val_cer": 0.4, "val_acc": 61.0}


@pytest.mark.parametrize(
    ("metrics", "why"),
    [
        ([CER, replace(CER, name="b")], "2 metrics are primary (val_cer, b); only one can decide."),
        ([replace(CER, direction="up")], "direction 'up' is unknown; must be one of error, score, auto."),
        ([replace(CER, unit="%")], "unit '%' is unknown; must be one of fraction, percent, raw, auto."),
        ([replace(CER, chance=90.0)], "chance 90 must lie between 0 and 1, as its unit is fraction."),
        ([replace(CER, target=math.nan)], "target nan must be a number."),
        ([replace(CER, unit="percent", target=104.0)], "must lie between 0 and 100"),
        ([CER, CER], "is declared twice"),
        (["val_cer"], "metrics holds str, not Metric"),
        ([Metric("")], "name must be a text of 1 to 200 characters"),
    ],
)
def test_a_metric_that_cannot_be_declared_so_is_one_sentence_and_the_folder_is_free_again(tmp_path, metrics, why):
    with pytest.raises(MonitorError, match=re.escape(why)) as refused:
        RunWriter(tmp_path / "r", metrics=metrics)
    assert "\n" not in str(refused.value)
    RunWriter(tmp_path / "r", metrics=CER).finish()


def test_a_resume_that_declares_otherwise_is_told_and_the_first_stays(tmp_path, capsys):
    RunWriter(tmp_path / "r", config={"lr": 1}, metrics=[CER]).finish()
    changed = [
        replace(CER, direction="score", unit="raw", chance=0.0, primary=False),
        Metric("val_acc", "score", primary=True),
    ]
    RunWriter(tmp_path / "r", metrics=changed, resume=True).finish()
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "stays" in line] == [
        "vitalsigns: metric 'val_cer' was declared with direction error, now with score; error stays",
        "vitalsigns: metric 'val_cer' was declared with unit fraction, now with raw; fraction stays",
        "vitalsigns: metric 'val_cer' was declared as primary, now 'val_acc'; 'val_cer' stays",
    ]
    seen = read(tmp_path / "r")
    assert seen.run.metrics == [CER, Metric("val_acc", "score")]
    assert seen.run.config == {"lr": 1}


def test_a_resume_may_declare_for_the_first_time_and_set_another_target(tmp_path, capsys):
    RunWriter(tmp_path / "r").finish()
    RunWriter(tmp_path / "r", metrics=[CER], resume=True).finish()
    RunWriter(tmp_path / "r", metrics=[replace(CER, target=0.05, primary=False)], resume=True).finish()
    assert read(tmp_path / "r").run.metrics == [replace(CER, target=0.05)]
    assert capsys.readouterr().err == ""


def test_a_score_that_is_declared_as_an_error_is_told(tmp_path, capsys):
    RunWriter(tmp_path / "by_name", metrics=[Metric("val_acc")]).finish()
    assert "declared as an error" not in capsys.readouterr().err
    RunWriter(tmp_path / "r", metrics=[Metric("val_acc", "error")]).finish()
    assert "'val_acc' is declared as an error" in capsys.readouterr().err


@pytest.mark.parametrize(
    "said", [{"units": {"wer": "percent"}}, {"metrics": [Metric("val_wer", "error", "percent", target=20.0)]}]
)
def test_word_error_rates_in_percent_are_stored_as_fractions(tmp_path, said):
    with RunWriter(tmp_path / "r", **said) as run:
        run.log_epoch(1, val_wer=np.float32(41.5), train_wer=30, val_cer=12.0, blank_ratio=0.5)
    seen = read(tmp_path / "r")
    assert (seen.epochs[0].val_wer, seen.epochs[0].train_wer) == (0.415, 0.3)
    assert (seen.epochs[0].metrics, seen.epochs[0].blank_ratio) == ({"val_cer": 12.0}, 0.5)
    assert seen.run.units.get("wer", "fraction") == "fraction"
    assert all((one.unit, one.target) == ("fraction", 0.2) for one in seen.run.metrics)


def test_a_gpu_that_this_torch_cannot_reach_is_named_and_stops_nothing(tmp_path):
    import torch  # noqa: F401 — its name is asked only where it is loaded

    with RunWriter(tmp_path / "r", device="cuda:7") as run:
        run.log_epoch(1, train_loss=1.0)
    environment = json.loads((tmp_path / "r" / "run.json").read_text())["environment"]
    assert environment["device"] == "cuda:7" and environment.get("device_name") is None
