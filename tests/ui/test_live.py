"""The socket of one tab."""

import asyncio
import json

import pytest

from monitor.run_dir.folders import folders_of
from monitor.ui.listing import TabRows
from monitor.ui.live import LiveHub, OpenQuestions
from monitor.ui.places import Places
from tests import fake_runs


class Socket:
    """What a browser was sent."""

    def __init__(self):
        self.sent = []

    async def send_text(self, text):
        self.sent.append(json.loads(text))


def test_a_tab_that_leaves_as_it_asks_for_rows_has_left(tmp_path):
    """`asyncio.wait_for` of Python 3.11 forgets a cancellation that comes as its future is done."""
    fake_runs.healthy(tmp_path)

    async def story():
        socket, asked = Socket(), OpenQuestions()
        sending = asyncio.create_task(LiveHub(Places(folders_of([tmp_path])))._send_list(socket, TabRows(), asked))
        while not socket.sent:
            await asyncio.sleep(0.01)
        asked.add({"kind": "rows", "runs": ["healthy"]})
        while len(socket.sent) < 2:
            await asyncio.sleep(0.01)
        assert [row["run"] for row in socket.sent[1]["rows"]] == ["healthy"]
        await asyncio.sleep(0.05)
        asked.add({"kind": "rows", "runs": ["healthy"]})
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(sending, 60)
        assert len(socket.sent) == 2

    asyncio.run(story())
