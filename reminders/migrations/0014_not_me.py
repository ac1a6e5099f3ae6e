"""Whoever made a reminder hears in her inbox that somebody whom it was for says: not me.

The functions act for the member in scope, and for what lies in her own inbox alone.
"""

from __future__ import annotations

from django.db import migrations, models

# Nobody where she made it herself, where the maker has left, and where there is no reminder.
MAKER_OF = """
CREATE FUNCTION reminders_maker_of(asked uuid, OUT maker uuid, OUT locale text)
RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT m.id, u.locale
    FROM reminders_notification n
    JOIN reminders_reminder r ON r.guild_id = n.guild_id AND r.id = n.reminder_id
    JOIN accounts_member m ON m.guild_id = r.guild_id AND m.id = r.created_by_id
    JOIN accounts_user u ON u.id = m.user_id
    WHERE n.id = asked AND n.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
      AND n.recipient_id = NULLIF(current_setting('app.member_id', true), '')::uuid
      AND m.id <> n.recipient_id AND m.left_at IS NULL
$$
"""

# One letter for each that was said, whatever is taken back and said again; a round for each time.
TELL_MAKER = """
CREATE FUNCTION reminders_tell_maker(asked uuid, title text, url text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH told AS (
        INSERT INTO reminders_notification
            (id, guild_id, kind, slot, origin, recipient_id, title, body, url, due_at,
             closed_reason)
        SELECT uuidv7(), NULLIF(current_setting('app.guild_id', true), '')::uuid, 'not_me', '',
               asked::text, m.maker, title, '', url, due_clock(), ''
        FROM reminders_maker_of(asked) m
        ON CONFLICT (guild_id, kind, origin, recipient_id) WHERE reminder_id IS NULL DO UPDATE
            SET due_at = due_clock(), closed_at = NULL, closed_reason = '', done_at = NULL,
                snoozed_until = NULL
        RETURNING id, guild_id, recipient_id, due_at
    )
    INSERT INTO reminders_delivery
        (id, guild_id, notification_id, recipient_id, channel, step, status, reason, attempts,
         due_at, try_at, lease_owner, provider_id)
    SELECT uuidv7(), t.guild_id, t.id, t.recipient_id, 'inbox',
           (SELECT coalesce(max(d.step) + 1, 0) FROM reminders_delivery d
            WHERE d.guild_id = t.guild_id AND d.notification_id = t.id),
           'planned', '', '[]', t.due_at, t.due_at, '', ''
    FROM told t
$$
"""

UNTELL_MAKER = """
CREATE FUNCTION reminders_untell_maker(asked uuid)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH told AS MATERIALIZED (
        SELECT n.id, n.guild_id FROM reminders_notification n, reminders_maker_of(asked) m
        WHERE n.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
          AND n.kind = 'not_me' AND n.origin = asked::text AND n.recipient_id = m.maker
          AND n.closed_at IS NULL
    ), unplanned AS (
        UPDATE reminders_delivery d SET status = 'skipped', reason = 'taken_back'
        FROM told t
        WHERE d.guild_id = t.guild_id AND d.notification_id = t.id AND d.status = 'planned'
    )
    UPDATE reminders_notification n SET closed_at = due_clock(), closed_reason = 'taken_back'
    FROM told t WHERE n.guild_id = t.guild_id AND n.id = t.id
    RETURNING n.id, n.recipient_id
$$
"""

FUNCTIONS = {
    "reminders_maker_of(uuid)": MAKER_OF,
    "reminders_tell_maker(uuid, text, text)": TELL_MAKER,
    "reminders_untell_maker(uuid)": UNTELL_MAKER,
}


class Migration(migrations.Migration):
    dependencies = [("reminders", "0013_others")]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[("reminder", "Reminder"), ("not_me", "Not taken on")],
                default="reminder",
                max_length=10,
                verbose_name="kind",
            ),
        ),
        *(
            migrations.RunSQL([(sql, None)], f"DROP FUNCTION {signature}")
            for signature, sql in FUNCTIONS.items()
        ),
        *(
            migrations.RunSQL(
                f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC;"
                f"GRANT EXECUTE ON FUNCTION {signature} TO guildhall_app, guildhall_system",
                migrations.RunSQL.noop,
            )
            for signature in FUNCTIONS
        ),
    ]
