"""axe finds nothing serious in any view, in both themes; severity and errors are told without colour; keys work."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import wait_until
from tests.browser.test_page_states import open_run, write_run

pytestmark = pytest.mark.browser

SERIOUS = ("serious", "critical")


def serious(page):
    """What axe holds against our part of the page: [(rule, what it says, nodes)]."""
    found = Axe().run(page, context=".vs-root")
    return [
        (each["id"], each["help"], [node["html"][:160] for node in each["nodes"]][:5])
        for each in found.response["violations"]
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_view(dashboard, tab, sick, scheme):
    page = tab(color_scheme=scheme, reduced_motion="reduce")
    open_run(page, dashboard, sick)
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')._fullLayout")
    assert serious(page) == []
    for view in ("predictions", "diagnosis", "compare", "log"):
        page.get_by_test_id(f"tab-{view}").click()
        page.wait_for_timeout(800)
        assert serious(page) == [], view
    page.get_by_test_id("btn-home").click()
    page.get_by_test_id("runs").locator(".vs-run").first.wait_for()
    page.wait_for_timeout(1500)
    assert serious(page) == [], "the list of runs"


def test_severity_and_errors_are_told_by_shape_and_word(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    for flag in page.locator("[data-testid=flags] .vs-flag").all():
        severity = flag.get_attribute("data-severity")
        assert severity in flag.locator(".vs-flag-since").inner_text()
        assert flag.locator(".vs-glyph").inner_text() == {"critical": "⬣", "warning": "▲", "info": "○"}[severity]
    page.get_by_test_id("tab-predictions").click()
    wrong = page.locator("[data-testid=predictions] .vs-kind-s .vs-said").first
    wrong.wait_for()
    wait_until(lambda: wrong.inner_text().startswith("≠"), why="a wrong word is told by its colour alone")


def test_a_person_with_a_keyboard_gets_everywhere(dashboard, tab):
    write_run(dashboard, "keys-a")
    write_run(dashboard, "keys-b")
    page = tab()
    page.goto(dashboard.link())
    page.get_by_test_id("runs").locator(".vs-run").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("keys-")
    page.keyboard.press("Tab")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("j")
    first = page.evaluate("() => document.activeElement.textContent")
    page.keyboard.press("j")
    assert page.evaluate("() => document.activeElement.textContent") != first
    page.keyboard.press("Enter")
    page.get_by_test_id("verdict").wait_for()
    views = (("2", "metrics"), ("3", "predictions"), ("4", "diagnosis"), ("5", "compare"), ("6", "log"), ("1", "now"))
    for key, view in views:
        page.keyboard.press(key)
        assert page.get_by_test_id(f"panel-{view}").is_visible(), view
    page.get_by_test_id("tab-now").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_test_id("panel-metrics").is_visible()


FOCUSED = """() => {
  const at = document.activeElement;
  const said = at.getAttribute("aria-label") ?? "";
  const label = said || (at.labels?.[0]?.innerText ?? "");
  return { text: (at.innerText || said).trim(), id: at.dataset?.testid ?? "", label,
           seen: at.matches(":focus-visible") };
}"""


def tab_to(page, wanted, most=120):
    """Tab, and nothing else, until what is wanted has the focus, which must be visible there."""
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if wanted(at):
            assert at["seen"], f"the focus does not show on {at}"
            return
        passed.append(at["id"] or at["text"][:30] or at["label"][:30])
    raise AssertionError(f"Tab never came there; it passed {passed}")


def epoch_shown(page) -> int:
    """The newest epoch in the header, 0 before the first. A page may come late or pass over one: ask for "at least"."""
    found = re.search(r"epoch (\d+)/", page.locator(".vs-header").inner_text())
    return int(found[1]) if found else 0


def test_stop_and_restart_with_the_keyboard_alone(dashboard, tab):
    dashboard.start("by-keys", "--preset", "broken", "--epochs", "400")
    page = tab()
    page.goto(dashboard.link("by-keys"))
    page.get_by_test_id("btn-stop").wait_for(timeout=60_000)
    page.locator(".stApp [data-testid=vitalsigns]").wait_for()
    wait_until(lambda: epoch_shown(page) >= 2, why="the second epoch never came")

    tab_to(page, lambda at: at["id"] == "btn-stop")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop after this step").wait_for()
    tab_to(page, lambda at: at["text"] == "Stop after this step", 30)
    page.keyboard.press("Enter")
    page.get_by_test_id("header-state").filter(has_text="stopped").wait_for(timeout=60_000)

    tab_to(page, lambda at: at["id"] == "btn-restart")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("Runs exactly this").wait_for()
    tab_to(page, lambda at: at["label"].startswith("learning_rate (now"))
    page.keyboard.press("Control+a")
    page.keyboard.type("0.0007")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("--learning_rate 0.0007").first.wait_for()
    tab_to(page, lambda at: at["text"] == "Start child")
    page.keyboard.press("Enter")
    page.wait_for_url("**run=by-keys-2*", timeout=60_000)
    page.locator(".vs-parent", has_text="Child of by-keys").wait_for()

    # Ctrl+K opens the same dialog; Escape leaves it without an act.
    wait_until(lambda: epoch_shown(page) >= 1, 90, "the child's first epoch never came")
    page.keyboard.press("Control+k")
    page.keyboard.type("stop")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop after this step").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert dashboard.states()["by-keys-2"] in ("starting", "running")
    dashboard.monitor("stop", "by-keys-2", "--runs", dashboard.runs)


def test_abbreviations_are_explained_where_the_pointer_rests(dashboard, tab, sick):
    page = tab()
    open_run(page, dashboard, sick)
    for tile in ("tile-val_wer", "tile-gap", "tile-val_loss", "tile-words"):
        assert len(page.get_by_test_id(tile).get_attribute("title")) > 40
    heads = page.locator("[data-testid=panel-now] .vs-card-head h2[title]").all()
    assert ["word error rate" in head.get_attribute("title") for head in heads if head.inner_text() == "WER"] == [True]
    page.get_by_test_id("tab-diagnosis").click()
    rows = page.get_by_test_id("healthy").locator("tbody th")
    explained = {row.inner_text(): row.get_attribute("title") for row in rows.all()}
    assert "1 is right" in explained["words out / in"] and "word error rate" in explained["val WER against chance"]
