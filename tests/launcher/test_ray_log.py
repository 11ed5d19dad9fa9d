"""Which job's log Ray is asked for, and what a connection that ends, stands for long or leads elsewhere comes to.

The other side is a WebSocket server of the test's own; tests/cluster/test_ray.py follows a log of a real Ray.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest
from websockets.sync.server import ServerConnection, serve

from monitor.launcher.engines import ray_log
from monitor.run_dir import LOG_FILE, JobPlace, JobSeen, State, jobs
from tests.supervised import wait_for

JOB = "123456789012"


@contextlib.contextmanager
def ray_that(hands_out: Callable[[ServerConnection], None], **options) -> Iterator[str]:
    """The address of a server that does so at each connection."""
    with serve(hands_out, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_follower_of_another_test(monkeypatch):
    monkeypatch.setattr(ray_log, "_followers", {})


@pytest.fixture
def run_dir(tmp_path: Path, own_state: Path) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    return folder


def known(here: Path, address: str = "http://127.0.0.1:1", **more) -> None:
    seen = JobSeen(engine="ray", address=address, job_id=JOB, run_dir=str(here.resolve()), state="RUNNING")
    seen = msgspec.structs.replace(seen, **more)
    jobs.change(lambda book: msgspec.structs.replace(book, jobs={JOB: seen}))


def state(word: str = "running") -> State:
    return State(state=word, job=JobPlace(engine="ray", job_id=JOB, submitted_at=1.0))


def text_of(run_dir: Path, most: int = 1000) -> str:
    log = ray_log.followed(run_dir, state())
    assert log is not None
    return log.end(most).decode() if log.end is not None else log.source


@pytest.mark.parametrize(
    ("word", "more", "has_log", "asked"),
    [
        ("running", {}, True, True),
        ("stopping", {"state": ""}, True, True),  # its supervisor has begun, whatever the last look said
        ("queued", {"state": "PENDING"}, False, False),
        ("queued", {"state": "PENDING"}, True, False),  # of the generation before
        ("queued", {"state": ""}, False, False),
        ("queued", {"state": "FAILED", "ended_at": 2.0}, False, True),  # it failed before the training could begin
        ("finished", {"state": "SUCCEEDED", "ended_at": 2.0}, True, False),
        ("running", {"state": "FAILED", "ended_at": 2.0}, True, False),  # its node died
        ("running", {"state": "GONE", "ended_at": 2.0}, False, False),
        ("running", {"engine": "slurm"}, True, False),
        ("running", {"run_dir": "/elsewhere"}, True, False),
    ],
)
def test_ray_is_asked_for_the_log_of_a_job_at_work_and_of_one_that_never_trained(run_dir, word, more, has_log, asked):
    known(run_dir, **more)
    if has_log:
        (run_dir / LOG_FILE).write_text("on the disk\n")
    found = ray_log.whole(run_dir, state(word))
    assert (found is not None) == asked
    if found is not None:  # nobody answers there
        assert found.end is None and found.source.startswith("This is trainer.log, not the log of its Ray job. No Ray")


def test_a_log_is_kept_from_its_end_on_and_its_whole_size_is_told(run_dir, monkeypatch):
    monkeypatch.setattr(ray_log, "KEPT_BYTES", 20)
    done = threading.Event()

    def hands_out(door: ServerConnection) -> None:
        for number in range(100):
            door.send(f"line {number:02}\n")
        done.wait(60)

    with ray_that(hands_out) as address:
        known(run_dir, address)
        wait_for(lambda: text_of(run_dir).endswith("line 99\n"))
        assert text_of(run_dir) == "line 97\nline 98\nline 99\n" and text_of(run_dir, 4) == " 99\n"
        log = ray_log.followed(run_dir, state())
        assert log.size == 800 and log.source == f"Log of Ray job vitalsigns-{JOB}, from Ray's job API"
        known(run_dir, address, problem="The Ray did not answer.")
        assert text_of(run_dir) == "This is trainer.log, not the log of its Ray job. The Ray did not answer."
        done.set()


def test_a_connection_that_ends_before_its_job_is_begun_anew(run_dir, monkeypatch):
    monkeypatch.setattr(ray_log, "RETRY_SECS", 0.0)
    connected = []
    done = threading.Event()

    def hands_out(door: ServerConnection) -> None:
        connected.append(door)
        door.send(f"connection {len(connected)}\n")
        if len(connected) == 3:  # each look at one that has ended begins another, of which nothing has come yet
            done.wait(60)

    with ray_that(hands_out) as address:
        known(run_dir, address)
        wait_for(lambda: text_of(run_dir) == "connection 3\n")
        done.set()


def test_no_redirection_is_followed_and_no_compression_is_offered(run_dir):
    asked = []

    def refuses(door: ServerConnection, request):
        asked.append(request)
        answer = door.respond(HTTPStatus.FOUND, "elsewhere")
        answer.headers["Location"] = f"ws://127.0.0.1:{door.local_address[1]}/elsewhere"
        return answer

    with ray_that(lambda door: None, process_request=refuses) as address:
        known(run_dir, address)
        wait_for(lambda: "This is trainer.log, not the log" in text_of(run_dir))
    assert [request.path for request in asked] == [f"/api/jobs/vitalsigns-{JOB}/logs/tail"]
    assert "Sec-WebSocket-Extensions" not in asked[0].headers


def test_more_logs_than_are_followed_at_once_are_read_from_the_disk(run_dir, monkeypatch):
    monkeypatch.setattr(ray_log, "MOST_FOLLOWED", 0)
    known(run_dir)
    assert "0 other Ray jobs are followed already" in text_of(run_dir)
