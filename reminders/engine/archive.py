"""Moves what is old out of the engine's tables: by household, member and month, in parts.

Each batch is one statement, so a kill at any moment loses nothing and moves nothing twice; rows
that somebody holds are left for the next time, and the engine waits for none of it. Of one
household one batch is moved at a time, so that each part is filled before the next begins.

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
# So many occurrences at most in one row: what comes every half minute is 86,400 a month.
PER_PART = 500

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

# The last part is filled up, and others follow.
_KEEP = """
INSERT INTO reminders_archive
    (id, guild_id, member_id, month, part, entries, occurrences, from_at, until_at)
SELECT uuidv7(), p.guild_id, p.member_id, p.month, p.part,
       jsonb_agg(p.entry ORDER BY p.due_at, p.id), count(*), min(p.due_at), max(p.until_at)
FROM (
    SELECT e.*, (ends.place - 1 + row_number() OVER (
        PARTITION BY e.member_id, e.month ORDER BY e.due_at, e.id)) / %(per_part)s AS part
    FROM entries e JOIN (
        SELECT m.member_id, m.month, coalesce((
            SELECT a.part * %(per_part)s + least(a.occurrences, %(per_part)s)
            FROM reminders_archive a
            WHERE a.guild_id = m.guild_id AND a.month = m.month
              AND a.member_id IS NOT DISTINCT FROM m.member_id
            ORDER BY a.part DESC LIMIT 1), 0) AS place
        FROM (SELECT DISTINCT guild_id, member_id, month FROM entries) m
    ) ends ON ends.month = e.month AND ends.member_id IS NOT DISTINCT FROM e.member_id
) p
GROUP BY p.guild_id, p.member_id, p.month, p.part
ORDER BY p.member_id, p.month, p.part
ON CONFLICT (guild_id, member_id, month, part) DO UPDATE
    SET entries = reminders_archive.entries || excluded.entries,
        occurrences = reminders_archive.occurrences + excluded.occurrences,
        from_at = least(reminders_archive.from_at, excluded.from_at),
        until_at = greatest(reminders_archive.until_at, excluded.until_at)
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
    SELECT l.guild_id, l.recipient_id AS member_id, l.month, l.id,
           coalesce(l.due_at, l.created_at) AS due_at,
           greatest(coalesce(l.due_at, l.created_at), (
               SELECT max(w.due_at) FROM ways w WHERE w.notification_id = l.id)) AS until_at,
           jsonb_build_object(
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
WITH age AS MATERIALIZED ({_AGE} WHERE g.id = %(guild)s), told AS MATERIALIZED (
    SELECT d.reminder_id, d.occurrence, count(*) AS ways,
           date_trunc('month', min(d.due_at AT TIME ZONE a.zone))::date AS month
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
    GROUP BY d.reminder_id, d.occurrence
    ORDER BY min(d.due_at), min(d.id::text) LIMIT %(batch)s
), held AS MATERIALIZED (
    SELECT d.id, d.reminder_id, d.occurrence, told.month, told.ways
    FROM told JOIN reminders_delivery d ON d.guild_id = %(guild)s
        AND d.notification_id IS NULL AND d.recipient_id IS NULL
        AND d.reminder_id = told.reminder_id AND d.occurrence = told.occurrence
    FOR UPDATE OF d SKIP LOCKED
), old AS (
    SELECT h.id, h.month FROM (
        SELECT held.*, count(*) OVER (PARTITION BY reminder_id, occurrence) AS here FROM held
    ) h WHERE h.here = h.ways
), ways AS (
    DELETE FROM reminders_delivery d USING old
    WHERE d.guild_id = %(guild)s AND d.id = old.id RETURNING d.*, old.month
), entries AS (
    SELECT w.guild_id, NULL::uuid AS member_id, w.month, min(w.id::text) AS id,
           min(w.due_at) AS due_at, max(w.due_at) AS until_at, jsonb_build_object(
               'title', (SELECT left(r.message, 255) FROM reminders_reminder r
                         WHERE r.guild_id = w.guild_id AND r.id = w.reminder_id),
               'ways', jsonb_agg(jsonb_strip_nulls(
                   to_jsonb(w) - ARRAY['guild_id', 'month'])
                   ORDER BY w.due_at, w.id)) AS entry
    FROM ways w GROUP BY w.guild_id, w.month, w.reminder_id, w.occurrence
), kept AS ({_KEEP})
SELECT count(*) FROM old
"""  # noqa: S608  # likewise

ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('archive:' || %s, 0))"


def households() -> list[UUID]:
    """Those in which there may be something to move."""
    return [guild for (guild,) in run(HOUSEHOLDS, _said())]


def archive(guild: UUID) -> int:
    """How many rows were moved; 0 when nothing is old any more, or others hold what is."""
    moved = 0
    for statement in (LETTERS, HOUSEHOLD):
        with transaction.atomic(using=SYSTEM):
            run(ALONE, [str(guild)])
            said = {"guild": guild, "batch": BATCH, "per_part": PER_PART}
            [(count,)] = run(statement, _said() | said)
            reach("archived")
        moved += count
    return moved


def _said() -> dict[str, Any]:
    return {"months": settings.KEEP_DELIVERIES_MONTHS}
