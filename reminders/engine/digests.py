"""Morning summaries: planned as reminders are, one for each local date.

The occurrence is the nominal date, whatever the zone or the time is by then: `digest:2026-11-20`.
Who moves to another zone, or chooses another time, gets none twice for a date and none too few.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db import transaction

from config.web.chosen import zone_or
from reminders.engine.database import SYSTEM, columns, run, run_kept
from reminders.engine.failpoints import reach
from reminders.engine.plan import AGAIN, HORIZON, Due, Next, Planned, unfold
from reminders.models.digest import digest_rule
from reminders.recurrence import next_occurrence, slot_date

log = structlog.get_logger("guildhall.engine")

BATCH = 500
ORIGIN = "digest:"
# Whoever left, and a household that is closed, are looked at again so much later.
ASLEEP = timedelta(hours=1)

# `last` is the latest date of which she had one, or has a row that says why not.
PICK = """
SELECT d.id, d.guild_id, d.member_id, d.time, d.weekdays, u.time_zone, g.time_zone,
       m.left_at IS NULL AND g.is_active AND g.deleted_at IS NULL,
       d.look_at, d.next_slot,
       (SELECT n.origin FROM reminders_notification n
        WHERE n.guild_id = d.guild_id AND n.kind = 'digest' AND n.reminder_id IS NULL
          AND n.recipient_id = d.member_id
          AND NOT (n.arrived_at IS NULL AND n.closed_reason = 'edited')
        ORDER BY n.origin DESC LIMIT 1),
       (SELECT due_clock())
FROM reminders_digest d
JOIN accounts_member m ON m.guild_id = d.guild_id AND m.id = d.member_id
JOIN accounts_guild g ON g.id = d.guild_id
LEFT JOIN accounts_user u ON u.id = m.user_id
WHERE d.look_at IS NOT NULL AND d.look_at <= (SELECT due_clock()) + %s
  AND (d.next_slot <> '' OR d.look_at <= (SELECT due_clock()))
ORDER BY d.look_at, d.id LIMIT %s
FOR NO KEY UPDATE OF d SKIP LOCKED
"""

# As for reminders: whoever has an account with an address is told there, too.
OPEN = """
INSERT INTO reminders_destination
    (id, guild_id, member_id, channel, name, follows_account, secret, switched_off_reason)
SELECT uuidv7(), d.guild_id, d.member_id, 'email', '', true, '', ''
FROM reminders_digest d
JOIN accounts_member m ON m.guild_id = d.guild_id AND m.id = d.member_id
JOIN accounts_user u ON u.id = m.user_id AND u.email <> ''
WHERE d.id = ANY (%s) AND NOT EXISTS (
    SELECT FROM reminders_destination x
    WHERE x.guild_id = d.guild_id AND x.member_id = d.member_id AND x.follows_account
)
ORDER BY d.guild_id, d.member_id
ON CONFLICT (guild_id, member_id, channel) WHERE follows_account DO NOTHING
"""

# What an edit took back before it came is taken up again; everything else that is there stays.
WRITE = """
WITH o AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::text[])
        AS o (guild_id, digest_id, origin, due_at, missed)
), n AS (
    INSERT INTO reminders_notification
        (id, guild_id, kind, reminder_id, slot, origin, recipient_id, title, body, url,
         due_at, closed_at, closed_reason)
    SELECT uuidv7(), o.guild_id, 'digest', NULL, '', o.origin, d.member_id, '', '', '',
           o.due_at, CASE WHEN o.missed <> '' THEN due_clock() END, o.missed
    FROM o JOIN reminders_digest d ON d.id = o.digest_id
    ORDER BY o.due_at, o.digest_id
    ON CONFLICT (guild_id, kind, origin, recipient_id) WHERE reminder_id IS NULL DO UPDATE
        SET due_at = excluded.due_at, closed_at = excluded.closed_at,
            closed_reason = excluded.closed_reason
        WHERE reminders_notification.arrived_at IS NULL
          AND reminders_notification.closed_reason = 'edited'
    RETURNING id, guild_id, recipient_id, due_at, closed_reason
), ways AS (
    SELECT n.*, 'inbox' AS channel, NULL::uuid AS destination_id FROM n
    UNION ALL
    SELECT n.*, d.channel, d.id FROM n
    JOIN reminders_destination d ON d.guild_id = n.guild_id AND d.member_id = n.recipient_id
        AND d.switched_off_at IS NULL AND d.deleted_at IS NULL AND d.by_default
)
INSERT INTO reminders_delivery
    (id, guild_id, notification_id, recipient_id, channel, destination_id, step,
     status, reason, attempts, due_at, try_at, provider_id)
SELECT uuidv7(), w.guild_id, w.id, w.recipient_id, w.channel, w.destination_id, 0,
       CASE WHEN w.closed_reason = '' THEN 'planned' ELSE 'skipped' END, w.closed_reason, '[]',
       w.due_at, w.due_at, ''
FROM ways w
ON CONFLICT (guild_id, notification_id, reminder_id, occurrence, destination_id, step) DO UPDATE
    SET status = excluded.status, reason = excluded.reason,
        due_at = excluded.due_at, try_at = excluded.try_at
    WHERE reminders_delivery.status = 'skipped'
"""

ADVANCE = """
UPDATE reminders_digest d SET look_at = o.look_at, next_slot = o.slot
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS o (id, look_at, slot)
WHERE d.id = o.id
"""


class Row(NamedTuple):
    """A summary that the engine has to look at; the order is that of PICK."""

    id: UUID
    guild_id: UUID
    member_id: UUID
    time: time
    weekdays: list[int]
    zone: str | None
    guild_zone: str
    is_open: bool
    look_at: datetime
    next_slot: str
    last: str | None
    now: datetime

    @property
    def zone_key(self) -> str:
        return zone_or(self.zone or "", self.guild_zone).key


def plan_digests() -> int:
    """How many summaries were looked at; everything due is planned when it returns."""
    seen = 0
    while True:
        with transaction.atomic(using=SYSTEM):
            rows = [Row(*row) for row in run_kept(PICK, [HORIZON, BATCH])]
            _plan(rows)
        seen += len(rows)
        # What was worked out just now may be due itself.
        if len(rows) < BATCH and all(row.next_slot or not row.is_open for row in rows):
            return seen


def _plan(rows: list[Row]) -> None:
    planned: list[Planned] = []
    nexts: list[Next] = []
    for row in rows:
        try:
            mine, following = _unfold(row)
        except Exception:
            # One that cannot be worked out holds up nobody else.
            log.exception("digest.unreadable", digest=str(row.id))
            mine, following = [], Next(row.id, row.now + AGAIN, row.next_slot)
        planned += mine
        nexts.append(following)
    if planned:
        run(OPEN, [[row.id for row in rows]])
        run(WRITE, columns(planned))
        reach("digested")
    if nexts:
        run(ADVANCE, columns(nexts))


def _unfold(row: Row) -> tuple[list[Planned], Next]:
    """What comes of it up to the horizon, and what it does after that."""
    if not row.is_open:
        return [], Next(row.id, row.now + ASLEEP, "")
    if not row.next_slot:
        return [], _next(row)
    mine, following = unfold(_due(row))
    return [_of_date(one, row) for one in mine], following


def _due(row: Row) -> Due:
    """As if it were a reminder: by the clock, on days of the week, in her zone."""
    return Due(
        id=row.id, guild_id=row.guild_id, frequency="weekly", once_at=None, time=row.time,
        weekdays=row.weekdays, time_zone=row.zone_key, starts_on=date.min, month_day=None,
        nth=None, rrule="", every_minutes=None, count=None, last_on=None, skip=[],
        before_minutes=None, source_kind="", source_id=None, audience="", maker_id=None,
        maker_user_id=None, look_at=row.look_at, next_slot=row.next_slot, updated_at=row.now,
        now=row.now,
    )  # fmt: skip


def _of_date(one: Planned, row: Row) -> Planned:
    """The occurrence by its date alone; yesterday's summary is of no use today."""
    day = slot_date(one.slot)
    assert day is not None
    over = day < row.now.astimezone(zone_or(row.zone_key)).date()
    return one._replace(slot=f"{ORIGIN}{day}", missed=one.missed or ("missed" if over else ""))


def _next(row: Row) -> Next:
    rule = digest_rule(row.time, row.weekdays, row.zone_key)
    last = date.fromisoformat(row.last.removeprefix(ORIGIN)) if row.last else None
    # Since she asked: what fell due while no engine looked is then judged by how late it is.
    found = next_occurrence(rule, after=row.look_at, since=last)
    return Next(row.id, found.due_at, found.slot) if found else Next(row.id, None, "")
