"""One way out of one worker: claims ahead of its senders, marks in groups what they sent.

Sending happens outside any transaction. A small group bounds what a crash sends twice: at most
the sends in flight and one group. What fell due while no worker was there comes at a capped rate,
behind what falls due now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from time import monotonic, sleep
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from reminders.channels.base import Limits
from reminders.engine.claim import (
    EVER,
    LEASE,
    Claim,
    claim,
    clock,
    give_back,
    hold,
    is_due,
    still_planned,
)
from reminders.engine.decide import Said, decide
from reminders.engine.failpoints import reach
from reminders.engine.limits import Gate, SharedBucket
from reminders.engine.outcomes import Outcome, mark, unsent
from reminders.engine.outside import WAYS, Landed, place_of, send
from reminders.engine.senders import Senders

GROUP = 32
# So long a group waits for more of its kind.
LINGER_SECONDS = 0.005
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
        # Claimed and decided; of those what its place had no room for; what senders have.
        self.ready: dict[UUID, Work] = {}
        self.held: dict[UUID, Work] = {}
        self.flying: dict[UUID, Claim] = {}
        self.landed: list[Outcome] = []
        # What has landed and whose slots are not free yet.
        self.leaving: list[UUID] = []
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
            self._begin()
            if self.flying or self.landed:
                self._land()
            elif taken or self.held or self.ready:
                sleep(min(self.wait or LINGER_SECONDS, LOOK_SECONDS))
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
        """As many again as may be under way, so that senders never wait for a claim."""
        now = monotonic()
        self.full = {one: until for one, until in self.full.items() if until > now}
        room = 3 * self.way.concurrency - len(self.flying) - len(self.ready)
        if room < self.way.concurrency:
            return 0
        claims = claim(self.channel, room, after=since, without=self.full)
        if since is not EVER and len(claims) < room:
            claims += self._catch_up(room - len(claims), since)
        if not claims:
            return 0
        reach("claimed")
        for one, what in decide(self._anew(claims)):
            if isinstance(what, Said):
                self.ready[one.id] = Work(one, what, monotonic())
            else:
                self.landed.append(unsent(one, what))
        return len(claims)

    def _anew(self, claims: list[Claim]) -> list[Claim]:
        """Those that are not under way here: a lease may run out while the machine sleeps or the
        database is away, and then this worker itself takes the row over.
        """
        in_hand = self.flying.keys() | {outcome.id for outcome in self.landed}
        for one in claims:
            self.held.pop(one.id, None)
            self.ready.pop(one.id, None)
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

    def _begin(self) -> None:
        """Send what its place admits now, as much as may be under way; what had to wait for it
        before goes first.
        """
        now = monotonic()
        works = self._next(now)
        places = [place_of(work.one) for work in works]
        # By the clock that decides what is due, so that a pause ends with it.
        now_at = max((work.one.now for work in works), default=EVER)
        leaving, self.leaving = self.leaving, []
        waits, freed = self.gate.admit(places, now_at, leaving)
        for destination in freed:
            self.full.pop(UUID(destination), None)
        admitted = []
        waiting: list[tuple[Work, float]] = []
        for work, wait in zip(works, waits, strict=True):
            one = work.one
            if not wait:
                self.flying[one.id] = one
                admitted.append(work)
                continue
            waiting.append((work, wait))
            if one.destination_id:
                until = max(self.full.get(one.destination_id, 0.0), now + min(wait, LONGEST_FULL))
                self.full[one.destination_id] = until
        # First what cannot fail: what is under way must land.
        self.senders.put(admitted)
        self._put_aside(waiting, now)

    def _put_aside(self, waiting: list[tuple[Work, float]], now: float) -> None:
        """Out of the way of others: what its place has no room for, and all that goes there."""
        for one, work in list(self.ready.items()):
            if (until := self.full.get(work.one.destination_id or one)) is not None:
                waiting.append((self.ready.pop(one), max(until - now, 0.001)))
        back: dict[UUID, float] = {}
        for work, wait in waiting:
            has_room = len(self.held) < 2 * self.way.concurrency
            if wait <= PATIENCE and has_room and not _is_stale(work, now + wait):
                self.held[work.one.id] = work
            else:
                back[work.one.id] = wait
        if back:
            give_back(back)

    def _next(self, now: float) -> list[Work]:
        """What may be sent now as far as this worker goes. What had to wait for too long is given
        back, to be asked again what it says, and whether it is wanted: she may have acted.
        """
        for queue in (self.held, self.ready):
            if stale := [one for one, work in queue.items() if _is_stale(work, now)]:
                for one in stale:
                    del queue[one]
                give_back(dict.fromkeys(stale, 0.0))
        room = self.way.concurrency - len(self.flying)
        waited = self._first(self.held, room)
        wanted = still_planned([work.one.id for work in waited])
        works = [work for work in waited if work.one.id in wanted]
        return works + self._first(self.ready, room - len(works))

    def _first(self, queue: dict[UUID, Work], most: int) -> list[Work]:
        """Up to so many of it whose destination is not full; they are taken out."""
        fit = (work for work in queue.values() if work.one.destination_id not in self.full)
        works = list(islice(fit, max(0, most)))
        for work in works:
            del queue[work.one.id]
        return works

    def _land(self) -> None:
        self._collect(LINGER_SECONDS if self.landed else self._patience())

    def _keep(self) -> None:
        """What is in hand stays this worker's."""
        if monotonic() - self.kept_at > HEARTBEAT_SECONDS:
            hold([*self.flying, *self.held, *self.ready])
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
            found = self.senders.results(timeout, GROUP - len(self.landed), LINGER_SECONDS)
        self.landed += [outcome for outcome, _pause in found]
        self.leaving += [outcome.id for outcome, _pause in found]
        ended = [(self.flying.pop(outcome.id, None), pause) for outcome, pause in found]
        for one, pause in ended:
            if one and pause and one.destination_id:
                self.gate.pause(str(one.destination_id), clock() + pause, pause)
        if self.landed and (len(self.landed) >= GROUP or not found or not self.flying):
            self._begin()
            reach("marking")
            mark(self.landed)
            self.landed.clear()

    def _settle(self) -> None:
        """Write down what lands soon after the stop: left to its lease it would go out twice. What
        nobody has begun is another worker's.
        """
        waiting = [work.one.id for work in self.senders.take_back()]
        if waiting or self.held or self.ready:
            give_back(dict.fromkeys([*waiting, *self.held, *self.ready], 0.0))
        self.held.clear()
        self.ready.clear()
        self.leaving += waiting
        for one in waiting:
            self.flying.pop(one, None)
        end = monotonic() + STOP_SECONDS
        while self.landed or (self.flying and monotonic() < end):
            self._collect(LINGER_SECONDS if self.landed else max(end - monotonic(), 0))
        self._begin()


def _is_stale(work: Work, at: float) -> bool:
    """Whether it has to be asked again then if it is wanted."""
    return at > work.decided_at + STALE_SECONDS
