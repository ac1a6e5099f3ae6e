"""The statements of `plan`. `(SELECT due_clock())` is evaluated once, so that indexes serve it."""

from __future__ import annotations

PICK = """
SELECT r.id, r.guild_id, r.frequency, r.once_at, r.time, r.weekdays, r.time_zone, r.starts_on,
       r.month_day, r.nth, r.rrule, r.every_minutes, r.count, r.last_on, r.skip,
       r.before_minutes, r.source_kind, r.source_id, r.created_by_id,
       (SELECT m.user_id FROM accounts_member m
        WHERE m.id = r.created_by_id),
       r.look_at, r.next_slot, r.updated_at, (SELECT due_clock())
FROM reminders_reminder r
WHERE r.look_at IS NOT NULL AND r.look_at > %s AND r.look_at <= (SELECT due_clock()) + %s
  AND (r.next_slot <> '' OR r.look_at <= (SELECT due_clock()))
ORDER BY r.look_at, r.id LIMIT %s
FOR NO KEY UPDATE OF r SKIP LOCKED
"""

# Whom the occurrences are for: the members it names, or whoever lives here now. LATERAL, so that
# it is a look-up per occurrence whatever the planner believes of the tables' sizes.
_PEOPLE = """
SELECT o.*, p.member_id FROM o
JOIN reminders_reminder r ON r.id = o.reminder_id
CROSS JOIN LATERAL (
    SELECT l.member_id FROM reminders_reminderrecipient l
    WHERE r.audience = 'members'
      AND l.guild_id = o.guild_id AND l.reminder_id = o.reminder_id
    UNION ALL
    SELECT m.id FROM accounts_member m
    WHERE r.audience = 'everyone'
      AND m.guild_id = o.guild_id AND m.left_at IS NULL AND NOT m.is_bot
) p
"""

# Whoever has an account with an address is told there too, until she switches it off. The row is
# made with her first reminder, since accounts know nothing of reminders. In order: two planners
# that each wait for a row of the other's would end in a deadlock.
OPEN_DESTINATIONS = f"""
WITH o AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[]) AS o (guild_id, reminder_id)
), people AS MATERIALIZED (
    SELECT DISTINCT guild_id, member_id FROM ({_PEOPLE}) each_occurrence
)
INSERT INTO reminders_destination
    (id, guild_id, member_id, channel, name, follows_account, secret, switched_off_reason)
SELECT uuidv7(), p.guild_id, p.member_id, 'email', '', true, '', ''
FROM people p
JOIN accounts_member m ON m.guild_id = p.guild_id AND m.id = p.member_id
JOIN accounts_user u ON u.id = m.user_id AND u.email <> ''
WHERE NOT EXISTS (
    SELECT FROM reminders_destination d
    WHERE d.guild_id = p.guild_id AND d.member_id = p.member_id AND d.follows_account
)
ORDER BY p.guild_id, p.member_id
ON CONFLICT (guild_id, member_id, channel) WHERE follows_account DO NOTHING
"""  # noqa: S608  # put together from our own text

# A row that was withdrawn before it came to anybody is taken up again: an edit that leaves the
# time as it is withdraws and plans the same occurrence. Everything else that is there stays.
WRITE = f"""
WITH o AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::text[])
        AS o (guild_id, reminder_id, slot, due_at, missed)
), people AS ({_PEOPLE}), n AS (
    INSERT INTO reminders_notification
        (id, guild_id, kind, reminder_id, slot, origin, recipient_id, title, body, url,
         due_at, closed_at, closed_reason)
    SELECT uuidv7(), p.guild_id, 'reminder', p.reminder_id, p.slot, '', p.member_id,
           left(r.message, 255), '', '', p.due_at,
           CASE WHEN p.missed <> '' THEN due_clock() END, p.missed
    FROM people p JOIN reminders_reminder r ON r.id = p.reminder_id
    ORDER BY p.due_at, p.reminder_id, p.member_id
    ON CONFLICT (guild_id, reminder_id, slot, recipient_id) DO UPDATE
        SET due_at = excluded.due_at, closed_at = excluded.closed_at,
            closed_reason = excluded.closed_reason
        WHERE reminders_notification.arrived_at IS NULL
          AND reminders_notification.closed_at IS NOT NULL
          AND reminders_notification.closed_reason NOT LIKE 'missed%%'
    RETURNING id, guild_id, reminder_id, recipient_id, due_at, closed_reason
), ways AS (
    SELECT n.*, 'inbox' AS channel, NULL::uuid AS destination_id FROM n
    UNION ALL
    SELECT n.*, d.channel, d.id FROM n
    JOIN reminders_destination d ON d.guild_id = n.guild_id AND d.member_id = n.recipient_id
        AND d.switched_off_at IS NULL AND d.deleted_at IS NULL AND d.by_default
)
INSERT INTO reminders_delivery
    (id, guild_id, notification_id, reminder_id, recipient_id, channel, destination_id, step,
     status, reason, attempts, due_at, try_at, lease_owner, provider_id)
SELECT uuidv7(), w.guild_id, w.id, w.reminder_id, w.recipient_id, w.channel, w.destination_id, 0,
       CASE WHEN w.closed_reason = '' THEN 'planned' ELSE 'skipped' END, w.closed_reason, '[]',
       w.due_at, w.due_at, '', ''
FROM ways w
ON CONFLICT (guild_id, notification_id, reminder_id, occurrence, destination_id, step) DO UPDATE
    SET status = excluded.status, reason = excluded.reason,
        due_at = excluded.due_at, try_at = excluded.try_at
    WHERE reminders_delivery.status = 'skipped'
"""  # noqa: S608  # likewise

ADVANCE = """
UPDATE reminders_reminder r SET look_at = o.look_at, next_slot = o.slot
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS o (id, look_at, slot)
WHERE r.id = o.id
"""
