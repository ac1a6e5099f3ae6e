"""What the three database roles may do, and the refusal to serve pages with more than that."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

from accounts.guild.rls import APP_ROLE, SYSTEM_ROLE

GRANTS = f"""
GRANT USAGE ON SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE};
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {APP_ROLE}, {SYSTEM_ROLE};
"""
# History is append-only; who may see it follows the row it describes.
HISTORY = f"""
REVOKE UPDATE, DELETE ON accounts_change FROM {APP_ROLE}, {SYSTEM_ROLE};
GRANT UPDATE (visibility, maker_id, project_id) ON accounts_change TO {APP_ROLE}, {SYSTEM_ROLE};
"""


def grant(using: str = "owner", **_: Any) -> None:
    """Give the roles their rights on the tables that a migration left; runs after each."""
    with connections[using].cursor() as cursor:
        cursor.execute(GRANTS)
        cursor.execute("SELECT to_regclass('accounts_change')")
        if cursor.fetchone() != (None,):
            cursor.execute(HISTORY)


def refuse_privileged_role() -> None:
    """Raise ImproperlyConfigured when row security could not bind the role that serves pages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_tables"
            " WHERE tableowner = current_user AND schemaname = 'public')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        superuser, bypasses, owns = cursor.fetchone()
    if superuser or bypasses or owns:
        raise ImproperlyConfigured(
            "DATABASE_URL must name a role that is no superuser, owns no table and does not bypass"
            f" row security: {APP_ROLE}."
        )
    connection.close()
