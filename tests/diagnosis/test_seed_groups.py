"""A run and its seeds are one line: who belongs together, the mean, and Student's interval of it."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.commands.cli import main
from monitor.diagnosis.comparison import obstacle
from monitor.diagnosis.ledger import judge_child
from monitor.diagnosis.prescriptions.seeds import seed_changes
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.seed_spread import T95, difference, spread
from monitor.diagnosis.tries import seeds_of_changes
from monitor.diagnosis.verdict import judge
from monitor.run_dir import LAUNCH_FILE, ChildOutcome, DataInfo, Launch, Parent, Run, Snapshot, encode
from monitor.run_dir.reader import RunReader, list_runs
from monitor.ui.family import Family
from monitor.ui.questions import Others, answer
from monitor.view.rows import RowBook
from monitor.view.tried import TriedBook
from monitor.writer import RunWriter

COMMAND = ["python", "train.py", "--lr", "0.001", "--out", "{run_dir}"]
VAL = DataInfo(name="weather", clips={"val": 30}, tokens={"val": 120})


def write(runs, name, wer, *, argv=None, parent=None, changes=None, at=1.0, data=VAL, config=None, **launch):
    """A finished run of three evaluations that ends at this error rate."""
    link = Parent(run_id=parent, changes=changes or {}, **({"how": launch.pop("began")} if "began" in launch else {}))
    (runs / name).mkdir(parents=True)
    started = Launch(
        run_id=name,
        created_at=at,
        argv=argv or COMMAND,
        cwd="/w",
        script_sha256="s",
        parent=link if parent else None,
        **launch,
    )
    (runs / name / LAUNCH_FILE).write_bytes(encode(started))
    with RunWriter(runs / name, config=config or {}, data=data, epochs=6) as run:
        for epoch in range(1, 7):
            run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=wer + 0.02 * (6 - epoch))


def with_seed(seed, *more):
    return [*COMMAND, *more, "--seed", str(seed)]


def three_seeds(runs):
    """A parent on three seeds, and a change of it on three."""
    for place, (wer, seed) in enumerate([(0.50, 0), (0.52, 1), (0.51, 2)]):
        parent = "p0" if place else None
        write(runs, f"p{place}", wer, argv=with_seed(seed), parent=parent, changes={"seed": [0, seed]}, at=place)
    for place, (wer, seed) in enumerate([(0.40, 0), (0.43, 1), (0.41, 2)]):
        argv = with_seed(seed, "--dropout", "0.5")
        changes = {"dropout": [0.1, 0.5], "seed": [0, seed]}
        write(runs, f"c{place}", wer, argv=argv, parent="p0", changes=changes, at=10 + place)


def groups(runs):
    return [group.runs for group in groups_in(runs, list_runs(runs))]


# -- who belongs together -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"argv": with_seed(1, "--dropout", "0.5")},
        {"argv": with_seed(1), "script_sha256": "other"},
        {"argv": with_seed(1), "git_commit": "other"},
        {"argv": with_seed(1), "cwd": "/elsewhere"},
        {"argv": with_seed(1), "data": DataInfo(name="weather", clips={"val": 31}, tokens={"val": 120})},
        {"argv": with_seed(1), "parent": "a", "began": "restart_warm"},
        {"argv": [*COMMAND, "--data_seed", "1"]},
        {"argv": with_seed(0)},
    ],
    ids=[
        "a setting",
        "the script",
        "the commit",
        "the folder",
        "validation set",
        "warm start",
        "data seed",
        "same seed",
    ],
)
def test_runs_that_differ_in_anything_but_the_seed_are_no_seeds_of_each_other(tmp_path, other):
    write(tmp_path, "a", 0.5, argv=with_seed(0))
    fields = {"script_sha256": "s", "cwd": "/w", **other}
    known = {name: fields.pop(name) for name in list(fields) if name in ("argv", "data", "parent", "began")}
    (tmp_path / "b").mkdir()
    launch = Launch(
        run_id="b",
        created_at=2.0,
        argv=known["argv"],
        parent=Parent(run_id="a", how=known["began"]) if "began" in known else None,
        **fields,
    )
    (tmp_path / "b" / LAUNCH_FILE).write_bytes(encode(launch))
    with RunWriter(tmp_path / "b", data=known.get("data", VAL)) as run:
        run.log_epoch(1, val_wer=0.5)
    assert groups(tmp_path) == []


@pytest.mark.parametrize(
    "argv",
    [with_seed(1), [*COMMAND, "--seed=1"], ["python", "train.py", "--seed", "1", *COMMAND[2:]], [*COMMAND, "seed=1"]],
)
def test_a_seed_is_found_wherever_it_stands_and_the_output_folder_does_not_count(tmp_path, argv):
    write(tmp_path, "a", 0.5, argv=["python", "train.py", "--lr", "0.001", "--out", "runs/a"])
    write(tmp_path, "b", 0.5, argv=argv, at=2.0)
    assert groups(tmp_path) == [("a", "b")]


def test_of_one_seed_the_newest_run_counts(tmp_path):
    for place, seed in enumerate([0, 1, 1]):
        write(tmp_path, f"r{place}", 0.5, argv=with_seed(seed), at=place)
    assert groups(tmp_path) == [("r0", "r2")]


def test_damaged_runs_are_in_no_group(tmp_path):
    three_seeds(tmp_path)
    (tmp_path / "p1" / LAUNCH_FILE).write_bytes(b"{")
    assert groups(tmp_path) == [("p0", "p2"), ("c0", "c1", "c2")]


def test_old_runs_of_our_own_trainer_whose_seed_made_the_corpus_are_not_compared():
    def run(**config):
        own = {"data": "synthetic", "eval_clips": 60, **config}
        return Snapshot(run_dir="r", run_id="r", read_at=1.0, run=Run(run_id="r", config=own, data=VAL))

    assert obstacle([run(seed=0), run(seed=1)]) == (
        "The validation sets differ: weather (30 clips, data seed 0) and weather (30 clips, data seed 1)."
    )
    assert obstacle([run(seed=0), run(seed=1, data_seed=0)]) == ""


def test_more_seeds_of_an_old_run_keep_its_corpus():
    own = {"data": "synthetic", "eval_clips": 60, "seed": 3, "dropout": 0.5}
    link = Parent(run_id="p", changes={"dropout": [0.1, 0.5]})
    launch = Launch(run_id="c", created_at=1.0, argv=["python", "-m", "trainer"], parent=link)
    parent, child = (
        Snapshot(run_dir="r", run_id=name, read_at=1.0, launch=launch, run=Run(run_id=name, config=own))
        for name in "pc"
    )
    assert seed_changes(parent, child)[0] == {"dropout": 0.5, "seed": 4, "data_seed": 3}


# -- mean and interval ----------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 2), min_size=2, max_size=40))
def test_the_interval_is_students(values):
    found, n = spread(values), len(values)
    mean = math.fsum(values) / n
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    assert found.mean == pytest.approx(mean)
    assert found.half == pytest.approx(T95[min(n - 1, 30) - 1] * deviation / math.sqrt(n), abs=1e-9)


def test_one_seed_has_no_interval():
    assert spread([0.4]).text == "mean 40.0 % of 1 seed"
    assert difference([0.4], [0.3, 0.2]) is None


def test_a_known_sample():
    assert spread([0.40, 0.43, 0.41]).text == "mean 41.3 % of 3 seeds (95 % t interval 37.5 to 45.1)"
    mean, low, high = difference([0.50, 0.52, 0.51], [0.40, 0.43, 0.41])
    assert (mean, low, high) == pytest.approx((-0.09667, -0.1293, -0.0641), abs=2e-3)


# -- list, compare, ledger: one line --------------------------------------------------------------------------------


def test_the_lists_show_one_line_with_the_mean_and_the_runs_below(tmp_path, capsys):
    three_seeds(tmp_path)
    assert main(["list", "--runs", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("c0 and 2 seeds"))
    assert "41.3 % (37.5 to 45.1, n 3)" in lines[at]
    assert [line.split()[0] for line in lines[at + 1 : at + 4]] == ["c0", "c1", "c2"]
    assert len(lines) == 1 + 2 * 4
    rows = {row.run: row for row in RowBook(tmp_path).rows(1e9)}
    assert rows["c0"].seeds == "Val WER mean 41.3 % of 3 seeds (95 % t interval 37.5 to 45.1)"
    assert [rows[name].seed_of for name in ("c0", "c1", "c2")] == ["", "c0", "c0"]
    main(["list", "--runs", str(tmp_path), "--json"])
    assert [each["runs"] for each in json.loads(capsys.readouterr().out)["seeds"]] == [
        ["p0", "p1", "p2"],
        ["c0", "c1", "c2"],
    ]


def test_a_list_without_seeds_has_a_row_a_run(tmp_path, capsys):
    write(tmp_path, "a", 0.5)
    main(["list", "--runs", str(tmp_path)])
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert RowBook(tmp_path).rows(1e9)[0].seeds == ""


def test_compare_sets_the_means_side_by_side_on_page_and_terminal(tmp_path, capsys):
    three_seeds(tmp_path)
    main(["compare", "p0", "c0", "--runs", str(tmp_path)])
    terminal = capsys.readouterr().out
    expected = [
        "p0 and 2 seeds (p1, p2): val WER mean 51.0 % of 3 seeds (95 % t interval 48.5 to 53.5) at epoch 6.",
        "c0 and 2 seeds (c1, c2): val WER mean 41.3 % of 3 seeds (95 % t interval 37.5 to 45.1) at epoch 6.",
    ]
    assert all(line in terminal for line in expected) and "Difference of the means −9.7 points (95 % Welch" in terminal
    child = RunReader(tmp_path / "c0").read(2e9)
    told = answer(child, judge(child, 2e9), {"kind": "compare", "with": ["p0"]}, Others(tmp_path, Family(tmp_path)))
    assert told.seed_lines[:2] == expected


def test_two_more_seeds_are_not_asked_for_where_they_have_decided(tmp_path, capsys):
    three_seeds(tmp_path)
    main(["compare", "p0", "c0", "--runs", str(tmp_path)])
    main(["show", "c0", "--runs", str(tmp_path)])
    terminal = capsys.readouterr().out
    assert terminal.count("c0 and 2 seeds together: HELPED, mean −9.7 points of 3 seeds, against 3 of the parent") == 2
    assert "two more seeds" not in terminal and "Another seed:" not in terminal
    child = RunReader(tmp_path / "c0").read(2e9)
    told = answer(child, judge(child, 2e9), {"kind": "compare", "with": ["p0"]}, Others(tmp_path, Family(tmp_path)))
    assert "c0 and 2 seeds together: HELPED" in told.card.line and not told.card.seeds


def test_no_place_asks_for_more_seeds_where_they_have_decided_a_difference_below_the_noise_of_one(tmp_path, capsys):
    """Each seed alone is too close; the three of them together are not."""
    write(tmp_path, "p0", 0.50, argv=with_seed(0))
    for place, wer in enumerate((0.4910, 0.4915, 0.4905)):
        argv = with_seed(place, "--dropout", "0.5")
        changes = {"dropout": [0.1, 0.5], "seed": [0, place]}
        write(tmp_path, f"c{place}", wer, argv=argv, parent="p0", changes=changes, at=10 + place)
    main(["ledger", "--runs", str(tmp_path)])
    ledger = capsys.readouterr().out
    assert "TOO CLOSE" in ledger and "c0 and 2 seeds" in ledger and "HELPED" in ledger
    for name in ("c0", "c1", "c2"):
        judge_child(tmp_path / name, RunReader(tmp_path / name).read(2e9), 2e9)
    rows = {row.run: row for row in RowBook(tmp_path).rows(2e9)}
    for name in ("c0", "c1", "c2"):
        said = [rows[name].outcome_line, *(event.text for event in rows[name].events)]
        assert rows[name].outcome == "TOO CLOSE" and all("c0 and 2 seeds together: HELPED" in text for text in said[:1])
        assert not any("two more seeds" in text for text in said)
    options = TriedBook(tmp_path).options(list(rows.values()), 2e9)
    lines = [ledger, *(child.line for option in options for child in option.children)]
    assert not any("two more seeds" in " ".join(line.split()) for line in lines)


def test_a_seed_beside_its_own_parent_is_one_group(tmp_path, capsys):
    three_seeds(tmp_path)
    main(["compare", "p0", "p1", "--runs", str(tmp_path), "--json"])
    assert len(json.loads(capsys.readouterr().out)["seeds"]) == 1


def test_the_ledger_has_one_line_for_the_seeds_of_a_change(tmp_path, capsys):
    three_seeds(tmp_path)
    main(["ledger", "--runs", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.startswith("c0 and 2 seeds"))
    assert "HELPED" in line and "mean −9.7 points of 3 seeds, against 3 of the parent" in line
    assert sum(line.strip().startswith(("c0 ", "c1 ", "c2 ")) for line in lines) == 4
    assert not any(line.startswith("p1 and") for line in lines), "another seed of the parent is no change"
    rows = RowBook(tmp_path).rows(1e9)
    shown = [option.text for option in TriedBook(tmp_path).options(rows, 1e9)]
    assert any("c0 and 2 seeds: helped, mean −9.7 points of 3 seeds, against 3 of the parent" in text for text in shown)


def test_seeds_of_which_one_is_judged_have_no_mean_yet(tmp_path):
    three_seeds(tmp_path)
    children = [
        ChildOutcome(run_id=f"c{place}", parent_id="p0", word=word, parent_wer=0.5, child_wer=0.4)
        for place, word in enumerate(["HELPED", "WAITING", "WAITING"])
    ]
    (found,) = seeds_of_changes(children, groups_in(tmp_path, list_runs(tmp_path)))
    assert (found.word, found.text) == ("WAITING", "fewer than two are judged")
