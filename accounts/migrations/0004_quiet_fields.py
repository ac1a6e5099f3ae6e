"""What is only kept account of is no change of a row: it moves no ETag, no form and no order."""

from __future__ import annotations

from django.db import migrations

import accounts.guild.rls

TOUCH = """
CREATE OR REPLACE FUNCTION guildhall_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_NARGS = 0 OR to_jsonb(OLD) - TG_ARGV IS DISTINCT FROM to_jsonb(NEW) - TG_ARGV THEN
        NEW.updated_at = clock_timestamp();
    END IF;
    RETURN NEW;
END
$$
"""
BEFORE = (
    "CREATE OR REPLACE FUNCTION guildhall_touch() RETURNS trigger LANGUAGE plpgsql AS $$"
    "BEGIN NEW.updated_at = clock_timestamp(); RETURN NEW; END $$"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_seen")]

    operations = [
        migrations.RunSQL([(TOUCH, None)], [(BEFORE, None)]),
        migrations.RemoveConstraint(model_name="member", name="accounts_member_touch"),
        migrations.AddConstraint(
            model_name="member",
            constraint=accounts.guild.rls.Touched(
                name="accounts_member_touch", quiet="last_seen_at", version=2
            ),
        ),
        migrations.RemoveConstraint(model_name="guild", name="accounts_guild_touch"),
        migrations.AddConstraint(
            model_name="guild",
            constraint=accounts.guild.rls.Touched(
                name="accounts_guild_touch", quiet="member_count", version=2
            ),
        ),
    ]
