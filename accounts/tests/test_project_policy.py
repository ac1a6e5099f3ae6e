"""Rows of projects: everybody sees those of open ones, the others whoever is in the project.

No slice has such a table yet, so this one is made for the test, by the owner, like a migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connections, models
from django.test.utils import isolate_apps

from accounts.guild.rls import GuildPolicy, PolicyKind
from accounts.guild.roles import grant
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast

OPEN, MINE, OTHERS = uuid4(), uuid4(), uuid4()
INSERT = "INSERT INTO probe (id, guild_id, project_id, project_open) VALUES (%s, %s, %s, %s)"


@isolate_apps()
def probe() -> type[models.Model]:
    class Probe(models.Model):
        id = models.UUIDField(primary_key=True)
        guild = models.UUIDField(db_column="guild_id")
        project = models.UUIDField(null=True, db_column="project_id")
        project_open = models.BooleanField()

        class Meta:
            app_label = "probes"
            db_table = "probe"
            constraints = [GuildPolicy(name="probe_policy", kind=PolicyKind.PROJECT)]

        def __str__(self) -> str:
            return str(self.pk)

    return Probe


@pytest.fixture
def table(committed_cast: Cast) -> Iterator[Cast]:
    """The cast, and a row for each kind of project in Home and one in Elsewhere."""
    model = probe()
    with connections["owner"].schema_editor() as editor:
        editor.create_model(model)
    grant()
    home, elsewhere = committed_cast.home.pk, committed_cast.elsewhere.pk
    with connections["system"].cursor() as cursor:
        for project in (None, OPEN, MINE, OTHERS):
            cursor.execute(INSERT, [uuid4(), home, project, project == OPEN])
        cursor.execute(INSERT, [uuid4(), elsewhere, MINE, True])
    yield committed_cast
    with connections["owner"].schema_editor() as editor:
        editor.delete_model(model)


def seen(using: str = "default") -> set[UUID | None]:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT project_id FROM probe")
        return {project for (project,) in cursor.fetchall()}


def write(guild: UUID, project: UUID | None, *, is_open: bool = False) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(INSERT, [uuid4(), guild, project, is_open])


def test_one_sees_what_is_in_no_project_in_open_ones_and_in_ones_own(table: Cast) -> None:
    with guild_scope(table.home.pk, table.carol):
        assert seen() == {None, OPEN}
        with guild_scope(table.home.pk, table.carol, projects=[MINE]):
            assert seen() == {None, OPEN, MINE}
        assert seen() == {None, OPEN}
    with guild_scope(table.elsewhere.pk, table.charlie, projects=[OTHERS]):
        assert seen() == {MINE}
    assert seen() == set()


def test_one_writes_no_further_than_one_sees(table: Cast) -> None:
    home = table.home.pk
    with guild_scope(home, table.carol, projects=[MINE]):
        write(home, MINE)
        write(home, None)
    for guild, project in [(home, OTHERS), (table.elsewhere.pk, None)]:
        with pytest.raises(ProgrammingError), guild_scope(home, table.carol, projects=[MINE]):
            write(guild, project)


def test_it_is_forced_and_the_other_roles_see_all(table: Cast) -> None:
    with connections["system"].cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'probe'"
        )
        assert cursor.fetchone() == (True, True)
    for role in ("system", "owner"):
        assert seen(role) == {None, OPEN, MINE, OTHERS}
