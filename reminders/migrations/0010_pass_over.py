"""An occurrence that is late and not planned yet leaves a row when its reminder passes over it."""

from __future__ import annotations

from django.db import migrations

PASS_OVER = """
CREATE FUNCTION reminders_pass_over(asked uuid, why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH o AS (
        SELECT r.*, p.member_id FROM reminders_reminder r
        CROSS JOIN LATERAL (
            SELECT l.member_id FROM reminders_reminderrecipient l
            WHERE r.audience = 'members'
              AND l.guild_id = r.guild_id AND l.reminder_id = r.id
            UNION ALL
            SELECT m.id FROM accounts_member m
            WHERE r.audience = 'everyone'
              AND m.guild_id = r.guild_id AND m.left_at IS NULL AND NOT m.is_bot
        ) p
        WHERE r.id = asked AND reminders_may_see(asked)
          AND r.next_slot <> '' AND r.look_at < due_clock()
    ), n AS (
        INSERT INTO reminders_notification
            (id, guild_id, kind, reminder_id, slot, origin, recipient_id, title, body, url,
             due_at, closed_at, closed_reason)
        SELECT uuidv7(), o.guild_id, 'reminder', o.id, o.next_slot, '', o.member_id,
               left(o.message, 255), '', '', o.look_at, due_clock(), why
        FROM o ORDER BY o.member_id
        ON CONFLICT DO NOTHING
        RETURNING id, guild_id, reminder_id, recipient_id, due_at
    )
    INSERT INTO reminders_delivery
        (id, guild_id, notification_id, reminder_id, recipient_id, channel, step, status, reason,
         attempts, due_at, try_at, lease_owner, provider_id)
    SELECT uuidv7(), n.guild_id, n.id, n.reminder_id, n.recipient_id, 'inbox', 0, 'skipped', why,
           '[]', n.due_at, n.due_at, '', ''
    FROM n
$$
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0009_retries_come_back")]

    operations = [
        migrations.RunSQL([(PASS_OVER, None)], "DROP FUNCTION reminders_pass_over(uuid, text)"),
        migrations.RunSQL(
            "REVOKE EXECUTE ON FUNCTION reminders_pass_over(uuid, text) FROM PUBLIC;"
            "GRANT EXECUTE ON FUNCTION reminders_pass_over(uuid, text)"
            " TO guildhall_app, guildhall_system",
            migrations.RunSQL.noop,
        ),
    ]
