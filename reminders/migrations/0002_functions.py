"""The engine's clock, and the acts that reach other members' rows.

An occurrence is planned for each recipient, and row security shows each of them her own rows
only; so whoever edits, pauses or deletes a reminder closes what is planned for the others through
these functions. Each is SECURITY DEFINER, owned by guildhall_owner, and repeats the guild check
and, where it starts from a reminder, the check that the member may see it.
"""

from __future__ import annotations

from django.db import migrations

# A session or role may shift it (tests do); nothing that comes from the web reaches the setting.
CLOCK = """
CREATE FUNCTION due_clock() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT clock_timestamp()
         + coalesce(NULLIF(current_setting('app.clock_shift', true), ''), '0')::interval
$$
"""

MAY_SEE = """
CREATE FUNCTION reminders_may_see(asked uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM reminders_reminder r
        WHERE r.id = asked
          AND r.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
          AND (r.visibility = 'household'
               OR r.created_by_id = NULLIF(current_setting('app.member_id', true), '')::uuid)
    )
$$
"""

# What of these reminders is planned and not begun is closed; with `come_too`, also what came and
# still waits. Answers what came and is closed now, so that open pages hear of it. Locks
# deliveries before notifications, as the engine does.
CLOSE = """
CREATE FUNCTION reminders_close(asked uuid[], why text, come_too boolean)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    guild uuid := NULLIF(current_setting('app.guild_id', true), '')::uuid;
BEGIN
    UPDATE reminders_delivery d SET status = 'skipped', reason = why
    WHERE d.guild_id = guild AND d.reminder_id = ANY (asked) AND d.status = 'planned'
      AND (come_too OR NOT EXISTS (
          SELECT FROM reminders_notification n
          WHERE n.guild_id = d.guild_id AND n.id = d.notification_id AND n.arrived_at IS NOT NULL
      ));
    RETURN QUERY
    WITH closed AS (
        UPDATE reminders_notification n SET closed_at = due_clock(), closed_reason = why
        WHERE n.guild_id = guild AND n.reminder_id = ANY (asked)
          AND n.closed_at IS NULL AND n.done_at IS NULL AND (come_too OR n.arrived_at IS NULL)
        RETURNING n.id, n.recipient_id, n.arrived_at
    )
    SELECT c.id, c.recipient_id FROM closed c WHERE c.arrived_at IS NOT NULL;
END
$$
"""

CLOSE_PLANNED = """
CREATE FUNCTION reminders_close_planned(asked uuid, why text, come_too boolean)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF reminders_may_see(asked) THEN
        RETURN QUERY SELECT * FROM reminders_close(ARRAY[asked], why, come_too);
    END IF;
END
$$
"""

# The undo of a close: what had come waits again.
REOPEN = """
CREATE FUNCTION reminders_reopen(asked uuid, why text)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE reminders_notification n SET closed_at = NULL, closed_reason = ''
    WHERE n.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
      AND n.reminder_id = asked AND reminders_may_see(asked)
      AND n.arrived_at IS NOT NULL AND n.closed_reason = why
    RETURNING n.id, n.recipient_id
$$
"""

# Of a reminder's occurrences: the last one that came to somebody, and the first one that is
# planned and came to nobody yet.
SLOTS = """
CREATE FUNCTION reminders_slots(
    asked uuid, OUT last_slot text, OUT planned_slot text, OUT planned_due_at timestamptz
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    guild uuid := NULLIF(current_setting('app.guild_id', true), '')::uuid;
BEGIN
    IF reminders_may_see(asked) THEN
        SELECT n.slot INTO last_slot FROM reminders_notification n
        WHERE n.guild_id = guild AND n.reminder_id = asked AND n.arrived_at IS NOT NULL
        ORDER BY n.id DESC LIMIT 1;
        SELECT n.slot, n.due_at INTO planned_slot, planned_due_at FROM reminders_notification n
        WHERE n.guild_id = guild AND n.reminder_id = asked AND n.arrived_at IS NULL
          AND n.closed_at IS NULL
        ORDER BY n.due_at LIMIT 1;
    END IF;
END
$$
"""

CLOSE_SOURCE = """
CREATE FUNCTION reminders_close_source(asked_kind text, asked_id uuid, why text)
RETURNS TABLE (notification uuid, recipient uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    found_ids uuid[];
BEGIN
    SELECT array_agg(id) INTO found_ids FROM (
        SELECT r.id FROM reminders_reminder r
        WHERE r.guild_id = NULLIF(current_setting('app.guild_id', true), '')::uuid
          AND r.source_kind = asked_kind AND r.source_id = asked_id
        ORDER BY r.id FOR NO KEY UPDATE
    ) held;
    IF found_ids IS NULL THEN
        RETURN;
    END IF;
    UPDATE reminders_reminder r SET next_due_at = NULL, next_slot = ''
    WHERE r.id = ANY (found_ids) AND r.next_due_at IS NOT NULL;
    RETURN QUERY SELECT * FROM reminders_close(found_ids, why, true);
END
$$
"""

# `next_time` NULL: nothing is ahead. A wall-clock reminder of a row that is open again is worked
# out by the engine: an instant without a slot asks for that.
MOVE_SOURCE = """
CREATE FUNCTION reminders_move_source(
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
        next_due_at = CASE
            WHEN r.frequency <> 'before' THEN coalesce(r.next_due_at, due_clock())
            WHEN next_time > due_clock() THEN greatest(
                next_time - make_interval(mins => r.before_minutes), due_clock())
        END,
        next_slot = CASE
            WHEN r.frequency <> 'before' THEN r.next_slot
            WHEN next_time > due_clock() THEN slot
            ELSE ''
        END
    WHERE r.id = ANY (found_ids) AND r.paused_at IS NULL AND r.deleted_at IS NULL;
    RETURN QUERY
    UPDATE reminders_notification n SET closed_at = NULL, closed_reason = ''
    WHERE n.guild_id = guild AND n.reminder_id = ANY (found_ids)
      AND n.arrived_at IS NOT NULL AND n.closed_reason LIKE 'source:%'
    RETURNING n.id, n.recipient_id;
END
$$
"""

FUNCTIONS = {
    "due_clock()": CLOCK,
    "reminders_may_see(uuid)": MAY_SEE,
    "reminders_close(uuid[], text, boolean)": CLOSE,
    "reminders_close_planned(uuid, text, boolean)": CLOSE_PLANNED,
    "reminders_reopen(uuid, text)": REOPEN,
    "reminders_slots(uuid)": SLOTS,
    "reminders_close_source(text, uuid, text)": CLOSE_SOURCE,
    "reminders_move_source(text, uuid, timestamptz, text)": MOVE_SOURCE,
}
# What runs with the caller's own rights needs no guard, and is of no use to others.
INNER = {"due_clock()", "reminders_close(uuid[], text, boolean)"}


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial")]

    operations = [
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
            if signature not in INNER
        ),
    ]
