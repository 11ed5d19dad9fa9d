"""Of each table of known crashes: every form has its row, and the nearest other line has none."""

import pytest

from tests.diagnosis.crash_kinds import test_data, test_files, test_gpu, test_machine, test_ranks, test_software
from tests.diagnosis.crash_kinds.rows import names, told

TABLES = [(test_gpu.ALL, test_gpu)] + [
    (table.KINDS, table) for table in (test_data, test_files, test_machine, test_ranks, test_software)
]


@pytest.mark.parametrize(
    ("kinds", "name", "text"), [(kinds, name, text) for kinds, table in TABLES for name, text in table.FORMS]
)
def test_each_form_is_known(kinds, name, text):
    assert names(kinds, text) == name


@pytest.mark.parametrize(("kinds", "text"), [(kinds, text) for kinds, table in TABLES for text in table.SIBLINGS])
def test_the_nearest_other_line_is_none_of_them(kinds, text):
    found = told(kinds, text)
    assert found is None, found
