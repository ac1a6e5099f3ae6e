"""Row policies and composite foreign keys as Meta constraints, so that makemigrations tracks them.

The raise of a `version` is how a change of the SQL below reaches a migration.
"""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint, ForeignKey, Model, TextChoices

APP_ROLE = "guildhall_app"
SYSTEM_ROLE = "guildhall_system"
OWNER_ROLE = "guildhall_owner"

# A sub-select is evaluated once a statement, a bare current_setting() once a row. After its
# first use a setting reads '' and not NULL, hence NULLIF.
GUILD = "(SELECT NULLIF(current_setting('app.guild_id', true), '')::uuid)"
MEMBER = "(SELECT NULLIF(current_setting('app.member_id', true), '')::uuid)"
USER = "(SELECT NULLIF(current_setting('app.user_id', true), '')::uuid)"
# Cast outside too: a bare sub-select behind ANY would be rows to compare with, not an array.
PROJECTS = "(SELECT NULLIF(current_setting('app.project_ids', true), '')::uuid[])::uuid[]"

CREATE_POLICY = (
    "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY; "
    "ALTER TABLE %(table)s FORCE ROW LEVEL SECURITY; "
    f"CREATE POLICY %(name)s ON %(table)s TO {APP_ROLE} USING (%(using)s) WITH CHECK (%(using)s); "
    f"CREATE POLICY %(everything)s ON %(table)s TO {SYSTEM_ROLE}, {OWNER_ROLE} "
    "USING (true) WITH CHECK (true)"
)
REMOVE_POLICY = (
    "DROP POLICY %(name)s ON %(table)s; "
    "DROP POLICY %(everything)s ON %(table)s; "
    "ALTER TABLE %(table)s NO FORCE ROW LEVEL SECURITY; "
    "ALTER TABLE %(table)s DISABLE ROW LEVEL SECURITY"
)


class PolicyKind(TextChoices):
    """What guildhall_app may see of a table; the other roles see all of it."""

    HOUSEHOLD = "household", "rows of the guild"
    PRIVATE = "private", "rows of the guild that are not another member's private ones"
    PERSONAL = "personal", "rows of the guild that are the member's own"
    OWN_OR_SHARED = "own_or_shared", "rows of the guild that are the member's own, or nobody's"
    PROJECT = "project", "rows of the guild outside projects, in open ones or in the member's"
    MEMBERSHIP = "membership", "the guild itself and its members"
    CHILD = "child", "rows of the guild whose parent the member may see"
    OWN = "own", "rows of the user, in whatever guild"


class TableConstraint(BaseConstraint):
    """A constraint that is its own statement after CREATE TABLE."""

    def __init__(self, *, name: str, version: int = 1) -> None:
        super().__init__(name=name)
        self.version = version

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        # Within CREATE TABLE: run it when the table is there.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None  # Django skips it

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: set[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """The database is the judge."""

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), dict(kwargs) | {"version": self.version}

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TableConstraint):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]  # mutable like Django's own constraints


class GuildPolicy(TableConstraint):
    """Row-level security of one table, of one kind; field names may differ from the usual ones."""

    def __init__(
        self,
        *,
        name: str,
        kind: str = PolicyKind.HOUSEHOLD,
        guild: str = "guild",
        maker: str = "created_by",
        member: str = "member",
        user: str = "user",
        project: str = "project",
        parent: str = "parent",
        version: int = 1,
    ) -> None:
        super().__init__(name=name, version=version)
        self.kind = PolicyKind(kind)
        self.guild, self.maker, self.member, self.user = guild, maker, member, user
        self.project, self.parent = project, parent

    def fields(self) -> list[str]:
        """The fields that the policy reads."""
        return {
            PolicyKind.HOUSEHOLD: [self.guild],
            PolicyKind.MEMBERSHIP: [self.guild],
            PolicyKind.PRIVATE: [self.guild, "visibility", self.maker],
            PolicyKind.PERSONAL: [self.guild, self.member],
            PolicyKind.OWN_OR_SHARED: [self.guild, self.member],
            PolicyKind.PROJECT: [self.guild, self.project, "project_open"],
            PolicyKind.CHILD: [self.guild, self.parent],
            PolicyKind.OWN: [self.user],
        }[self.kind]

    def using_sql(self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> str:
        columns = [schema_editor.quote_name(column_of(model, name)) for name in self.fields()]
        match self.kind:
            case PolicyKind.HOUSEHOLD | PolicyKind.MEMBERSHIP:
                return f"{columns[0]} = {GUILD}"
            case PolicyKind.PRIVATE:
                guild, visibility, maker = columns
                return f"{guild} = {GUILD} AND ({visibility} = 'household' OR {maker} = {MEMBER})"
            case PolicyKind.PERSONAL:
                return f"{columns[0]} = {GUILD} AND {columns[1]} = {MEMBER}"
            case PolicyKind.OWN_OR_SHARED:
                guild, member = columns
                return f"{guild} = {GUILD} AND ({member} = {MEMBER} OR {member} IS NULL)"
            case PolicyKind.PROJECT:
                guild, project, is_open = columns
                mine = f"{project} = ANY ({PROJECTS})"
                return f"{guild} = {GUILD} AND ({project} IS NULL OR {is_open} OR {mine})"
            case PolicyKind.CHILD:
                field = model._meta.get_field(self.parent)
                assert isinstance(field, ForeignKey)
                target = schema_editor.quote_name(field.remote_field.model._meta.db_table)
                table = schema_editor.quote_name(model._meta.db_table)
                # The parent's own policy holds inside the sub-select.
                return (
                    f"{columns[0]} = {GUILD} AND EXISTS (SELECT FROM {target} p"
                    f" WHERE p.guild_id = {table}.{columns[0]} AND p.id = {table}.{columns[1]})"
                )
            case PolicyKind.OWN:
                return f"{columns[0]} = {USER}"

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(CREATE_POLICY, model, schema_editor)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(REMOVE_POLICY, model, schema_editor)

    def _statement(
        self, template: str, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        quote = schema_editor.quote_name
        return Statement(
            template,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            everything=quote(f"{self.name}_all"),
            using=self.using_sql(model, schema_editor),
        )

    def check(self, model: type[Model], connection: Any) -> list[checks.CheckMessage]:
        there = {field.name for field in model._meta.local_fields}
        return [
            checks.Error(f"GuildPolicy needs the field {name!r}.", obj=model, id="guild.E001")
            for name in self.fields()
            if name not in there
        ]

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        given = {
            "guild": (self.guild, "guild"),
            "maker": (self.maker, "created_by"),
            "member": (self.member, "member"),
            "user": (self.user, "user"),
            "project": (self.project, "project"),
            "parent": (self.parent, "parent"),
        }
        kwargs |= {key: value for key, (value, usual) in given.items() if value != usual}
        return path, args, kwargs | {"kind": str(self.kind)}


class GuildForeignKey(TableConstraint):
    """`(guild_id, x_id) → (guild_id, id)`: foreign key checks ignore policies, this one cannot
    leave the guild. The field itself is a ForeignKey without a constraint of its own and with
    DO_NOTHING, since the database does what `on_delete` says here.
    """

    def __init__(
        self,
        *,
        name: str,
        field: str,
        guild: str = "guild",
        on_delete: str = "CASCADE",
        version: int = 1,
    ) -> None:
        super().__init__(name=name, version=version)
        if on_delete not in {"CASCADE", "SET NULL", "RESTRICT"}:
            raise ValueError(f"on_delete {on_delete!r}")
        self.field, self.guild, self.on_delete = field, guild, on_delete

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        field = model._meta.get_field(self.field)
        assert isinstance(field, ForeignKey)
        target: type[Model] = field.remote_field.model
        column = quote(column_of(model, self.field))
        action = f"SET NULL ({column})" if self.on_delete == "SET NULL" else self.on_delete
        return Statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (%(guild)s, %(column)s) "
            "REFERENCES %(target)s (%(target_guild)s, %(target_pk)s) ON DELETE %(action)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            guild=quote(column_of(model, self.guild)),
            column=column,
            target=Table(target._meta.db_table, quote),
            target_guild=quote(column_of(target, "guild")),
            target_pk=quote(column_of(target, "id")),
            action=action,
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        return Statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
        )

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: set[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raise ValidationError for a row of another guild, so that a form says it."""
        field = model._meta.get_field(self.field)
        assert isinstance(field, ForeignKey)
        value = getattr(instance, field.attname)
        if value is None or (exclude and self.field in exclude):
            return
        target: type[Model] = field.remote_field.model
        guild_id = getattr(instance, f"{self.guild}_id")
        if not target._base_manager.using(using).filter(pk=value, guild=guild_id).exists():
            raise ValidationError({self.field: "This is not in the household."})

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs |= {"field": self.field, "on_delete": self.on_delete}
        if self.guild != "guild":
            kwargs["guild"] = self.guild
        return path, args, kwargs


class Touched(TableConstraint):
    """A trigger keeps `updated_at`, so that no writer can forget it: ETags hang on it.

    A write that changes nothing but the `quiet` fields is no change of the row: what we keep
    account of, such as when somebody was seen. Of generated columns the trigger knows nothing
    yet, so that they are to be among the quiet ones.
    """

    def __init__(self, *, name: str, quiet: str = "", version: int = 1) -> None:
        super().__init__(name=name, version=version)
        self.quiet = quiet

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        columns = [schema_editor.quote_value(column_of(model, one)) for one in self.quiet.split()]
        return self._statement(
            "CREATE TRIGGER %(name)s BEFORE UPDATE ON %(table)s "
            f"FOR EACH ROW EXECUTE FUNCTION guildhall_touch({', '.join(columns)})",
            model,
            schema_editor,
        )

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | ({"quiet": self.quiet} if self.quiet else {})

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement("DROP TRIGGER %(name)s ON %(table)s", model, schema_editor)

    def _statement(
        self, template: str, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Statement:
        quote = schema_editor.quote_name
        return Statement(template, table=Table(model._meta.db_table, quote), name=quote(self.name))


def quietly(constraints: list[BaseConstraint], quiet: str) -> list[BaseConstraint]:
    """The constraints with a trigger that these fields leave alone."""
    return [
        Touched(name=one.name, quiet=quiet, version=2) if isinstance(one, Touched) else one
        for one in constraints
    ]


def column_of(model: type[Model], field: str) -> str:
    column: str = model._meta.get_field(field).column  # type: ignore[union-attr, assignment]
    return column
