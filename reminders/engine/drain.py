"""One way out of one worker: claims ahead of its senders, marks in groups what they sent.

Sending happens outside any transaction. A small group bounds what a crash sends twice: at most
the sends in flight and one group.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from uuid import UUID

from reminders.engine.claim import LEASE, Claim, claim, give_back, hold
from reminders.engine.decide import Said, decide
from reminders.engine.failpoints import reach
from reminders.engine.outcomes import Outcome, mark, skipped
from reminders.engine.outside import WAYS, send
from reminders.engine.senders import Senders

GROUP = 32
# So long a group waits for more of its kind.
LINGER_SECONDS = 0.003
# After so long without an answer more threads lend a hand.
SLOW_SECONDS = 0.01
HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
# With the heartbeat that a stop may have to wait for, less than the engine gives its threads.
STOP_SECONDS = 1.5


class Drain:
    """One channel's sends under way. `run()` returns when nothing of it is due or in flight."""

    def __init__(self, channel: str) -> None:
        self.channel, self.way = channel, WAYS[channel]
        self.senders = Senders(f"send-{channel}", self.way.concurrency, self._send)
        self.flying: dict[UUID, Claim] = {}
        self.landed: list[Outcome] = []
        self.held_at = monotonic()

    def run(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """How many were decided. When stopped, what does not land soon is left to its lease."""
        seen = 0
        while not stopped():
            taken = self._take()
            seen += taken
            if not (taken or self.flying or self.landed):
                return seen
            self._land()
        self._settle()
        return seen

    def close(self) -> None:
        self.senders.close()

    def _send(self, work: tuple[Claim, Said]) -> Outcome:
        outcome = send(self.way, *work)
        reach("sent")
        return outcome

    def _take(self) -> int:
        """Twice as many as may be under way, so that senders never wait for a claim."""
        room = 2 * self.way.concurrency - len(self.flying)
        if room < self.way.concurrency:
            return 0
        claims = claim(self.channel, room)
        if not claims:
            return 0
        reach("claimed")
        works: list[tuple[Claim, Said]] = []
        for one, what in decide(claims):
            if isinstance(what, Said):
                works.append((one, what))
                self.flying[one.id] = one
            else:
                self.landed.append(skipped(one, what))
        self.senders.put(works)
        return len(claims)

    def _land(self) -> None:
        self._collect(LINGER_SECONDS if self.landed else self._patience())
        if monotonic() - self.held_at > HEARTBEAT_SECONDS:
            hold(self.flying)
            self.held_at = monotonic()

    def _patience(self) -> float:
        return SLOW_SECONDS if self.senders.is_behind else HEARTBEAT_SECONDS

    def _collect(self, timeout: float) -> None:
        """Take what landed; a group is marked when it is full or nothing more comes at once."""
        found: list[Outcome] = []
        if self.flying:
            found = self.senders.results(timeout, GROUP - len(self.landed))
        for outcome in found:
            self.flying.pop(outcome.id, None)
        self.landed += found
        if self.landed and (len(self.landed) >= GROUP or not found or not self.flying):
            reach("marking")
            mark(self.landed)
            self.landed.clear()

    def _settle(self) -> None:
        """Write down what lands soon after the stop: left to its lease it would go out twice. What
        nobody has begun is another worker's.
        """
        waiting = [one.id for one, _said in self.senders.take_back()]
        if waiting:
            give_back(waiting)
        for one in waiting:
            self.flying.pop(one)
        end = monotonic() + STOP_SECONDS
        while self.landed or (self.flying and monotonic() < end):
            self._collect(LINGER_SECONDS if self.landed else max(end - monotonic(), 0))
