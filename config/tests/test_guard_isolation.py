"""Guards over the whole house: what holds one household's rows away from everybody else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from accounts.guild.models import GuildOwned, MadeByMember
from accounts.guild.rls import GuildForeignKey, GuildPolicy, PolicyKind
from accounts.models import AccessToken, Guild, Member, Profile, Replay

HOUSES = ["accounts", "reminders", "tags", "tasks", "operations"]
OURS: list[Any] = [model for label in HOUSES for model in apps.get_app_config(label).get_models()]
GUILD_TABLES: list[Any] = [model for model in OURS if issubclass(model, GuildOwned)] + [Guild]
# Tables without a guild: people themselves, and what is one person's own.
OWN_TABLES: list[Any] = [AccessToken, Profile, Replay]

# Indexes that do not start with the guild, each with the question it answers across guilds.
ACROSS_GUILDS = {
    "accounts_member_households": "which households a person is in, asked at every sign-in",
    "accounts_invite.code_hash": "the invitation behind a link",
    "reminders_reminder_due": "the reminders that fire next, of all households",
    "reminders_notification_stage": "who is told next because nobody acted, of all households",
    "reminders_digest_due": "the morning summaries that come next, of all households",
    "reminders_delivery_sent": "lateness on /metrics",
    "reminders_delivery_due": "figures of a day on /metrics and for staff",
}

PRIVILEGED = {"system", "owner"}
# Where the role that sees every guild may be used.
SYSTEM_ALIAS = {
    "accounts/guild/admin.py",
    "accounts/jobs.py",
    "config/settings.py",
    "reminders/engine",
    "operations",
}


def policies(model: type[models.Model]) -> list[GuildPolicy]:
    return [c for c in model._meta.constraints if isinstance(c, GuildPolicy)]


@pytest.mark.parametrize("model", GUILD_TABLES + OWN_TABLES, ids=lambda model: model.__name__)
def test_every_table_has_one_policy(model: type[models.Model]) -> None:
    [policy] = policies(model)
    if model in OWN_TABLES:
        assert policy.kind == PolicyKind.OWN
    elif issubclass(model, MadeByMember):
        assert policy.kind in {PolicyKind.PRIVATE, PolicyKind.PROJECT}
    elif model in {Guild, Member}:
        assert policy.kind == PolicyKind.MEMBERSHIP
    elif "visibility" in {field.name for field in model._meta.fields}:
        assert policy.kind in {PolicyKind.PRIVATE, PolicyKind.PERSONAL}


def test_the_database_forces_row_security_on_every_one_of_them(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_policies p ON p.tablename = c.relname"
            " WHERE c.relrowsecurity AND c.relforcerowsecurity AND p.roles = '{guildhall_app}'"
        )
        secured = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in GUILD_TABLES + OWN_TABLES} <= secured


def test_no_table_with_a_guild_is_forgotten() -> None:
    for model in OURS:
        if any(f.remote_field and f.remote_field.model is Guild for f in model._meta.fields):
            assert model in GUILD_TABLES + OWN_TABLES, model


def test_the_tests_themselves_run_as_the_bound_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("guildhall_app", False, False)


@pytest.mark.parametrize("model", GUILD_TABLES, ids=lambda model: model.__name__)
def test_every_reference_inside_a_guild_carries_the_guild(model: Any) -> None:
    composite = {c.field for c in model._meta.constraints if isinstance(c, GuildForeignKey)}
    for field in model._meta.fields:
        target: Any = field.remote_field.model if field.remote_field else None
        if isinstance(field, models.ForeignKey) and issubclass(target, GuildOwned):
            assert field.name in composite, f"{model.__name__}.{field.name}"
            assert field.db_constraint is False  # type: ignore[attr-defined]
    assert not model._meta.local_many_to_many, "link tables are declared"


def first_columns(model: Any) -> Iterator[tuple[str, str]]:
    """The name of each index and unique constraint, with its first column."""
    for index in model._meta.indexes:
        yield index.name, index.fields_orders[0][0] if index.fields_orders else "?"
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            expressions: Any = constraint.expressions
            first = constraint.fields[0] if constraint.fields else expressions[0].name
            yield constraint.name, first
    for field in model._meta.local_fields:
        if (field.unique or field.db_index) and not field.primary_key:
            yield f"{model._meta.db_table}.{field.column}", field.name


@pytest.mark.parametrize(
    "model", [m for m in GUILD_TABLES if m is not Guild], ids=lambda model: model.__name__
)
def test_every_index_starts_with_the_guild_or_says_why_not(model: type[models.Model]) -> None:
    for name, first in first_columns(model):
        if name in ACROSS_GUILDS:
            continue
        assert first == "guild", f"{name} starts with {first}"


def python_files() -> Iterator[Path]:
    for folder in ("config", "accounts", "reminders", "productivity", "operations"):
        for path in (settings.BASE_DIR / folder).rglob("*.py"):
            if not {"tests", "migrations", "testing.py"} & set(path.parts):
                yield path


def test_the_role_that_sees_all_is_used_only_where_named() -> None:
    for path in python_files():
        name = path.relative_to(settings.BASE_DIR).as_posix()
        if any(name == allowed or name.startswith(f"{allowed}/") for allowed in SYSTEM_ALIAS):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "using":
                assert not (
                    isinstance(node.value, ast.Constant) and node.value.value == "system"
                ), name
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr in {"using", "db_manager"}:  # type: ignore[attr-defined]
                words = {a.value for a in node.args if isinstance(a, ast.Constant)}  # type: ignore[attr-defined]
                assert not words & PRIVILEGED, name
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                assert node.slice.value not in PRIVILEGED, name


# How the engine's own connection plans: no request runs on it, and they open no row to anybody.
PLANNING = ("'plan_cache_mode'", "'enable_seqscan'")


def test_session_wide_settings_are_never_used() -> None:
    """They would leak to the next request of a persistent connection."""
    for path in python_files():
        source = path.read_text()
        for line in source.splitlines():
            planning = path.match("reminders/engine/*") and any(one in line for one in PLANNING)
            if "set_config(" in line and not line.lstrip().startswith("#") and not planning:
                assert line.count("set_config(") == line.count(", true)"), f"{path}: {line}"
