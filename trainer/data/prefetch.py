"""The next batches are made by threads while the current one is computed.

A batch follows from (seed, epoch, place) alone, so it does not matter who makes it, or when.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from trainer.data.batches import Batch, TrainingBatches

Place = tuple[int, int]
"""(epoch from 1, place in it from 0)."""
AHEAD_PER_THREAD = 2


class Prefetch:
    """Gives batch after batch; with 0 threads each is made when it is asked for.

    `rank` of `world` processes gets every world-th clip of each batch. `pin` copies batches into page-locked memory,
    from where they travel to a GPU while it computes.
    """

    def __init__(
        self, batches: TrainingBatches, threads: int, *, rank: int = 0, world: int = 1, pin: bool = False
    ) -> None:
        self.batches, self.threads = batches, threads
        self.rank, self.world, self.pin = rank, world, pin
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="loader") if threads else None
        self._waiting: dict[Place, Future[Batch]] = {}
        self._orders: dict[int, list[np.ndarray]] = {}

    def clips(self, epoch: int, place: int) -> int:
        """Clips of a batch over all processes."""
        return len(self._order(epoch)[place])

    def own(self, epoch: int, place: int) -> tuple[np.ndarray, bool]:
        """Numbers of this process's clips, and whether they count: without any, one clip stands in at weight zero."""
        numbers = self._order(epoch)[place]
        own = numbers[self.rank :: self.world]
        return (own, True) if len(own) else (numbers[:1], False)

    def get(self, epoch: int, place: int) -> Batch:
        """This process's part of a batch, on the CPU."""
        waiting = self._waiting.pop((epoch, place), None)
        if self._pool is not None:
            self._ask_ahead(epoch, place)
        return waiting.result() if waiting is not None else self._make((epoch, place))

    def close(self) -> None:
        """Ends the threads; batches that were asked for are given up."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool, self._waiting = None, {}

    def _ask_ahead(self, epoch: int, place: int) -> None:
        assert self._pool is not None
        following = self._following(epoch, place)
        self._waiting = {each: task for each, task in self._waiting.items() if each in following}
        for each in following:
            if each not in self._waiting:
                self._waiting[each] = self._pool.submit(self._make, each)

    def _following(self, epoch: int, place: int) -> list[Place]:
        """The next places, on into the next epoch: its first batch waits while the last one is scored."""
        total = len(self.batches)
        flat = range(place + 1, place + 1 + AHEAD_PER_THREAD * self.threads)
        return [(epoch + each // total, each % total) for each in flat]

    def _make(self, where: Place) -> Batch:
        epoch, place = where
        batch = self.batches.load(epoch, self.own(epoch, place)[0])
        return batch.pinned() if self.pin else batch

    def _order(self, epoch: int) -> list[np.ndarray]:
        order = self._orders.get(epoch)
        if order is None:
            order = self.batches.order(epoch)
            # A new dict instead of a changed one: other threads may be reading the old one.
            self._orders = {epoch: order, **{key: kept for key, kept in self._orders.items() if key >= epoch - 1}}
        return order
