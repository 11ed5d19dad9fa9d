"""A process of our own: it gets its job whole, is listened to without waiting, and is closed with what it said last."""

import os
import select
import signal

from monitor.run_dir.own_process import OwnProcess
from monitor.supervisor.notify.letters import Job, Letter, deliveries_in
from tests.supervised import wait_for

SENDS = "supervisor.notify.post"


def job_of(settings, letters, characters=1):
    settings.write_text("")  # no address: each letter is answered at once
    return Job(str(settings), [Letter(f"{number}-gone", "t", "b" * characters) for number in range(letters)])


def test_a_process_that_says_nothing_is_not_waited_for(tmp_path):
    process = OwnProcess(SENDS, job_of(tmp_path / "vitalsigns.toml", 1))
    os.kill(process.pid, signal.SIGSTOP)
    process.listen()  # a read that waits for it would wait for ever
    assert not process.has_ended()
    process.kill()
    process.close()
    assert process.has_ended()


def test_a_job_longer_than_a_pipe_arrives_and_what_was_said_last_is_heard(tmp_path):
    process = OwnProcess(SENDS, job_of(tmp_path / "vitalsigns.toml", 5, 40_000))
    wait_for(process.has_ended)
    process.close()
    assert {done.to for done in deliveries_in(process.output)} == {f"{number}-gone" for number in range(5)}


def test_no_more_is_read_than_may_be_said(tmp_path):
    process = OwnProcess(SENDS, job_of(tmp_path / "vitalsigns.toml", 3000), most_bytes=0)
    wait_for(lambda: process.listen() or process.output)
    heard = process.output
    wait_for(lambda: select.select([process._stdout], [], [], 0)[0])  # it has said more since
    process.listen()
    assert process.output == heard
    process.kill()
    process.close()
    assert process.output == heard


def test_a_process_that_ends_before_it_reads_its_job_is_no_error(tmp_path):
    process = OwnProcess("no_such_module", job_of(tmp_path / "vitalsigns.toml", 1, 2_000_000))
    wait_for(process.has_ended)
    process.close()
    assert process.output == b""
