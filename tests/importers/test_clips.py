"""Printed predictions become clips and decodes, the same whether a log is read at one go or goes on after a restart."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.clips import ClipBook
from monitor.importers.samples import Sample
from monitor.run_dir import CLIPS_FILE, Clip, Decode
from monitor.run_dir.records import encode_line


def records(book, samples):
    return [record for sample in samples for record in book.take(sample)]


def test_predictions_before_the_first_epoch_are_no_decode():
    book = ClipBook()
    assert records(book, [Sample(None, "a b", "a")]) == [Clip(clip_id="sample-1", reference="a b")]
    assert list(book.rest()) == []


def test_a_target_is_one_clip_and_an_epoch_one_decode():
    book = ClipBook()
    found = records(book, [Sample(1.0, "a", "x"), Sample(1.0, "b", "y"), Sample(2.0, "a", "z")])
    assert found == [
        Clip(clip_id="sample-1", reference="a"),
        Clip(clip_id="sample-2", reference="b"),
        Decode(epoch=1.0, generation=1, clip_ids=["sample-1", "sample-2"], hypotheses=["x", "y"]),
    ]
    assert list(book.rest()) == [Decode(epoch=2.0, generation=1, clip_ids=["sample-1"], hypotheses=["z"])]
    assert list(book.rest()) == []


def test_the_same_epoch_of_a_later_start_is_another_decode():
    book = ClipBook()
    list(book.take(Sample(1.0, "a", "x"), generation=1))
    (first,) = book.take(Sample(1.0, "a", "y"), generation=2)
    (second,) = book.rest()
    assert (first.generation, first.hypotheses, second.generation, second.hypotheses) == (1, ["x"], 2, ["y"])


SAMPLES = st.lists(
    st.tuples(st.sampled_from([None, 1.0, 2.0]), st.sampled_from("abc"), st.sampled_from("xy")).map(
        lambda s: Sample(*s)
    ),
    max_size=8,
)


@given(SAMPLES, SAMPLES)
def test_a_restart_between_two_lines_changes_no_record(tmp_path_factory, before, after):
    run_dir = tmp_path_factory.getbasetemp()
    whole = ClipBook()
    expected = [*records(whole, [*before, *after]), *whole.rest()]
    first = ClipBook()
    found = records(first, before)
    clips = [encode_line(record) for record in found if isinstance(record, Clip)]
    (run_dir / CLIPS_FILE).write_bytes(b"".join(clips) + b"torn")
    second = ClipBook(first.memory(), run_dir)
    assert [*found, *records(second, after), *second.rest()] == expected


def test_clips_that_were_written_behind_the_last_commit_are_not_known(tmp_path):
    lines = [encode_line(Clip(clip_id=f"sample-{number}", reference=text)) for number, text in enumerate("ab", 1)]
    (tmp_path / CLIPS_FILE).write_bytes(b"no record\n" + b"".join(lines))
    book = ClipBook({"clips": 1}, tmp_path)
    assert records(book, [Sample(1.0, "a", "x"), Sample(1.0, "b", "x")]) == [Clip(clip_id="sample-2", reference="b")]
