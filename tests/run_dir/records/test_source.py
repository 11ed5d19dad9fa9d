"""source.json and reading.json: a follower goes on from what stands there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records import source
from monitor.run_dir.records.coding import decode, encode
from monitor.run_dir.records.source import Place, ReadingWord, Source
from tests.run_dir.records.made import comes_back, few, made, records_of


@pytest.mark.parametrize("kind", records_of(source))
@few
@given(data=st.data())
def test_every_record_comes_back(kind, data):
    assert comes_back(data.draw(made(kind)))


def test_a_place_beyond_four_gigabytes_and_any_inode_come_back():
    place = Place(device=2**40, inode=2**62, offset=2**50, lines=10**9)
    assert decode(encode(Source(path="a", format="log", places={"a": place})), Source).places["a"] == place


def test_a_file_that_was_never_read_is_read_from_its_beginning():
    place = decode(b'{"path": "a", "format": "log", "places": {"b": {}}}', Source).places["b"]
    assert (place.device, place.inode, place.offset, place.lines) == (0, 0, 0, 0)


def test_a_word_on_the_reading_lets_it_be_followed_unless_it_says_otherwise():
    assert decode(b'{"by": "ann", "at": 1}', ReadingWord).follow
    assert json.loads(encode(ReadingWord(by="ann", at=1.0))).keys() == set(ReadingWord.__struct_fields__)
