"""A size reads the same wherever it stands: page and server write it alike."""

import pytest

from monitor.run_dir.status import bytes_words
from tests.browser.conftest import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SIZES = [0, 1, 999, 1000, 1023, 1024, 1536, 10_000, 2**20 - 1, 2**20, 24 * 2**30, 26 * 10**9, 3 * 2**40, 2**53]


def test_page_and_server_write_every_size_alike(tab):
    words = (ROOT / "monitor" / "ui" / "static" / "words.js").read_text(encoding="utf-8")
    said = tab().evaluate(f"(sizes) => {{ {words}; return sizes.map(bytesWords); }}", SIZES)
    assert said == [bytes_words(size) for size in SIZES]
