"""The three locks, seen from inside."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from accounts.guild.roles import refuse_privileged_role
from accounts.guild.scope import NoGuild, guild_scope
from accounts.guild.testing import Cast
from accounts.models import Change, Invite, Member


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [name])
        value: str | None = cursor.fetchone()[0]
    return value or ""


def test_it_refuses_queries_outside_a_scope(cast: Cast) -> None:
    with pytest.raises(NoGuild):
        Member.objects.count()


def test_it_shows_only_the_guild_in_scope(cast: Cast) -> None:
    with guild_scope(cast.elsewhere.pk, cast.charlie):
        assert list(Member.objects.all()) == [cast.charlie]


def test_postgres_hides_rows_even_from_an_unfiltered_query(cast: Cast) -> None:
    with guild_scope(cast.elsewhere.pk, cast.charlie):
        assert Member._base_manager.count() == 1
    assert Member._base_manager.count() == 0


def test_postgres_refuses_a_row_for_another_guild(cast: Cast) -> None:
    wrong = pytest.raises(DatabaseError)
    with guild_scope(cast.elsewhere.pk, cast.charlie), wrong, transaction.atomic():
        Invite._base_manager.create(guild=cast.home, code_hash="x", expires_at=cast.alice.joined_at)


def test_a_foreign_key_cannot_leave_the_guild(cast: Cast) -> None:
    wrong = pytest.raises(IntegrityError)
    with guild_scope(cast.elsewhere.pk, cast.charlie), wrong, transaction.atomic():
        Invite.objects.create(
            code_hash="x", expires_at=cast.alice.joined_at, created_by_id=cast.alice.pk
        )


def test_a_private_change_is_its_makers_alone(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.carol):
        Change.objects.create(
            verb="x", kind="x", entity_id=cast.home.pk, visibility="private", maker=cast.carol
        )
    with guild_scope(cast.home.pk, cast.alice):
        assert not Change.objects.filter(verb="x").exists()
    with guild_scope(cast.home.pk, cast.carol):
        assert Change.objects.filter(verb="x").exists()


def test_scopes_nest_and_come_back_also_after_an_error(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.alice):
        with guild_scope(cast.elsewhere.pk):
            assert setting("app.guild_id") == str(cast.elsewhere.pk)
            assert setting("app.member_id") == ""
        assert setting("app.guild_id") == str(cast.home.pk)
        with pytest.raises(ValueError, match="oops"), guild_scope(cast.elsewhere.pk):
            raise ValueError("oops")
        assert setting("app.guild_id") == str(cast.home.pk)
        assert setting("app.member_id") == str(cast.alice.pk)
    assert setting("app.guild_id") == ""


def test_history_cannot_be_rewritten_or_removed(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.alice):
        with pytest.raises(DatabaseError), transaction.atomic():
            Change.objects.update(verb="x")
        with pytest.raises(DatabaseError), transaction.atomic():
            Change.objects.all().delete()


def test_the_database_keeps_updated_at(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.alice):
        before = Member.objects.get(pk=cast.bob.pk).updated_at
        Member.objects.filter(pk=cast.bob.pk).update(nickname="Robert")
        assert Member.objects.get(pk=cast.bob.pk).updated_at > before


def test_pages_are_not_served_by_a_role_that_sees_more(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_privileged_role()  # as who we are: no exception
    for field in ("USER", "PASSWORD"):
        # What somebody does who puts the owner's address into DATABASE_URL.
        monkeypatch.setitem(
            connection.settings_dict, field, connections["owner"].settings_dict[field]
        )
    connection.close()
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL must name a role"):
        refuse_privileged_role()
