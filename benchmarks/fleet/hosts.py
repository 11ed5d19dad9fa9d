"""The writers of the simulation: many live runs of many hosts in one folder, appended to at a real pace.

`python -m benchmarks.fleet.hosts DIR RUNS HOSTS` makes the runs, says "ready", and writes until its standard input
closes; then it prints how late its own writes were, as one JSON document.
"""

from __future__ import annotations

import heapq
import json
import random
import select
import sys
import time
from pathlib import Path

from msgspec.structs import replace

from benchmarks.scale.folders import pattern_of
from monitor.run_dir import (
    EPOCHS_FILE,
    LAUNCH_FILE,
    PROGRESS_FILE,
    STATE_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
    Epoch,
    Identity,
    Launch,
    Progress,
    State,
    Step,
    Summary,
    decode,
    encode,
    encode_line,
)

EPOCHS = 30
STEP_SECS = 5.0
"""A step is logged and a sign of life written so often: a loop whose steps take seconds, or that logs every tenth."""
STEPS_PER_EPOCH = 12
"""An evaluation, and the supervisor's summary of it, each minute."""


class Written:
    """One run as its host writes it."""

    def __init__(self, runs: Path, place: int, pattern: dict[str, bytes], host: Identity, now: float) -> None:
        name = f"live-{place:05d}"
        folder = runs / name
        self.folder, self.step, self.epoch = folder, place % STEPS_PER_EPOCH, EPOCHS
        own = {file: data.replace(b"PATTERN", name.encode()) for file, data in pattern.items()}
        folder.mkdir()
        self.progress = replace(
            decode(own[PROGRESS_FILE], Progress),
            process=host,
            heartbeat_at=now,
            outcome=None,
            phase="training",
            epochs=1000,
        )
        self.summary = decode(own[SUMMARY_FILE], Summary)
        launch = replace(decode(own[LAUNCH_FILE], Launch), run_id=name, created_at=now, seal="")
        state = State(state="running", updated_at=now, trainer=host, supervisor=host)
        own |= {LAUNCH_FILE: encode(launch), STATE_FILE: encode(state), PROGRESS_FILE: encode(self.progress)}
        for file, data in own.items():
            (folder / file).write_bytes(data)

    def write(self, now: float) -> None:
        """What a trainer writes at one step, and each minute at an evaluation, with its supervisor's summary."""
        self.step += 1
        line = Step(step=self.step, epoch=self.epoch, at=now, train_loss=1 / self.step, lr=1e-3, grad_norm=1.0)
        self._append(STEPS_FILE, encode_line(line))
        if self.step % STEPS_PER_EPOCH == 0:
            self.epoch += 1
            loss = 1 / self.epoch
            self._append(
                EPOCHS_FILE,
                encode_line(
                    Epoch(
                        epoch=self.epoch,
                        step=self.step,
                        at=now,
                        train_loss=loss,
                        val_loss=loss + 0.1,
                        gap=0.1,
                        val_wer=loss,
                    )
                ),
            )
            # The gap of the summary is the moment it was written: the list's rows carry it to the viewers as it is.
            self._put(SUMMARY_FILE, encode(replace(self.summary, updated_at=now, epoch=self.epoch, gap=now)))
        self.progress = replace(self.progress, heartbeat_at=now, step=self.step, epoch=self.epoch)
        self._put(PROGRESS_FILE, encode(self.progress))

    def _append(self, name: str, line: bytes) -> None:
        with (self.folder / name).open("ab", buffering=0) as file:
            file.write(line)

    def _put(self, name: str, data: bytes) -> None:
        aside = self.folder / f"{name}.aside"
        aside.write_bytes(data)
        aside.replace(self.folder / name)


def make(runs: Path, count: int, hosts: int) -> list[Written]:
    """`count` live runs on `hosts` other machines, as the folder that they share shows them."""
    runs.mkdir(parents=True, exist_ok=True)
    pattern, now = pattern_of(runs.parent, EPOCHS), time.time()
    machines = [
        Identity(host=f"node-{n:02d}", boot_id=f"boot-of-{n}", pid_namespace="pid:[1]", pid=1000 + n, start_ticks=1)
        for n in range(hosts)
    ]
    return [Written(runs, n, pattern, machines[n % hosts], now) for n in range(count)]


def work(written: list[Written]) -> list[float]:
    """Writes until the standard input closes; returns how late each write was (seconds)."""
    began, noise = time.monotonic(), random.Random(1)
    due = [(began + noise.random() * STEP_SECS, place) for place in range(len(written))]
    heapq.heapify(due)
    late: list[float] = []
    while True:
        at, place = due[0]
        wait = at - time.monotonic()
        if wait > 0 or len(late) % 500 == 0:
            ready, _, _ = select.select([sys.stdin], [], [], max(0.0, wait))
            if ready:
                return late
        if wait > 0:
            continue
        written[place].write(time.time())
        late.append(time.monotonic() - at)
        heapq.heapreplace(due, (at + STEP_SECS, place))


def main() -> int:
    runs, count, hosts = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    written = make(runs, count, hosts)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    late = sorted(work(written)) or [0.0]
    print(json.dumps({"writes": len(late), "late_p95": late[int(0.95 * len(late))], "cpu": time.process_time()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
