"""Predictions in the browser: the decoder's switch, and words that keep their shape on a phone."""

import pytest

from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_page_states import open_run, sideways

pytestmark = pytest.mark.browser

REFERENCES = ["MORGEN REGEN NORD", "SONNE", "WIND SUED"]


@pytest.fixture(scope="module")
def filtered(dashboard):
    """A run whose user's filter empties one of three predictions that unfiltered are half right."""
    with RunWriter(dashboard.runs / "filtered", epochs=6) as run:
        for epoch in range(1, 7):
            greedy = ["MORGEN WOLKE ABER NORD", "SONNE", "WIND"]
            run.log_decodes(epoch, greedy, adjusted=[greedy[0], "", "WIND"], references=REFERENCES)
            run.log_epoch(epoch, train_loss=2 / epoch, val_loss=2.2 / epoch, val_wer=0.5, val_wer_adjusted=0.67)
    return "filtered"


def test_the_switch_shows_what_the_users_decoder_drops_and_the_address_keeps_it(dashboard, tab, filtered):
    page = tab()
    open_run(page, dashboard, filtered)
    page.get_by_test_id("tab-predictions").click()
    clips = page.get_by_test_id("predictions")
    clips.locator("article").nth(2).wait_for()
    assert clips.locator(".vs-word-empty").count() == 0
    assert (
        "WER 50.0 % unfiltered, 66.7 % with your decoder; it changes 1 of 3"
        in page.get_by_test_id("decoders").inner_text()
    )
    page.get_by_test_id("decoder-adjusted").click()
    clips.locator(".vs-word-empty").wait_for()
    silent = clips.locator("article", has=page.locator(".vs-word-empty"))
    silent.get_by_role("button", name="History").click()
    page.locator(".vs-moment .vs-word-empty").wait_for()
    assert "decoder=adjusted" in page.url
    page.reload()
    clips.locator(".vs-word-empty").wait_for()
    assert page.get_by_test_id("decoder-adjusted").get_attribute("aria-pressed") == "true"


def test_a_run_with_one_decoder_has_no_switch(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    page.get_by_test_id("tab-predictions").click()
    page.get_by_test_id("predictions").locator("article").first.wait_for()
    assert not page.get_by_test_id("decoders").is_visible()


def test_on_a_phone_a_chip_is_as_tall_as_its_word(dashboard, tab, filtered):
    page = tab(width=400)
    open_run(page, dashboard, filtered)
    page.get_by_test_id("tab-predictions").click()
    words = page.locator("[data-testid=predictions] .vs-word .vs-said")
    wait_until(lambda: words.count() == 4 + 1 + 2, why="not every word is there")
    assert {round(word.bounding_box()["height"]) for word in words.all()} == {24}
    assert sideways(page) == 0


def test_without_error_rates_there_is_no_empty_strip(dashboard, tab):
    with RunWriter(dashboard.runs / "words_only", epochs=3) as run:
        for epoch in (1, 2, 3):
            run.log_decodes(epoch, ["MORGEN", "SONNE", ""], references=REFERENCES)
            run.log_epoch(epoch, train_loss=2 / epoch, val_loss=2.2 / epoch)
    page = tab()
    open_run(page, dashboard, "words_only")
    page.get_by_test_id("tab-predictions").click()
    page.get_by_test_id("predictions").locator("article").first.wait_for()
    assert page.get_by_test_id("epoch-slider").is_visible()
    assert not page.locator(".vs-strip-picture").is_visible()
