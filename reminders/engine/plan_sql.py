"""The statements of `plan`. `(SELECT due_clock())` is evaluated once, so that indexes serve it."""

from __future__ import annotations

PICK = """
SELECT r.id, r.guild_id, r.frequency, r.once_at, r.time, r.weekdays, r.time_zone, r.starts_on,
       r.month_day, r.nth, r.rrule, r.every_minutes, r.count, r.last_on, r.skip,
       r.before_minutes, r.source_kind, r.source_id, r.audience, r.created_by_id,
       (SELECT m.user_id FROM accounts_member m
        WHERE m.id = r.created_by_id),
       r.look_at, r.next_slot, r.updated_at, (SELECT due_clock())
FROM reminders_reminder r
WHERE r.look_at IS NOT NULL AND r.look_at > %s AND r.look_at <= (SELECT due_clock()) + %s
  AND (r.next_slot <> '' OR r.look_at <= (SELECT due_clock())) AND r.id <> ALL (%s)
ORDER BY r.look_at, r.id LIMIT %s
FOR NO KEY UPDATE OF r SKIP LOCKED
"""

# Whom the occurrences `o` are for: the members it names who still live here, whoever lives here
# now, or (`a`) whom its source named. LATERAL, so that it is a look-up per occurrence whatever the
# planner believes of the tables' sizes.
PEOPLE = """
SELECT o.*, p.member_id FROM o
JOIN reminders_reminder r ON r.id = o.reminder_id
CROSS JOIN LATERAL (
    SELECT l.member_id FROM reminders_reminderrecipient l
    JOIN accounts_member m ON m.guild_id = l.guild_id AND m.id = l.member_id
    WHERE r.audience = 'members' AND m.left_at IS NULL
      AND l.guild_id = o.guild_id AND l.reminder_id = o.reminder_id
    UNION ALL
    SELECT m.id FROM accounts_member m
    WHERE r.audience = 'everyone'
      AND m.guild_id = o.guild_id AND m.left_at IS NULL AND NOT m.is_bot
) p
UNION ALL
SELECT o.*, a.member_id FROM o
JOIN a ON a.reminder_id = o.reminder_id
JOIN accounts_member m ON m.guild_id = o.guild_id AND m.id = a.member_id
    AND m.left_at IS NULL AND NOT m.is_bot
"""

# Who is told when it can be told to nobody else: its maker, or of what all may see the owner.
STAND_IN = """
SELECT coalesce(
    (SELECT m.id FROM accounts_member m
     WHERE m.guild_id = r.guild_id AND m.id = r.created_by_id AND m.left_at IS NULL),
    (SELECT m.id FROM accounts_member m
     WHERE r.visibility = 'household' AND m.guild_id = r.guild_id
       AND m.role = 'owner' AND m.left_at IS NULL)
) AS member_id
"""

# Whoever has an account with an address is told there too, until she switches it off. The row is
# made with her first reminder, since accounts know nothing of reminders. In order: two planners
# that each wait for a row of the other's would end in a deadlock.
OPEN_EMAIL = """
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
"""

# Also of the maker, for when it can be told to nobody else.
OPEN_DESTINATIONS = f"""
WITH o AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[]) AS o (guild_id, reminder_id)
), a AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[]) AS a (reminder_id, member_id)
), people AS MATERIALIZED (
    SELECT guild_id, member_id FROM ({PEOPLE}) each_occurrence
    UNION
    SELECT o.guild_id, r.created_by_id FROM o JOIN reminders_reminder r ON r.id = o.reminder_id
)
{OPEN_EMAIL}"""  # noqa: S608  # put together from our own text

# The notifications of `told`: (guild_id, reminder_id, slot, due_at, member_id, why, because). A
# row that was withdrawn before it came to anybody is taken up again: an edit that leaves the time
# as it is withdraws and plans the same occurrence. Everything else that is there stays.
NOTIFY = """
    INSERT INTO reminders_notification
        (id, guild_id, kind, reminder_id, slot, origin, recipient_id, title, body, url,
         due_at, closed_at, closed_reason, because)
    SELECT uuidv7(), t.guild_id, 'reminder', t.reminder_id, t.slot, '', t.member_id,
           left(r.message, 255), '', '', t.due_at,
           CASE WHEN t.why <> '' THEN due_clock() END, t.why, t.because
    FROM told t JOIN reminders_reminder r ON r.id = t.reminder_id
    ORDER BY t.due_at, t.reminder_id, t.member_id
    ON CONFLICT (guild_id, reminder_id, slot, recipient_id) DO UPDATE
        SET due_at = excluded.due_at, closed_at = excluded.closed_at,
            closed_reason = excluded.closed_reason, because = excluded.because
        WHERE reminders_notification.arrived_at IS NULL
          AND reminders_notification.closed_at IS NOT NULL
          AND reminders_notification.closed_reason NOT LIKE 'missed%%'
    RETURNING id, guild_id, reminder_id, recipient_id, due_at, closed_reason
"""

# The ways of the notifications `n`: the inbox, and of her own those that the reminder names, which
# need not be switched on any more: then the row says so. Without such a one, all her usual ones.
WAYS = """
    SELECT n.*, 'inbox' AS channel, NULL::uuid AS destination_id FROM n
    UNION ALL
    SELECT n.*, d.channel, d.id FROM n
    JOIN reminders_destination d ON d.guild_id = n.guild_id AND d.member_id = n.recipient_id
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS some, coalesce(bool_or(x.id = d.id), false) AS this
        FROM reminders_reminderdestination l
        JOIN reminders_destination x ON x.guild_id = l.guild_id AND x.id = l.destination_id
        WHERE l.guild_id = n.guild_id AND l.reminder_id = n.reminder_id
          AND x.member_id = n.recipient_id
    ) named
    WHERE CASE WHEN named.some THEN named.this
               ELSE d.by_default AND d.switched_off_at IS NULL AND d.deleted_at IS NULL END
"""

# A herd that is due at the same instant may be spread (SPREAD_SECONDS): for the same member and
# reminder it is always the same moment. The inbox is ours, so it needs none.
SEND = """
INSERT INTO reminders_delivery
    (id, guild_id, notification_id, reminder_id, occurrence, recipient_id, channel,
     destination_id, step, status, reason, attempts, due_at, try_at, provider_id)
SELECT uuidv7(), w.guild_id, w.id, w.reminder_id, w.occurrence, w.recipient_id, w.channel,
       w.destination_id, 0, CASE WHEN w.closed_reason = '' THEN 'planned' ELSE 'skipped' END,
       w.closed_reason, '[]', w.due_at,
       w.due_at + make_interval(secs => CASE WHEN w.channel = 'inbox' THEN 0 ELSE
           abs(hashtext(concat(w.recipient_id, w.reminder_id))::bigint) %% (%s + 1) END),
       ''
FROM ways w
ON CONFLICT (guild_id, notification_id, reminder_id, occurrence, destination_id, step) DO UPDATE
    SET status = excluded.status, reason = excluded.reason,
        due_at = excluded.due_at, try_at = excluded.try_at
    WHERE reminders_delivery.status = 'skipped'
"""

# Where it is for nobody at all, somebody is told all the same: nothing vanishes.
WRITE = f"""
WITH o AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::text[])
        AS o (guild_id, reminder_id, slot, due_at, missed)
), a AS (
    SELECT * FROM unnest(%s::uuid[], %s::uuid[]) AS a (reminder_id, member_id)
), people AS MATERIALIZED ({PEOPLE}), told AS (
    SELECT p.guild_id, p.reminder_id, p.slot, p.due_at, p.member_id, p.missed AS why,
           '' AS because
    FROM people p
    UNION ALL
    SELECT o.guild_id, o.reminder_id, o.slot, o.due_at, s.member_id, o.missed,
           CASE WHEN o.reminder_id = ANY (%s::uuid[]) THEN 'unasked'
                WHEN r.audience IN ('assigned', 'unanswered') THEN 'nobody' ELSE 'all_away' END
    FROM o JOIN reminders_reminder r ON r.id = o.reminder_id
    CROSS JOIN LATERAL ({STAND_IN}) s
    WHERE s.member_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM people p WHERE p.reminder_id = o.reminder_id)
), n AS ({NOTIFY}), ways AS (
    SELECT one.*, NULL AS occurrence FROM ({WAYS}) one
    UNION ALL
    SELECT NULL, o.guild_id, o.reminder_id, NULL, o.due_at, o.missed, d.channel, d.id, o.slot
    FROM o
    JOIN reminders_reminderdestination l
        ON l.guild_id = o.guild_id AND l.reminder_id = o.reminder_id
    JOIN reminders_destination d
        ON d.guild_id = l.guild_id AND d.id = l.destination_id AND d.member_id IS NULL
)
{SEND}
"""  # noqa: S608  # likewise

# The occurrences of which nothing came to anybody, since all that it was planned for turned out to
# be away, gone or not assigned any more.
INSTEAD = f"""
WITH o AS (
    SELECT n.guild_id, n.reminder_id, n.slot, min(n.due_at) AS due_at
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS asked (guild_id, reminder_id, slot)
    JOIN reminders_notification n ON n.guild_id = asked.guild_id
        AND n.reminder_id = asked.reminder_id AND n.slot = asked.slot
    GROUP BY n.guild_id, n.reminder_id, n.slot
    HAVING bool_and(n.closed_at IS NOT NULL
                    AND n.closed_reason IN ('away', 'left', 'reassigned'))
), told AS (
    SELECT o.*, s.member_id, '' AS why, 'all_away' AS because
    FROM o JOIN reminders_reminder r ON r.id = o.reminder_id
    CROSS JOIN LATERAL ({STAND_IN}) s WHERE s.member_id IS NOT NULL
), n AS ({NOTIFY}), ways AS (SELECT one.*, NULL AS occurrence FROM ({WAYS}) one)
{SEND}
"""  # noqa: S608  # likewise

ADVANCE = """
UPDATE reminders_reminder r SET look_at = o.look_at, next_slot = o.slot
FROM unnest(%s::uuid[], %s::timestamptz[], %s::text[]) AS o (id, look_at, slot)
WHERE r.id = o.id
"""
