"""The lines that `serve` prints: where to open the page from here, from a laptop, and what to hand to others."""

import re
from pathlib import Path

import pytest

from monitor.run_dir.folders import folders_of
from monitor.ui.links import has_desktop, links_of, links_text, over_ssh, worth_opening
from monitor.ui.tokens import Tokens
from monitor.writer import RunWriter
from tests.fake_runs import healthy, overfitting

TOKENS = Tokens(control="c0ntrol", look="l00k")
FAR = ("SSH_CONNECTION", "SSH_TTY")


@pytest.fixture(autouse=True)
def here(monkeypatch):
    for name in (*FAR, "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_without_tokens_there_is_one_link_and_no_one_to_show_it_to():
    links = links_of(8501, None)
    assert set(links) == {"open", "ssh"} and links["open"] == "http://127.0.0.1:8501/"
    assert "To show others" not in links_text(links, folders_of([Path("runs")]))


def test_each_link_holds_a_token_of_its_own_and_no_secret_of_the_users():
    links = links_of(8501, TOKENS, "/lab", life="one")
    assert re.fullmatch(r"http://127\.0\.0\.1:8501/lab/\?token=[\w-]{32}", links["open"])
    assert re.fullmatch(r"http://127\.0\.0\.1:8501/lab/\?view_token=[\w-]{32}", links["look"])
    assert links["ssh"].startswith("ssh -N -L 8501:127.0.0.1:8501 ")
    assert not any(secret in text for secret in ("c0ntrol", "l00k") for text in links.values())


def test_a_link_leads_to_one_life_of_one_server_on_one_port():
    def token(tokens=TOKENS, port=8501, life="one"):
        return links_of(port, tokens, life=life)["open"].rpartition("=")[2]

    others = [token(port=8502), token(life="two"), token(Tokens(control="changed", look="l00k"))]
    assert token() == token() and len({token(), *others}) == 4


def test_on_a_desktop_the_page_comes_first_and_the_laptop_last(tmp_path):
    lines = [line.split("  ")[1] for line in links_text(links_of(1, TOKENS), folders_of([tmp_path])).splitlines()[1:]]
    assert lines == ["Open", "To show others", "From a laptop"]


@pytest.mark.parametrize("name", FAR)
def test_over_ssh_the_tunnel_comes_first(tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    lines = [line.split("  ")[1] for line in links_text(links_of(1, TOKENS), folders_of([tmp_path])).splitlines()[1:]]
    assert lines == ["On your laptop", "Then open", "To show others"]


def test_one_run_is_one_run_and_none_are_no_runs(tmp_path):
    assert links_text(links_of(1, None), folders_of([tmp_path])).startswith("Vitalsigns: 0 runs in ")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_text("{}")
    assert links_text(links_of(1, None), folders_of([tmp_path])).startswith("Vitalsigns: 1 run in ")


def test_a_server_in_the_background_says_how_it_is_stopped_with_the_folder_it_serves(tmp_path):
    folder = tmp_path / "two words"
    folder.mkdir()
    assert f"python -m monitor serve --stop --runs '{folder}')" in links_text(
        links_of(1, None), folders_of([folder]), detached=True
    )
    assert "--stop" not in links_text(links_of(1, None), folders_of([folder]))


def test_a_browser_is_opened_only_where_there_is_a_screen_and_nobody_far_away(monkeypatch):
    assert not over_ssh() and not has_desktop()
    monkeypatch.setenv("DISPLAY", ":0")
    assert has_desktop()
    monkeypatch.setenv("SSH_TTY", "/dev/pts/1")
    assert over_ssh() and not has_desktop()


def test_a_run_has_a_link_of_its_own_which_comes_before_that_of_all_runs(tmp_path):
    links = links_of(1, TOKENS, run="demo")
    assert links["run"] == f"{links['open']}&run=demo"
    assert links_of(1, None, run="demo")["run"] == "http://127.0.0.1:1/?run=demo"
    lines = links_text(links, folders_of([tmp_path]), run="demo").splitlines()[1:]
    assert [line.split("  ")[1] for line in lines] == ["Open", "All runs", "To show others", "From a laptop"]
    assert "demo, the newest run" in lines[0]


def test_the_run_worth_opening_is_the_newest_one_at_work_or_the_only_one(tmp_path):
    assert worth_opening(folders_of([tmp_path])) == ""
    assert worth_opening(folders_of([healthy(tmp_path).parent])) == "healthy"
    assert worth_opening(folders_of([overfitting(tmp_path).parent])) == ""
    with RunWriter(tmp_path / "works"):
        assert worth_opening(folders_of([tmp_path])) == "works"
