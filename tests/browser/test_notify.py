"""Messages of the browser: only after consent, only while the page is in the background; a check from the page."""

import pytest

from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_page_states import open_run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

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
        wait_until(lambda: page.locator("[data-testid=toast]").count() > 0, 20, "no flag opened")


def test_nobody_is_asked_or_told_anything_unasked(dashboard, tab):
    page = browser_that_answers(tab(), "granted")
    for _ in flag_opens(dashboard, page, "unasked", away=True):
        pass
    assert page.evaluate("() => window.asked") == 0 and told(page) == []


def test_after_consent_a_flag_is_told_once_while_the_page_is_in_the_background(dashboard, tab):
    page = browser_that_answers(tab(), "granted")
    for _ in flag_opens(dashboard, page, "consent", away=True):
        page.get_by_test_id("btn-notify").click()
        page.get_by_test_id("btn-notify").filter(has_text="Notifying").wait_for()
    wait_until(lambda: told(page), 10, "nothing was told")
    titles = [title for title, _ in told(page)]
    assert len(titles) == len(set(titles)) and all(title.endswith("· consent") for title in titles)
    assert "Val loss is 1." in str(told(page))


def test_before_the_persons_eyes_there_is_a_toast_and_no_message(dashboard, tab):
    page = browser_that_answers(tab(), "granted")
    for _ in flag_opens(dashboard, page, "watched-one", away=False):
        page.get_by_test_id("btn-notify").click()
        page.get_by_test_id("btn-notify").filter(has_text="Notifying").wait_for()
    assert told(page) == []
    page.get_by_test_id("btn-notify").click()
    page.get_by_test_id("btn-notify").filter(has_text="Notify me").wait_for()


def test_a_browser_that_refuses_says_so(dashboard, tab, sick):
    page = browser_that_answers(tab(), "denied")
    open_run(page, dashboard, sick)
    page.get_by_test_id("btn-notify").click()
    wait_until(lambda: "refused" in page.get_by_test_id("btn-notify").get_attribute("title"), 10, "nothing was said")
    assert page.get_by_test_id("btn-notify").inner_text() == "Notify me"


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
