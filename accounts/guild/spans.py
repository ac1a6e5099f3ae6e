"""Spans of days of which no two of the same row's may overlap, as a Meta constraint."""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Statement, Table
from django.db.models import Model

from accounts.guild.rls import TableConstraint, column_of


class NoOverlap(TableConstraint):
    """No day lies in two live spans of the same `of`, first and last day included.

    An exclusion constraint. What it compares ids by is a range of our own over UUIDs, which
    PostgreSQL indexes by itself: the usual btree_gist is an extension that not every server has.
    """

    def __init__(self, *, name: str, of: str, first: str, last: str, version: int = 1) -> None:
        super().__init__(name=name, version=version)
        self.of, self.first, self.last = of, first, last

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(
            "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s EXCLUDE USING gist ("
            "guildhall_uuids(%(guild)s, %(guild)s, '[]') WITH =, "
            "guildhall_uuids(%(of)s, %(of)s, '[]') WITH =, "
            "daterange(%(first)s, %(last)s, '[]') WITH &&) WHERE (deleted_at IS NULL)",
            model,
            schema_editor,
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        return self._statement(
            "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s", model, schema_editor
        )

    def _statement(self, template: str, model: type[Model], schema_editor: Any) -> Statement:
        quote = schema_editor.quote_name
        return Statement(
            template,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            guild=quote(column_of(model, "guild")),
            of=quote(column_of(model, self.of)),
            first=quote(column_of(model, self.first)),
            last=quote(column_of(model, self.last)),
        )

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"of": self.of, "first": self.first, "last": self.last}
