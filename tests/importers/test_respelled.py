"""Signs of bars and rules that a shell has stored in another code page."""

import pytest

from monitor.importers.free_text.respelled import SIGNS, respelled


@pytest.mark.parametrize("page", ["cp437", "cp850"])
def test_every_sign_comes_back_from_a_page_that_knows_every_byte(page):
    for sign in SIGNS:
        assert respelled(f"a {sign.encode().decode(page)} 3/7") == f"a {sign} 3/7"


def test_windows_1252_has_five_bytes_without_a_letter_and_is_read_all_the_same():
    stored = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in "━━╸".encode())
    assert stored.startswith("â") and respelled(f"Epoch 3 {stored} 5/9") == "Epoch 3 ━━╸ 5/9"


@pytest.mark.parametrize("line", ["epoch 3 ━━━ loss 0.5", "âge moyen 3", "Ôter 4", "Γ = 0.99", "plain loss 1.0", ""])
def test_a_line_without_such_signs_stays_as_it_is(line):
    assert respelled(line) == line
