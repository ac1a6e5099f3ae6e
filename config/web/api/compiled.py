"""The SQL of a page, compiled once for all queries of one form: only their values differ.

Compiling is a third of what a list costs in Python. Where the form cannot be told for certain
(joins, expressions, anything but plain comparisons) Django compiles as always.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from django.db.models import lookups
from django.db.models.expressions import Col
from django.db.models.fields.related_lookups import RelatedExact, RelatedIsNull
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode

Statement = tuple[str, tuple[Any, ...]]
COMPARISONS = {
    lookups.Exact,
    RelatedExact,
    lookups.GreaterThan,
    lookups.GreaterThanOrEqual,
    lookups.LessThan,
    lookups.LessThanOrEqual,
}
NULL_TESTS = {lookups.IsNull, RelatedIsNull}
MOST = 1000
_known: dict[Hashable, str] = {}


def compiled(query: Query, connection: Any) -> Statement:
    """The statement and its parameters, as the query's own compiler gives them."""
    values: list[Any] = []
    form = _form(query, connection, values)
    # One look: another thread may clear it between two.
    known = _known.get(form) if form is not None else None
    if known is not None:
        return known, tuple(values)
    sql, params = query.get_compiler(connection=connection).as_sql()
    if form is not None and list(params) == values:
        if len(_known) >= MOST:
            _known.clear()
        _known[form] = sql
    return sql, tuple(params)


def _form(query: Any, connection: Any, values: list[Any]) -> Hashable | None:
    """All that the SQL depends on beside `values`, which are gathered; None when we cannot tell."""
    plain = not (
        query.distinct
        or query.combinator
        or query.select_for_update
        or query.extra
        or query.extra_order_by
        or query.group_by is not None
        or sum(map(bool, query.alias_refcount.values())) != 1
        or len(query.annotations) != 1
        or not all(isinstance(name, str) for name in query.order_by)
    )
    where = _conditions(query.where, connection, values) if plain else None
    order = (query.order_by, query.default_ordering, query.standard_ordering)
    return where and (query.model, order, query.low_mark, query.high_mark, where)


def _conditions(node: WhereNode, connection: Any, values: list[Any]) -> Hashable | None:
    parts: list[Hashable] = [node.connector, node.negated]
    for child in node.children:
        part = (
            _conditions(child, connection, values)
            if isinstance(child, WhereNode)
            else _condition(child, connection, values)
        )
        if part is None:
            return None
        parts.append(part)
    return tuple(parts)


def _condition(lookup: Any, connection: Any, values: list[Any]) -> Hashable | None:
    kind, left, right = type(lookup), getattr(lookup, "lhs", None), getattr(lookup, "rhs", None)
    if not isinstance(left, Col):
        return None
    if kind in NULL_TESTS:
        return kind, left.alias, left.target, bool(right)
    # A boolean is written as the column alone; an expression is SQL of its own.
    if kind not in COMPARISONS or isinstance(right, bool) or hasattr(right, "as_sql"):
        return None
    values += lookup.get_db_prep_lookup(right, connection)[1]
    return kind, left.alias, left.target
