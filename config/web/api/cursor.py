"""Pages by key: the cursor holds the place after the last row, so pages stay right while rows come
and go. NULL counts as the greatest value, as it does in PostgreSQL's own order.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

import orjson
from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from config.web.api.problems import Problem
from config.web.api.rows import Shape, page

LIMIT, MOST = 100, 500
Order = Sequence[str]


def answer(
    queryset: QuerySet[Any], shape: Shape, orders: dict[str, Order], params: QueryDict
) -> bytes:
    """The page that `limit`, `cursor` and `order` ask for, as `{"results": […], "next": …}`."""
    name, order = _order(orders, params)
    limit = _limit(params.get("limit"))
    if cursor := params.get("cursor"):
        values = _decode(cursor, name, order, queryset.model)
        queryset = queryset.filter(_start(order[0], values[0], queryset.model))
        queryset = queryset.filter(_after(order, values))
    rows = page(queryset.order_by(*order), shape, limit + 1)
    following = b"null"
    if len(rows) > limit:
        del rows[limit:]
        last = orjson.loads(rows[-1])
        following = b'"%s"' % _encode([name, *(last[key.lstrip("-")] for key in order)])
    return b'{"results":[%s],"next":%s}' % (b",".join(rows), following)


def of_list(
    rows: Sequence[dict[str, Any]], orders: dict[str, Order], params: QueryDict
) -> dict[str, Any]:
    """The same envelope for the few rows that are in hand already; their cursor counts."""
    name, _order_by = _order(orders, params)
    limit, start = _limit(params.get("limit")), 0
    if cursor := params.get("cursor"):
        start = _place(cursor, name)
    end = start + limit
    following = _encode([name, end]).decode() if end < len(rows) else None
    return {"results": list(rows[start:end]), "next": following}


class Finder[Row](Protocol):
    """So many rows behind a place, and the place behind them if there are more."""

    def __call__(
        self, *, most: int, after: tuple[Any, ...] | None
    ) -> tuple[Sequence[Row], tuple[Any, ...] | None]: ...


def of_places[Row](
    find: Finder[Row],
    said: Callable[[Row], dict[str, Any]],
    orders: dict[str, Order],
    model: type[models.Model],
    params: QueryDict,
) -> dict[str, Any]:
    """The same envelope for what no queryset finds; a place is the values of the order's keys."""
    name, order = _order(orders, params)
    limit, cursor = _limit(params.get("limit")), params.get("cursor")
    after = tuple(_decode(cursor, name, order, model)) if cursor else None
    rows, place = find(most=limit, after=after)
    following = _encode([name, *place]).decode() if place else None
    return {"results": [said(row) for row in rows], "next": following}


def _place(cursor: str, name: str) -> int:
    try:
        parts = _parts(cursor)
    except ValueError:  # of base64, of UTF-8 or of JSON
        parts = None
    match parts:
        case [str(order), int(place)] if order == name and place >= 0:
            return place
    raise _foreign()


def _parts(cursor: str) -> Any:
    return orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))


def _order(orders: dict[str, Order], params: QueryDict) -> tuple[str, Order]:
    name = params.get("order", next(iter(orders)))
    if name not in orders:
        names = ", ".join(orders)
        raise _refusal("order", _("The order is one of: %(names)s.") % {"names": names})
    return name, orders[name]


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not re.fullmatch(r"[1-9]\d{0,2}", text, re.ASCII) or int(text) > MOST:
        raise _refusal(
            "limit", _("The limit is a whole number from 1 to %(most)s.") % {"most": MOST}
        )
    return int(text)


def _start(key: str, value: Any, model: type[models.Model]) -> Q:
    """Where an index may begin to read: implied by `_after`, but in a form it understands."""
    name = key.lstrip("-")
    if value is None or (not key.startswith("-") and model._meta.get_field(name).null):
        return Q()
    return Q(**{f"{name}__lte" if key.startswith("-") else f"{name}__gte": value})


def _after(order: Order, values: Sequence[Any]) -> Q:
    """Rows behind the given values; the last key is the id, so that there are no ties."""
    key, value = order[0], values[0]
    behind = _behind(key, value)
    if len(order) > 1:
        name = key.lstrip("-")
        tie = Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        behind |= tie & _after(order[1:], values[1:])
    return behind


def _behind(key: str, value: Any) -> Q:
    name = key.lstrip("-")
    if key.startswith("-"):
        return Q(**{f"{name}__isnull": False}) if value is None else Q(**{f"{name}__lt": value})
    if value is None:
        return Q(pk__in=[])  # nothing is greater than NULL
    return Q(**{f"{name}__gt": value}) | Q(**{f"{name}__isnull": True})


def _encode(parts: list[Any]) -> bytes:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=")


def _decode(cursor: str, name: str, order: Order, model: type[models.Model]) -> list[Any]:
    """The key values in a cursor of this order; raises Problem (400) for anything made up."""
    try:
        said, *values = _parts(cursor)
        fields = [model._meta.get_field(key.lstrip("-")) for key in order]
        found = [_value(field, value) for field, value in zip(fields, values, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise _foreign() from error
    if said != name:
        raise _foreign()
    return found


def _foreign() -> Problem:
    return _refusal("cursor", _("This cursor is not one of ours, or of another order."))


def _value(field: Any, part: Any) -> Any:
    if part is None and field.null:
        return None
    for kind, read in READERS.items():
        if isinstance(field, kind):
            return read(part)
    raise TypeError(f"{field} cannot be a key of pages")


def _instant(part: str) -> datetime:
    at = datetime.fromisoformat(part)
    if at.tzinfo is None:
        raise ValueError(part)
    return at


def _whole(part: Any) -> int:
    if not isinstance(part, int) or not -(2**63) <= part < 2**63:
        raise ValueError(part)
    return part


def _number(part: Any) -> float:
    if not isinstance(part, int | float):
        raise TypeError(part)
    return float(part)


def _id(part: Any) -> UUID:
    return UUID(_text(part))


def _text(part: Any) -> str:
    if not isinstance(part, str) or "\0" in part:
        raise ValueError(part)
    return part


READERS: dict[type[models.Field[Any, Any]], Callable[[Any], Any]] = {
    models.DateTimeField: _instant,
    models.DateField: date.fromisoformat,
    models.UUIDField: _id,
    models.FloatField: _number,
    models.IntegerField: _whole,
    models.CharField: _text,
    models.TextField: _text,
}


def _refusal(name: str, message: str) -> Problem:
    return Problem(400, message, code="invalid", pointer=f"/{name}")
