"""docs/page.md tells of every view, key and word of the address that the page has."""

import re
from pathlib import Path

from monitor.ui.assets import script

DOCUMENT = (Path(__file__).resolve().parent.parent.parent / "docs" / "page.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)


def section(title):
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)[1]


def constant(name):
    return re.search(rf"^const {name} = \[\n(.*?)^\];", script(), re.MULTILINE | re.DOTALL)[1]


def test_every_tab_has_its_section_in_the_order_of_the_tabs():
    tabs = re.findall(r'\["\w+", "(\w+)"\]', constant("TABS"))
    assert [title for title in HEADINGS if title in tabs] == tabs


def test_every_key_that_the_help_lists_is_told_and_no_other():
    listed = re.findall(r'^  \["(.+?)", "', constant("KEYS"), re.MULTILINE)
    told = [row.replace("`", "") for row in re.findall(r"^\| (`.+?) \|", section("Keyboard"), re.MULTILINE)]
    assert [key.replace(",", "") for key in told] == [key.replace(",", "") for key in listed]


def test_every_word_of_the_address_is_told_and_no_other():
    read = set(re.findall(r'Address\.read\("(\w+)"\)', script())) | {"run", "range"}
    told = {
        word
        for row in re.findall(r"^\| (`.+?) \|", section("Sharing a view"), re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }
    assert told == read


def test_what_the_header_says_of_a_lost_connection_is_what_the_page_says():
    for words in ("The server has not read this run for", "This page is not connected"):
        assert words in section("Is it live?") and words in script()
