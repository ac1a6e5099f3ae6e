"""The worker's own clock: it waits for the next due instant itself, never longer than a second.

So neither a dead beat nor a dead Valkey costs anything; a doorbell only makes it look at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from threading import Event, Thread

import structlog
from django.db import DatabaseError, InterfaceError
from django.urls import reverse

from reminders.engine.claim import EVER, clock
from reminders.engine.database import forget, run_kept
from reminders.engine.drain import Drain
from reminders.engine.inbox import drain_inbox
from reminders.engine.outside import WAYS
from reminders.engine.plan import plan
from reminders.models import Channel

log = structlog.get_logger("guildhall.engine")

LONGEST_WAIT = 1.0
# A row that another worker holds for a moment must not make this one spin.
SHORTEST_WAIT = 0.005
AFTER_ERROR = 0.5
# After such a silence, of the machine or of the database, what fell due meanwhile is caught up
# with; what fell due a moment before a start is not: that is a restart.
ABSENT_SECONDS = 10.0
# When everybody's summary is due at seven, reminders wait no longer than this for them.
SUMMARIES_SECONDS = 0.5
GRACE = timedelta(seconds=30)

# Per channel the seconds until its next delivery, by the clock that decides what is due.
NEXT = """
SELECT c, extract(epoch FROM (
    SELECT q.try_at FROM reminders_queued q
    WHERE q.channel = c AND (q.lease_until IS NULL OR q.lease_until < (SELECT due_clock()))
    ORDER BY q.try_at LIMIT 1
) - due_clock())::float8
FROM unnest(%s::text[]) AS c
"""


def deliver_due() -> int:
    """Plan and send all that is due now, here; how many deliveries were decided."""
    plan()
    return drain_inbox() + sum(_drain_once(channel) for channel in WAYS)


def _drain_once(channel: str) -> int:
    with closing(Drain(channel)) as drain:
        return drain.run()


class Engine:
    """Threads of one worker: a clock that plans and fills inboxes, and one for every other way,
    so that a slow provider holds up nobody else.
    """

    def __init__(self) -> None:
        self._bell, self._stop = Event(), Event()
        # What fell due before is caught up with; until when this worker was last there.
        self._since, self._seen_at = EVER, -ABSENT_SECONDS
        self._lanes = {channel: Event() for channel in WAYS}
        self._threads = [
            Thread(target=self._keep_time, name="engine", daemon=True),
            *(
                Thread(target=self._send, args=(channel,), name=f"lane-{channel}", daemon=True)
                for channel in WAYS
            ),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ring(self) -> None:
        """Look now."""
        self._bell.set()

    def stop(self, timeout: float = 4.0) -> None:
        """End after what is in hand; what is still in flight then is left to its lease."""
        self._stop.set()
        for event in (self._bell, *self._lanes.values()):
            event.set()
        for thread in self._threads:
            thread.join(timeout)

    def _keep_time(self) -> None:
        wait = self._safely(self._turn)
        Thread(target=_read_pages, name="pages", daemon=True).start()
        while not self._stop.is_set():
            self._bell.wait(max(wait, 0))
            self._bell.clear()
            wait = self._safely(self._turn)
        forget()

    def _turn(self) -> float:
        """Do what is due; the seconds until there is something again."""
        if _awake() - self._seen_at > ABSENT_SECONDS:
            self._since = clock() - GRACE
        is_behind = plan(self._since)
        drain_inbox(SUMMARIES_SECONDS)
        waits: dict[str, float | None] = dict(run_kept(NEXT, [[Channel.INBOX, *WAYS]]))
        for channel, event in self._lanes.items():
            # What is due already is the lane's to send, and no reason to look again at once.
            if (waits[channel] or LONGEST_WAIT) <= 0:
                waits[channel] = None
                event.set()
        self._seen_at = _awake()
        ahead = [max(wait, SHORTEST_WAIT) for wait in waits.values() if wait is not None]
        return SHORTEST_WAIT if is_behind else min([LONGEST_WAIT, *ahead])

    def _send(self, channel: str) -> None:
        # One drain for the life of the lane: what landed while the database was away is kept.
        drain = Drain(channel)
        while not self._stop.is_set():
            self._lanes[channel].wait(drain.wait or None)
            self._lanes[channel].clear()
            if self._safely(lambda: self._run(drain)) < 0:
                self._lanes[channel].set()
        drain.close()
        forget()

    def _run(self, drain: Drain) -> float:
        return float(drain.run(self._stop.is_set, since=self._since))

    def _safely(self, act: Callable[[], float]) -> float:
        """What it answers; after an error -1, with fresh connections for the next try."""
        try:
            return act()
        except (DatabaseError, InterfaceError) as error:
            log.warning("engine.database", error=type(error).__name__)
        except Exception:
            log.exception("engine.failed")
        forget()
        self._stop.wait(AFTER_ERROR)
        return -1.0


def _awake() -> float:
    """Seconds since the machine was started, its sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _read_pages() -> None:
    """To know where one page is, Django reads them all for half a second. The first reminder is
    not to wait for that.
    """
    reverse("reminders:inbox", kwargs={"slug": "-"})
