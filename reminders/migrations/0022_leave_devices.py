"""Which browser a session let in is kept by id: its address may be another one by the time she signs
out.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

# Of the user in scope, in all of her households: these, and what leads to the same browser.
LEAVE = """
CREATE FUNCTION reminders_leave_devices(asked uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH hers AS (
        SELECT x.guild_id, x.id, x.address_hash, x.deleted_at
        FROM reminders_destination x
        JOIN accounts_member m ON m.guild_id = x.guild_id AND m.id = x.member_id
        WHERE x.channel = 'push' AND x.address_hash <> ''
          AND m.user_id = NULLIF(current_setting('app.user_id', true), '')::uuid
    )
    UPDATE reminders_destination x
    SET deleted_at = now(), switched_off_at = coalesce(x.switched_off_at, now()),
        switched_off_reason = 'signed_out'
    FROM hers
    WHERE x.guild_id = hers.guild_id AND x.id = hers.id AND x.deleted_at IS NULL
      AND hers.address_hash IN (SELECT o.address_hash FROM hers o WHERE o.id = ANY (asked))
$$
"""
RIGHTS = """
REVOKE EXECUTE ON FUNCTION {0} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {0} TO guildhall_app, guildhall_system
"""
NEW, OLD = "reminders_leave_devices(uuid[])", "reminders_drop_devices(text[])"
DROP = import_module("reminders.migrations.0017_devices").DROP


class Migration(migrations.Migration):
    dependencies = [("reminders", "0021_whom_it_is_for")]

    operations = [
        migrations.RunSQL([(LEAVE, None)], f"DROP FUNCTION {NEW}"),
        migrations.RunSQL(RIGHTS.format(NEW), migrations.RunSQL.noop),
        migrations.RunSQL(f"DROP FUNCTION {OLD}", [(DROP, None), (RIGHTS.format(OLD), None)]),
    ]
