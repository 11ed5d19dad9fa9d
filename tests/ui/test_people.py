"""Links for persons: made, listed, revoked; what is refused; and a tab that comes back by its person's secret."""

import time

import pytest

from monitor.run_dir.audit import read as read_audit
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.folders import folders_of
from monitor.ui import people
from monitor.ui.passes import Passes, tab_answer, tab_secret
from monitor.ui.people import PeopleBook, links_to, make_link, revoke_link
from monitor.ui.tokens import Tokens, load_tokens
from monitor.ui.visitors import Visitors

NOW = 1_800_000_000.0


@pytest.fixture
def folders(tmp_path):
    (tmp_path / "runs").mkdir()
    return folders_of([tmp_path / "runs"])


@pytest.fixture
def where(tmp_path):
    return tmp_path / "state"


def test_a_link_counts_until_its_day_and_until_it_is_revoked(folders, where):
    token = make_link(folders, "ana", "control", 2.0, NOW, where).token
    book, tokens = PeopleBook(folders, where), load_tokens(where)
    assert book.by_token(token, tokens, NOW + 2 * 86_400 - 1).name == "ana"
    assert book.by_token(token, tokens, NOW + 2 * 86_400) is None
    assert book.by_token(token + "x", tokens, NOW) is None
    person = book.by_token(token, tokens, NOW)
    assert book.still(person, tokens, NOW)
    revoke_link(folders, "ana", where)
    assert not book.still(person, tokens, NOW) and links_to(folders, where) == []
    assert [(entry.verb, entry.run_id, entry.result) for entry in read_audit(folders.all[0].path)] == [
        ("link", "ana", "done"),
        ("revoke", "ana", "done"),
    ]


def test_a_second_link_of_a_name_ends_the_first_and_another_folders_stays(folders, where, tmp_path):
    first = make_link(folders, "ana", "look", 1.0, NOW, where).token
    elsewhere = make_link(folders_of([tmp_path]), "ana", "look", 1.0, NOW, where).token
    second = make_link(folders, "ana", "control", 1.0, NOW, where).token
    book, tokens = PeopleBook(folders, where), load_tokens(where)
    assert [book.by_token(each, tokens, NOW) is not None for each in (first, elsewhere, second)] == [False, False, True]
    assert PeopleBook(folders_of([tmp_path]), where).by_token(elsewhere, tokens, NOW) is not None


def test_new_secrets_of_the_owner_end_every_link(folders, where):
    token = make_link(folders, "ana", "look", 1.0, NOW, where).token
    book = PeopleBook(folders, where)
    assert book.by_token(token, load_tokens(where), NOW) is not None
    (where / "tokens.json").unlink()
    assert book.by_token(token, load_tokens(where), NOW) is None and links_to(folders, where) == []


@pytest.mark.parametrize("name", ["", " ana", "ana\n", "a" * 41, "<b>", "a/b", "ana;", "\u202eana", "-"])
def test_a_name_that_could_not_stand_in_the_audit_is_refused(folders, where, name):
    with pytest.raises(UsageError, match="--name"):
        make_link(folders, name, "look", 1.0, NOW, where)


def test_odd_rights_and_days_are_refused(folders, where):
    with pytest.raises(UsageError, match="--may root: must be look, control"):
        make_link(folders, "ana", "root", 1.0, NOW, where)
    for days in (0.0, -1.0, float("nan"), float("inf"), 4000.0):
        with pytest.raises(UsageError, match="--days"):
            make_link(folders, "ana", "look", days, NOW, where)


def test_who_has_no_link_is_told_who_has(folders, where):
    make_link(folders, "ana", "look", 1.0, NOW, where)
    with pytest.raises(RefusedError, match=r"bo has no link to .*; there are those of ana\."):
        revoke_link(folders, "bo", where)


def test_links_are_not_without_end(folders, where, monkeypatch):
    monkeypatch.setattr(people, "MOST_LINKS", 2)
    for name in ("a", "b"):
        make_link(folders, name, "look", 1.0, NOW, where)
    with pytest.raises(RefusedError, match="revoke some first"):
        make_link(folders, "c", "look", 1.0, NOW, where)
    make_link(folders, "b", "control", 1.0, NOW, where)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"key": 1}', "mode", "link"])
def test_a_damaged_or_open_file_lets_nobody_in_and_is_not_replaced(folders, where, damage):
    token = make_link(folders, "ana", "look", 1.0, NOW, where).token
    path, book = where / "links.json", PeopleBook(folders, where)
    if damage == "mode":
        path.chmod(0o644)
    elif damage == "link":
        path.rename(where / "real.json")
        path.symlink_to(where / "real.json")
    else:
        path.write_bytes(damage)
    before = path.read_bytes()
    assert book.by_token(token, load_tokens(where), NOW) is None
    with pytest.raises(RefusedError, match=r"links\.json"):
        make_link(folders, "bo", "look", 1.0, NOW, where)
    assert path.read_bytes() == before


def test_a_tab_of_a_person_comes_back_with_his_secret_and_not_after_his_link_is_over(folders, where):
    make_link(folders, "ana", "look", 1.0, time.time(), where)
    tokens, passes = load_tokens(where), Passes()
    mark, port = links_to(folders, where)[0].mark, 8501
    visitors = Visitors(lambda: tokens, passes, PeopleBook(folders, where))
    scope = {"type": "http", "server": ("127.0.0.1", port), "headers": []}

    def comes_back():
        question = visitors.question()
        return visitors.by_tab(f"{question} {tab_answer(tab_secret(tokens, mark, port), question)}", scope)

    assert (comes_back().name, comes_back().role) == ("ana", "look")
    assert tab_secret(tokens, mark, port) not in (tab_secret(tokens, role, port) for role in ("control", "look"))
    revoke_link(folders, "ana", where)
    assert comes_back() is None


def test_a_mark_is_made_with_the_owners_secret():
    one, two = Tokens("c" * 32, "l" * 32), Tokens("d" * 32, "l" * 32)
    assert people.mark_of("t", one) != people.mark_of("t", two)
