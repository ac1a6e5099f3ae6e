"""Plans what falls due in the next half minute: one transaction, one row per occurrence and way.

1. Take reminders that are due within HORIZON and that no other planner holds.
2. Unfold each into its occurrences, in Python: what was missed while nobody looked, what is now.
3. Ask sources whom they are for, where that is theirs to say.
4. Insert notifications and deliveries; what is there already stays, what was withdrawn comes back.
5. Move each reminder on to its next occurrence.
6. Where nobody acted, tell whom the reminder names for that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from reminders.elapsed import Passed, passed_by
from reminders.engine.claim import EVER, clock
from reminders.engine.database import SYSTEM, columns, run, run_kept
from reminders.engine.escalate import escalate
from reminders.engine.failpoints import reach
from reminders.engine.people import addressed
from reminders.engine.plan_sql import ADVANCE, OPEN_DESTINATIONS, PICK, WRITE
from reminders.engine.reckon import reckon
from reminders.recurrence import counted_from, occurrences, slot_date
from reminders.rules import Occurrence, Rule, rule_of

log = structlog.get_logger("guildhall.engine")

HORIZON = timedelta(seconds=30)
BATCH = 1000
# Of the occurrences that were missed so many get a row of their own, the older ones share one.
MISSED_ROWS = 10
LONGEST_LATE = timedelta(hours=24)
AGAIN = timedelta(hours=1)
# Shorter than HORIZON, so that a source that breaks for a moment costs no time.
ASK_AGAIN = timedelta(seconds=10)
# When it stays broken, somebody hears of what was due so long ago; not at once when it breaks in
# the moment in which the engine comes back from a longer break.
UNASKED = timedelta(hours=1)
IN_VAIN = timedelta(minutes=5)


class Unsaid(NamedTuple):
    """Since when a source could not say whom a reminder is for, and when it was asked last."""

    since: datetime
    asked_at: datetime


_unsaid: dict[UUID, Unsaid] = {}


class Due(NamedTuple):
    """A reminder that the engine has to look at; the order is that of PICK."""

    id: UUID
    guild_id: UUID
    frequency: str
    once_at: datetime | None
    time: time | None
    weekdays: list[int]
    time_zone: str
    starts_on: date | None
    month_day: int | None
    nth: int | None
    rrule: str
    every_minutes: float | None
    count: int | None  # type: ignore[assignment]  # no tuple is counted here
    last_on: date | None
    skip: list[date]
    before_minutes: int | None
    source_kind: str
    source_id: UUID | None
    audience: str
    maker_id: UUID | None
    maker_user_id: UUID | None
    look_at: datetime
    next_slot: str
    updated_at: datetime
    now: datetime

    @property
    def rule(self) -> Rule:
        return rule_of(self)


class Planned(NamedTuple):
    """One occurrence to be written down; `missed` says why it is not sent."""

    guild_id: UUID
    reminder_id: UUID
    slot: str
    due_at: datetime
    missed: str


class Next(NamedTuple):
    reminder_id: UUID
    look_at: datetime | None
    slot: str


def plan(since: datetime = EVER) -> bool:
    """Everything is planned that falls due from `since` on, and a batch of what is older; whether
    there may be more of that.
    """
    # Summaries unfold as reminders do, so that module needs this one.
    from reminders.engine.digests import plan_digests

    _apart(plan_digests)
    while not _plan_batch(since):
        pass
    _apart(escalate)
    return since is not EVER and not _plan_batch(EVER)


def _apart(act: Callable[[], int]) -> None:
    """What breaks in it holds up neither what is due nor any inbox."""
    try:
        act()
    except (OperationalError, InterfaceError):
        raise  # the database is away
    except Exception:
        log.exception("engine.failed", at=act.__name__)


def _plan_batch(after: datetime) -> bool:
    """Whether nothing else is due."""
    with transaction.atomic(using=SYSTEM):
        rows = [Due(*row) for row in run_kept(PICK, [after, HORIZON, _resting(), BATCH])]
        _plan(rows)
    # What was worked out just now may be due itself.
    return len(rows) < BATCH and all(row.next_slot for row in rows)


def _resting() -> list[UUID]:
    """The reminders whose source could not say whom they are for when it was asked just now; a
    clock that is set meanwhile ends that.
    """
    if not _unsaid:
        return []
    now = clock()
    for one in [one for one, (_, at) in _unsaid.items() if abs(now - at) > LONGEST_LATE]:
        del _unsaid[one]
    return [one for one, (_, at) in _unsaid.items() if abs(now - at) < ASK_AGAIN]


def _plan(rows: list[Due]) -> None:
    due = [row for row in rows if row.next_slot]
    asking = [row for row in rows if not row.next_slot]
    planned: list[Planned] = []
    nexts = [Next(row.id, *_pair(found)) for row, found in reckon(asking)]
    for row in due:
        try:
            mine, following = unfold(row)
        except Exception:
            # A rule that cannot be read holds up nobody else.
            log.exception("reminder.unreadable", reminder=str(row.id))
            mine, following = [], Next(row.id, row.now + AGAIN, row.next_slot)
        planned += mine
        nexts.append(following)
    addressees, unsaid = addressed(due)
    unasked = _asked_in_vain([row for row in due if row.id in unsaid])
    for row in due:
        if row.id not in unsaid or row.id in unasked:
            _unsaid.pop(row.id, None)
    if waiting := unsaid - unasked:
        # They stay as they are, and are not told to the wrong ones.
        planned = [one for one in planned if one.reminder_id not in waiting]
        nexts = [one for one in nexts if one.reminder_id not in waiting]
    if planned:
        lists = columns(planned)
        people = columns(addressees) or [[], []]
        run(OPEN_DESTINATIONS, [lists[0], lists[1], *people])
        run(WRITE, [*lists, *people, list(unasked), settings.SPREAD_SECONDS])
        reach("planned")
    if nexts:
        run(ADVANCE, columns(nexts))


def _asked_in_vain(rows: list[Due]) -> set[UUID]:
    """Those that have waited long enough for their source to say whom they are for."""
    for row in rows:
        known = _unsaid.get(row.id)
        _unsaid[row.id] = Unsaid(known.since if known else row.now, row.now)
    return {
        row.id
        for row in rows
        if row.now - row.look_at >= UNASKED and row.now - _unsaid[row.id].since >= IN_VAIN
    }


def unfold(row: Due) -> tuple[list[Planned], Next]:
    """The occurrences of a reminder up to the horizon, and what it does after them."""
    first = Occurrence(row.next_slot, row.look_at)
    if row.frequency == "once":
        return [_planned(row, first)], Next(row.id, None, "")
    if row.frequency == "before":
        # When that time has come the source is asked for another one.
        return [_planned(row, first)], Next(row.id, counted_from(row.next_slot), "")
    there, following, after = [first], None, row.look_at
    older = passed_by(row.rule, first, row.now - LONGEST_LATE)
    if older:
        there, after = [], row.now - LONGEST_LATE
    for one in occurrences(row.rule, after=after, since=slot_date(row.next_slot)):
        if one.due_at > row.now + HORIZON:
            following = one
            break
        there.append(one)
    return _by_lateness(row, there, following, older), Next(row.id, *_pair(following))


def _by_lateness(
    row: Due, there: list[Occurrence], following: Occurrence | None, older: Passed | None
) -> list[Planned]:
    """What is ahead, and of what is past only the latest, if it still makes sense, is sent."""
    past = [one for one in there if one.due_at <= row.now]
    ahead = [_planned(row, one) for one in there if one.due_at > row.now]
    if not past:
        return [*_missed(row, [], older), *ahead]
    latest = past[-1]
    after = ahead[0].due_at if ahead else following.due_at if following else None
    period = after - latest.due_at if after else LONGEST_LATE * 2
    if row.now - latest.due_at <= min(LONGEST_LATE, period / 2):
        return [*_missed(row, past[:-1], older), _planned(row, latest), *ahead]
    return [*_missed(row, past, older), *ahead]


def _missed(row: Due, missed: list[Occurrence], older: Passed | None) -> list[Planned]:
    old, recent = missed[:-MISSED_ROWS], missed[-MISSED_ROWS:]
    rows = [_planned(row, one, "missed") for one in recent]
    spans = [older] if older else []
    if old:
        spans.append(Passed(len(old), old[0], old[-1]))
    if spans:
        count, first, last = sum(span.times for span in spans), spans[0].first, spans[-1].last
        span = f"missed:{count}:{first.due_at.isoformat()}|{last.due_at.isoformat()}"
        rows.insert(0, _planned(row, first, span))
    return rows


def _planned(row: Due, one: Occurrence, missed: str = "") -> Planned:
    return Planned(row.guild_id, row.id, one.slot, one.due_at, missed)


def _pair(one: Occurrence | None) -> tuple[datetime | None, str]:
    return (one.due_at, one.slot) if one else (None, "")
