"""Rows as JSON, written by PostgreSQL in the shape of a serializer, straight into the answer.

No model instance and no serializer runs: that is most of what a list costs otherwise. One SELECT
answers a page or a row, and both have the same shape because they have the same columns.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import (
    DateTimeField,
    DurationField,
    Expression,
    F,
    Field,
    Func,
    Model,
    OuterRef,
    QuerySet,
    TextField,
    TimeField,
)

from config.web.api.compiled import compiled
from config.web.sql import prepared_cursor

# A serializer with a Meta; the stubs cannot say that of the class.
Shape = Any
MARK = "@columns@"


def ids(link: type[Model], row: str, value: str, *order: str) -> ArraySubquery:
    """What a link table joins to a row, for `Meta.rows`: `ids(Assignment, "task", "member")`."""
    # The base manager: this is built when the module loads, before any scope; `guild` joins
    # what the policies would have joined.
    links = link._base_manager.filter(guild=OuterRef("guild_id"), **{row: OuterRef("pk")})
    return ArraySubquery(links.order_by(*(order or (value,))).values(value))


class Shown(Func):
    """A column as the API writes it: instants in UTC with Z, times as HH:MM."""

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        source = self.get_source_expressions()[0]
        sql, params = compiler.compile(source)
        match _plain_field(source.output_field):
            case DateTimeField():
                sql = f"to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
            case TimeField():
                sql = f"to_char({sql}, 'HH24:MI')"
            case DurationField():
                sql = f"extract(epoch FROM {sql})"
        return sql, params


class _Mark(Expression):
    """Stands where the columns go: they are compiled once, the rest with each request."""

    output_field = TextField()

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        return MARK, ()


_MARK = _Mark()


def page(queryset: QuerySet[Any], shape: Shape, limit: int) -> list[bytes]:
    """Up to `limit` rows of an ordered queryset, each as JSON."""
    query = queryset.query.chain()
    query.set_limits(0, limit)
    # What values_list() comes to, without its five copies of the query.
    query.default_cols = False
    query.annotations["_"] = _MARK
    query.set_annotation_mask(["_"])
    connection = connections[queryset.db]
    try:
        sql, params = compiled(query, connection)
    except EmptyResultSet:
        return []
    columns, own = _columns(shape)
    sql = f"SELECT row_to_json(r)::text FROM ({sql}) r".replace(f'{MARK} AS "_"', columns, 1)  # noqa: S608  # all of it compiled by Django
    with prepared_cursor(connection) as cursor:
        cursor.execute(sql, [*own, *params])
        # Bytes as they came: decoding and encoding 40 kB again would be for nothing.
        result = cursor.cursor.pgresult
        return [result.get_value(index, 0) for index in range(result.ntuples)]


def one(queryset: QuerySet[Any], shape: Shape) -> bytes | None:
    """The only row of the queryset as JSON; None when there is none."""
    found = page(queryset.order_by(), shape, 1)
    return found[0] if found else None


@cache
def _columns(shape: Shape) -> tuple[str, tuple[Any, ...]]:
    """The columns of the shape, `expression AS "name"`, with their constant parameters."""
    named = _expressions(shape)
    model = shape.Meta.model
    query = model._base_manager.order_by().values_list(*map(Shown, named.values())).query
    compiler = query.get_compiler("default")
    compiler.pre_sql_setup()
    if [table for table in query.alias_map if query.alias_refcount[table]] != [
        model._meta.db_table
    ]:
        raise TypeError(f"{shape.__name__}: a row of another table needs a Subquery in Meta.rows")
    parts, params = [], []
    for name, (_expression, (sql, own), _alias) in zip(named, compiler.select, strict=True):
        parts.append(f'{sql} AS "{name}"')
        params.extend(own)
    return ", ".join(parts), tuple(params)


def _expressions(shape: Shape) -> dict[str, Any]:
    own: dict[str, Any] = getattr(shape.Meta, "rows", {})
    return {
        name: own.get(name) or F(field.source.replace(".", "__"))
        for name, field in shape().fields.items()
        if not field.write_only
    }


def _plain_field(field: Field[Any, Any]) -> Field[Any, Any]:
    return getattr(field, "output_field", field)  # of a GeneratedField
