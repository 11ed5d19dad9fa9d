"""What came of a change: kept once per child, counted per prescription, credited only where nothing else changed."""

import json
import random
import shutil

import msgspec

from monitor.commands.cli import main
from monitor.diagnosis.ledger import every_child, judge_child, kept_outcomes, read_outcome
from monitor.diagnosis.outcome import JUDGED_AGAIN
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.tries import came_of, counted, tries_of
from monitor.run_dir import (
    LAUNCH_FILE,
    OUTCOME_FILE,
    STATE_FILE,
    ChildOutcome,
    Launch,
    Parent,
    State,
    encode,
    processes,
)
from monitor.run_dir.reader import RunReader
from monitor.writer import RunWriter
from tests.diagnosis.test_outcome import references, spoiled


def write(folder, name, share, epochs, *, parent=None, expected=None, changes=None):
    """A run on disk whose predictions have this share of wrong words."""
    rng = random.Random(7)
    link = Parent(run_id=parent, expected=expected or {}, changes=changes or {}) if parent else None
    (folder / name).mkdir(parents=True)
    launch = Launch(run_id=name, created_at=1.0, argv=["train"], parent=link, script_sha256="s")
    (folder / name / LAUNCH_FILE).write_bytes(encode(launch))
    wanted = references()
    with RunWriter(folder / name, epochs=epochs) as run:
        for epoch in range(1, epochs + 1):
            run.log_decodes(epoch, [spoiled(each, rng, share) for each in wanted], references=wanted)
            run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=share)
    return folder / name


def still_running(run_dir):
    """As a supervisor of this machine that lives would have left it."""
    state = State(state="running", supervisor=processes.identify())
    (run_dir / STATE_FILE).write_bytes(encode(state))


def judge(run_dir):
    return judge_child(run_dir, RunReader(run_dir).read(5.0), 5.0)


def at_work(run_dir):
    """The run as its supervisor reads it while it trains."""
    seen = RunReader(run_dir).read(5.0)
    progress = msgspec.structs.replace(seen.progress, outcome=None)
    return msgspec.structs.replace(seen, progress=progress, state=State(state="running"))


def test_a_run_without_a_parent_and_a_child_on_its_way_have_no_outcome(tmp_path):
    parent = write(tmp_path, "p", 0.8, 6)
    child = write(tmp_path, "c", 0.2, 3, parent="p", expected={"epoch": 6, "prescription": "variety"})
    assert judge(parent) is None and judge_child(child, at_work(child), 5.0) is None
    assert read_outcome(child) is None and kept_outcomes(tmp_path) == []


def test_a_child_whose_parent_is_gone_keeps_no_outcome(tmp_path):
    assert judge(write(tmp_path, "c", 0.2, 6, parent="gone", expected={"epoch": 6})) is None


def test_a_child_is_judged_at_the_agreed_epoch_and_again_at_its_end(tmp_path):
    write(tmp_path, "p", 0.8, 6)
    changes = {"dropout": [0.3, 0.5]}
    expected = {"epoch": 4, "prescription": "variety"}
    child = write(tmp_path, "c", 0.2, 5, parent="p", expected=expected, changes=changes)
    seen = at_work(child)
    seen = msgspec.structs.replace(seen, progress=msgspec.structs.replace(seen.progress, epochs=9))
    first = judge_child(child, seen, 5.0)
    assert (first.word, first.epoch, first.provisional) == ("HELPED", 4, True)
    assert judge_child(child, seen, 6.0) is None, "it was judged again on its way"
    assert [each.text for each in counted(kept_outcomes(tmp_path))] == ["0 tries; 1 judged provisionally"]
    kept = judge(child)
    assert (kept.word, kept.epoch, kept.prescription, kept.credited) == ("HELPED", 5, "variety", True)
    assert kept.changes == changes and not kept.provisional
    assert judge(child) is None, "it was kept twice"
    assert read_outcome(child) == kept
    (tried,) = counted(kept_outcomes(tmp_path))
    assert (tried.title, tried.text) == ("Dropout 0.3 → 0.5", "1 try: 1 helped")


def test_an_outcome_of_an_older_version_is_read_with_the_changes_of_its_start(tmp_path):
    child = write(tmp_path, "c", 0.2, 5, parent="p", changes={"dropout": [0.3, 0.5]})
    old = {"run_id": "c", "parent_id": "p", "word": "HELPED", "prescription": "variety", "title": "More"}
    (child / OUTCOME_FILE).write_text(json.dumps(old))
    (kept,) = kept_outcomes(tmp_path)
    assert (kept.word, kept.provisional, kept.changes) == ("HELPED", False, {"dropout": [0.3, 0.5]})


def outcome_of(changes, **fields):
    known = {"run_id": "c", "parent_id": "p", "word": "HELPED", "prescription": "variety", **fields}
    return ChildOutcome(changes=changes, **known)


def test_only_the_same_changes_on_the_same_kind_of_task_are_tries_of_one_thing():
    stronger = outcome_of({"dropout": [0.3, 0.5]})
    found = counted(
        [
            stronger,
            outcome_of({"dropout": ["0.3", 0.50], "seed": [1, 2], "epochs": [40, 60], "out": ["a/b", "a/c"]}),
            outcome_of({"dropout": [0.2, 0.4]}),
            outcome_of({"dropout": [0.5, 0.3]}),
            outcome_of({"dropout": [0.3, 0.5], "batch_size": [8, 4]}),
            outcome_of({"dropout": ["0.3", "0.5"]}, task="digits"),
        ]
    )
    assert [(each.title, each.tries, each.task) for each in found] == [
        ("Dropout 0.3 → 0.5", 2, ""),
        ("Dropout 0.2 → 0.4", 1, ""),
        ("Dropout 0.5 → 0.3", 1, ""),
        ("Dropout 0.3 → 0.5, half the batch", 1, ""),
        ("Dropout 0.3 → 0.5", 1, "digits"),
    ]
    option = Prescription("variety", "t", {"dropout": [0.3, 0.5]}, None, "e", "c", "d")
    known = [stronger, outcome_of({"dropout": [0.3, 0.5]}, task="digits"), outcome_of({"lr": [1, 2]})]
    assert [tries_of(option, task, known).tries for task in ("digits", "signs", "")] == [2, 1, 2]
    assert tries_of(option, "signs", known[1:]) is None


def test_what_came_of_a_try_is_said_with_its_numbers():
    helped = outcome_of({}, run_id="demo-3", parent_wer=0.7, child_wer=0.4)
    assert came_of(helped) == "Tried in demo-3: helped (−30.0 points)."
    doubtful = outcome_of({}, run_id="demo-3", word="WORSE", credited=False, provisional=True)
    assert came_of(doubtful) == "Tried in demo-3: worse (not by the settings alone, so far)."


def test_only_what_can_be_credited_is_counted():
    base = ChildOutcome(run_id="c", parent_id="p", word="HELPED", prescription="variety")
    replaced = [
        base,
        msgspec.structs.replace(base, word="WORSE"),
        msgspec.structs.replace(base, credited=False),
        msgspec.structs.replace(base, word="CAN'T COMPARE"),
        msgspec.structs.replace(base, prescription=""),
    ]
    found = counted(replaced)
    assert [(tried.prescription, tried.words) for tried in found] == [("variety", {"HELPED": 1, "WORSE": 1})]
    assert found[0].text == "2 tries: 1 helped, 1 worse; 1 not credited; 1 could not be compared"


def test_shares_are_told_from_ten_tries_on():
    won = [ChildOutcome(run_id=f"c{i}", parent_id="p", word="HELPED", prescription="variety") for i in range(9)]
    lost = ChildOutcome(run_id="l", parent_id="p", word="WORSE", prescription="variety")
    assert counted(won)[0].text == "9 tries: 9 helped"
    assert counted([*won, lost])[0].text == "10 tries: 9 helped (90 %), 1 worse (10 %)"


def test_the_ledger_tells_every_child_also_those_without_a_kept_outcome(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VITALSIGNS_RUNS", str(tmp_path))
    assert main(["ledger"]) == 0
    assert "Nothing was tried here yet." in capsys.readouterr().out
    write(tmp_path, "p", 0.8, 6)
    judge(write(tmp_path, "c", 0.2, 5, parent="p", expected={"epoch": 4, "prescription": "variety", "title": "More"}))
    write(tmp_path, "d", 0.2, 5, parent="p", expected={"epoch": 4, "prescription": "variety"})
    write(tmp_path, "e", 0.2, 2, parent="q", expected={"epoch": 4, "prescription": "variety"})
    still_running(write(tmp_path, "q", 0.8, 1))
    write(tmp_path, "own", 0.8, 5, parent="p", expected={"epoch": 4})
    write(tmp_path, "orphan", 0.8, 5, parent="gone")
    assert main(["ledger", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (variety,) = told["prescriptions"]
    assert (variety["title"], variety["tries"], variety["counts"]) == ("More", 2, {"HELPED": 2})
    assert variety["not_counted"] == {"not judged yet": 1}
    words = {child["run_id"]: child["word"] for child in told["children"]}
    assert words == {"c": "HELPED", "d": "HELPED", "e": "WAITING", "own": "TOO CLOSE", "orphan": "CAN'T COMPARE"}
    lines = {child["run_id"]: child["line"] for child in told["children"]}
    assert lines["orphan"] == "Its parent gone is not in this folder any more."
    assert not (tmp_path / "d" / OUTCOME_FILE).exists(), "looking wrote something"
    assert main(["ledger"]) == 0
    out = capsys.readouterr().out
    assert "More: 2 tries: 2 helped; 1 not judged yet" in out
    assert "own changes" in out


def test_what_was_kept_of_a_child_stays_when_its_parent_is_gone(tmp_path):
    write(tmp_path, "p", 0.8, 6)
    child = write(tmp_path, "c", 0.2, 3, parent="p", expected={"epoch": 3})
    kept = judge_child(child, at_work(child), 5.0)
    provisional = msgspec.structs.replace(kept, provisional=True, line="−60.0 points. " + JUDGED_AGAIN)
    (child / OUTCOME_FILE).write_bytes(encode(provisional))
    shutil.rmtree(tmp_path / "p")
    (found,) = every_child(tmp_path, 9.0)
    assert (found.word, found.line) == ("HELPED", "−60.0 points. Provisional: its parent is gone.")


def seeded(run, seed, after, **more):
    changes = {"dropout": [0.1, 0.5]} | ({"seed": [1, seed]} if seed else {})
    base = {"parent_id": "p", "word": "HELPED" if after < 0.8 else "WORSE", "prescription": "variety"}
    return ChildOutcome(run_id=run, changes=changes, parent_wer=0.8, child_wer=after, **{**base, **more})


def test_seeds_of_one_change_are_one_try_by_their_mean():
    alike = [seeded("c1", 0, 0.50), seeded("c2", 2, 0.51), seeded("c3", 3, 0.49)]
    assert counted(alike)[0].text == "1 try: 1 helped; 3 seeds, by their mean"
    apart = [seeded("c1", 0, 0.50), seeded("c2", 2, 0.95)]
    assert counted(apart)[0].words == {"TOO CLOSE": 1}
    one_open = [seeded("c1", 0, 0.50), seeded("c2", 2, 0.95, provisional=True)]
    assert counted(one_open)[0].text == "1 try: 1 helped"
    elsewhere = [seeded("c1", 0, 0.50), seeded("d1", 2, 0.51, parent_id="q")]
    assert counted(elsewhere)[0].tries == 2
    again = [seeded("c1", 0, 0.50), seeded("c2", 0, 0.51)]
    assert counted(again)[0].tries == 2


def test_that_a_child_ended_early_is_said_where_it_is_counted():
    early = [seeded("c1", 0, 0.50, ended_early=True)]
    assert counted(early)[0].text == "1 try: 1 helped; 1 ended before the agreed epoch"


def test_a_child_that_stopped_or_finished_before_the_agreed_epoch_is_marked(tmp_path):
    write(tmp_path, "p", 0.8, 9)
    early = judge(write(tmp_path, "c", 0.2, 5, parent="p", expected={"epoch": 9, "prescription": "variety"}))
    assert early.ended_early and "It ended at epoch 5; it was to be judged at 9." in early.line
    whole = judge(write(tmp_path, "d", 0.2, 9, parent="p", expected={"epoch": 9, "prescription": "variety"}))
    assert not whole.ended_early and "It ended" not in whole.line
