"""A foreign file that grows, as records of its run: each once, also after it was written anew or by another start."""

import json

import pytest

from monitor.importers.followed_file import FollowedFile
from monitor.importers.following import about_of
from monitor.importers.importing import Asked, plan
from monitor.importers.live import FollowedRun
from monitor.importers.mapping import mapping_of
from monitor.run_dir import Epoch, Step

HEAD = "epoch,train_loss,val_loss\n"


@pytest.fixture
def follow(tmp_path):
    """Follows a file for a run of its own; `again=True` goes on with the run, as after a stop."""
    made = []

    def following(path, *, again=False):
        if again:
            made[-1].close(2.0)
            run = FollowedRun.go_on(made[-1].run_dir, 3.0)
        else:
            chosen = plan(path, Asked(), follow=True)
            run = FollowedRun.begin(tmp_path / "runs", about_of(chosen, "r"), 1.0)
        made.append(run)
        return FollowedFile(run, mapping_of(run.source.mapping))

    yield following
    for run in made:
        run.close(9.0)


def seen(records):
    return [(record.epoch, record.train_loss, record.val_loss, record.generation) for record in records]


def taken(followed):
    """What is new, handed to the run and noted, as `Following` does it."""
    records = list(followed.read(1.0))
    followed._run.add(*records)
    assert followed._run.commit(followed.places(), followed.memory(), 1.0, reread=True)
    return records


def table(path, *rows):
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
    return path


def test_new_rows_are_records_once_they_are_complete(tmp_path, follow):
    path = table(tmp_path / "t.csv", "1,2.5,3.0")
    followed = follow(path)
    first = seen(followed.read(1.0))
    assert followed.has_grown and followed.path == path
    assert list(followed.read(1.0)) == [] and not followed.has_grown
    with path.open("a") as file:
        file.write("2,2.0,2.5\n3,1.5")
    assert first + seen(followed.read(1.0)) == [(1.0, 2.5, 3.0, 1), (2.0, 2.0, 2.5, 1)]
    assert followed.places()["t.csv"].lines == 3 and followed.changed_at == path.stat().st_mtime
    assert (followed.outcome, followed.pass_over(), list(followed.begin_again(2))) == (None, 0, [])
    assert (followed.reads_again, followed.is_at_end, followed.doubts) == (True, True, ())


def test_what_is_still_open_comes_at_the_end(tmp_path, follow):
    path = tmp_path / "log.jsonl"
    path.write_text('{"epoch": 1, "loss": 2.5}\n{"epoch": 1, "val_loss": 3.0}\n')
    followed = follow(path)
    both = seen(list(followed.read(1.0)) + list(followed.rest()))
    assert both == [(1.0, 2.5, 3.0, 1)]


def test_rows_that_cannot_be_read_are_kept_as_sentences(tmp_path, follow):
    path = table(tmp_path / "t.csv", "1,2.5,3.0")
    followed = follow(path)
    path.open("a").write("x,y,z\n")
    list(followed.read(1.0))
    assert followed.unread.count == 1 and followed.unread.first[0].startswith("Line 3: ")


def test_a_name_that_comes_later_is_taken_into_the_reading_and_noted(tmp_path, follow):
    path = tmp_path / "log.jsonl"
    path.write_text('{"epoch": 1, "loss": 2.5, "val_loss": 3.0}\n')
    followed = follow(path)
    list(followed.read(1.0))
    before = {use.field for use in followed.mapping.uses}
    path.open("a").write('{"epoch": 2, "loss": 2.0, "val_loss": 2.5, "lr": 0.1}\n')
    records = [*followed.read(1.0), *followed.rest()]
    assert {use.field for use in followed.mapping.uses} - before == {"lr"} and records[-1].lr == 0.1
    assert "lr" in {use["field"] for use in followed._run.source.mapping["uses"]}


def test_a_file_that_was_cut_short_is_a_new_start(tmp_path, follow):
    path = table(tmp_path / "t.csv", "1,2.5,3.0", "2,2.0,2.5")
    followed = follow(path)
    assert len(taken(followed)) == 2
    table(path, "1,9.0,9.5")
    assert seen(taken(followed)) == [(1.0, 9.0, 9.5, 2)]
    assert followed.memory()["generation"] == 2


def test_who_goes_on_after_a_stop_reads_all_again_and_a_file_that_is_another_by_then_is_a_new_start(tmp_path, follow):
    path = table(tmp_path / "t.csv", "1,2.5,3.0")
    taken(follow(path))
    same = follow(path, again=True)
    assert seen(same.read(1.0)) == [(1.0, 2.5, 3.0, 1)]
    taken(same)
    table(tmp_path / "new.csv", "1,7.0,7.5", "2,6.0,6.5").rename(path)
    other = follow(path, again=True)
    assert seen(other.read(1.0)) == [(1.0, 7.0, 7.5, 2), (2.0, 6.0, 6.5, 2)]
    assert set(other.memory()) >= {"generation", "tails"}


def test_a_tool_that_writes_its_whole_file_again_starts_nothing(tmp_path, follow):
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train_loss,val_loss\n0,9,2.5,\n0,9,,3.0\n1,19,2.0,\n1,19,,2.5\n")
    followed = follow(path)
    first = taken(followed)
    text = (
        "epoch,step,acc,train_loss,val_loss\n0,9,,2.5,\n0,9,,,3.0\n1,19,,2.0,\n1,19,,,2.5\n2,29,,1.5,\n2,29,0.5,,2.0\n"
    )
    path.write_text(text)
    records = [*taken(followed), *followed.rest()]
    assert {record.generation for record in [*first, *records] if isinstance(record, Epoch)} == {1}
    kept = (followed._run.run_dir / "epochs.jsonl").read_text().splitlines()
    assert len({json.loads(line)["epoch"] for line in kept}) == len(kept), "none stands there twice"


@pytest.mark.parametrize(
    ("row", "begins_anew"),
    [
        ({"step": 6, "val_loss": 2.0}, True),
        ({"step": 6, "val_acc": 0.5}, True),
        ({"step": 6, "train_acc": 0.5}, False),
        ({"step": 6, "loss": 2.0, "val_acc": 0.5}, False),
        ({"step": 6, "speed": 3.0}, False),
    ],
)
def test_steps_that_are_followed_by_a_first_validation_were_read_wrongly(row, begins_anew, tmp_path, follow):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f'{{"step": {n}, "loss": {3 - n / 10}}}\n' for n in range(1, 6)))
    followed = follow(path)
    list(followed.read(1.0))
    assert followed.mapping.train_only and followed.mapping.shape == "events" and not followed.begins_anew
    path.open("a").write(json.dumps(row) + "\n")
    list(followed.read(1.0))
    assert followed.begins_anew is begins_anew


def test_epochs_that_are_followed_by_a_first_validation_were_epochs(tmp_path, follow):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f'{{"epoch": {n}, "step": {n}, "loss": {3 - n / 10}}}\n' for n in range(1, 6)))
    followed = follow(path)
    list(followed.read(1.0))
    path.open("a").write('{"epoch": 6, "step": 6, "val_loss": 2.0}\n')
    list(followed.read(1.0))
    assert not followed.begins_anew


def test_a_train_loss_alone_begins_nothing_anew(tmp_path, follow):
    path = table(tmp_path / "t.csv", "1,2.5,3.0")
    followed = follow(path)
    records = list(followed.read(1.0))
    assert not followed.begins_anew and all(isinstance(record, (Epoch, Step)) for record in records)
    followed.close()
