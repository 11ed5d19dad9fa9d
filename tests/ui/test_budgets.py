"""What one visitor may take of the server, and that the others do not pay for it."""

import asyncio

from monitor.ui import budgets
from monitor.ui.budgets import Allowance, Bucket, Budget, Budgets, budget_in, paid_by, words_for
from monitor.ui.visitors import Visitor

LOOK, CONTROL = Visitor("look", "page, looking-only link"), Visitor("control", "page, control link")
BO = Visitor("look", "page, link of bo", "bo")


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def scope(address="127.0.0.1"):
    return {"type": "http", "client": (address, 5)}


def small(requests=3.0, secs=9.0, bytes_=1000.0, clock=None, **how):
    buckets = [Bucket(most, 1.0, clock or Clock()) for most in (requests, secs, bytes_)]
    return Budget(*buckets, Allowance(**how))


def test_a_bucket_gives_what_it_has_and_what_has_come_since():
    clock = Clock()
    bucket = Bucket(2.0, 0.5, clock)
    bucket.take(1)
    assert bucket.owed_secs() == 0
    bucket.take(3)
    assert bucket.owed_secs() == 6.0, "from -2 to one of them"
    clock.now += 6
    assert bucket.owed_secs() == 0
    clock.now += 1000
    bucket.take(2)
    assert bucket.owed_secs() == 2.0, "it never holds more than its most"


def test_who_asks_too_often_is_told_when_to_ask_again_and_may_then():
    clock = Clock()
    budget = small(clock=clock)
    assert [budget.ask() for _ in range(4)] == [0, 0, 0, 1.0]
    clock.now += 1.5
    assert budget.ask() == 0
    budget.seconds.take(12)
    assert budget.ask() == 4.0, "what took the processor is owed, too"
    assert words_for(2.5).endswith("Ask again in 3 seconds.") and words_for(0.2).endswith("in 1 second.")


def test_each_visitor_has_his_own_and_who_controls_has_no_limit():
    known = Budgets()
    assert known.of(LOOK, scope()) is known.of(LOOK, scope())
    others = [
        known.of(None, scope()),
        known.of(BO, scope()),
        known.of(LOOK, scope("10.0.0.7")),
        known.of(LOOK, scope()),
    ]
    assert len({id(each) for each in others}) == 4
    owner = known.of(CONTROL, scope())
    for _ in range(100_000):
        assert owner.ask() == 0
    owner.seconds.take(1e9)
    assert owner.ask() == 0 and budget_in(paid_by(owner, scope())) is owner


def test_budgets_of_many_addresses_fill_no_memory(monkeypatch):
    monkeypatch.setattr(budgets, "MOST_KEPT", 10)
    known = Budgets()
    first = known.of(None, scope("10.0.0.1"))
    for n in range(50):
        known.of(None, scope(f"10.0.1.{n}"))
        known.of(None, scope("10.0.0.1"))
    assert len(known._kept) == 10 and known.of(None, scope("10.0.0.1")) is first


def test_so_many_requests_at_once_and_the_turn_ends_where_the_answer_begins():
    async def story():
        budget, order = small(at_once=1), []

        async def one(name):
            async with budget.turn() as end:
                order.append(f"{name} in")
                await asyncio.sleep(0)
                end()
                end()
                await asyncio.sleep(0.02)
                order.append(f"{name} out")

        await asyncio.gather(one("a"), one("b"))
        assert order == ["a in", "b in", "a out", "b out"]

        async def leaves():
            async with budget.turn():
                await asyncio.Event().wait()

        left = asyncio.create_task(leaves())
        await asyncio.sleep(0)
        waits = asyncio.create_task(one("c"))
        await asyncio.sleep(0)
        assert "c in" not in order
        left.cancel()
        await asyncio.wait_for(waits, 60)

    asyncio.run(story())


def test_work_of_one_visitor_is_done_one_by_one_and_who_waits_is_told(monkeypatch):
    monkeypatch.setattr(budgets, "LIFE_SIGN_SECS", 0.02)

    async def story():
        budget, told = small(secs=5.0), []

        async def tell():
            told.append("still there")

        async with budget.working(tell):
            waits = asyncio.create_task(budget.work(lambda: sum(range(300_000)), tell))
            async with asyncio.timeout(30):
                while len(told) < 2:
                    await asyncio.sleep(0.01)
            assert not waits.done()
        assert await asyncio.wait_for(waits, 60) == sum(range(300_000))
        assert 0 < 5.0 - budget.seconds._left < 2
        gone = asyncio.create_task(_holds(budget, tell))
        await asyncio.sleep(0.01)
        gone.cancel()
        assert await asyncio.wait_for(budget.work(lambda: 7, tell), 60) == 7

    async def _holds(budget, tell):
        async with budget.working(tell):
            await asyncio.Event().wait()

    asyncio.run(story())


def test_bytes_above_the_share_go_slowly():
    async def story():
        clock, sent, begun = Clock(), [], []

        async def send(message):
            sent.append(message["type"])

        async def slept(secs):
            clock.now += secs

        budget = small(clock=clock)
        sending = budget.sending(send, lambda: begun.append(clock.now))
        real, asyncio.sleep = asyncio.sleep, slept
        try:
            await sending({"type": "http.response.start", "status": 200})
            for _ in range(3):
                await sending({"type": "http.response.body", "body": b"x" * 600})
        finally:
            asyncio.sleep = real
        assert begun == [100.0] and len(sent) == 4
        assert clock.now == 100.0 + 801, "1,800 bytes of 1,000, one a second"

    asyncio.run(story())


def test_a_strangers_refusal_comes_late_while_few_wait_for_it(monkeypatch):
    monkeypatch.setattr(budgets, "STRANGERS_WAIT_SECS", 0.05)
    monkeypatch.setattr(budgets, "STRANGERS_WAITING", 2)

    async def story():
        known, loop = Budgets(), asyncio.get_running_loop()

        async def took(who):
            begun = loop.time()
            answer = await known.refusal(1.2, who)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
            return loop.time() - begun > 0.04

        assert await asyncio.gather(*(took(None) for _ in range(3)), took(LOOK)) == [True, True, False, False]

    asyncio.run(story())
