"""One way out of one worker: claims ahead of its senders, marks in groups what they sent.

Sending happens outside any transaction. A small group bounds what a crash sends twice: at most
the sends in flight and one group. What fell due while no worker was there comes at a capped rate,
behind what falls due now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic, sleep
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from reminders.channels.base import Limits
from reminders.engine.claim import EVER, LEASE, Claim, claim, clock, give_back, hold, is_due
from reminders.engine.decide import Said, decide
from reminders.engine.failpoints import reach
from reminders.engine.limits import Gate, SharedBucket
from reminders.engine.outcomes import Outcome, mark, unsent
from reminders.engine.outside import WAYS, Landed, place_of, send
from reminders.engine.senders import Senders

GROUP = 32
# So long a group waits for more of its kind.
LINGER_SECONDS = 0.003
# After so long without an answer more threads lend a hand.
SLOW_SECONDS = 0.01
HEARTBEAT_SECONDS = LEASE.total_seconds() / 4
# Less than the engine gives its threads.
STOP_SECONDS = 3.0
# Where no more may go than does already, a claim leaves out the destination for so long at most.
LONGEST_FULL = 60.0
# How often tokens are asked for while there is something to catch up with, and whether there is.
CATCH_UP_SECONDS = 0.05
LOOK_BACK_SECONDS = 0.5
# What has to wait no longer than this stays in hand; the rest is given back. So is what was decided
# so long ago, that it be decided anew.
PATIENCE = 2.0
STALE_SECONDS = 4.0
# While something is under way, what falls due is looked for this often.
LOOK_SECONDS = 0.1


class Work(NamedTuple):
    """What is to be sent, as was decided at that moment."""

    one: Claim
    said: Said
    decided_at: float


class Drain:
    """One channel's sends under way. `run()` returns when nothing of it is due or in flight."""

    def __init__(self, channel: str) -> None:
        self.channel, self.way = channel, WAYS[channel]
        self.gate = Gate(getattr(self.way, "limits", Limits()), LEASE.total_seconds())
        self.catching_up = SharedBucket("catch-up", settings.CATCH_UP_PER_SECOND)
        self.senders = Senders(f"send-{channel}", self.way.concurrency, self._send)
        self.flying: dict[UUID, Claim] = {}
        self.landed: list[Outcome] = []
        self.held: dict[UUID, Work] = {}
        self.full: dict[UUID, float] = {}
        self.is_behind = False
        self.kept_at = monotonic()
        self._look_back_at = 0.0

    def run(self, stopped: Callable[[], bool] = lambda: False, *, since: datetime = EVER) -> int:
        """How many were decided. What fell due before `since` is catching up. When stopped, what
        does not land soon is left to its lease.
        """
        seen = 0
        while not stopped():
            taken = self._take(since)
            seen += taken
            if taken or self.flying or self.landed:
                self._land()
            elif self.held:
                sleep(min(self.wait, LOOK_SECONDS))
            elif self.is_behind:
                sleep(CATCH_UP_SECONDS)
            else:
                return seen
            self._keep()
        self._settle()
        return seen

    @property
    def wait(self) -> float:
        """The seconds until a destination that was full may be asked again; 0 when none is."""
        ends = min(self.full.values(), default=0.0)
        return max(ends - monotonic(), 0.001) if ends else 0.0

    def close(self) -> None:
        self.senders.close()

    def _send(self, work: Work) -> Landed:
        landed = send(self.way, work.one, work.said)
        reach("sent")
        return landed

    def _take(self, since: datetime) -> int:
        """Twice as many as may be under way, so that senders never wait for a claim."""
        room = 2 * self.way.concurrency - len(self.flying)
        if room < self.way.concurrency:
            return 0
        now = monotonic()
        self.full = {one: until for one, until in self.full.items() if until > now}
        self._begin_again()
        claims = claim(self.channel, room, after=since, without=self.full)
        if since is not EVER and len(claims) < room:
            claims += self._catch_up(room - len(claims), since)
        if not claims:
            return 0
        reach("claimed")
        works = []
        for one, what in decide(self._anew(claims)):
            if isinstance(what, Said):
                works.append(Work(one, what, monotonic()))
            else:
                self.landed.append(unsent(one, what))
        self._begin(works)
        return len(claims)

    def _anew(self, claims: list[Claim]) -> list[Claim]:
        """Those that are not under way here: a lease may run out while the machine sleeps or the
        database is away, and then this worker itself takes the row over.
        """
        in_hand = self.flying.keys() | {outcome.id for outcome in self.landed}
        for one in claims:
            self.held.pop(one.id, None)
        return [one for one in claims if one.id not in in_hand]

    def _catch_up(self, room: int, since: datetime) -> list[Claim]:
        """As many as the rate allows of what fell due while no worker was there."""
        if monotonic() < self._look_back_at:
            return []
        self.is_behind = is_due(self.channel, until=since, without=self.full)
        if not self.is_behind:
            self._look_back_at = monotonic() + LOOK_BACK_SECONDS
            return []
        self._look_back_at = monotonic() + CATCH_UP_SECONDS
        allowed = self.catching_up.take(min(room, self.way.concurrency))
        return claim(self.channel, allowed, until=since, without=self.full) if allowed else []

    def _begin(self, works: list[Work]) -> None:
        """Send what its place admits now; the rest waits as if it had never been claimed."""
        now = monotonic()
        back: dict[UUID, float] = {}
        admitted = []
        # By the clock that decides what is due, so that a pause ends with it.
        now_at = max((work.one.now for work in works), default=EVER)
        waits = self.gate.admit([place_of(work.one) for work in works], now_at)
        for work, wait in zip(works, waits, strict=True):
            one = work.one
            if not wait:
                self.flying[one.id] = one
                admitted.append(work)
                continue
            if one.destination_id:
                until = max(self.full.get(one.destination_id, 0.0), now + min(wait, LONGEST_FULL))
                self.full[one.destination_id] = until
            has_room = len(self.held) < 2 * self.way.concurrency
            if wait <= PATIENCE and has_room and not self._is_stale(work, now + wait):
                self.held[one.id] = work
            else:
                back[one.id] = wait
        # First what cannot fail: what is under way must land.
        self.senders.put(admitted)
        if back:
            give_back(back)

    def _is_stale(self, work: Work, at: float) -> bool:
        """Whether it has to be asked again then if it is wanted: she may have acted."""
        return at > work.decided_at + STALE_SECONDS

    def _begin_again(self) -> None:
        """What was held goes as soon as its place may have room; what had to wait for too long is
        asked again what it says, and whether it is wanted.
        """
        now = monotonic()
        works = [work for work in self.held.values() if work.one.destination_id not in self.full]
        stale = [work for work in self.held.values() if self._is_stale(work, now)]
        for work in (*works, *stale):
            self.held.pop(work.one.id, None)
        if stale:
            give_back({work.one.id: 0.0 for work in stale})
        fresh = [work for work in works if not self._is_stale(work, now)]
        if fresh:
            self._begin(fresh)

    def _land(self) -> None:
        self._collect(LINGER_SECONDS if self.landed else self._patience())

    def _keep(self) -> None:
        """What is in hand stays this worker's."""
        if monotonic() - self.kept_at > HEARTBEAT_SECONDS:
            hold([*self.flying, *self.held])
            self.gate.hold()
            self.kept_at = monotonic()

    def _patience(self) -> float:
        if self.senders.is_behind:
            return SLOW_SECONDS
        return min(self.wait or LOOK_SECONDS, LOOK_SECONDS)

    def _collect(self, timeout: float) -> None:
        """Take what landed; a group is marked when it is full or nothing more comes at once."""
        found: list[Landed] = []
        if self.flying:
            found = self.senders.results(timeout, GROUP - len(self.landed))
        self.landed += [outcome for outcome, _pause in found]
        ended = [(self.flying.pop(outcome.id, None), pause) for outcome, pause in found]
        for destination in self.gate.release([outcome.id for outcome, _pause in found]):
            self.full.pop(UUID(destination), None)
        for one, pause in ended:
            if one and pause and one.destination_id:
                self.gate.pause(str(one.destination_id), clock() + pause, pause)
        if self.landed and (len(self.landed) >= GROUP or not found or not self.flying):
            reach("marking")
            mark(self.landed)
            self.landed.clear()

    def _settle(self) -> None:
        """Write down what lands soon after the stop: left to its lease it would go out twice. What
        nobody has begun is another worker's.
        """
        waiting = [work.one.id for work in self.senders.take_back()]
        if waiting or self.held:
            give_back(dict.fromkeys([*waiting, *self.held], 0.0))
            self.gate.release(waiting)
        self.held.clear()
        for one in waiting:
            self.flying.pop(one, None)
        end = monotonic() + STOP_SECONDS
        while self.landed or (self.flying and monotonic() < end):
            self._collect(LINGER_SECONDS if self.landed else max(end - monotonic(), 0))
