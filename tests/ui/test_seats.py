"""How many tabs are served at once, and what the next ones get."""

import asyncio
import contextlib

import pytest

from monitor.ui import seats
from monitor.ui.seats import NO_SEAT, NoSeatError, Seats


class Tab:
    """One tab: what it was told, and whether it is served."""

    def __init__(self, hall: Seats, controls: bool = False):
        self.told, self.served = [], asyncio.Event()
        self.task = asyncio.create_task(self._sit(hall, controls))

    async def _sit(self, hall, controls):
        async def tell(said):
            self.told.append(said)

        async with hall.seat(controls, tell):
            self.served.set()
            await asyncio.Event().wait()

    async def leave(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


def test_those_beyond_the_limit_wait_in_line_are_told_their_place_and_come_in_turn(monkeypatch):
    monkeypatch.setattr(seats, "LIFE_SIGN_SECS", 0.01)

    async def story():
        hall = Seats(most=2, waiting=5, kept_for_control=0)
        one, two, three, four = (Tab(hall) for _ in range(4))
        await settled()
        assert [each.served.is_set() for each in (one, two, three, four)] == [True, True, False, False]
        assert "serves at once: 2." in three.told[-1] and "number 1 in line" in three.told[-1]
        assert "number 2 in line" in four.told[-1] and one.told == []
        await three.leave()
        async with asyncio.timeout(30):
            while "number 1 in line" not in four.told[-1]:
                await asyncio.sleep(0.01)
        await one.leave()
        await asyncio.wait_for(four.served.wait(), 60)
        assert not three.served.is_set()

    asyncio.run(story())


def test_who_only_looks_keeps_nobody_out_who_may_stop_a_run():
    async def story():
        hall = Seats(most=3, waiting=5, kept_for_control=1)
        lookers = [Tab(hall) for _ in range(4)]
        await settled()
        assert [each.served.is_set() for each in lookers] == [True, True, False, False]
        owner, again = Tab(hall, controls=True), Tab(hall, controls=True)
        await settled()
        assert owner.served.is_set() and "number 1 in line" in again.told[0]
        await lookers[0].leave()
        await settled()
        assert again.served.is_set() and not lookers[2].served.is_set(), "control comes first"
        await owner.leave()
        await settled()
        assert lookers[2].served.is_set() and not lookers[3].served.is_set()
        await again.leave()
        await settled()
        assert not lookers[3].served.is_set(), "that seat is kept"

    asyncio.run(story())


def test_where_the_line_is_full_too_the_next_is_sent_away_and_takes_nothing():
    async def story():
        hall = Seats(most=1, waiting=1, kept_for_control=0)
        one, two, three = (Tab(hall) for _ in range(3))
        await settled()
        with pytest.raises(NoSeatError):
            await three.task
        await one.leave()
        await two.leave()
        four = Tab(hall)
        await settled()
        assert four.served.is_set()

    asyncio.run(story())
    assert len(NO_SEAT.encode()) <= 123
