"""The ways to the page: behind a sub-path, through a tunnel with another local port, and without the internet."""

import contextlib
import socket
import threading
import urllib.parse

import pytest

from monitor.writer import RunWriter
from tests.browser.conftest import Dashboard

pytestmark = pytest.mark.browser


@contextlib.contextmanager
def tunnel(port):
    """What `ssh -L` does: another local port whose bytes come out at the dashboard's."""
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()

    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept():
        while not closing.is_set():
            with contextlib.suppress(OSError):
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        closing.set()
        listener.close()


@pytest.fixture(params=["", "lab/vitalsigns"])
def served(request, tmp_path, dashboard):
    there = Dashboard(tmp_path / "runs", {**dashboard.env, "XDG_STATE_HOME": str(tmp_path / "state")})
    there.runs.mkdir()
    there.serve("--base", request.param)
    yield there, request.param
    there.stop_serving()


def test_the_page_lives_through_a_tunnel_and_behind_a_sub_path_and_asks_nobody_else(served, tab):
    there, base = served
    asked = set()
    page = tab()
    page.on("request", lambda request: asked.add(urllib.parse.urlsplit(request.url).hostname))
    with RunWriter(there.runs / "run", epochs=9) as run, tunnel(there.port) as port:
        run.log_epoch(1, train_loss=3.0, val_loss=3.1, val_wer=0.9)
        link = there.control.replace(f":{there.port}", f":{port}")
        assert f"/{base}" in link
        page.goto(link)
        page.get_by_test_id("runs").locator(".vs-run-open").first.click()
        page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout")
        assert f":{port}/{base}" in page.url
        run.log_epoch(2, train_loss=2.0, val_loss=2.1, val_wer=0.8)
        page.get_by_test_id("tile-val_wer").filter(has_text="80.0 %").wait_for()
        page.get_by_test_id("tab-diagnosis").click()
        with page.expect_download() as got:
            page.get_by_test_id("report-md").click()
        assert got.value.path().read_text().startswith("# Run run")
    assert asked <= {"127.0.0.1", None, ""}, f"the page asked {asked}"


def test_a_chosen_theme_is_written_where_this_streamlit_reads_it_and_holds_for_its_dialogs(dashboard, tab, sick):
    """Streamlit has no setting for it: the key of the browser's storage is its own, and may change with its version."""
    page = tab(color_scheme="light")
    page.goto(dashboard.link(sick))
    page.get_by_test_id("verdict").wait_for()
    for wanted in ("light", "dark"):
        # Streamlit writes the theme that it begins with whenever it comes to it, also while the page is left.
        page.evaluate(
            """() => addEventListener("beforeunload", () => localStorage.setItem("stActiveTheme-/-v2", '"Light"'))"""
        )
        page.get_by_test_id("btn-theme").click()
        page.wait_for_load_state()
        page.locator(f"[data-testid=btn-theme][title^='Theme: {wanted}']").wait_for()
    keys = page.evaluate("() => Object.entries(localStorage).filter(([key]) => key.startsWith('stActiveTheme'))")
    assert [key for key, _ in keys] == ["stActiveTheme-/-v2"] and "Dark" in keys[0][1]
    page.locator("[data-testid=vitalsigns][data-theme=dark]").wait_for()
    # Streamlit fades into its theme: a colour on the way is neither of the two.
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.stApp')).backgroundColor === 'rgb(13, 16, 21)'"
    )
