"""Whether the others got it: what the maker of a reminder may know of their rows.

Only the outcome of the inbox, in which everybody has it: no contents, no other ways, and nothing of
what they did with it. SECURITY DEFINER, as in `0002_functions`.
"""

from __future__ import annotations

from django.db import migrations

OTHERS = """
CREATE FUNCTION reminders_others(asked uuid, most int)
RETURNS TABLE (
    slot text, due_at timestamptz, recipient uuid, status text, reason text, sent_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH told AS (
        SELECT d.* FROM reminders_delivery d
        WHERE d.reminder_id = asked
          AND d.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
          AND EXISTS (
              SELECT FROM reminders_reminder r
              WHERE r.guild_id = d.guild_id AND r.id = asked
                AND r.created_by_id = NULLIF(current_setting('app.member_id', true), '')::uuid
                AND r.created_by_id <> d.recipient_id
          )
          AND d.channel = 'inbox' AND d.cause IN ('first', 'escalate')
        ORDER BY d.due_at DESC, d.id DESC LIMIT most
    )
    SELECT n.slot, d.due_at, d.recipient_id, d.status, d.reason, d.sent_at
    FROM told d
    JOIN reminders_notification n ON n.guild_id = d.guild_id AND n.id = d.notification_id
    ORDER BY d.due_at DESC, d.recipient_id
$$
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0012_ways_and_rounds")]

    operations = [
        migrations.RunSQL([(OTHERS, None)], "DROP FUNCTION reminders_others(uuid, int)"),
        migrations.RunSQL(
            "REVOKE EXECUTE ON FUNCTION reminders_others(uuid, int) FROM PUBLIC;"
            "GRANT EXECUTE ON FUNCTION reminders_others(uuid, int) TO guildhall_app,"
            " guildhall_system",
            migrations.RunSQL.noop,
        ),
    ]
