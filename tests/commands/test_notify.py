"""`notify`: whose settings count, what they wish, and the result of a test message to each address."""

import json

import pytest

from monitor.commands import notify
from monitor.diagnosis.settings import SETTINGS_FILE
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, UsageError
from monitor.supervisor.notify.letters import Delivery

TWO = '[notify]\naddresses = ["json://127.0.0.1:1/a", "json://127.0.0.1:1/b"]\nseverities = ["critical"]\nevents = []\n'


@pytest.fixture
def project(tmp_path):
    (tmp_path / SETTINGS_FILE).write_text(TWO)
    return tmp_path


@pytest.fixture
def jobs(monkeypatch):
    """What would be sent: `Courier` delivers to the first address and not to the second."""
    taken = []

    class Sends:
        def __init__(self, job):
            taken.append(job)

        def wait(self):
            ok, not_ok = (letter.to for letter in taken[-1].letters)
            return [Delivery(ok, True), Delivery(not_ok, False, "could not be reached")]

    monkeypatch.setattr(notify, "Courier", Sends)
    return taken


def test_addresses_are_listed_by_their_place_with_what_is_wished(project, capsys):
    assert notify.run(project=project) == EXIT_OK
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == f"From {project / SETTINGS_FILE}:"
    assert lines[:3] == ["  1-json", "  2-json", "  severities: critical"]
    assert lines[3] == "  events: " and any(line.startswith("  min_minutes: ") for line in lines)


def test_a_test_goes_to_each_address_and_one_that_does_not_arrive_is_told(project, jobs, capsys):
    assert notify.run(test=True, project=project) == EXIT_REFUSED
    said = capsys.readouterr().out
    assert "  1-json  delivered\n" in said and "  2-json  NOT delivered: could not be reached\n" in said
    (job,) = jobs
    assert job.settings == str(project / SETTINGS_FILE)
    letter = job.letters[0]
    assert letter.title.startswith("TEST · Vitalsigns on ")
    assert f"in {project} arrive here." in letter.body
    assert "Reported: critical findings; run events: nothing." in letter.body


def test_the_document_has_the_result_of_each_address(project, jobs, capsys):
    assert notify.run(test=True, project=project, as_json=True) == EXIT_REFUSED
    said = json.loads(capsys.readouterr().out)
    assert said["addresses"] == [
        {"to": "1-json", "ok": True, "why": ""},
        {"to": "2-json", "ok": False, "why": "could not be reached"},
    ]
    assert (said["test"], said["severities"], said["events"]) == (True, ["critical"], [])
    assert notify.run(project=project, as_json=True) == EXIT_OK
    assert json.loads(capsys.readouterr().out)["addresses"] == [{"to": "1-json"}, {"to": "2-json"}]


def test_without_an_address_nothing_is_sent_and_a_test_says_what_to_write(project, capsys):
    (project / SETTINGS_FILE).write_text("")
    assert notify.run(project=project) == EXIT_OK
    assert capsys.readouterr().out == f"No messages are sent: {project / SETTINGS_FILE} names no address.\n"
    with pytest.raises(UsageError, match=r"has no addresses; give some, e\.g\. \[notify\]"):
        notify.run(test=True, project=project)
    (project / SETTINGS_FILE).unlink()
    with pytest.raises(UsageError, match=f"There is no {SETTINGS_FILE} in use here or above; give some"):
        notify.run(test=True, project=project)
