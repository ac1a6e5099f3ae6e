"""A member was seen: noted without a scope and without touching the row's ETag, and told by the
look-up of memberships.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

import accounts.guild.rls

BEFORE = import_module("accounts.migrations.0002_lookups").MEMBERSHIPS
AFTER = BEFORE.replace(
    "member_left_at timestamptz,", "member_left_at timestamptz, member_last_seen_at timestamptz,"
).replace("m.joined_at, m.left_at,", "m.joined_at, m.left_at, m.last_seen_at,")
DROP = "DROP FUNCTION guildhall_memberships(uuid, text)"
GRANT = """
REVOKE EXECUTE ON FUNCTION guildhall_memberships(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guildhall_memberships(uuid, text) TO guildhall_app, guildhall_system
"""

SEEN = """
CREATE FUNCTION guildhall_seen(asked_member uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE accounts_member SET last_seen_at = now()
    WHERE id = asked_member AND left_at IS NULL
      AND (last_seen_at IS NULL OR last_seen_at < now() - interval '1 minute')
$$
"""
GRANT_SEEN = """
REVOKE EXECUTE ON FUNCTION guildhall_seen(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION guildhall_seen(uuid) TO guildhall_app
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_lookups")]

    operations = [
        migrations.RunSQL(
            [(DROP, None), (AFTER, None), GRANT], [(DROP, None), (BEFORE, None), GRANT]
        ),
        migrations.RunSQL([(SEEN, None), GRANT_SEEN], "DROP FUNCTION guildhall_seen(uuid)"),
        migrations.RemoveConstraint(model_name="member", name="accounts_member_touch"),
        migrations.AddConstraint(
            model_name="member",
            constraint=accounts.guild.rls.Touched(
                name="accounts_member_touch", quiet="last_seen_at", version=1
            ),
        ),
    ]
