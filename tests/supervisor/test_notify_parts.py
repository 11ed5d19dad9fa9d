"""The parts of a message: what is still to be told, in which words, and addresses that never leave their file."""

import base64
import io
import json
import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from monitor.commands.cli import main
from monitor.diagnosis.settings import Notify, Settings, settings_for
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Alert, AwayAct, Launch, State
from monitor.run_dir.errors import UsageError
from monitor.run_dir.provenance import code_of
from monitor.run_dir.status import Status, status_of
from monitor.supervisor.notify.courier import Courier
from monitor.supervisor.notify.letters import Delivery, Job, Letter, deliveries_in, resolved
from monitor.supervisor.notify.message import Scene, compose
from monitor.supervisor.notify.pending import Item, Known, findings_to_tell, run_to_tell
from monitor.supervisor.notify.post import _in_our_words
from monitor.supervisor.notify.queue import MessageQueue
from tests import fake_runs
from tests.diagnosis.test_verdict import OVERFITS
from tests.receiver import SECRET
from tests.snapshots import NOW, beating, snapshot
from tests.supervised import wait_for


def event(kind, severity="warning", rule="gap", at=1.0, **others):
    return Alert(alert_id=f"{rule}-33", event=kind, rule=rule, severity=severity, at=at, line=f"{rule}.", **others)


def sent(of, severity="warning", rule="gap", to="1-json"):
    return event("sent", severity, rule, of=of, to=to)


def to_tell(*alerts, acked=None, notify=None, to="1-json"):
    known = Known(alerts, acked or {}, notify or Notify())
    return [(item.alert_id, item.of) for item in findings_to_tell(known, to)]


def test_nothing_is_told_of_what_is_not_wished_or_was_told():
    assert to_tell() == []
    assert to_tell(event("raised", "info")) == []
    assert to_tell(event("raised"), notify=Notify(severities=("critical",))) == []
    assert to_tell(event("raised"), sent("raised")) == []
    assert to_tell(event("raised"), sent("raised"), event("resolved"), sent("resolved")) == []


def test_what_came_and_went_untold_stays_untold():
    assert to_tell(event("raised"), event("resolved")) == []


def test_each_thing_is_told_once_to_each_address():
    assert to_tell(event("raised")) == [("gap-33", "raised")]
    assert to_tell(event("raised"), sent("raised", to="2-json")) == [("gap-33", "raised")]
    worse = (event("raised"), sent("raised"), event("worse", "critical"))
    assert to_tell(*worse) == [("gap-33", "worse")]
    assert to_tell(*worse, sent("worse", "critical")) == []
    assert to_tell(event("raised"), sent("raised"), event("resolved")) == [("gap-33", "resolved")]


def test_one_that_opens_again_is_told_again_only_if_its_end_was_told():
    again = (event("raised"), sent("raised"), event("resolved"), sent("resolved"), event("raised"))
    assert to_tell(*again) == [("gap-33", "raised")]
    assert to_tell(event("raised"), sent("raised"), event("resolved"), event("raised")) == []


def test_an_acknowledged_one_is_told_only_when_it_got_worse_afterwards():
    assert to_tell(event("raised", at=1.0), acked={"gap-33": 2.0}) == []
    assert to_tell(event("raised"), sent("raised"), event("resolved"), acked={"gap-33": 2.0}) == []
    worse = (event("raised", at=1.0), sent("raised"), event("worse", "critical", at=3.0))
    assert to_tell(*worse, acked={"gap-33": 2.0}) == [("gap-33", "worse")]
    assert to_tell(*worse, acked={"gap-33": 4.0}) == []


def ended(word, since=NOW - 5):
    return Status(word, False, False, "", since)


def of_run(status, events, *alerts):
    known = Known(alerts, {}, Notify(events=events))
    return [(item.alert_id, item.severity) for item in run_to_tell(known, "1-json", snapshot(val_loss=[1.0]), status)]


def test_an_end_is_told_where_it_is_wished_or_was_promised_and_only_while_it_is_news():
    assert of_run(ended("finished"), ()) == []
    assert of_run(ended("finished"), ("failed",)) == []
    assert of_run(ended("finished"), ("end",)) == [("run-end-1", "info")]
    assert of_run(ended("lost"), ("failed",)) == [("run-end-1", "critical")]
    assert of_run(ended("stopped"), (), sent("raised")) == [("run-end-1", "info")]
    assert of_run(ended("finished", NOW - 90_000), ("end",)) == []
    assert of_run(ended("finished"), ("end",), msgspec.structs.replace(sent("end"), alert_id="run-end-1")) == []


def scene(**others):
    launch = Launch(run_id="r", created_at=0.0, argv=["python", "train.py"])
    seen = snapshot(**OVERFITS, launch=launch, **beating(epochs=150, epoch_secs=600.0))
    judged = judge(seen, NOW)
    return Scene(seen, judged, others.pop("status", status_of(seen)), **others)


ALARM = [Item("overfitting-20", "raised", "overfitting", "critical", "Overfitting.")]


def test_a_message_holds_word_run_host_epoch_numbers_commands_and_what_comes_next():
    message = compose(ALARM, scene())
    assert message.title.startswith("STOP · r on h (epoch 40/150, ")
    lines = message.body.splitlines()
    assert lines[0].startswith("Overfitting: val loss is")
    assert any("one constant sentence 91.2 %" in line for line in lines)
    assert "Left alone it runs another 18 h 20 min. Nothing has been stopped." in lines
    assert any(line.startswith("  python -m monitor stop r --runs ") for line in lines)
    assert lines[-1] == "Next message only if this gets worse, recovers or ends."
    assert "http" not in message.body, "no page is served"


def test_a_served_page_is_named_with_its_tunnel_and_without_a_token():
    body = compose(ALARM, scene(port=8742, base="/lab")).body
    assert "ssh -N -L 8742:127.0.0.1:8742 " in body
    assert "http://127.0.0.1:8742/lab/?run=r" in body
    assert "token" not in body


def test_what_the_away_policy_did_stands_where_else_nothing_was_stopped():
    act = AwayAct(did="stop_and_fix", line="Overfitting.", at=NOW, epoch=40, child_id="r-2", settled=True)
    body = compose(ALARM, scene(away=act)).body
    assert "By your away policy this run was asked to stop" in body and "r-2" in body
    assert "Nothing has been stopped" not in body
    assert "monitor resume r --runs" in body and "monitor show r-2 --runs" in body
    assert "monitor stop r " not in body and "--fix" not in body, "both have been done"


def test_a_finding_whose_numbers_have_moved_on_since_it_was_raised_is_told_once_and_as_of_now():
    there = scene()
    open_now = {finding.rule: finding.line for finding in there.judged.diagnosis.findings}
    worst = there.judged.diagnosis.worst.rule
    other = next(rule for rule in open_now if rule != worst)
    items = [Item(f"{rule}-20", "raised", rule, "critical", "As it was.") for rule in (worst, other)]
    body = compose(items, there).body
    assert "As it was." not in body
    assert body.count("Also: ") == 1 and f"Also: {open_now[other]}" in body


def test_recovery_and_end_have_words_of_their_own():
    gone = [Item("gap-33", "resolved", "gap", "warning", "Overfitting: 2.9.")]
    assert compose(gone, scene()).title.startswith("RECOVERED · r on h")
    assert "Resolved: Overfitting: 2.9." in compose(gone, scene()).body
    over = compose([Item("run-end-1", "end", "run", "critical")], scene(status=ended("failed")))
    assert over.title.startswith("FAILED · r on h")
    assert "python -m monitor resume r --runs" in over.body and "monitor stop" not in over.body


def commands_of(error, **config):
    seen = snapshot(
        val_loss=[1.0, 0.9],
        launch=Launch(run_id="r", created_at=0.0, argv=["python", "train.py"]),
        run={"config": config},
        state=State(state="failed", error=error),
    )
    body = compose([Item("run-end-1", "end", "run", "critical")], Scene(seen, judge(seen, NOW), status_of(seen))).body
    return [line.split()[3] for line in body.splitlines() if line.startswith("  python -m monitor")]


def test_a_run_out_of_memory_is_to_be_restarted_with_less_before_it_is_resumed():
    assert commands_of("OSError: disk gone", batch_size=32) == ["resume", "diagnose"]
    assert commands_of("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB.") == ["resume", "diagnose"]
    error = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."
    assert commands_of(error, batch_size=32) == ["restart", "resume"]


BOTH = "ntfy://${VITALSIGNS_A}/${VITALSIGNS_B_2}"


def test_an_address_is_filled_in_from_the_environment_and_a_missing_name_is_said_without_values():
    assert resolved(BOTH, {"VITALSIGNS_A": "x", "VITALSIGNS_B_2": "y"}) == "ntfy://x/y"
    with pytest.raises(UsageError, match=r"the environment has no VITALSIGNS_B_2$"):
        resolved(BOTH, {"VITALSIGNS_A": SECRET, "VITALSIGNS_B_2": ""})


def test_of_what_a_service_says_only_our_own_words_are_kept():
    assert _in_our_words(f"Failed to send {SECRET}: Forbidden, error=403.") == "the service answered 403"
    assert _in_our_words(f"A Connection error to {SECRET}") == (
        "the service could not be reached, or did not answer in time"
    )
    assert _in_our_words(SECRET) == "the service did not take it"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("notify = 3\n", r"\[notify\] must be a table"),
        ("[notify]\naddress = []\n", r"\[notify\] address is unknown; allowed are addresses, severities"),
        ("[notify]\naddresses = 'x'\n", "addresses must be a list of addresses such as ntfy://"),
        (f"[notify]\naddresses = ['json://a', '{SECRET}']\n", "addresses must be .*; entry 2 is not"),
        ("[notify]\nseverities = ['grave']\n", "severities must be a list of critical, warning, info; entry 1 is not"),
        ("[notify]\nevents = ['begin']\n", "events must be a list of start, end, failed; entry 1 is not"),
        ("[notify]\nmin_minutes = -1\n", "must be a number of at least 0"),
    ],
)
def test_a_wrong_table_is_one_sentence_that_holds_no_value(tmp_path, text, says):
    (tmp_path / "vitalsigns.toml").write_text(text)
    problem = settings_for(tmp_path).problem
    assert re.search(says, problem) and SECRET not in problem


def test_settings_do_not_show_addresses_where_they_are_printed():
    assert SECRET not in repr(Notify(addresses=(f"json://{SECRET}",)))


def test_addresses_never_get_into_a_run_with_the_code_changes(tmp_path):
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first"]):
        (tmp_path / "inner").mkdir(exist_ok=True)
        for name in ("train.py", "vitalsigns.toml", "inner/vitalsigns.toml"):
            (tmp_path / name).write_text("x = 1\n")
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, stdin=subprocess.DEVNULL)
    (tmp_path / "train.py").write_text("x = 2\n")
    for name in ("vitalsigns.toml", "inner/vitalsigns.toml"):
        (tmp_path / name).write_text(SECRET)
    diff = code_of(["python", "train.py"], tmp_path / "inner").git_diff
    assert diff is not None and "+x = 2" in diff and SECRET not in diff


def test_a_courier_that_takes_too_long_is_ended_and_what_arrived_before_counts(tmp_path, box, monkeypatch):
    monkeypatch.setenv("VITALSIGNS_TEST_TOKEN", SECRET)
    box.go_up()
    slow = f"json://127.0.0.1:{box.port}/slow"
    (tmp_path / "vitalsigns.toml").write_text(box.settings(addresses=["nothing://x", slow]))
    box.sleeps.set()
    letters = [Letter("1-nothing", "t", "b"), Letter("2-json", "t", "b"), Letter("3-gone", "t", "b")]
    courier = Courier(Job(str(tmp_path / "vitalsigns.toml"), letters), longest_secs=600)
    # The letters go at once, each by a thread: the slow one may be asked for before the others have their answer.
    wait_for(lambda: courier._process.listen() or (box.asked and courier._process.output.count(b"\n") == 2))
    courier._deadline = 0.0
    assert courier.wait() == [
        Delivery("1-nothing", False, "Apprise does not understand this address"),
        Delivery("2-json", False, "it took too long"),
        Delivery("3-gone", False, "it is no longer in vitalsigns.toml"),
    ]


def test_the_test_message_reports_each_address_with_its_secret_masked(tmp_path, box, monkeypatch, capsys):
    monkeypatch.setenv("VITALSIGNS_TEST_TOKEN", SECRET)
    box.go_up()
    good, bad = f"json://127.0.0.1:{box.port}/${{VITALSIGNS_TEST_TOKEN}}", f"json://{SECRET}@127.0.0.1:9/"
    (tmp_path / "vitalsigns.toml").write_text(box.settings(addresses=[good, bad]))
    assert main(["notify", "--test", "--json", "--project", str(tmp_path)]) == 5
    out, err = capsys.readouterr()
    found = {each["to"]: each for each in json.loads(out)["addresses"]}
    assert found["1-json"] == {"to": "1-json", "ok": True, "why": ""}
    assert found["2-json"]["ok"] is False and "could not be reached" in found["2-json"]["why"]
    assert SECRET not in out + err
    assert box.titles[0].startswith("TEST · Vitalsigns on ")
    assert main(["notify", "--project", str(tmp_path)]) == 0
    assert SECRET not in capsys.readouterr().out


def test_a_test_without_addresses_says_what_to_write(tmp_path, capsys):
    assert main(["notify", "--test", "--project", str(tmp_path)]) == 64
    assert "[notify] addresses" in capsys.readouterr().err


def test_the_picture_shows_both_curves_and_is_attached_where_there_are_some(tmp_path, box):
    box.go_up()
    (tmp_path / "vitalsigns.toml").write_text(box.settings(addresses=[f"json://127.0.0.1:{box.port}"]))
    sick, begun = fake_runs.overfitting(tmp_path), fake_runs.empty(tmp_path)
    for run_dir in (sick, begun, tmp_path / "no-run"):
        job = Job(str(tmp_path / "vitalsigns.toml"), [Letter("1-json", run_dir.name, "b")], str(run_dir))
        assert [done.ok for done in Courier(job).wait()] == [True]
    attached = {message["title"]: message["attachments"] for message in box.taken}
    assert attached["empty"] == [] and attached["no-run"] == []
    (picture,) = attached["overfitting"]
    assert (picture["filename"], picture["mimetype"]) == ("curves.png", "image/png")
    with Image.open(io.BytesIO(base64.b64decode(picture["base64"]))) as image:
        colours = {colour for _, colour in image.getcolors(100_000)}
    assert {(0x00, 0x69, 0xA8), (0xC2, 0x41, 0x0C)} <= colours


@pytest.fixture
def outbox(monkeypatch):
    """An outbox whose courier delivers at once; `jobs` is what it was given."""

    class AtOnce:
        def __init__(self, job):
            jobs.append(job)
            self.job = job

        def poll(self):
            return [Delivery(letter.to, True) for letter in self.job.letters]

    jobs: list[Job] = []
    recorded: list[Alert] = []
    monkeypatch.setattr("monitor.supervisor.notify.queue.Courier", AtOnce)
    notify = Notify(addresses=("json://a",), min_minutes=15.0)
    box = MessageQueue(lambda: Settings(path=Path("vitalsigns.toml"), notify=notify), recorded.append)

    def tell(now, *alerts, **of_scene):
        box.offer(scene(**of_scene), alerts)
        box.tick(now)
        box.tick(now)
        return [letter.title.split(" ·")[0] for job in jobs for letter in job.letters]

    tell.box, tell.recorded = box, recorded
    return tell


def test_a_second_message_waits_its_minutes_and_takes_everything_new_along(outbox):
    first, second, third = (event("raised", rule=rule) for rule in ("gap", "disk", "stalled"))
    assert len(outbox(1000.0, first)) == 1
    assert len(outbox(1000.0 + 14 * 60, first, second)) == 1 and outbox.box.is_waiting
    assert len(outbox(1000.0 + 15 * 60, first, second, third)) == 2
    assert [alert.rule for alert in outbox.recorded] == ["gap", "disk", "stalled"]
    assert not outbox.box.is_waiting


def test_a_graver_one_and_the_end_of_the_run_do_not_wait(outbox):
    first, worse = event("raised"), event("worse", "critical")
    assert len(outbox(1000.0, first)) == 1
    assert len(outbox(1001.0, first, worse)) == 2
    assert outbox(1002.0, first, worse, status=ended("failed"))[2:] == ["FAILED"]
    assert len(outbox(1003.0, first, worse, status=ended("failed"))) == 3


def test_what_was_sent_and_could_not_be_written_down_is_not_sent_again(outbox, monkeypatch):
    def full(alert):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outbox.box, "_record", full)
    with pytest.raises(OSError, match="No space left"):
        outbox(1000.0, event("raised"))
    with pytest.raises(OSError, match="No space left"):
        outbox(9000.0, event("raised"))
    monkeypatch.setattr(outbox.box, "_record", outbox.recorded.append)
    assert len(outbox(18000.0, event("raised"))) == 1
    assert [alert.of for alert in outbox.recorded] == ["raised"]


def test_what_a_service_prints_among_the_results_costs_none_of_them():
    said = b"sent!\n" + msgspec.json.encode(Delivery("1-json", True)) + b"\n\n{]\n" + b'{"to":"2-js'
    assert deliveries_in(said) == [Delivery("1-json", True)]


def test_a_message_waits_where_the_page_waits():
    why = "Wherever it was tried, the change has ended no better than its parent."
    lines = compose(ALARM, scene(wait=lambda: why)).body.splitlines()
    assert f"Wait, or change something else. {why}" in lines
    assert not any(line.startswith("What to try:") for line in lines)
    assert any(line.startswith("What to try:") for line in compose(ALARM, scene()).body.splitlines())
