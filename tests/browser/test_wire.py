"""A page comes with 1.3 MB at most, and the second time with next to nothing."""

import pytest

from tests.browser.test_page_states import open_run

pytestmark = pytest.mark.browser


def wire(page):
    """Address → bytes over the wire, of everything that is loaded from now on."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    addresses, sizes = {}, {}
    session.on(
        "Network.responseReceived", lambda event: addresses.update({event["requestId"]: event["response"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({addresses.get(event["requestId"], "?"): event["encodedDataLength"]}),
    )
    return sizes


def whole(page):
    """Waits until the picture is drawn and Streamlit's component, which comes last, holds the page."""
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout")
    page.wait_for_function("() => document.querySelector('.stApp [data-testid=vitalsigns]')")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)


def test_a_cold_page_weighs_little_and_a_warm_one_next_to_nothing(dashboard, tab, sick):
    page = tab()
    cold = wire(page)
    open_run(page, dashboard, sick)
    whole(page)
    assert any("BidiComponent" in address for address in cold), "the component has come"
    heaviest = sorted(cold.items(), key=lambda item: -item[1])[:8]
    assert sum(cold.values()) <= 1_300_000, heaviest
    assert not [address for address in cold if "MaterialSymbols" in address]
    warm = wire(page)
    page.reload()
    whole(page)
    assert sum(warm.values()) <= 60_000, warm
