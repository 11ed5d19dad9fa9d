"""Long series in little memory: what is read of them is what was put in, to the bit."""

import math
import random
import time
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir import Decode, Epoch, Step, encode_line
from monitor.run_dir.columns import FIELDS, ROWS, GrowingDecodes, GrowingSteps, Steps, Texts, names_of, values_of
from monitor.run_dir.reader import RunReader

ODD = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.5, 1e300)


def logged(count, seed=0):
    """Steps of every kind: equal, rare, absent and odd values, numbers too large for eight bytes."""
    noise = random.Random(seed)
    for step in range(count):
        metrics = {"rare/one": noise.random()} if step % 977 == 0 else {}
        if step > ROWS:
            metrics["later"] = noise.choice(ODD)
        yield Step(
            step=2**70 if step == ROWS + 1 else step,
            epoch=step // 1000,
            at=1e9 + step,
            train_loss=noise.choice((None, *ODD)),
            lr=1e-3,
            grad_norm=noise.random() if step < ROWS else None,
            device_memory_bytes=2**40 if step % 2 else None,
            metrics=metrics,
        )


def text_of(steps):
    """By their text, as no NaN equals another and -0.0 equals 0.0; a record's metrics have no order."""
    return repr([msgspec.structs.replace(step, metrics=dict(sorted(step.metrics.items()))) for step in steps])


def grown(records, at_once=700):
    growing = GrowingSteps()
    for begin in range(0, len(records), at_once):
        growing.extend(records[begin : begin + at_once])
    return growing.frozen()


@pytest.fixture(scope="module")
def records():
    return tuple(logged(2 * ROWS + 300))


def test_what_is_read_is_what_was_put_in(records):
    steps = grown(records)
    assert isinstance(steps, Steps) and len(steps) == len(records)
    assert text_of(steps) == text_of(records)
    places = [0, 1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS, len(records) - 1, -1, -len(records)]
    assert text_of(steps[place] for place in places) == text_of(records[place] for place in places)
    with pytest.raises(IndexError):
        steps[len(records)]


@pytest.mark.parametrize(
    "part",
    [
        slice(0, 0),
        slice(5),
        slice(-5, None),
        slice(ROWS, 2 * ROWS),
        slice(ROWS - 3, 2 * ROWS + 9),
        slice(9, 3),
        slice(None, None, -1000),
        slice(2 * ROWS + 1, 2 * ROWS + 4),
    ],
)
def test_a_part_is_the_part_of_a_tuple_and_parts_have_parts(records, part):
    seen = grown(records)[part]
    assert text_of(seen) == text_of(records[part]) and len(seen) == len(records[part])
    assert text_of(seen[1:-1]) == text_of(records[part][1:-1])
    for name in (*FIELDS, "rare/one", "later", "never"):
        assert repr(list(values_of(seen, name))) == repr(list(values_of(records[part], name)))
    assert set(names_of(seen)) == set(names_of(records[part]))


def test_names_come_in_the_order_in_which_they_were_first_logged():
    records = [Step(step=n, metrics={"b": 1.0} if n else {"c": 1.0, "a": 2.0}) for n in range(ROWS + 2)]
    assert names_of(grown(records)) == names_of(records) == ["c", "a", "b"]


def test_what_stands_for_the_steps_so_far_stays_as_it_was_while_more_come(records):
    growing = GrowingSteps()
    growing.extend(records[: ROWS - 1])
    before = growing.frozen()
    growing.extend(records[ROWS - 1 :])
    assert text_of(before) == text_of(records[: ROWS - 1])
    assert before != growing.frozen() and text_of(growing.frozen()) == text_of(records)


def test_a_hundred_thousand_steps_take_few_bytes(tmp_path):
    (tmp_path / "epochs.jsonl").touch()
    lines = (Step(step=n, epoch=1, at=1e9 + n, train_loss=1 / (n + 1), lr=1e-3) for n in range(100_000))
    (tmp_path / "steps.jsonl").write_bytes(b"".join(map(encode_line, lines)))
    tracemalloc.start()
    seen = RunReader(tmp_path).read(time.time())
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(seen.steps) == 100_000
    # Step, time and loss are eight bytes each; a piece of the file and its lines come and go.
    assert held < 4_500_000 and most < 25_000_000


def test_a_malformed_line_among_many_costs_that_line_alone(tmp_path):
    (tmp_path / "epochs.jsonl").write_bytes(encode_line(Epoch(epoch=1)))
    lines = [encode_line(Step(step=n)) for n in range(3000)]
    lines[1500:1500] = [b"no step\n", b"\n", b'{"step": 7, "train_loss": NaN}\n']
    (tmp_path / "steps.jsonl").write_bytes(b"".join(lines))
    seen = RunReader(tmp_path).read(time.time())
    assert [(each.file, each.line) for each in seen.problems] == [("steps.jsonl", 1501)]
    assert len(seen.steps) == 3001 and seen.steps[1500].step == 7 and math.isnan(seen.steps[1500].train_loss)


@given(st.lists(st.text(max_size=12)))
def test_texts_are_the_list_that_they_stand_for(texts):
    packed = Texts(texts)
    assert packed == texts == list(packed) and texts == packed and repr(packed) == repr(texts)
    assert [packed[place] for place in range(-len(texts), len(texts))] == 2 * texts
    assert packed[1:] == texts[1:] and packed == Texts(texts) and packed != Texts([*texts, ""])


def test_decodes_keep_what_was_said_and_one_list_of_ids():
    decodes = [
        Decode(
            epoch=n, hypotheses=["REGEN\nWIND", "", f"Ü {n}"], adjusted=["a"] if n else None, clip_ids=["x", "y", "z"]
        )
        for n in range(3)
    ]
    growing = GrowingDecodes()
    growing.extend(decodes)
    seen = growing.frozen()
    assert list(seen) == decodes and len({id(each.clip_ids) for each in seen}) == 1
    growing.extend([msgspec.structs.replace(decodes[0], clip_ids=["z"])])
    assert growing.frozen()[-1].clip_ids == ["z"] and seen[0].clip_ids == ["x", "y", "z"]
