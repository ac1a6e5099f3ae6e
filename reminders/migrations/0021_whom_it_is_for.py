"""What belongs to a row follows when other people have to do it, and whoever acts acts for all
who were told because nobody did.

`reminders_move_source`, `reminders_reopen`, `reminders_pass_over` and `reminders_slots` stand here
as they are from now on.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

retries = import_module("reminders.migrations.0009_retries_come_back")
FORMER_SLOTS = import_module("reminders.migrations.0002_functions").SLOTS.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
FORMER_PASS_OVER = import_module("reminders.migrations.0010_pass_over").PASS_OVER.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)

# What comes by a row's own people is planned anew for whoever they are now.
CLOSE_MOVED = "    PERFORM reminders_close(moved_ids, 'moved', false);\n"
CLOSE_ADDRESSED = """    UPDATE reminders_reminder r SET look_at = planned.due_at, next_slot = planned.slot
    FROM (
        SELECT DISTINCT ON (n.reminder_id) n.reminder_id, n.due_at, n.slot
        FROM reminders_notification n
        WHERE n.guild_id = guild AND n.reminder_id = ANY (found_ids)
          AND n.arrived_at IS NULL AND n.closed_at IS NULL AND n.escalated_from_id IS NULL
        ORDER BY n.reminder_id, n.due_at
    ) planned
    WHERE r.id = planned.reminder_id AND r.frequency <> 'before'
      AND r.audience IN ('assigned', 'unanswered')
      AND r.paused_at IS NULL AND r.deleted_at IS NULL;
    PERFORM reminders_close(ARRAY(
        SELECT r.id FROM reminders_reminder r
        WHERE r.id = ANY (found_ids) AND r.audience IN ('assigned', 'unanswered')
    ), 'moved', false);
"""
# What is open again is asked for again.
FORMER_AGAIN = """          AND d.status = 'skipped' AND d.reason = n.former AND d.channel <> 'inbox'
          AND d.due_at BETWEEN due_clock() - interval '24 hours' AND due_clock()
"""
AGAIN = """          AND d.status = 'skipped' AND d.reason = n.former AND (d.cause = 'nag' OR
              d.channel <> 'inbox'
              AND d.due_at BETWEEN due_clock() - interval '24 hours' AND due_clock())
"""
FORMER_TRY, TRY = "try_at = due_clock()", "try_at = greatest(d.due_at, due_clock())"
REOPEN = retries.REOPEN.replace(FORMER_AGAIN, AGAIN).replace(FORMER_TRY, TRY)
MOVE_SOURCE = (
    retries.MOVE_SOURCE.replace(CLOSE_MOVED, CLOSE_MOVED + CLOSE_ADDRESSED)
    .replace(FORMER_AGAIN, AGAIN)
    .replace(FORMER_TRY, TRY)
)

# Of whom the source would name nothing is known here: the row is its maker's.
PEOPLE = "              AND m.guild_id = r.guild_id AND m.left_at IS NULL AND NOT m.is_bot\n"
MAKER = """            UNION ALL
            SELECT r.created_by_id
            WHERE r.audience IN ('assigned', 'unanswered') AND r.created_by_id IS NOT NULL
"""
PASS_OVER = FORMER_PASS_OVER.replace(PEOPLE, PEOPLE + MAKER)

# What somebody is told because another one did not act is no occurrence of its own.
OWN = "AND n.reminder_id = asked AND"
SLOTS = FORMER_SLOTS.replace(OWN, "AND n.reminder_id = asked AND n.because <> 'escalated' AND")

# Both sides of an escalation: the one that waits, and those who were told because it did.
FAMILY = """
    SELECT n.id FROM reminders_notification n
    WHERE n.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
      AND (n.id = root OR n.escalated_from_id = root)
"""
ROOT = """
    SELECT coalesce(n.escalated_from_id, n.id) INTO root FROM reminders_notification n
    WHERE n.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
      AND n.recipient_id = NULLIF(current_setting('app.member_id', true), '')::uuid
      AND n.id = asked;
"""

# Two that act on the same at once take its rows in one order.
HOLD = f"""
CREATE FUNCTION reminders_hold(asked uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    root uuid;
BEGIN
    {ROOT}
    PERFORM FROM reminders_notification n WHERE n.id IN ({FAMILY})
    ORDER BY n.id FOR NO KEY UPDATE;
END
$$
"""

# `asked` was done: what the others have of it is closed, and what was on its way stays.
ACTED = f"""
CREATE FUNCTION reminders_acted(asked uuid, why text)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    root uuid;
BEGIN
    {ROOT}
    UPDATE reminders_delivery d SET status = 'skipped', reason = why
    WHERE d.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
      AND d.status = 'planned'
      AND (d.notification_id IN ({FAMILY} AND n.id <> asked)
           OR d.notification_id IS NULL AND d.occurrence LIKE '%#' || root
              AND d.reminder_id = (SELECT r.reminder_id FROM reminders_notification r
                                   WHERE r.id = root));
    RETURN QUERY
    WITH closed AS (
        UPDATE reminders_notification n SET closed_at = due_clock(), closed_reason = why
        WHERE n.id IN ({FAMILY}) AND n.id <> asked
          AND n.closed_at IS NULL AND n.done_at IS NULL
        RETURNING n.id, n.recipient_id, n.arrived_at
    )
    SELECT c.id, c.recipient_id FROM closed c WHERE c.arrived_at IS NOT NULL;
END
$$
"""

# The undo of it.
NOT_ACTED = f"""
CREATE FUNCTION reminders_not_acted(asked uuid, why text)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    root uuid;
BEGIN
    {ROOT}
    UPDATE reminders_delivery d
    SET status = 'planned', reason = '', try_at = greatest(d.due_at, due_clock())
    WHERE d.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
      AND d.status = 'skipped' AND d.reason = why
      AND d.due_at > due_clock() - interval '24 hours'
      AND (d.notification_id IN ({FAMILY} AND n.id <> asked)
           OR d.notification_id IS NULL AND d.occurrence LIKE '%#' || root
              AND d.reminder_id = (SELECT r.reminder_id FROM reminders_notification r
                                   WHERE r.id = root));
    RETURN QUERY
    WITH opened AS (
        UPDATE reminders_notification n SET closed_at = NULL, closed_reason = ''
        WHERE n.id IN ({FAMILY}) AND n.id <> asked AND n.closed_reason = why
        RETURNING n.id, n.recipient_id, n.arrived_at
    )
    SELECT o.id, o.recipient_id FROM opened o WHERE o.arrived_at IS NOT NULL;
END
$$
"""

NEW = {
    "reminders_hold(uuid)": HOLD,
    "reminders_acted(uuid, text)": ACTED,
    "reminders_not_acted(uuid, text)": NOT_ACTED,
}


class Migration(migrations.Migration):
    dependencies = [("reminders", "0020_why_you")]

    operations = [
        migrations.RunSQL([(MOVE_SOURCE, None)], [(retries.MOVE_SOURCE, None)]),
        migrations.RunSQL([(REOPEN, None)], [(retries.REOPEN, None)]),
        migrations.RunSQL([(PASS_OVER, None)], [(FORMER_PASS_OVER, None)]),
        migrations.RunSQL([(SLOTS, None)], [(FORMER_SLOTS, None)]),
        *(
            migrations.RunSQL([(sql, None)], f"DROP FUNCTION {signature}")
            for signature, sql in NEW.items()
        ),
        *(
            migrations.RunSQL(
                f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC;"
                f"GRANT EXECUTE ON FUNCTION {signature} TO guildhall_app, guildhall_system",
                migrations.RunSQL.noop,
            )
            for signature in NEW
        ),
    ]
