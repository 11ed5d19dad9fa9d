"""What came of a change: kept once per child, counted per prescription, credited only where nothing else changed."""

import json
import random

import msgspec

from monitor.commands.cli import main
from monitor.diagnosis.ledger import counted, judge_child, ledger, read_outcome
from monitor.run_dir import LAUNCH_FILE, OUTCOME_FILE, ChildOutcome, Launch, Parent, encode
from monitor.run_dir.reader import RunReader
from monitor.writer import RunWriter
from tests.test_outcome import references, spoiled


def write(folder, name, share, epochs, *, parent=None, expected=None):
    """A run on disk whose predictions have this share of wrong words."""
    rng = random.Random(7)
    link = Parent(run_id=parent, expected=expected or {}) if parent else None
    (folder / name).mkdir(parents=True)
    launch = Launch(run_id=name, created_at=1.0, argv=["train"], parent=link, script_sha256="s")
    (folder / name / LAUNCH_FILE).write_bytes(encode(launch))
    wanted = references()
    with RunWriter(folder / name, epochs=epochs) as run:
        for epoch in range(1, epochs + 1):
            run.log_decodes(epoch, [spoiled(each, rng, share) for each in wanted], references=wanted)
            run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=share)
    return folder / name


def judge(run_dir):
    return judge_child(run_dir, RunReader(run_dir).read(5.0), 5.0)


def test_a_run_without_a_parent_and_a_child_on_its_way_have_no_outcome(tmp_path):
    parent = write(tmp_path, "p", 0.8, 6)
    child = write(tmp_path, "c", 0.2, 3, parent="p", expected={"epoch": 6, "prescription": "variety"})
    assert judge(parent) is None and judge(child) is None
    assert read_outcome(child) is None and ledger(tmp_path) == {}


def test_a_child_whose_parent_is_gone_keeps_no_outcome(tmp_path):
    assert judge(write(tmp_path, "c", 0.2, 6, parent="gone", expected={"epoch": 6})) is None


def test_a_child_is_judged_once_at_the_agreed_epoch_and_counted(tmp_path):
    write(tmp_path, "p", 0.8, 6)
    child = write(tmp_path, "c", 0.2, 5, parent="p", expected={"epoch": 4, "prescription": "variety"})
    kept = judge(child)
    assert (kept.word, kept.epoch, kept.prescription, kept.credited) == ("HELPED", 4, "variety", True)
    assert judge(child) is None, "it was judged twice"
    assert read_outcome(child) == kept
    assert ledger(tmp_path)["variety"].text == "1 try: 1 helped"


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
    assert {name: tried.words for name, tried in found.items()} == {"variety": {"HELPED": 1, "WORSE": 1}}
    assert found["variety"].text == "2 tries: 1 helped, 1 worse; 1 not credited; 1 could not be compared"


def test_shares_are_told_from_ten_tries_on():
    won = [ChildOutcome(run_id=f"c{i}", parent_id="p", word="HELPED", prescription="variety") for i in range(9)]
    lost = ChildOutcome(run_id="l", parent_id="p", word="WORSE", prescription="variety")
    assert counted(won)["variety"].text == "9 tries: 9 helped"
    assert counted([*won, lost])["variety"].text == "10 tries: 9 helped (90 %), 1 worse (10 %)"


def test_the_ledger_tells_every_child_also_those_without_a_kept_outcome(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VITALSIGNS_RUNS", str(tmp_path))
    assert main(["ledger"]) == 0
    assert "Nothing was tried here yet." in capsys.readouterr().out
    write(tmp_path, "p", 0.8, 6)
    judge(write(tmp_path, "c", 0.2, 5, parent="p", expected={"epoch": 4, "prescription": "variety", "title": "More"}))
    write(tmp_path, "d", 0.2, 5, parent="p", expected={"epoch": 4, "prescription": "variety"})
    write(tmp_path, "e", 0.2, 2, parent="p", expected={"epoch": 4, "prescription": "variety"})
    write(tmp_path, "own", 0.8, 5, parent="p", expected={"epoch": 4})
    write(tmp_path, "orphan", 0.8, 5, parent="gone")
    assert main(["ledger", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (variety,) = told["prescriptions"]
    assert (variety["title"], variety["tries"], variety["counts"]) == ("More", 2, {"HELPED": 2})
    assert variety["not_counted"] == {"not judged yet": 1}
    words = {child["run_id"]: child["word"] for child in told["children"]}
    assert words == {"c": "HELPED", "d": "HELPED", "e": "WAITING", "own": "TOO CLOSE"}
    assert not (tmp_path / "d" / OUTCOME_FILE).exists(), "looking wrote something"
    assert main(["ledger"]) == 0
    out = capsys.readouterr().out
    assert "More: 2 tries: 2 helped; 1 not judged yet" in out
    assert "own changes" in out
