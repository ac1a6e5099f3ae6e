"""The look-ups that cross guilds: by session or token, of a person's households, of an invitation.

Each is SECURITY DEFINER, owned by guildhall_owner, and answers no more than its question.
"""

from __future__ import annotations

from django.db import migrations

MEMBERSHIPS = """
CREATE FUNCTION guildhall_memberships(asked_user uuid, asked_guild text)
RETURNS TABLE (
    member_id uuid, member_guild_id uuid, member_user_id uuid, member_role varchar,
    member_nickname varchar, member_colour smallint, member_joined_at timestamptz,
    member_left_at timestamptz, guild_id uuid, guild_name varchar, guild_slug varchar,
    guild_time_zone varchar, guild_locale varchar, guild_member_count integer,
    guild_created_at timestamptz, guild_updated_at timestamptz,
    guild_deleted_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 3
AS $$
    SELECT m.id, m.guild_id, m.user_id, m.role, m.nickname, m.colour, m.joined_at, m.left_at,
           g.id, g.name, g.slug, g.time_zone, g.locale, g.member_count, g.created_at, g.updated_at,
           g.deleted_at
    FROM accounts_member m JOIN accounts_guild g ON g.id = m.guild_id
    WHERE m.user_id = asked_user AND m.left_at IS NULL AND g.is_active
      AND (asked_guild IS NULL OR g.slug = asked_guild OR g.id::text = asked_guild)
    ORDER BY m.joined_at, m.id
$$
"""

TOKEN = """
CREATE FUNCTION guildhall_token(asked_hash text)
RETURNS TABLE (
    id uuid, user_id uuid, guild_id uuid, name varchar, scopes varchar[],
    expires_at timestamptz, last_used_at timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1
AS $$
BEGIN
    -- A minute is near enough for "last used", and spares a write per request.
    UPDATE accounts_accesstoken t SET last_used_at = now()
    WHERE t.token_hash = asked_hash AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > now())
      AND (t.last_used_at IS NULL OR t.last_used_at < now() - interval '1 minute');
    RETURN QUERY
    SELECT t.id, t.user_id, t.guild_id, t.name, t.scopes, t.expires_at, t.last_used_at
    FROM accounts_accesstoken t
    WHERE t.token_hash = asked_hash AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > now());
END
$$
"""

INVITE = """
CREATE FUNCTION guildhall_invite(asked_hash text)
RETURNS TABLE (
    id uuid, guild_id uuid, guild_name varchar, guild_slug varchar, member_count integer,
    inviter varchar, role varchar
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1
AS $$
    SELECT i.id, g.id, g.name, g.slug, g.member_count, coalesce(m.nickname, ''), i.role
    FROM accounts_invite i
    JOIN accounts_guild g ON g.id = i.guild_id
    LEFT JOIN accounts_member m ON m.guild_id = i.guild_id AND m.id = i.created_by_id
    WHERE i.code_hash = asked_hash AND i.revoked_at IS NULL AND i.uses_left > 0
      AND i.expires_at > now() AND g.is_active AND g.deleted_at IS NULL
$$
"""

SIGNATURES = [
    "guildhall_memberships(uuid, text)",
    "guildhall_token(text)",
    "guildhall_invite(text)",
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL([(sql, None)], f"DROP FUNCTION {signature}")
            for sql, signature in zip([MEMBERSHIPS, TOKEN, INVITE], SIGNATURES, strict=True)
        ),
        *(
            migrations.RunSQL(
                f"REVOKE EXECUTE ON FUNCTION {signature} FROM PUBLIC;"
                f"GRANT EXECUTE ON FUNCTION {signature} TO guildhall_app, guildhall_system",
                migrations.RunSQL.noop,
            )
            for signature in SIGNATURES
        ),
    ]
