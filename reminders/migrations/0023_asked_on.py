"""What one did for all is open for all again whatever she is called by then, a reminder that goes
on asks on, and stages that ended cost nothing.

`reminders_not_acted` stands here as it is from now on.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations, models

FORMER_NOT_ACTED = import_module("reminders.migrations.0021_whom_it_is_for").NOT_ACTED.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
# One acts for all, so there is no other one of them whose act this could be.
NOT_ACTED = FORMER_NOT_ACTED.replace("d.reason = why", "d.reason LIKE why || '%'").replace(
    "n.closed_reason = why", "n.closed_reason LIKE why || '%'"
)

# Of what came and waits still: one more round, of every way that the first one took, where the
# pause since `since` has kept it from coming.
ASK_ON = """
CREATE FUNCTION reminders_ask_on(asked uuid, since timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH n AS (
        SELECT n.guild_id, n.id, n.reminder_id, n.recipient_id, had.last_step,
               due_clock() + make_interval(mins => r.nag_minutes) AS next_at
        FROM reminders_reminder r
        JOIN reminders_notification n ON n.guild_id = r.guild_id AND n.reminder_id = r.id
        CROSS JOIN LATERAL (
            SELECT max(d.step) AS last_step,
                   count(*) FILTER (WHERE d.cause = 'nag' AND d.channel = 'inbox'
                                    AND d.status <> 'skipped') AS nags,
                   bool_or(d.channel = 'inbox' AND d.status IN ('planned', 'sending')) AS goes_on,
                   bool_or(d.cause = 'nag' AND d.reason = 'paused' AND d.due_at >= since
                           OR d.channel = 'inbox' AND d.sent_at >= since) AS was_kept
            FROM reminders_delivery d
            WHERE d.guild_id = n.guild_id AND d.notification_id = n.id
        ) had
        WHERE r.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
          AND r.id = asked AND reminders_may_see(asked) AND r.nag_minutes IS NOT NULL
          AND n.arrived_at IS NOT NULL AND n.done_at IS NULL AND n.closed_at IS NULL
          AND n.snoozed_until IS NULL AND n.because <> 'escalated'
          AND had.nags < r.nag_times AND had.was_kept AND NOT had.goes_on
    )
    INSERT INTO reminders_delivery
        (id, guild_id, notification_id, reminder_id, recipient_id, channel, destination_id, step,
         cause, status, reason, attempts, due_at, try_at, lease_owner, provider_id)
    SELECT uuidv7(), n.guild_id, n.id, n.reminder_id, n.recipient_id, way.channel,
           way.destination_id, n.last_step + 1, 'nag', 'planned', '', '[]', n.next_at, n.next_at,
           '', ''
    FROM n
    JOIN reminders_delivery way ON way.guild_id = n.guild_id AND way.notification_id = n.id
        AND way.step = 0
    LEFT JOIN reminders_destination x ON x.id = way.destination_id
    WHERE x.switched_off_at IS NULL AND x.deleted_at IS NULL
    ON CONFLICT DO NOTHING
$$
"""
SIGNATURE = "reminders_ask_on(uuid, timestamptz)"


class Migration(migrations.Migration):
    dependencies = [("reminders", "0022_leave_devices")]

    operations = [
        migrations.RunSQL([(NOT_ACTED, None)], [(FORMER_NOT_ACTED, None)]),
        migrations.RunSQL([(ASK_ON, None)], f"DROP FUNCTION {SIGNATURE}"),
        migrations.RunSQL(
            f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC;"
            f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO guildhall_app, guildhall_system",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(model_name="notification", name="reminders_notification_stage"),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                fields=["stage_at", "id"],
                condition=models.Q(
                    models.Q(closed_at=None) | models.Q(closed_reason="not_me"),
                    stage_at__isnull=False,
                    done_at=None,
                ),
                name="reminders_notification_stage",
            ),
        ),
    ]
