"""Moves what is old out of the engine's tables: by household, member and month.

Each batch is one statement, so a kill at any moment loses nothing and moves nothing twice; rows
that somebody holds are left for the next time, and the engine waits for none of it.

What is still to be sent, or waits in an inbox, stays. An archived occurrence is never planned
again: it lies before the instant at which its reminder is looked at next (asked here), and that
instant only ever moves on to what is ahead of the clock.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from reminders.engine.database import SYSTEM, run
from reminders.engine.failpoints import reach

BATCH = 500

# Whole months by the household's calendar. Ids begin with the time at which a row was made, so
# that the index on them finds what is old.
_AGE = """
SELECT g.id AS guild_id, g.time_zone AS zone, x.cutoff,
       (lpad(to_hex((extract(epoch FROM x.cutoff) * 1000)::bigint), 12, '0')
        || '70008000000000000000')::uuid AS bound
FROM accounts_guild g CROSS JOIN LATERAL (
    SELECT (date_trunc('month', (due_clock() AT TIME ZONE g.time_zone)
            - make_interval(months => %(months)s)) AT TIME ZONE g.time_zone) AS cutoff
) x
"""

HOUSEHOLDS = f"""
SELECT a.guild_id FROM ({_AGE}) a
WHERE EXISTS (
    SELECT FROM reminders_notification n WHERE n.guild_id = a.guild_id AND n.id < a.bound
) OR EXISTS (
    SELECT FROM reminders_delivery d
    WHERE d.guild_id = a.guild_id AND d.recipient_id IS NULL AND d.due_at < a.cutoff
)
"""  # noqa: S608  # put together from our own text

_KEEP = """
INSERT INTO reminders_archive (id, guild_id, member_id, month, entries, occurrences)
SELECT uuidv7(), e.guild_id, e.member_id, e.month, jsonb_agg(e.entry ORDER BY e.due_at, e.id),
       count(*)
FROM entries e GROUP BY e.guild_id, e.member_id, e.month
ORDER BY e.member_id, e.month
ON CONFLICT (guild_id, member_id, month) DO UPDATE
    SET entries = reminders_archive.entries || excluded.entries,
        occurrences = reminders_archive.occurrences + excluded.occurrences
"""

LETTERS = f"""
WITH age AS MATERIALIZED ({_AGE} WHERE g.id = %(guild)s), old AS MATERIALIZED (
    SELECT n.id, date_trunc('month', coalesce(n.due_at, n.created_at) AT TIME ZONE a.zone)::date
           AS month
    FROM age a JOIN reminders_notification n ON n.guild_id = a.guild_id AND n.id < a.bound
    WHERE coalesce(n.due_at, n.created_at) < a.cutoff
      AND (n.done_at IS NOT NULL OR n.closed_at IS NOT NULL)
      AND NOT EXISTS (
          SELECT FROM reminders_delivery d
          WHERE d.guild_id = n.guild_id AND d.notification_id = n.id
            AND (d.status = 'planned' OR d.due_at >= a.cutoff))
      AND NOT EXISTS (
          SELECT FROM reminders_reminder r
          WHERE r.guild_id = n.guild_id AND r.id = n.reminder_id
            AND (least(r.look_at, r.rest_at) <= n.due_at
                 OR r.next_slot = n.slot AND n.slot <> ''))
    ORDER BY n.id LIMIT %(batch)s
    FOR UPDATE OF n SKIP LOCKED
), ways AS (
    DELETE FROM reminders_delivery d USING old
    WHERE d.guild_id = %(guild)s AND d.notification_id = old.id RETURNING d.*
), letters AS (
    DELETE FROM reminders_notification n USING old
    WHERE n.guild_id = %(guild)s AND n.id = old.id RETURNING n.*, old.month
), entries AS (
    SELECT l.guild_id, l.recipient_id AS member_id, l.month, l.due_at, l.id, jsonb_build_object(
        'letter', jsonb_strip_nulls(
            to_jsonb(l) - ARRAY['guild_id', 'recipient_id', 'month']),
        'ways', coalesce((
            SELECT jsonb_agg(jsonb_strip_nulls(
                to_jsonb(w) - ARRAY['guild_id', 'recipient_id'])
                ORDER BY w.due_at, w.id)
            FROM ways w WHERE w.notification_id = l.id), '[]')) AS entry
    FROM letters l
), kept AS ({_KEEP})
SELECT count(*) FROM old
"""  # noqa: S608  # likewise

# All of what the household was told of one occurrence, or nothing of it.
HOUSEHOLD = f"""
WITH age AS MATERIALIZED ({_AGE} WHERE g.id = %(guild)s), old AS MATERIALIZED (
    SELECT d.id, date_trunc('month', d.due_at AT TIME ZONE a.zone)::date AS month
    FROM age a JOIN reminders_delivery d ON d.guild_id = a.guild_id
    WHERE d.recipient_id IS NULL AND d.notification_id IS NULL AND d.due_at < a.cutoff
      AND NOT EXISTS (
          SELECT FROM reminders_delivery o
          WHERE o.guild_id = d.guild_id AND o.notification_id IS NULL
            AND o.reminder_id = d.reminder_id AND o.occurrence = d.occurrence
            AND (o.status = 'planned' OR o.due_at >= a.cutoff))
      AND NOT EXISTS (
          SELECT FROM reminders_reminder r
          WHERE r.guild_id = d.guild_id AND r.id = d.reminder_id
            AND (least(r.look_at, r.rest_at) <= d.due_at OR r.next_slot = d.occurrence))
    ORDER BY d.due_at, d.id LIMIT %(batch)s
    FOR UPDATE OF d SKIP LOCKED
), ways AS (
    DELETE FROM reminders_delivery d USING old
    WHERE d.guild_id = %(guild)s AND d.id = old.id RETURNING d.*, old.month
), entries AS (
    SELECT w.guild_id, NULL::uuid AS member_id, w.month, min(w.due_at) AS due_at,
           min(w.id::text) AS id, jsonb_build_object(
               'title', (SELECT left(r.message, 255) FROM reminders_reminder r
                         WHERE r.guild_id = w.guild_id AND r.id = w.reminder_id),
               'ways', jsonb_agg(jsonb_strip_nulls(
                   to_jsonb(w) - ARRAY['guild_id', 'month'])
                   ORDER BY w.due_at, w.id)) AS entry
    FROM ways w GROUP BY w.guild_id, w.month, w.reminder_id, w.occurrence
), kept AS ({_KEEP})
SELECT count(*) FROM old
"""  # noqa: S608  # likewise


def households() -> list[UUID]:
    """Those in which there may be something to move."""
    return [guild for (guild,) in run(HOUSEHOLDS, _said())]


def archive(guild: UUID) -> int:
    """How many rows were moved; 0 when nothing is old any more, or others hold what is."""
    moved = 0
    for statement in (LETTERS, HOUSEHOLD):
        with transaction.atomic(using=SYSTEM):
            [(count,)] = run(statement, _said() | {"guild": guild, "batch": BATCH})
            reach("archived")
        moved += count
    return moved


def _said() -> dict[str, Any]:
    return {"months": settings.KEEP_DELIVERIES_MONTHS}
