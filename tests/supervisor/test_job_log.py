"""What the training prints, copied to the log that Ray keeps of the job; tests/cluster/test_ray.py has a real Ray."""

from pathlib import Path

from monitor.supervisor import job_log
from monitor.supervisor.feed import NO_FEED
from monitor.supervisor.job_log import CopiedLog


def test_only_what_this_start_prints_is_copied_and_each_byte_once(tmp_path, capfd):
    log = tmp_path / "trainer.log"
    log.write_text("of the start before\n")
    copied = CopiedLog(log, NO_FEED)
    copied.look(0.0)
    assert capfd.readouterr().out == ""
    with log.open("ab") as stream:
        for part in (b"loss 1.0\n", "naïve".encode()[:3], "naïve".encode()[3:] + b"\n\xff\n"):
            stream.write(part)
            stream.flush()
            copied.look(0.0)
    copied.end(0.0, seen=True)
    assert capfd.readouterr().out == "loss 1.0\nnaïve\n\ufffd\n"  # Ray gives out nothing of a log that is no UTF-8


def test_a_script_that_prints_faster_than_it_is_looked_at_is_copied_to_its_end(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(job_log, "MOST_AT_ONCE", 10)
    log = tmp_path / "trainer.log"
    copied = CopiedLog(log, NO_FEED)
    copied.look(0.0)  # nothing is there yet
    log.write_text("0123456789" * 100)
    copied.look(0.0)
    assert capfd.readouterr().out == "0123456789"
    copied.end(0.0, seen=True)
    assert capfd.readouterr().out == "0123456789" * 99


def test_a_full_disk_of_the_node_ends_the_copy_alone(tmp_path, monkeypatch):
    log = tmp_path / "trainer.log"
    copied = CopiedLog(log, NO_FEED)
    log.write_text("loss 1.0\n")
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr(job_log, "STDOUT", full.fileno())
        copied.look(0.0)
        copied.end(0.0, seen=True)
