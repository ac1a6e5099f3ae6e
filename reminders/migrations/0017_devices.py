"""Browsers that take push messages go from one member to another, get another address, and are let
go of: across households, so by functions. Each asks for the SHA-256 of an address that only the
browser, its push service and this house know.
"""

from __future__ import annotations

from django.db import migrations

# Whoever lets a shared browser in is the one who is told there.
TAKE = """
CREATE FUNCTION reminders_take_device(asked text)
RETURNS TABLE (guild uuid, member uuid, destination uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE reminders_destination x
    SET deleted_at = now(), switched_off_at = coalesce(x.switched_off_at, now()),
        switched_off_reason = 'moved_over'
    FROM accounts_member m
    WHERE x.channel = 'push' AND x.address_hash = asked AND asked <> '' AND x.deleted_at IS NULL
      AND m.guild_id = x.guild_id AND m.id = x.member_id
      AND m.user_id <> NULLIF(current_setting('app.user_id', true), '')::uuid
    RETURNING x.guild_id, x.member_id, x.id
$$
"""

# Of the user in scope, in all of her households.
DROP = """
CREATE FUNCTION reminders_drop_devices(asked text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE reminders_destination x
    SET deleted_at = now(), switched_off_at = coalesce(x.switched_off_at, now()),
        switched_off_reason = 'signed_out'
    FROM accounts_member m
    WHERE x.channel = 'push' AND x.address_hash = ANY (asked) AND x.address_hash <> ''
      AND x.deleted_at IS NULL AND m.guild_id = x.guild_id AND m.id = x.member_id
      AND m.user_id = NULLIF(current_setting('app.user_id', true), '')::uuid
$$
"""

# Asked by a service worker, which is nobody: what it knows is what entitles it.
RENEW = """
CREATE FUNCTION reminders_renew_device(old text, new text, new_secret text) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    WITH renewed AS (
        UPDATE reminders_destination x SET address_hash = new, secret = new_secret
        WHERE x.channel = 'push' AND x.address_hash = old AND old <> '' AND x.deleted_at IS NULL
          AND NOT EXISTS (
              SELECT FROM reminders_destination o
              WHERE o.guild_id = x.guild_id AND o.member_id = x.member_id AND o.channel = 'push'
                AND o.address_hash = new AND o.deleted_at IS NULL)
        RETURNING x.id
    )
    SELECT count(*) FROM renewed
$$
"""

FUNCTIONS = {
    "reminders_take_device(text)": TAKE,
    "reminders_drop_devices(text[])": DROP,
    "reminders_renew_device(text, text, text)": RENEW,
}


class Migration(migrations.Migration):
    dependencies = [("reminders", "0016_ways_shown")]

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
        ),
    ]
