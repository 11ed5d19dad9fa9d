"""Messages of the browser: only after consent, only while the page is in the background; a check from the page."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_accessibility import serious
from tests.browser.test_page_states import open_run

pytestmark = pytest.mark.browser

FAKE = """(answer) => {
  window.asked = 0;
  window.told = [];
  class Fake {
    static permission = "default";
    static async requestPermission() {
      window.asked += 1;
      return (Fake.permission = answer);
    }
    constructor(title, options) { window.told.push([title, options.body]); }
  }
  window.Notification = Fake;
  window.away = false;
  Object.defineProperty(document, "hidden", { get: () => window.away });
}"""


def browser_that_answers(page, answer):
    page.add_init_script(f"({FAKE})({answer!r})")
    return page


def log(run, first, last, gap):
    for epoch in range(first, last + 1):
        run.log_epoch(epoch, train_loss=2 / epoch, val_loss=2 / epoch + gap, val_wer=0.5)


def told(page):
    return page.evaluate("() => window.told")


def flag_opens(dashboard, page, name, away):
    """A run whose gap passes its limit while the page is open, in the background or before the person's eyes."""
    with RunWriter(dashboard.runs / name, epochs=20) as run:
        log(run, 1, 8, 0.1)
        open_run(page, dashboard, name)
        yield
        page.evaluate("(away) => { window.away = away; }", away)
        log(run, 9, 11, 1.5)
        wait_until(lambda: page.locator("[data-testid=toast]").count() > 0, why="no flag opened")


def test_nobody_is_asked_or_told_anything_unasked(dashboard, tab):
    page = browser_that_answers(tab(), "granted")
    for _ in flag_opens(dashboard, page, "unasked", away=True):
        pass
    assert page.evaluate("() => window.asked") == 0 and told(page) == []


def turn_on(page):
    """Opens the dialog, asks the browser, closes it again."""
    page.get_by_test_id("btn-notify").click()
    page.get_by_test_id("notify-browser").click()
    page.get_by_test_id("btn-notify").filter(has_text="Notifying").wait_for()
    page.get_by_test_id("notify").get_by_role("button", name="Close").click()


def test_after_consent_a_flag_is_told_once_while_the_page_is_in_the_background(dashboard, tab):
    page = browser_that_answers(tab(), "granted")
    for _ in flag_opens(dashboard, page, "consent", away=True):
        turn_on(page)
    wait_until(lambda: told(page), why="nothing was told")
    titles = [title for title, _ in told(page)]
    assert len(titles) == len(set(titles)) and all(title.endswith("· consent") for title in titles)
    assert "Val loss is 1." in str(told(page))


def test_before_the_persons_eyes_there_is_a_toast_and_no_message(dashboard, tab):
    page = browser_that_answers(tab(), "granted")
    for _ in flag_opens(dashboard, page, "watched-one", away=False):
        turn_on(page)
    assert told(page) == []
    page.get_by_test_id("btn-notify").click()
    page.get_by_test_id("notify-browser").filter(has_text="Turn off").click()
    page.get_by_test_id("btn-notify").filter(has_text="Notify me").wait_for()


def test_a_browser_that_refuses_says_so_and_names_the_way_out(dashboard, tab, sick):
    page = browser_that_answers(tab(), "denied")
    open_run(page, dashboard, sick)
    page.get_by_test_id("btn-notify").click()
    page.get_by_test_id("notify-browser").click()
    state = page.get_by_test_id("notify-browser-state")
    state.get_by_text("refused by this browser").wait_for()
    state.get_by_text("set Notifications to Allow, and load the page again").wait_for()
    assert page.get_by_test_id("notify-browser").is_hidden(), "a browser that has refused is not asked again"
    assert page.get_by_test_id("btn-notify").inner_text() == "Notify me"


class Hook(BaseHTTPRequestHandler):
    """A webhook on this machine."""

    def do_POST(self):
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words):
        pass


def test_each_channel_is_shown_and_a_test_is_sent_from_the_page(dashboard, tab):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.got = []
    Thread(target=server.serve_forever, daemon=True).start()
    settings = dashboard.runs / "vitalsigns.toml"
    page = tab()
    try:
        with RunWriter(dashboard.runs / "told", epochs=2) as run:
            log(run, 1, 1, 0.1)
        open_run(page, dashboard, "told")
        page.get_by_test_id("btn-notify").click()
        dialog = page.get_by_test_id("notify")
        dialog.get_by_text("so nothing is sent").wait_for()
        assert page.get_by_test_id("notify-test").is_disabled()

        addresses = [f"json://127.0.0.1:{server.server_port}/x", "ntfy://${VITALSIGNS_NO_SUCH_TOPIC}"]
        settings.write_text(f"[notify]\naddresses = {json.dumps(addresses)}\nmin_minutes = 7\n")
        settings.chmod(0o600)
        channels = page.get_by_test_id("channels")
        channels.get_by_text("webhook (1-json)").wait_for()
        channels.get_by_text("the environment has no VITALSIGNS_NO_SUCH_TOPIC").wait_for()
        dialog.get_by_text("At most one message in 7 min about one run").wait_for()
        dialog.get_by_text("This run has no supervisor").wait_for()
        page.get_by_test_id("notify-test").click()
        channels.get_by_text("test delivered").wait_for(timeout=60_000)
        assert [each["title"].startswith("TEST · Vitalsigns") for each in server.got] == [True]
        assert str(server.server_port) not in dialog.inner_text(), "an address is on the page"
        assert serious(page) == []
    finally:
        settings.unlink(missing_ok=True)
        server.shutdown()


def test_a_visitor_who_may_only_look_sends_no_test(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick, look=True)
    page.get_by_test_id("btn-notify").click()
    page.get_by_test_id("notify").get_by_text("What is sent, and when").wait_for()
    assert page.get_by_test_id("notify-test").count() == 0


def test_a_checkpoint_is_checked_from_the_page_and_its_findings_appear(dashboard, tab):
    tiny = ("--train_clips", 24, "--eval_clips", 6, "--hidden_dim", 8, "--width", 0.1, "--device", "cpu")
    run = dashboard.start("checked", "--epochs", 2, *tiny)
    wait_until(lambda: dashboard.states().get(run) == "finished", 90, "the run never finished")
    page = tab()
    open_run(page, dashboard, run)
    page.get_by_test_id("tab-diagnosis").click()
    page.get_by_test_id("btn-check").click()
    page.get_by_text("Checking; the findings will appear above.").wait_for()
    assert page.get_by_test_id("btn-check").is_disabled()
    page.get_by_text("measurements of a checkpoint stand among the evidence").wait_for(timeout=120_000)
    assert list((dashboard.runs / run / "probes").glob("*.json"))
