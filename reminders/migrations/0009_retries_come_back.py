"""What is open again is sent again too, where it still waited for its next try.

Both functions stand here as they are from now on.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

look_at = import_module("reminders.migrations.0006_look_at")
wait_again = import_module("reminders.migrations.0003_wait_again")
FORMER_REOPEN = wait_again.functions.REOPEN.replace(look_at.CREATE, look_at.REPLACE).replace(
    wait_again.BEFORE, wait_again.AFTER
)
FORMER_MOVE_SOURCE = look_at.MOVE_SOURCE.replace("next_due_at", "look_at").replace(
    look_at.SLOT, look_at.NEW_SLOT
)

# `n` are the notifications that are open again. A mail that is a day old helps nobody.
AGAIN = """
        UPDATE reminders_delivery d SET status = 'planned', reason = '', try_at = due_clock()
        FROM n WHERE d.guild_id = n.guild_id AND d.notification_id = n.id
          AND d.status = 'skipped' AND d.reason = n.former AND d.channel <> 'inbox'
          AND d.due_at BETWEEN due_clock() - interval '24 hours' AND due_clock()
"""

REOPEN = f"""
CREATE OR REPLACE FUNCTION reminders_reopen(asked uuid, why text)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH n AS (
        UPDATE reminders_notification n
        SET closed_at = NULL, closed_reason = '', snoozed_until = NULL
        WHERE n.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
          AND n.reminder_id = asked AND reminders_may_see(asked)
          AND n.arrived_at IS NOT NULL AND n.closed_reason = why
        RETURNING n.id, n.guild_id, n.recipient_id, why AS former
    ), d AS ({AGAIN})
    SELECT n.id, n.recipient_id FROM n
$$
"""

MOVE_SOURCE = f"""
CREATE OR REPLACE FUNCTION reminders_move_source(
    asked_kind text, asked_id uuid, next_time timestamptz, slot text
)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    guild uuid := NULLIF(current_setting('app.guild_id', true), '')::uuid;
    found_ids uuid[];
    moved_ids uuid[];
BEGIN
    SELECT array_agg(id), array_agg(id) FILTER (WHERE frequency = 'before')
    INTO found_ids, moved_ids FROM (
        SELECT r.id, r.frequency FROM reminders_reminder r
        WHERE r.guild_id = guild AND r.source_kind = asked_kind AND r.source_id = asked_id
        ORDER BY r.id FOR NO KEY UPDATE
    ) held;
    IF found_ids IS NULL THEN
        RETURN;
    END IF;
    PERFORM reminders_close(moved_ids, 'moved', false);
    UPDATE reminders_reminder r SET
        look_at = CASE
            WHEN r.frequency <> 'before' THEN coalesce(r.look_at, due_clock())
            WHEN next_time > due_clock() THEN greatest(
                next_time - make_interval(mins => r.before_minutes), due_clock())
        END,
        next_slot = CASE
            WHEN r.frequency <> 'before' THEN r.next_slot
            WHEN next_time > due_clock() THEN slot || '/-' || r.before_minutes
            ELSE ''
        END
    WHERE r.id = ANY (found_ids) AND r.paused_at IS NULL AND r.deleted_at IS NULL;
    RETURN QUERY
    WITH closed AS (
        SELECT n.id, n.closed_reason FROM reminders_notification n
        WHERE n.guild_id = guild
          AND n.arrived_at IS NOT NULL AND n.closed_reason LIKE 'source:%'
          AND n.reminder_id IN (
              SELECT r.id FROM reminders_reminder r
              WHERE r.id = ANY (found_ids) AND r.deleted_at IS NULL
          )
        ORDER BY n.id FOR NO KEY UPDATE
    ), n AS (
        UPDATE reminders_notification n
        SET closed_at = NULL, closed_reason = '', snoozed_until = NULL
        FROM closed WHERE n.id = closed.id
        RETURNING n.id, n.guild_id, n.recipient_id, closed.closed_reason AS former
    ), d AS ({AGAIN})
    SELECT n.id, n.recipient_id FROM n;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0008_one_order_of_locks")]

    operations = [
        migrations.RunSQL([(REOPEN, None)], [(FORMER_REOPEN, None)]),
        migrations.RunSQL([(MOVE_SOURCE, None)], [(FORMER_MOVE_SOURCE, None)]),
    ]
