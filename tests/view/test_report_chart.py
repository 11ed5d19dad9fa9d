"""The axes of a report's chart: a handful of lines whatever the numbers are, and zero among them."""

import math

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.view.report.chart import Scale

ANY = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(ANY, ANY), min_size=1, max_size=6))
@example([(1.0, -21.0), (2.0, -21.0)])
@example([(1e300, -1e12)])
def test_whatever_the_numbers_are_the_axes_have_a_handful_of_names(points):
    scale = Scale(points, percent=False)
    assert scale.low <= 0.0 <= scale.high
    assert math.isinf(scale.high - scale.low) or 2 <= len(list(scale.levels())) <= 12
    assert len(list(scale.epochs())) <= 12


def test_a_reward_that_never_rises_lies_at_the_lower_edge():
    names = [name for _, name in Scale([(1.0, -21.0), (2.0, -21.0)], percent=False).levels()]
    assert names[0] == "-30" and names[-1] == "0"
