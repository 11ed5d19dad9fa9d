"""Objects out of JSON text: an array's elements however the file is cut into pieces, and the numbers of an object."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.importers import json_objects
from monitor.importers.items import Unread
from monitor.importers.json_objects import DEEPEST, MOST_NUMBERS, Elements, numbers_of, parse
from monitor.run_dir.errors import UnreadableRunError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def elements(path, key=""):
    return [each[1] for each in Elements(path, key).read() if not isinstance(each, Unread)]


def unread(path, key=""):
    return [each.reason for each in Elements(path, key).read() if isinstance(each, Unread)]


@settings(max_examples=40)
@given(st.lists(VALUES, max_size=5), st.integers(1, 9), st.sampled_from([None, 1]))
def test_a_file_cut_into_any_pieces_holds_the_same_elements(tmp_path_factory, values, piece, indent):
    path = tmp_path_factory.getbasetemp() / "elements.json"
    path.write_text(json.dumps({"a": "[1, 2", "log": values}, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_objects, "CHUNK_CHARACTERS", piece)
        assert elements(path, "log") == values and unread(path, "log") == []
    path.write_text(json.dumps(values, indent=indent), encoding="utf-8")
    assert elements(path) == values


def test_an_element_is_known_by_its_line(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[\n  1,\n  {"b":\n 2},\n  3]\n')
    assert list(Elements(path, "").read()) == [(2, 1), (3, {"b": 2}), (5, 3)]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"logs": [1]}', '{"log": 3, "x": [1]}', '{"log": "x", "y": [1]}', "no JSON"]
)
def test_a_file_without_that_array_says_so(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    assert elements(path, "log") == [] and unread(path, "log") == ["it has no array 'log'"]


@pytest.mark.parametrize(("text", "whole"), [("[1, 2, {", [1, 2]), ("[1, 2", [1]), ("[1, x, 3]", [1]), ("[", [])])
def test_what_comes_before_the_place_where_it_is_cut_off_is_read(tmp_path, text, whole):
    path = tmp_path / "a.json"
    path.write_text(text)
    assert elements(path) == whole and unread(path) == ["it is cut off or no JSON from here on"]


def test_a_folder_is_no_file_and_a_missing_one_cannot_be_read(tmp_path):
    with pytest.raises(UnreadableRunError, match="is no file"):
        elements(tmp_path)
    with pytest.raises(UnreadableRunError, match="cannot be read: No such file"):
        elements(tmp_path / "none.json")


def test_python_s_nan_is_a_number_and_nonsense_a_value_error():
    assert math.isnan(parse('{"loss": NaN}')["loss"]) and parse("-Infinity") == -math.inf
    for text in ("", "{", "{'a': 1}", "nan", "[" * 100_000):
        with pytest.raises(ValueError):
            parse(text)


def test_words_truth_values_and_pictures_are_no_numbers():
    assert (
        numbers_of({"note": "3", "ok": True, "none": None, "list": [1.0], "image": {"_type": "image", "size": 3}}) == {}
    )


def test_numbers_of_inner_objects_are_named_by_their_way_down():
    assert numbers_of({"val": {"loss": 2, "top": {"1": 0.5}}, "lr": "NaN"}) == pytest.approx(
        {"val/loss": 2.0, "val/top/1": 0.5, "lr": math.nan}, nan_ok=True
    )
    assert numbers_of({"a": "3.5", "b": "x"}, texts=True) == {"a": 3.5}


def test_neither_depth_nor_number_is_without_a_bound():
    deep = 1.0
    for _ in range(DEEPEST + 1):
        deep = {"a": deep}
    assert numbers_of(deep) == {"a/a/a/a/a": 1.0}
    assert numbers_of({"a": deep}) == {}
    assert len(numbers_of({str(number): number for number in range(MOST_NUMBERS + 5)})) == MOST_NUMBERS
    assert numbers_of({"huge": 10**400, "small": 1}) == {"small": 1.0}
