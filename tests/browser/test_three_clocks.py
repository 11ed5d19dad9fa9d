"""Three clocks: the trainer's last record, the server's last read, this page's last message. Live needs all three."""

import json

import pytest

from monitor.writer import RunWriter
from tests.browser.conftest import wait_until
from tests.browser.test_page_states import open_run, write_run

pytestmark = pytest.mark.browser


def test_all_three_are_told_apart_and_a_server_that_cannot_read_is_not_called_live(dashboard, tab):
    page = tab()
    hung = {"secs": 0.0}

    def through_a_hanging_disk(socket):
        """The server's messages as they are, but for how long ago it says to have read the folder."""
        server = socket.connect_to_server()

        def pass_on(text):
            message = json.loads(text)
            if "unread_secs" in message:
                message["unread_secs"] += hung["secs"]
            socket.send(json.dumps(message))

        server.on_message(pass_on)

    page.route_web_socket("**/vs/live", through_a_hanging_disk)
    with RunWriter(dashboard.runs / "clocks", epochs=9) as run:
        run.log_epoch(1, train_loss=3.0, val_loss=3.1, val_wer=0.9)
        open_run(page, dashboard, "clocks")
        connection = page.get_by_test_id("connection")
        connection.filter(has_text="last record").wait_for()
        told = connection.get_attribute("title")
        assert "Trainer: last record" in told and "Server: read the folder" in told and "This page: heard" in told
        hung["secs"] = 95.0
        connection.filter(has_text="The server has not read this run for 2 min").wait_for()
        assert "90.0 %" in page.get_by_test_id("tile-val_wer").inner_text()
        hung["secs"] = 0.0
        connection.filter(has_text="last record").wait_for()


def test_what_keeps_the_server_from_reading_stays_said_while_the_person_looks_around(dashboard, tab):
    run = write_run(dashboard, "vanishing")
    page = tab()
    open_run(page, dashboard, run)
    dashboard.monitor("archive", run, "--runs", dashboard.runs)
    page.get_by_test_id("problem").filter(has_text="moved to the trash").wait_for()
    page.get_by_test_id("tab-predictions").click()
    page.get_by_test_id("tab-now").click()
    page.get_by_test_id("axis-time").click()
    assert page.get_by_test_id("problem").is_visible()
    assert "68.0 %" in page.get_by_test_id("tile-val_wer").inner_text()
    dashboard.monitor("restore", run, "--runs", dashboard.runs)
    wait_until(lambda: not page.get_by_test_id("problem").is_visible(), why="it is still called gone")
