"""When nobody acts: the next stage of what its reminder says, planned in one transaction.

The row that waits knows its next stage and when that comes (`stage_at`). Whoever is told gets a
notification of her own, or a further round of it; the same member by another way, or the
household, gets a message.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.db import transaction

from config.web.chosen import zone_or
from reminders.engine.database import SYSTEM, run, run_each
from reminders.engine.plan_sql import OPEN_EMAIL

log = structlog.get_logger("guildhall.engine")

BATCH = 500

PICK = """
SELECT n.id, g.time_zone, due_clock()
FROM reminders_notification n
JOIN accounts_guild g ON g.id = n.guild_id
JOIN reminders_reminder r ON r.id = n.reminder_id
WHERE n.stage_at <= (SELECT due_clock()) AND n.done_at IS NULL AND n.snoozed_until IS NULL
  AND (n.closed_at IS NULL OR n.closed_reason = 'not_me')
  AND r.paused_at IS NULL AND r.deleted_at IS NULL AND g.is_active AND g.deleted_at IS NULL
ORDER BY n.stage_at, n.id LIMIT %s
FOR NO KEY UPDATE OF n SKIP LOCKED
"""

# `s` is a row that waits with the stage that has come, `told` another member to be told. Who has
# left or is away is passed over: a row says so, and the next stage comes at once.
STAGES = """
s AS (
    SELECT n.id, n.guild_id, n.reminder_id, n.slot, n.recipient_id, n.closed_at, n.stage,
           e.member_id AS to_member, e.destination_id, x.member_id AS owner_id, x.channel,
           o.day, next.after_minutes - e.after_minutes AS next_after
    FROM o JOIN reminders_notification n ON n.id = o.id
    LEFT JOIN reminders_escalation e ON e.guild_id = n.guild_id
        AND e.reminder_id = n.reminder_id AND e.position = n.stage
    LEFT JOIN reminders_escalation next ON next.guild_id = n.guild_id
        AND next.reminder_id = n.reminder_id AND next.position = n.stage + 1
    LEFT JOIN reminders_destination x ON x.guild_id = e.guild_id AND x.id = e.destination_id
), told AS (
    SELECT s.*, CASE
        WHEN m.left_at IS NOT NULL THEN 'left'
        WHEN NOT r.also_away AND EXISTS (
            SELECT FROM accounts_absence b
            WHERE b.guild_id = s.guild_id AND b.member_id = s.to_member
              AND b.deleted_at IS NULL AND s.day BETWEEN b.from_on AND b.until_on
        ) THEN 'away' ELSE '' END AS why
    FROM s JOIN accounts_member m ON m.guild_id = s.guild_id AND m.id = s.to_member
    JOIN reminders_reminder r ON r.id = s.reminder_id
    WHERE s.to_member <> s.recipient_id
)
"""

ESCALATE = f"""
WITH o AS (SELECT * FROM unnest(%s::uuid[], %s::date[]) AS o (id, day)), {STAGES}, n AS (
    INSERT INTO reminders_notification
        (id, guild_id, kind, reminder_id, slot, origin, recipient_id, title, body, url, due_at,
         closed_at, closed_reason, because, escalated_from_id)
    SELECT uuidv7(), t.guild_id, 'reminder', t.reminder_id, t.slot || '#' || t.id, '',
           t.to_member, left(r.message, 255), '', '', due_clock(),
           CASE WHEN t.why <> '' THEN due_clock() END, t.why, 'escalated', t.id
    FROM told t JOIN reminders_reminder r ON r.id = t.reminder_id
    ON CONFLICT (guild_id, reminder_id, slot, recipient_id) DO NOTHING
    RETURNING id, escalated_from_id
), rounds AS (
    -- Her own notification: the new one, or the one of an earlier stage.
    SELECT t.*, n.id AS notification_id, 0 AS step FROM told t
    JOIN n ON n.escalated_from_id = t.id
    UNION ALL
    SELECT t.*, had.id, had.step FROM told t CROSS JOIN LATERAL (
        SELECT h.id, (SELECT max(d.step) + 1 FROM reminders_delivery d
                      WHERE d.guild_id = h.guild_id AND d.notification_id = h.id) AS step
        FROM reminders_notification h
        WHERE h.guild_id = t.guild_id AND h.reminder_id = t.reminder_id
          AND h.slot = t.slot || '#' || t.id AND h.recipient_id = t.to_member
    ) had
), ways AS (
    SELECT r.guild_id, r.notification_id, r.reminder_id, NULL AS occurrence,
           r.to_member AS recipient_id, 'inbox' AS channel, NULL::uuid AS destination_id,
           r.step, r.why
    FROM rounds r
    UNION ALL
    SELECT r.guild_id, r.notification_id, r.reminder_id, NULL, r.to_member, d.channel, d.id,
           r.step, r.why
    FROM rounds r
    JOIN reminders_destination d ON d.guild_id = r.guild_id AND d.member_id = r.to_member
    WHERE CASE WHEN r.owner_id = r.to_member THEN d.id = r.destination_id
               ELSE d.by_default AND d.switched_off_at IS NULL AND d.deleted_at IS NULL END
    UNION ALL
    -- Her who did not act, by another way.
    SELECT s.guild_id, s.id, s.reminder_id, NULL, s.recipient_id, s.channel, s.destination_id,
           (SELECT max(d.step) + 1 FROM reminders_delivery d
            WHERE d.guild_id = s.guild_id AND d.notification_id = s.id), ''
    FROM s WHERE s.owner_id = s.recipient_id AND s.closed_at IS NULL
      AND coalesce(s.to_member, s.recipient_id) = s.recipient_id
    UNION ALL
    -- The household's own channel.
    SELECT s.guild_id, NULL, s.reminder_id, s.slot || '#' || s.id, NULL, s.channel,
           s.destination_id, s.stage, ''
    FROM s WHERE s.destination_id IS NOT NULL AND s.owner_id IS NULL
), sent AS (
    INSERT INTO reminders_delivery
        (id, guild_id, notification_id, reminder_id, occurrence, recipient_id, channel,
         destination_id, step, cause, status, reason, attempts, due_at, try_at,
         provider_id)
    SELECT uuidv7(), w.guild_id, w.notification_id, w.reminder_id, w.occurrence, w.recipient_id,
           w.channel, w.destination_id, w.step, 'escalate',
           CASE WHEN w.why = '' THEN 'planned' ELSE 'skipped' END, w.why, '[]',
           due_clock(), due_clock(), ''
    FROM ways w
    ON CONFLICT DO NOTHING
)
UPDATE reminders_notification n
SET stage = n.stage + 1,
    stage_at = due_clock() + CASE
        WHEN s.next_after IS NULL THEN NULL
        WHEN EXISTS (SELECT FROM told t WHERE t.id = s.id AND t.why <> '') THEN interval '0'
        ELSE make_interval(mins => s.next_after) END
FROM s WHERE n.id = s.id
"""  # noqa: S608  # put together from our own text

OPEN = f"""
WITH o AS (SELECT * FROM unnest(%s::uuid[], %s::date[]) AS o (id, day)), {STAGES}, people AS (
    SELECT DISTINCT guild_id, to_member AS member_id FROM told
)
{OPEN_EMAIL}
"""  # noqa: S608  # likewise

# What cannot be planned is looked at again then: it holds up no other.
LATER = """
UPDATE reminders_notification SET stage_at = due_clock() + interval '1 hour' WHERE id = ANY (%s)
"""


def escalate() -> int:
    """How many stages were planned; none has come any more when it returns."""
    seen = 0
    while True:
        with transaction.atomic(using=SYSTEM):
            rows: list[tuple[Any, ...]] = [
                (pk, now.astimezone(zone_or(zone)).date()) for pk, zone, now in run(PICK, [BATCH])
            ]
            _done, refused = run_each(ESCALATE, rows, ask=_plan) if rows else ([], [])
            if refused:
                log.error("stages.unreadable", notifications=[str(pk) for pk, _day in refused])
                run(LATER, [[pk for pk, _day in refused]])
        seen += len(rows)
        if not rows:
            return seen


def _plan(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with transaction.atomic(using=SYSTEM):
        run(OPEN, parameters)
        return run(sql, parameters)
