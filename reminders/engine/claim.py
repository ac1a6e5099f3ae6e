"""Takes what is due under a lease, so that nobody else sends it while this worker lives.

Only the narrow queue is written for that. A lease that ran out was a dead worker's, or of one that
cannot reach the database: its row is due like any other, and what was sent unmarked goes out again
with the same key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from config.web.chosen import zone_or
from reminders.engine.database import OWNER, run_kept, uuids
from reminders.quiet import Quiet

LEASE = timedelta(seconds=8)


class Claim(NamedTuple):
    """A delivery with all that the decision needs; the order is that of CLAIM. One for a whole
    occurrence, to a household's own channel, has neither notification nor recipient.
    """

    id: UUID
    guild_id: UUID
    notification_id: UUID | None
    reminder_id: UUID | None
    recipient_id: UUID | None
    destination_id: UUID | None
    channel: str
    step: int
    cause: str
    due_at: datetime
    try_at: datetime
    failures: int
    # Whether staff wanted it all the same; when it waited for the end of quiet hours.
    is_tried_again: bool
    waited: Multirange[datetime] | None
    slot: str
    origin: str
    title: str
    body: str
    url: str
    arrived_at: datetime | None
    done_at: datetime | None
    closed_at: datetime | None
    closed_reason: str
    because: str
    link_serial: int
    message: str | None
    visibility: str | None
    source_kind: str | None
    source_id: UUID | None
    maker_id: UUID | None
    audience: str | None
    urgent: bool | None
    nags: bool | None
    # After how many minutes somebody else is told, of what comes for the first time.
    first_stage: int | None
    paused_at: datetime | None
    deleted_at: datetime | None
    maker_user_id: UUID | None
    maker_left_at: datetime | None
    recipient_left_at: datetime | None
    recipient_name: str
    guild_name: str
    guild_slug: str
    guild_locale: str
    guild_zone: str
    guild_open: bool
    email: str | None
    locale: str | None
    zone: str | None
    user_active: bool | None
    secret: str | None
    signing_key: str | None
    follows_account: bool | None
    switched_off_at: datetime | None
    # Of an e-mail address that was typed: whether it is still confirmed by whom it belongs to.
    confirmed: bool | None
    quiet_from: time | None
    quiet_until: time | None
    named: bool
    # Her absences around that time, where they matter.
    away: list[Range[date]] | None
    # Of what the household is told: who else is. Of an escalation: who did not act, and whether
    # she did so after all.
    people: list[str] | None
    first_id: UUID | None
    first_name: str | None
    first_closed_reason: str | None
    first_done_at: datetime | None
    # Whether another worker had it in hand until its lease ran out.
    was_lost: bool
    now: datetime

    @property
    def quiet(self) -> Quiet:
        """The hours in which this way waits, by the clock of whoever is told."""
        if self.quiet_from is None:
            return NEVER_QUIET
        zone = zone_or(self.zone or "", self.guild_zone).key
        # No model is imported here: the bench does without Django.
        passes = self.urgent or self.cause == "snooze"
        return Quiet(None, None, zone) if passes else Quiet(self.quiet_from, self.quiet_until, zone)

    @property
    def wanted_at(self) -> datetime:
        """When it was to go out: as soon as it is due and her quiet hours are over."""
        return self.quiet.end(self.due_at) or self.due_at

    def is_later_than(self, most: timedelta) -> bool:
        """Whether it is late by more than that."""
        return self.now - self.due_at > most and self.late_by > most

    @property
    def late_by(self) -> timedelta:
        """How late it is now. Neither the quiet hours in which it fell due nor those whose end it
        had to wait for count; retries, pauses of a provider and downtimes do.
        """
        wanted_at = self.wanted_at
        late_by = self.now - wanted_at
        for one in self.waited or ():
            if one.lower and one.upper:
                late_by -= max(min(one.upper, self.now), wanted_at) - max(one.lower, wanted_at)
        return max(late_by, timedelta())


NEVER_QUIET = Quiet(None, None, "UTC")

CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM reminders_queued
    WHERE channel = %s AND try_at > %s AND try_at <= least((SELECT due_clock()), %s)
      AND (lease_until IS NULL OR lease_until < (SELECT due_clock()))
      AND (destination_id IS NULL OR destination_id <> ALL (%s))
      AND (%s::boolean IS NULL OR %s = is_reminder)
    ORDER BY try_at, id LIMIT %s
    FOR NO KEY UPDATE SKIP LOCKED
), mine AS (
    UPDATE reminders_queued q
    SET lease_until = (SELECT due_clock()) + %s, lease_owner = %s
    FROM due WHERE q.id = due.id
    RETURNING q.id, q.try_at, old.lease_until IS NOT NULL AS was_lost
)
SELECT q.id, d.guild_id, d.notification_id, d.reminder_id, d.recipient_id, d.destination_id,
       d.channel, d.step, d.cause, d.due_at, d.try_at,
       (SELECT count(*) FROM jsonb_array_elements(d.attempts) a
        WHERE a ->> 'outcome' IN ('passing', 'again')),
       d.attempts @> '[{"outcome": "again"}]',
       CASE WHEN d.attempts <> '[]' THEN (
           SELECT range_agg(tstzrange(least(w.since, w.until), w.until))
           FROM jsonb_array_elements(d.attempts) a CROSS JOIN LATERAL (
               SELECT (a ->> 'at')::timestamptz AS since,
                      substr(a ->> 'reason', 7)::timestamptz AS until
           ) w
           WHERE a ->> 'outcome' = 'waits' AND a ->> 'reason' LIKE 'quiet:%%'
       ) END,
       coalesce(n.slot, d.occurrence), coalesce(n.origin, ''), coalesce(n.title, ''),
       coalesce(n.body, ''), coalesce(n.url, ''), n.arrived_at, n.done_at, n.closed_at,
       coalesce(n.closed_reason, ''), coalesce(n.because, ''),
       coalesce(n.link_serial, 0),
       r.message, r.visibility, r.source_kind, r.source_id, r.created_by_id,
       r.audience, r.urgent, r.nag_minutes IS NOT NULL,
       CASE WHEN d.channel = 'inbox' AND d.step = 0 AND n.because <> 'escalated' THEN (
           SELECT e.after_minutes FROM reminders_escalation e
           WHERE e.guild_id = d.guild_id AND e.reminder_id = d.reminder_id
           ORDER BY e.position LIMIT 1
       ) END, r.paused_at, r.deleted_at,
       maker.user_id, maker.left_at,
       m.left_at, coalesce(m.nickname, g.name),
       g.name, g.slug, g.locale, g.time_zone, g.is_active AND g.deleted_at IS NULL,
       u.email, u.locale, u.time_zone, u.is_active,
       x.secret, x.signing_key, x.follows_account, coalesce(x.switched_off_at, x.deleted_at),
       CASE WHEN x.channel = 'email' AND NOT x.follows_account THEN EXISTS (
           SELECT FROM account_emailaddress e
           JOIN accounts_member p ON p.user_id = e.user_id
           WHERE p.guild_id = x.guild_id AND p.left_at IS NULL AND e.verified
             AND p.id = coalesce(x.member_id, p.id)
             AND encode(sha256(convert_to(e.email, 'UTF8')), 'hex') = x.address_hash) END,
       x.quiet_from, x.quiet_until,
       d.recipient_id IS NULL OR r.id IS NULL OR r.audience <> 'members' OR n.because <> ''
       OR EXISTS (
           SELECT FROM reminders_reminderrecipient l WHERE l.guild_id = d.guild_id
             AND l.reminder_id = d.reminder_id AND l.member_id = d.recipient_id),
       CASE WHEN away.days IS NOT NULL AND (
           r.created_by_id IS DISTINCT FROM d.recipient_id OR EXISTS (
               SELECT FROM reminders_notification o WHERE o.guild_id = n.guild_id
                 AND o.reminder_id = n.reminder_id AND o.slot = n.slot AND o.id <> n.id)
       ) THEN away.days END,
       CASE WHEN d.notification_id IS NULL THEN ARRAY(
           SELECT coalesce(nullif(p.nickname, ''), g.name) FROM reminders_notification o
           JOIN accounts_member p ON p.guild_id = o.guild_id AND p.id = o.recipient_id
           WHERE o.guild_id = d.guild_id AND o.reminder_id = d.reminder_id
             AND o.slot = d.occurrence AND (o.closed_at IS NULL OR o.arrived_at IS NOT NULL)
           ORDER BY p.joined_at, p.id
       ) END,
       f.member_id, f.name, f.closed_reason, f.done_at,
       q.was_lost, (SELECT due_clock())
FROM mine q
LEFT JOIN reminders_delivery d ON d.id = q.id AND d.status = 'planned'
LEFT JOIN accounts_guild g ON g.id = d.guild_id
LEFT JOIN reminders_notification n ON n.id = d.notification_id
LEFT JOIN accounts_member m ON m.id = d.recipient_id
LEFT JOIN reminders_reminder r ON r.id = d.reminder_id
LEFT JOIN accounts_member maker ON maker.id = r.created_by_id
LEFT JOIN accounts_user u ON u.id = m.user_id
LEFT JOIN reminders_destination x ON x.id = d.destination_id
LEFT JOIN LATERAL (
    SELECT array_agg(daterange(b.from_on, b.until_on, '[]')) AS days FROM accounts_absence b
    WHERE d.step = 0 AND n.because = '' AND NOT r.also_away AND b.deleted_at IS NULL
      AND b.guild_id = d.guild_id AND b.member_id = d.recipient_id
      AND b.from_on <= (d.due_at AT TIME ZONE 'UTC')::date + 1
      AND b.until_on >= (d.due_at AT TIME ZONE 'UTC')::date - 1
) away ON true
LEFT JOIN LATERAL (
    SELECT p.id AS member_id, p.nickname AS name, o.closed_reason, o.done_at
    FROM reminders_notification o
    JOIN accounts_member p ON p.id = o.recipient_id
    WHERE o.id = coalesce(
        n.escalated_from_id, CASE WHEN d.occurrence LIKE '%%#%%'
                             THEN split_part(d.occurrence, '#', 2)::uuid END)
) f ON true
ORDER BY q.try_at, q.id
"""

IS_DUE = """
SELECT EXISTS (
    SELECT FROM reminders_queued
    WHERE channel = %s AND try_at <= %s
      AND (lease_until IS NULL OR lease_until < (SELECT due_clock()))
      AND (destination_id IS NULL OR destination_id <> ALL (%s))
)
"""

STILL = "SELECT id FROM reminders_delivery WHERE id = ANY (%s::uuid[]) AND status = 'planned'"
# What was decided since it was planned is no work any more.
FORGET = "DELETE FROM reminders_queued WHERE id = ANY (%s::uuid[]) AND lease_owner = %s"
LOST = """
UPDATE reminders_delivery SET attempts = attempts || jsonb_build_array(jsonb_build_object(
    'at', due_clock(), 'outcome', 'lost', 'reason', 'worker_gone'))
WHERE id = ANY (%s::uuid[]) AND status = 'planned'
"""
# Waits for nobody: who holds a row now is moving it to another time.
HEARTBEAT = """
UPDATE reminders_queued SET lease_until = due_clock() + %s
WHERE id IN (
    SELECT id FROM reminders_queued WHERE id = ANY (%s::uuid[]) AND lease_owner = %s
    FOR NO KEY UPDATE SKIP LOCKED
)
"""
# Nobody has begun it, so it is no attempt.
GIVE_BACK = """
UPDATE reminders_queued SET lease_until = NULL, lease_owner = NULL
WHERE id = ANY (%s::uuid[]) AND lease_owner = %s
"""
# The row says when it will be, and the queue follows it.
PUT_OFF = """
UPDATE reminders_delivery d SET try_at = due_clock() + make_interval(secs => o.wait)
FROM unnest(%s::uuid[], %s::float8[]) AS o (id, wait)
CROSS JOIN LATERAL (
    SELECT FROM reminders_queued q WHERE q.id = o.id AND q.lease_owner = %s OFFSET 0
) mine
WHERE d.id = o.id AND d.status = 'planned'
"""
CLOCK = "SELECT due_clock()"
EVER = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


def claim(
    channel: str,
    limit: int,
    *,
    after: datetime = EVER,
    until: datetime = NEVER,
    without: Collection[UUID] = (),
    of_reminders: bool | None = None,
) -> list[Claim]:
    """Up to `limit` deliveries of this channel that are due and fell due in this span, now this
    worker's; none of these destinations. Where it is said, only reminders', or all but those.
    """
    words = [channel, after, until, list(without), of_reminders, of_reminders, limit, LEASE, OWNER]
    rows = run_kept(CLAIM, words)
    claims = [Claim._make(row) for row in rows if row[1]]
    if len(claims) < len(rows):
        _drop([row[0] for row in rows if not row[1]])
    if lost := [one.id for one in claims if one.was_lost]:
        run_kept(LOST, [uuids(lost)])
    return claims


def still_planned(ids: Collection[UUID]) -> set[UUID]:
    """Those that nobody has withdrawn since they were claimed; the others are no work any more."""
    if not ids:
        return set()
    found = {one for (one,) in run_kept(STILL, [uuids(ids)])}
    if gone := [one for one in ids if one not in found]:
        _drop(gone)
    return found


def _drop(ids: Collection[UUID]) -> None:
    run_kept(FORGET, [uuids(ids), OWNER])


def is_due(channel: str, *, until: datetime, without: Collection[UUID]) -> bool:
    """Whether anything waits that fell due until then, other than to these destinations."""
    return bool(run_kept(IS_DUE, [channel, until, list(without)])[0][0])


def clock() -> datetime:
    """The clock that decides what is due."""
    at: datetime = run_kept(CLOCK)[0][0]
    return at


def hold(ids: Collection[UUID]) -> None:
    """Prolong the lease of what is still being sent."""
    if ids:
        run_kept(HEARTBEAT, [LEASE, uuids(ids), OWNER])


def give_back(waits: Mapping[UUID, float]) -> None:
    """What nobody has begun to send is due again, after so many seconds."""
    if at_once := [one for one, wait in waits.items() if wait <= 0]:
        run_kept(GIVE_BACK, [uuids(at_once), OWNER])
    if later := {one: wait for one, wait in waits.items() if wait > 0}:
        run_kept(PUT_OFF, [uuids(later), list(later.values()), OWNER])
