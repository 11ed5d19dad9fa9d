"""`link`: makes, lists and revokes the links of people, and prints a token once."""

import json
import shlex

import pytest

from monitor.commands import link
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError, UsageError
from monitor.ui import links, people

pytestmark = pytest.mark.usefixtures("own_state")
NOW = 1_800_000_000.0


@pytest.fixture
def folder(runs_by_default, monkeypatch):
    monkeypatch.setattr(link, "now", lambda: NOW)
    return runs_by_default


def document(capsys, **options):
    capsys.readouterr()
    assert link.run(**options, as_json=True) == EXIT_OK
    return json.loads(capsys.readouterr().out)


def test_links_are_made_listed_and_revoked(folder, capsys):
    assert link.run() == EXIT_OK
    assert capsys.readouterr().out == "There are no personal links.\n"
    made = document(capsys, name="anna", may="control", days=2.0)
    assert (made["name"], made["may"], made["until"], made["urls"]) == ("anna", "control", NOW + 2 * 86_400, [])
    assert document(capsys)["links"] == [
        {"name": "anna", "may": "control", "made_at": NOW, "until": NOW + 2 * 86_400, "expired": False}
    ]
    assert document(capsys, revoke="anna") == {"version": 1, "revoked": "anna"}
    assert document(capsys)["links"] == []


def test_an_expired_link_is_listed_as_such(folder, capsys, monkeypatch):
    document(capsys, name="anna", days=1.0)
    monkeypatch.setattr(link, "now", lambda: NOW + 86_400)
    assert document(capsys)["links"][0]["expired"] is True
    link.run()
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["who", "may", "made", "until"]
    assert row.startswith("anna  look") and row.endswith("(expired)")


def test_the_token_is_said_once_with_how_to_end_it(folder, capsys):
    link.run(name="anna")
    first, token, unserved, end = capsys.readouterr().out.splitlines()
    assert first.startswith("anna may look until ") and first.endswith("This is shown once:")
    assert token.startswith("  ") and len(token.strip()) > 20
    assert unserved == f"No dashboard has served {folder} so far; the token opens its door once one does."
    assert end == "End it: python -m monitor link --revoke anna"


def test_a_served_folder_has_whole_addresses(folder, capsys, monkeypatch):
    monkeypatch.setattr(links, "person_links", lambda folders, token: [f"http://127.0.0.1:1/?token={token}"])
    made = document(capsys, name="anna")
    assert made["urls"] == [f"http://127.0.0.1:1/?token={made['token']}"]
    link.run(name="anna")
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("  http://127.0.0.1:1/?token=") and len(lines) == 3


@pytest.mark.parametrize("may", ["metrics", "proxy"])
def test_what_opens_no_page_has_no_address(folder, capsys, monkeypatch, may):
    monkeypatch.setattr(links, "person_links", lambda folders, token: ["http://x/"])
    assert document(capsys, name="prom", may=may)["urls"] == []
    link.run(name="prom", may=may)
    said = capsys.readouterr().out
    assert said.startswith(f"prom may {link.MEANING[may]} until ") and "No dashboard has served" not in said
    assert ("Authorization: Bearer TOKEN" in said) is (may == "metrics")


def test_the_command_that_ends_it_names_folders_that_are_not_the_usual_one(folder, tmp_path, capsys):
    other = tmp_path / "two words"
    other.mkdir()
    link.run(runs=[str(other)], name="anna")
    end = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert end[-4:] == ["--revoke", "anna", "--runs", str(other)]
    assert document(capsys)["links"] == []
    assert [each["name"] for each in document(capsys, runs=[str(other)])["links"]] == ["anna"]


def test_what_makes_no_link_is_one_sentence(folder, tmp_path):
    with pytest.raises(UsageError, match="give one of them"):
        link.run(name="anna", revoke="ben")
    with pytest.raises(UnreadableRunError, match=f"There is no folder {tmp_path / 'none'};"):
        link.run(runs=[str(folder), str(tmp_path / "none")], name="anna")
    with pytest.raises(UsageError, match="--may"):
        link.run(name="anna", may="everything")
    assert people.links_to(link.folders_given(None)) == []
