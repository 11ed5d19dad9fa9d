"""What takes an export: a folder that it makes, and a library that may be missing."""

import pytest

from monitor.frames.exports.sink import Sink, require
from monitor.run_dir.errors import RefusedError


class Nothing(Sink):
    def write(self, points, snapshot):
        """Keeps none."""


def test_the_folder_is_made_with_those_above_it_and_may_be_there(tmp_path):
    sink = Nothing(tmp_path / "a" / "b", "owl")
    assert (sink.out, sink.name, sink.library) == (tmp_path / "a" / "b", "owl", "")
    assert not sink.out.exists()
    sink.begin({})
    assert sink.out.is_dir()
    sink.begin({"lr": 0.1})
    sink.close("finished")
    assert list(sink.out.iterdir()) == []


def test_a_sink_must_say_how_it_writes(tmp_path):
    with pytest.raises(TypeError, match="write"):
        Sink(tmp_path, "owl")


def test_a_library_that_is_missing_is_named_with_what_to_install():
    require("", "csv")
    require("json", "json")
    with pytest.raises(
        RefusedError,
        match=r"^--to other is written with no_such_library, which is not installed here: "
        r"pip install no_such_library$",
    ):
        require("no_such_library", "other")
