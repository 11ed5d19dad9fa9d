"""One job under way: a process of its own, asked for its results now and then, ended when it takes too long."""

from __future__ import annotations

import time

from monitor.run_dir.own_process import OwnProcess
from monitor.supervisor.notify.letters import Delivery, Job, deliveries_in

LONGEST_SECS = 60.0


class Courier:
    """Never blocks its caller: `poll` says what there is to say at this moment."""

    def __init__(self, job: Job, longest_secs: float = LONGEST_SECS) -> None:
        """Raises OSError where no process can be started."""
        self._job = job
        self._deadline = time.monotonic() + longest_secs
        self._process = OwnProcess("supervisor.notify.post", job)

    def poll(self) -> list[Delivery] | None:
        """The result of each letter, once the process has ended or its time is over; None until then."""
        late = time.monotonic() > self._deadline
        if not (self._process.has_ended() or late):
            self._process.listen()
            return None
        if late:
            self._process.kill()
        self._process.close()
        known = {done.to: done for done in deliveries_in(self._process.output)}
        why = "it took too long" if late else "the sending process ended early"
        return [known.get(letter.to, Delivery(letter.to, False, why)) for letter in self._job.letters]

    def wait(self) -> list[Delivery]:
        """The same for a caller that has nothing else to do."""
        while (found := self.poll()) is None:
            time.sleep(0.05)
        return found
