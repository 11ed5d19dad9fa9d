"""How messages reach a person: each address by place and kind, what keeps it from being used, and what is sent when."""

from pathlib import Path

import pytest

from monitor.diagnosis.settings import Notify, Settings
from monitor.view.channels import channels

SECRET = "mailto://me:hunter2@example.org"
ADDRESSES = (SECRET, "ntfy://${VITALSIGNS_TOPIC}", "slack://${AWS_KEY}/x", "${VITALSIGNS_ALL}")


def shown(environment=None, results=None, **notify):
    settings = Settings(path=Path("/p/vitalsigns.toml"), notify=Notify(addresses=ADDRESSES, **notify))
    return channels(settings, False, environment or {}, "/p", results)


def test_an_address_is_named_by_place_and_kind_and_nothing_of_it_is_shown():
    seen = shown()
    assert [each.name for each in seen.channels] == ["mail", "ntfy", "Slack", "address"]
    assert "hunter2" not in repr(seen) and "example.org" not in repr(seen)


def test_what_keeps_an_address_from_being_used_is_said():
    mail, ntfy, slack, whole = shown({"VITALSIGNS_TOPIC": "t"}).channels
    assert (mail.why, ntfy.why) == ("", "")
    assert "may not hold the variable AWS_KEY" in slack.why
    assert whole.why == "the environment has no VITALSIGNS_ALL"


def test_what_came_of_a_test_stands_at_its_address():
    mail, ntfy, *_ = shown(results={"1-mailto": "", "2-ntfy": "the service answered 403"}).channels
    assert (mail.tested, mail.delivered) == ("delivered", True)
    assert (ntfy.tested, ntfy.delivered) == ("the service answered 403", False)


@pytest.mark.parametrize(
    ("notify", "lines"),
    [
        (
            {},
            [
                "When a critical or warning finding is raised or gets worse, and once when it is over.",
                "At most one message in 15 min about one run; a graver finding, a start or an end does not wait.",
                "When a run ends, however it ends.",
                "When the away policy acts, always.",
            ],
        ),
        (
            {"severities": (), "events": ("failed",)},
            [
                "No finding is sent: severities is empty.",
                "When a run fails or is lost.",
                "When the away policy acts, always.",
            ],
        ),
    ],
)
def test_what_is_sent_and_when_follows_the_settings(notify, lines):
    assert shown(**notify).sent == lines


def test_who_sends_depends_on_whether_the_run_has_a_supervisor():
    assert "python -m monitor watch" in shown().sender
    assert channels(Settings(), True, {}).sender.startswith("The run's supervisor sends them")
