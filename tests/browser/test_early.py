"""The page before Streamlit: it begins from the document, what is done waits or stays, and Streamlit takes it over.

Streamlit's first script is held back by the browser until the test lets it go: a slow line, without a clock.
"""

import pytest

from tests.browser.conftest import wait_until
from tests.browser.test_page_states import write_run

pytestmark = pytest.mark.browser
STREAMLIT = "**/static/js/index.*.js"


@pytest.fixture(scope="module")
def written(dashboard):
    return write_run(dashboard, "before-streamlit")


COLOURS = """(behind) => {
  const style = (chosen) => getComputedStyle(document.querySelector(chosen));
  return [style(behind).backgroundColor, style(".vs-root").colorScheme, style("[data-testid=verdict]").backgroundColor];
}"""


class Held:
    """The requests for Streamlit's script that wait."""

    def __init__(self, page):
        self._page = page
        self._routes = []
        self._is_open = False
        page.route(STREAMLIT, self._take)

    def _take(self, route):
        if self._is_open:
            route.continue_()
        else:
            self._routes.append(route)

    def go(self):
        self._is_open = True
        for route in self._routes:
            route.continue_()
        self._page.wait_for_function("() => !document.getElementById('vs-early')")


def drawn(page):
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout")


def places(page):
    return [page.get_by_test_id(name).bounding_box() for name in ("verdict", "chart-loss", "flags")]


def at_rest(page):
    """Where things stand once the sentences of the last evaluation, which are asked for, have come too."""
    seen = []
    wait_until(lambda: seen.append(places(page)) or seen[-8:] == [seen[-1]] * 8)
    return seen[-1]


@pytest.mark.parametrize("width", [390, 1360, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_whole_without_streamlit_and_does_not_move_when_it_comes(dashboard, tab, written, width, scheme):
    page = tab(width=width, color_scheme=scheme)
    held = Held(page)
    page.goto(dashboard.link(written), wait_until="commit")
    drawn(page)
    assert page.locator("#vs-early, .stApp").count() == 1
    before = at_rest(page)
    theme = page.get_by_test_id("vitalsigns").get_attribute("data-theme")
    before_it = page.evaluate(COLOURS, "body")
    held.go()
    page.locator(".stApp").wait_for()
    assert page.get_by_test_id("vitalsigns").count() == 1
    assert places(page) == before
    assert page.get_by_test_id("vitalsigns").get_attribute("data-theme") == theme == scheme
    assert page.evaluate(COLOURS, ".stApp") == before_it
    wait_until(lambda: written in page.title())


def test_what_was_opened_scrolled_and_focused_stays_and_a_click_is_heard_late(dashboard, tab, written):
    page = tab()
    held = Held(page)
    page.goto(dashboard.link(written), wait_until="commit")
    drawn(page)
    page.get_by_test_id("tab-predictions").click()
    page.get_by_test_id("tab-now").click()
    page.evaluate("() => document.getElementById('vs-early').scrollTo(0, 200)")
    page.get_by_test_id("btn-restart").click()
    page.evaluate("() => document.getElementById('vs-early').scrollTo(0, 200)")
    assert page.get_by_role("dialog").count() == 0
    held.go()
    page.get_by_role("dialog").wait_for()
    assert "Restart" in page.get_by_role("dialog").inner_text()
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop") == 200


def test_the_focus_stays_where_it_was(dashboard, tab, written):
    page = tab()
    held = Held(page)
    page.goto(dashboard.link(written), wait_until="commit")
    drawn(page)
    page.get_by_test_id("tab-metrics").focus()
    held.go()
    assert page.evaluate("() => document.activeElement.dataset.testid") == "tab-metrics"


def test_the_list_is_searched_and_a_run_opened_before_streamlit_is_there(dashboard, tab, written):
    page = tab()
    held = Held(page)
    page.goto(dashboard.link(), wait_until="commit")
    page.get_by_test_id("search").fill(written)
    row = page.locator(f"[data-key='{written}']").first
    row.wait_for()
    held.go()
    assert page.get_by_test_id("search").input_value() == written
    row.click()
    page.wait_for_url(f"**/*run={written}*")


def test_streamlit_comes_although_the_charts_never_do(dashboard, tab, written):
    page = tab()
    page.route("**/vs/plotly-basic-*.js", lambda route: None)
    page.goto(dashboard.link(written), wait_until="commit")
    page.locator(".stApp [data-testid=vitalsigns]").wait_for()
    assert page.get_by_test_id("verdict").inner_text()


def test_a_run_that_is_not_there_is_said_at_once(dashboard, tab):
    page = tab()
    held = Held(page)
    page.goto(dashboard.link("no-such-run"), wait_until="commit")
    page.get_by_test_id("missing").wait_for()
    held.go()
    page.get_by_role("button", name="all runs").click()
    page.get_by_test_id("search").wait_for()


def test_a_run_that_is_opened_from_far_down_begins_at_its_top(dashboard, tab, written):
    page = tab(width=390)
    page.goto(dashboard.link())
    row = page.locator(f"[data-key='{written}']").first
    row.wait_for()
    page.locator(".stApp [data-testid=vitalsigns]").wait_for()
    page.evaluate("() => { document.querySelector('[data-testid=stMain]').scrollTop = 300; }")
    row.locator("a").click()
    page.get_by_test_id("verdict").wait_for()
    assert page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop") == 0
