"""Reminders of a closed household rest: the engine looks at none of them, whatever their number.

When it opens again they go on with what is ahead then. Who closes or opens one (an action, staff,
a script) need not know: the database sees to it.
"""

from __future__ import annotations

from django.db import migrations

# Further ahead than calendars go; no other reminder is looked at then.
REST = "timestamptz '9999-12-31 00:00:00+00'"

FUNCTION = f"""
CREATE FUNCTION reminders_rest_or_wake() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF NEW.is_active AND NEW.deleted_at IS NULL THEN
        -- An instant without a slot asks the engine to work out the slot.
        UPDATE reminders_reminder SET look_at = due_clock(), next_slot = ''
        WHERE guild_id = NEW.id AND look_at = {REST};
    ELSE
        UPDATE reminders_reminder SET look_at = {REST}, next_slot = ''
        WHERE guild_id = NEW.id AND look_at IS NOT NULL;
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGER = """
CREATE TRIGGER reminders_rest_or_wake AFTER UPDATE OF is_active, deleted_at ON accounts_guild
FOR EACH ROW WHEN (
    (OLD.is_active AND OLD.deleted_at IS NULL) <> (NEW.is_active AND NEW.deleted_at IS NULL)
) EXECUTE FUNCTION reminders_rest_or_wake()
"""
# Those that are closed already.
FILL = f"""
UPDATE reminders_reminder r SET look_at = {REST}, next_slot = ''
FROM accounts_guild g
WHERE g.id = r.guild_id AND r.look_at IS NOT NULL
  AND NOT (g.is_active AND g.deleted_at IS NULL)
"""
EMPTY = f"""
UPDATE reminders_reminder SET look_at = due_clock(), next_slot = '' WHERE look_at = {REST}
"""


class Migration(migrations.Migration):
    dependencies = [("reminders", "0018_archives")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION reminders_rest_or_wake()"),
        migrations.RunSQL(TRIGGER, "DROP TRIGGER reminders_rest_or_wake ON accounts_guild"),
        migrations.RunSQL(FILL, EMPTY),
    ]
