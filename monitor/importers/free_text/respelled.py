"""The signs of bars and rules that a shell has read in another code page: `ÔöüÔöü` is `━━`.

PowerShell does so with what a program writes as UTF-8, before it stores it as UTF-16.
"""

from __future__ import annotations

import re

SIGNS = "━─═█▉▊▋▌▍▎▏▓▒░│┃║╸╺┏┓┗┛┌┐└┘├┤┬┴┼┡╇┩→"
PAGES = ("cp437", "cp850", "cp1252")
BEGINS = ("Ô", "Γ", "â")
"""What the first byte of each such sign becomes in these code pages."""


def _misread(sign: str, page: str) -> str:
    """A sign as a code page reads its bytes; bytes that mean nothing there stand for themselves."""
    return "".join(bytes([byte]).decode(page, "ignore") or chr(byte) for byte in sign.encode())  # 0x81 in Windows-1252


_SIGN_OF = {_misread(sign, page): sign for page in PAGES for sign in SIGNS}
_MISREAD = re.compile("|".join(map(re.escape, _SIGN_OF)))


def respelled(line: str) -> str:
    """The line with such signs as they were."""
    if not any(begin in line for begin in BEGINS):
        return line
    return _MISREAD.sub(lambda found: _SIGN_OF[found[0]], line)
