"""A log that ends in a traceback: the run has failed of it, and nothing of it is a figure."""

from __future__ import annotations

import pytest

from monitor.importers.following import Following
from monitor.importers.formats.jsonl import JsonLines
from monitor.importers.formats.registry import detect
from monitor.importers.formats.text_log import TextLog
from monitor.importers.free_text.proposal import propose_log
from monitor.importers.free_text.reader import LineReader
from monitor.importers.free_text.scan import scan
from monitor.importers.live import About, FollowedRun
from monitor.run_dir.launch import read_progress
from monitor.supervisor.ending import error_at_end, last_traceback
from monitor.supervisor.feed import SourceFeed

EPOCH = "Epoch {} | train loss 1.2 | val loss 1.3\n"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "main.py", line 7, in <module>\n'
    "    train(lr=0.1)\n"
    "FileNotFoundError: [Errno 2] No such file or directory: '/data/img_0031.png'\n"
)
ERROR = TRACEBACK.splitlines()[-1]


@pytest.mark.parametrize(
    ("behind", "error"),
    [
        ("", ERROR),
        ("  a note of the error\n", ERROR),
        ("wandb: find logs at run-1/logs\n", ERROR),
        (EPOCH.format(2), None),
        ("Retrying\nOne more try\nDone\n", None),
    ],
)
def test_a_log_ends_in_an_error_only_where_nothing_goes_on_behind_it(tmp_path, behind, error):
    path = tmp_path / "train.log"
    path.write_text(EPOCH.format(1) + TRACEBACK + behind)
    assert error_at_end(path) == error


@pytest.mark.parametrize("code", ["utf-16", "utf-16-be", "utf-8"])
@pytest.mark.parametrize("lines", [1, 5000, 5001])
def test_the_end_of_a_log_is_read_in_its_own_encoding(tmp_path, code, lines):
    path = tmp_path / "train.log"
    text = "".join(EPOCH.format(n) for n in range(lines)) + "x" * (lines % 2) + "\n" + TRACEBACK
    path.write_bytes((("\ufeff" if code == "utf-16-be" else "") + text).encode(code))
    assert error_at_end(path) == ERROR
    assert last_traceback(path) == TRACEBACK.rstrip()


def test_a_line_called_error_is_no_error_of_the_process(tmp_path):
    path = tmp_path / "train.log"
    path.write_text("Epoch 1\nError: 0.21\n")
    assert error_at_end(path) is None


def test_nothing_of_a_traceback_is_a_figure_and_the_next_epoch_is():
    reader = LineReader()
    reader.read(EPOCH.format(1))
    said = [reader.read(line) for line in (TRACEBACK + "Hint: set LAUNCH_BLOCKING=1\n").splitlines()]
    assert not any(each.values for each in said)
    assert dict(LineReader(reader.memory()).read(EPOCH.format(2)).values) == {"train_loss": "1.2", "val_loss": "1.3"}


def test_objects_as_python_prints_them_are_a_text_log_and_json_lines_are_not(tmp_path):
    path = tmp_path / "train.log"
    path.write_text("{'loss': 1.4, 'epoch': 0.2}\n{'eval_loss': 1.5, 'epoch': 1.0}\n")
    assert detect(path) is TextLog
    path.write_text('{"loss": 1.4, "epoch": 0.2}\n')
    assert detect(path) is JsonLines


def test_a_followed_log_at_rest_behind_its_error_has_failed_until_it_grows_again(tmp_path):
    path = tmp_path / "train.log"
    path.write_text("".join(EPOCH.format(number) for number in (1, 2, 3)) + TRACEBACK)
    about = About(path=path, format="log", name="crash", mapping=propose_log(scan(path)).document())
    now = path.stat().st_mtime + 60
    run = FollowedRun.begin(tmp_path / "runs", about, now)
    feed = SourceFeed(Following(run))
    looked = []
    for _ in range(3):
        feed.look(now)
        feed.look_at_its_end(now)
        told = read_progress(run.run_dir)
        looked.append((told.outcome, told.error, bool(told.traceback)))
        now += 60
    assert looked[-1] == ("failed", ERROR, True)
    with path.open("a") as file:
        file.write(EPOCH.format(4))
    feed.look(now)
    feed.look_at_its_end(now)
    assert read_progress(run.run_dir).outcome is None
    feed.release(now)
