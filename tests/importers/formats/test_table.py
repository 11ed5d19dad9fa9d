"""A table of epochs in a text, line by line."""

import pytest

from monitor.importers.formats.table import Table, header_of, row_of
from monitor.importers.items import Aside, Row, Unread
from monitor.run_dir.errors import UnreadableRunError


def read(tmp_path, text, name="history.csv"):
    (tmp_path / name).write_text(text)
    return list(Table(tmp_path / name).items())


def values(items):
    return [dict(item.values) for item in items if isinstance(item, Row)]


@pytest.mark.parametrize("head", [b"", b"\0\1epoch,loss", b"one"])
def test_what_is_no_table_has_no_names_or_one(head):
    assert len(header_of(head)) < 2


def test_names_are_read_through_a_mark_of_the_encoding_quotes_and_any_delimiter():
    assert header_of(b"\xef\xbb\xbfepoch;val loss\n1;2") == ["epoch", "val loss"]
    assert header_of(b'epoch,"loss, val"\n') == ["epoch", "loss, val"]


@pytest.mark.parametrize(
    ("head", "name", "more_than"),
    [(b"epoch,loss\n", "a.csv", 0.3), (b"epoch,loss\n", "a.txt", 0.2), (b"x,y\n", "a.csv", 0.05)],
)
def test_a_table_with_known_names_fits_better_and_never_best(tmp_path, head, name, more_than):
    assert more_than < Table.fits(tmp_path / name, head) <= 0.4
    assert Table.fits(tmp_path / "a.txt", b"a line of text") == 0.0


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_file_without_a_table_is_refused(tmp_path, text):
    with pytest.raises(UnreadableRunError, match="holds no table"):
        read(tmp_path, text)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_rows_are_numbers_under_their_names_with_their_lines(tmp_path, mark):
    items = read(tmp_path, "epoch,loss,note\n\n1,2.5,good\n2,nan,\n".replace(",", mark))
    assert [item.line for item in items] == [3, 4]
    assert repr(values(items)) == repr([{"epoch": 1.0, "loss": 2.5}, {"epoch": 2.0, "loss": float("nan")}])


def test_a_header_in_the_middle_names_what_follows(tmp_path):
    items = read(tmp_path, "epoch,loss,acc\n1,2.5,0.1\nepoch,acc,loss\n1,0.2,2.0\n")
    assert values(items) == [{"epoch": 1, "loss": 2.5, "acc": 0.1}, {"epoch": 1, "acc": 0.2, "loss": 2.0}]


def test_a_torn_line_and_a_line_of_words_are_told(tmp_path):
    items = read(tmp_path, "epoch,loss,acc\n1,2.5,0.1\nbest,2.5,0.1\nx,y,z\n2,2.")
    assert [item.sentence for item in items if isinstance(item, Unread)] == [
        "Line 3: 'best' stands where the epoch should.",
        "Line 4: 'x' stands where the epoch should.",
        "Line 5: 2 of 3 cells.",
    ]


def test_percent_and_bold_are_read_and_a_share_says_that_it_is_one():
    row = row_of(3, ["epoch", "wer", "acc"], ["**3**", "`41.5 %`", "0.5"])
    assert (dict(row.values), row.percents) == ({"epoch": 3.0, "wer": 41.5, "acc": 0.5}, frozenset({"wer"}))


def test_the_bounds_of_a_chart_are_no_values_and_a_row_without_numbers_is_none():
    assert dict(row_of(1, ["step", "a - loss", "a - loss__MIN"], ["1", "2", "3"]).values) == {"step": 1, "a - loss": 2}
    assert row_of(1, ["loss", "acc"], ["", "–"]) == Unread(1, "no number in it")


def test_a_column_that_names_the_split_gives_each_row_its_own(tmp_path):
    items = read(tmp_path, "epoch,split,loss\n1,train,2.5\n1,val,3.0\n")
    assert [[name for name in each if "loss" in name] for each in values(items)] == [["train/loss"], ["val/loss"]]


def test_catboosts_tables_have_their_split_in_the_name_of_the_file(tmp_path):
    assert values(read(tmp_path, "iter\tRMSE\n0\t2.5\n", "test_error.tsv"))[0].get("val/RMSE") == 2.5


def test_the_summary_of_a_whole_training_is_said_beside_it(tmp_path):
    [item] = read(tmp_path, "epoch,train_runtime,train_loss\n3,55.0,2.0\n")
    assert isinstance(item, Aside) and "55 s" in item.text


def test_columns_without_a_name_are_counted(tmp_path):
    assert values(read(tmp_path, "epoch,,loss\n1,7,2.5\n")) == [{"epoch": 1, "column 2": 7, "loss": 2.5}]
