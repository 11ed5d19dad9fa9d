"""One table of words for numbers: what Python writes on page, terminal and messages, the browser's code writes too."""

import json
import math
import random
import re
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright._impl._driver import compute_driver_executable

from monitor.run_dir import words
from monitor.ui import assets

CASES = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
TABLE = [(name, given, expected) for name, cases in CASES.items() for given, expected in cases]
NUMBERS = ("number", "signed", "points", "signed_points", "percent", "age", "size")
ON_THE_SERVER = ("signed", "signed_points")
"""The page shows no such number that it has not been sent as text."""
ANY = st.none() | st.floats() | st.integers(-(2**70), 2**70)
ORDINARY = st.floats(-1e12, 1e12)
DIGITS = str.maketrans({"−": "-", ",": ""})


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def arguments(given):
    """The arguments of a case; "nan" and "inf" stand for numbers that JSON does not have."""
    values = given if isinstance(given, list) else [given]
    return [float(value) if value in ("nan", "inf", "-inf") else value for value in values]


def in_the_browser(cases):
    """What static/words.js makes of (function, arguments), run by the node that the playwright package brings."""
    asked = [[f"{re.sub('_(.)', lambda found: found[1].upper(), name)}", given] for name, given in cases]
    call = "(name) => eval(`typeof ${name}Words`) === 'function' ? eval(`${name}Words`) : eval(name)"
    script = (assets.STATIC / "words.js").read_text(encoding="utf-8")
    code = f"{assets.constants()}\n{script}\nconst of = {call};\n"
    code += f"const said = {json.dumps(asked)}.map(([name, given]) => of(name)(...given));\n"
    code += "console.log(JSON.stringify(said));"
    node = compute_driver_executable()[0]
    done = subprocess.run([node, "-"], input=code, capture_output=True, text=True, check=True, env={"TZ": "UTC"})
    return json.loads(done.stdout)


@pytest.mark.parametrize(("name", "given", "expected"), TABLE)
def test_python_writes_what_the_table_says(name, given, expected):
    assert getattr(words, name)(*arguments(given)) == expected


def test_the_browser_writes_what_the_table_says():
    table = [case for case in TABLE if case[0] not in ON_THE_SERVER]
    asked = [(name, given if isinstance(given, list) else [given]) for name, given, _ in table]
    wrong = [(case, said) for case, said in zip(table, in_the_browser(asked), strict=True) if said != case[2]]
    assert wrong == []


def test_python_and_browser_agree_on_many_numbers_of_every_size():
    draw = random.Random(7)
    values = [draw.uniform(-1, 1) * 10 ** draw.uniform(-12, 15) for _ in range(400)]
    values += [draw.randint(1, 10 ** draw.randint(1, 8)) / 2 ** draw.randint(0, 8) for _ in range(400)]
    asked = [(name, [value]) for name in NUMBERS if name not in ON_THE_SERVER for value in values]
    assert in_the_browser(asked) == [getattr(words, name)(*given) for name, given in asked]


@given(ANY)
def test_no_number_raises_and_none_reads_as_zero_but_zero(value):
    for name in NUMBERS:
        assert getattr(words, name)(value)
    if value and math.isfinite(value):
        assert re.search("[1-9]", words.number(value)) and re.search("[1-9∞]", words.percent(value))


@given(ORDINARY, ORDINARY)
def test_larger_numbers_never_read_as_smaller_ones(one, other):
    low, high = sorted((one, other))
    for write in (words.number, words.signed, words.points):
        assert float(write(low).translate(DIGITS)) <= float(write(high).translate(DIGITS))


@given(st.floats(-1e9, 1e9))
def test_a_number_reads_back_to_half_a_percent_of_itself_or_a_hundredth(value):
    assert float(words.number(value).translate(DIGITS)) == pytest.approx(value, rel=0.05, abs=0)
    if abs(value) >= 1:
        assert float(words.number(value).translate(DIGITS)) == pytest.approx(value, rel=0.006)


SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def seconds(text):
    parts = re.findall(r"(\d+) (\w+)", text)
    return sum(int(amount) * SECONDS[unit] for amount, unit in parts)


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_ages_keep_their_order_and_never_count_sixty_minutes(one, other):
    low, high = sorted((one, other))
    for write in (words.age, words.coarse_age):
        assert seconds(write(low)) <= seconds(write(high)) or write(low).startswith("<")
        assert not re.search(r"\b(6\d|[7-9]\d) min|\b0 min", write(low))
    assert seconds(words.age(low)) == pytest.approx(low, rel=0.35, abs=0.5)


@given(st.floats(0, 1e15), st.floats(0, 1e15))
def test_sizes_never_reach_1024_of_a_unit(one, _):
    amount, unit = words.size(one).split()
    assert float(amount) < 1024 or unit == "TiB"


@pytest.mark.parametrize(
    ("secs", "said"),
    [
        (-3, "< 1 min"),
        (59.9, "< 1 min"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (172_799, "47 h"),
        (172_800, "2 d"),
    ],
)
def test_a_coarse_age_changes_with_full_units_only(secs, said):
    assert words.coarse_age(secs) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (3.0, "3"),
        (0.5, "0.5"),
        (1e-4, "0.0001"),
        (2_000_000.0, "2000000"),
        ("adam", "adam"),
        (True, "True"),
        (7, "7"),
        (math.nan, "nan"),
    ],
)
def test_settings_and_epochs_are_written_as_they_were_given(value, said):
    assert words.plain(value) == said


def test_moments_are_local_times():
    assert words.stamp(1_772_582_399.0) == "2026-03-03 23:59:59"
    assert words.age_at(None, 5.0) == "–" and words.age_at(2.0, 5.0) == "3 s"


def test_a_sentence_ends_with_one_mark():
    assert words.sentence("Failed: no room") == "Failed: no room."
    assert words.sentence("Failed: no room.") == "Failed: no room."


def test_what_is_dated_ahead_of_the_clock_has_no_age():
    assert (words.ago(3.0), words.ago(-1.0)) == ("3 s ago", "0 s ago")
    assert words.ago(-720.0) == "dated 12 min ahead of this clock"
    assert (words.age_at(10.0, 13.0), words.age_at(1000.0, 13.0)) == ("3 s", "ahead")


@pytest.mark.parametrize(
    ("epoch", "planned", "text"),
    [(12.0, 60, "12/60"), (60.0, 60, "60/60"), (15.0, 10, "15"), (15.0, None, "15"), (0.0, 10, "0/10")],
)
def test_more_epochs_than_were_planned_are_not_so_many_of_them(epoch, planned, text):
    assert words.epoch_of(epoch, planned) == text


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(0.05, "5.0 % above"), (9.994, "999.4 % above"), (152.361, "153 times"), (math.nan, "NaN above")],
)
def test_what_is_many_times_its_best_is_said_in_times(ratio, said):
    assert words.above(ratio) == said


def test_a_number_in_a_flag_is_written_as_on_its_tile():
    for value in (2.6, 0.3, 12.24, 517.4, 1.5e6):
        assert words.brief(value) == words.number(value)
    assert [words.brief(value) for value in (21.0, 0.0, -3.0, 123456.0, "GRAU")] == ["21", "0", "−3", "123456", "GRAU"]


def test_a_limit_claims_no_digits_that_it_has_not():
    assert [words.limit(value) for value in (1.0, 0.25, 12.0, 69.0, 1.5e6)] == ["1.0", "0.25", "12", "69", "1.5e6"]


@given(st.floats(-3, 3), st.floats(-3, 3), st.booleans(), st.integers(0, 2))
def test_a_difference_is_the_one_that_a_reader_gets_from_the_two_values(before, after, in_points, more):
    one, other, apart = words.agreeing(before, after, in_points, more)
    read = [float(text.translate(DIGITS)) for text in (one, other, apart)]
    scale = 100 if in_points else 1
    assert read[:2] == pytest.approx([scale * before, scale * after], abs=0.051)
    if not any("e" in text for text in (one, other, apart)):
        decimals = min(len(text.partition(".")[2]) for text in (one, other))
        assert abs(read[2] - (read[1] - read[0])) <= 0.5 * 10**-decimals + 1e-9


def test_two_values_and_their_difference_get_another_digit_only_where_rounding_would_contradict():
    assert words.agreeing(0.694, 0.774, True) == ("69.4", "77.4", "+8.0")
    assert words.agreeing(0.694358, 0.773606, True) == ("69.44", "77.36", "+7.92")
    assert words.agreeing(0.694358, 0.773606, True, more=0) == ("69.4", "77.4", "+8.0")
    assert words.agreeing(4.4e-7, 3.51e-7) == ("4.4e−7", "3.5e−7", "−8.9e−8")
    assert words.agreeing(50914.3, 32467.8) == ("50914.3", "32467.8", "−18446.5")
    assert words.agreeing(0.914236, 0.456566, True) == ("91.42", "45.66", "−45.76")
    assert words.agreeing(0.5, 0.5) == ("0.50", "0.50", "0")
