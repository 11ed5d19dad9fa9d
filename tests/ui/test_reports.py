"""Downloads of a run: its report, its numbers and its log; one at a time, and the same one kept for a moment."""

import asyncio
import os
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from starlette.responses import PlainTextResponse

from monitor.run_dir.folders import Folder, Folders
from monitor.ui import reports
from monitor.ui.reports import ReportRoute, _Desk, _InPieces, _pieces


class Budget:
    """May download, and keeps what a download has cost."""

    def __init__(self, *, may=True):
        self.may, self.paid, self.sent = may, [], []
        self.seconds = SimpleNamespace(take=self.paid.append)

    @contextmanager
    def download(self):
        yield self.may

    async def pieces(self, given):
        for piece in given:
            self.sent.append(piece)
            yield piece


@pytest.fixture
def ask(two_runs, monkeypatch):
    """Downloads by name: (status, headers, body)."""
    route, budget = ReportRoute(Folders((Folder("", two_runs),))), Budget()
    monkeypatch.setattr(reports, "budget_in", lambda scope: budget)

    def asked(name, role="control"):
        heard = []

        async def send(message):
            heard.append(message)

        async def receive():
            await asyncio.sleep(3600)

        scope = {"type": "http", "method": "GET", "path_params": {"name": name}, "headers": [], "vitalsigns_role": role}
        asyncio.run(route(scope, receive, send))
        shown = {key.decode(): value.decode() for key, value in heard[0]["headers"]}
        return heard[0]["status"], shown, b"".join(each.get("body", b"") for each in heard).decode()

    asked.route, asked.budget = route, budget
    return asked


@pytest.mark.parametrize(("form", "kind", "begins"), [("html", "text/html", "<!"), ("md", "text/markdown", "# ")])
def test_a_report_is_a_file_that_this_server_never_shows_itself(form, kind, begins, ask):
    status, headers, body = ask(f"one.{form}")
    assert status == 200 and headers["content-type"].startswith(kind) and body.lstrip().startswith(begins)
    assert headers["content-disposition"] == f'attachment; filename="one-report.{form}"'
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_numbers_and_log_are_sent_in_pieces_which_the_visitor_pays(ask):
    status, headers, body = ask("one.csv")
    assert status == 200 and headers["content-disposition"].endswith('"one.csv"') and "0.5" in body
    assert headers["x-content-type-options"] == "nosniff" and headers["content-type"].startswith("text/csv")
    sent = len(ask.budget.sent)
    assert sent > 0
    status, headers, body = ask("two.log")
    assert (status, body) == (200, "epoch 1\nWARNING: slow\n") and len(ask.budget.sent) == sent + 1
    assert headers["content-disposition"].endswith('"two.log"')
    assert headers["content-type"].startswith("application/octet-stream")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one.pdf", "There is RUN.html, RUN.md, RUN.csv and RUN.log."),
        ("one", ""),
        ("nobody.html", "nobody"),
        ("nobody.csv", "nobody"),
        ("nobody.log", "nobody"),
        ("../one.log", ""),
    ],
)
def test_what_is_not_there_is_a_404_that_says_so(name, said, ask):
    status, _, body = ask(name)
    assert status == 404 and said in body and body


def test_a_log_that_is_no_file_is_not_read(ask, two_runs):
    log = two_runs / "one" / "trainer.log"
    log.unlink()
    assert ask("one.log")[::2] == (404, "one has no log that can be read.")
    log.symlink_to(two_runs / "two" / "trainer.log")
    assert ask("one.log")[0] == 404


def test_who_has_spent_the_budget_is_asked_to_come_again(ask):
    ask.budget.may = False
    status, headers, body = ask("one.html")
    assert (status, headers["retry-after"]) == (429, "3") and body.startswith("Other downloads are being made.")


def test_visitors_who_look_have_a_desk_of_their_own(ask):
    ask.route._desks["look"]._waiting = reports.MOST_WAITING
    assert ask("one.html", "look")[0] == ask("one.html", None)[0] == 429
    assert ask("one.html", "control")[0] == 200


def asked_of(desk, *names, make=lambda: PlainTextResponse("made")):
    budget = Budget()

    async def all_of():
        return [await desk.ask(name, make, budget) for name in names]

    return asyncio.run(all_of()), budget


def test_the_last_download_is_kept_for_a_moment_and_costs_nothing_then(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    times = iter(range(100))
    stand_in = SimpleNamespace(monotonic=lambda: clock.now, thread_time=lambda: float(next(times)))
    monkeypatch.setattr(reports, "time", stand_in)
    desk = _Desk()
    (first, second, third), budget = asked_of(desk, "a", "a", "b")
    assert first is second and third is not first and budget.paid == [1.0, 0.0, 1.0]
    clock.now += reports.KEPT_SECS
    (later,), _ = asked_of(desk, "b")
    assert later is not third and desk._waiting == 0


def test_what_is_read_while_it_is_sent_is_made_each_time():
    answers, _ = asked_of(_Desk(), "a", "a", make=lambda: _InPieces(iter(["x"]), "text/csv", {}))
    assert answers[0] is not answers[1]


def test_where_too_many_wait_the_next_one_is_asked_to_come_again():
    desk = _Desk()
    desk._waiting = reports.MOST_WAITING
    (response,), budget = asked_of(desk, "a")
    assert response.status_code == 429 and budget.paid == [] and desk._waiting == reports.MOST_WAITING


def test_a_desk_is_free_again_after_an_error():
    def broken():
        raise ValueError("broken")

    desk = _Desk()
    with pytest.raises(ValueError, match="broken"):
        asked_of(desk, "a", make=broken)
    assert desk._waiting == 0


def test_a_log_that_grows_is_sent_as_it_was_at_the_request(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "PIECE_BYTES", 4)
    path = tmp_path / "trainer.log"
    path.write_text("0123456789")
    pieces = _pieces(os.open(path, os.O_RDONLY))
    assert next(pieces) == b"0123"
    path.open("a").write("more")
    assert list(pieces) == [b"4567", b"89"]


def test_a_log_that_was_cut_short_meanwhile_ends_there(tmp_path, monkeypatch):
    monkeypatch.setattr(reports, "PIECE_BYTES", 100_000)
    path = tmp_path / "trainer.log"
    path.write_bytes(b"x" * 5_000_000)
    pieces = _pieces(os.open(path, os.O_RDONLY))
    assert len(next(pieces)) == 100_000
    os.truncate(path, 5)
    assert sum(map(len, pieces)) < 4_000_000
