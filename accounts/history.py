"""History: every action writes one Change, and slices say how a row goes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import models

from accounts.guild.models import Visibility
from accounts.models import Change, Member, Role, Source

_source: ContextVar[Source] = ContextVar("source", default=Source.SYSTEM)


@contextmanager
def acting_from(source: Source) -> Iterator[None]:
    """Changes written in the block say that they came this way."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def record(
    verb: str,
    row: models.Model,
    *,
    by: Member | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    title: str | None = None,
    actor_name: str = "",
    visibility: str = "",
    using: str | None = None,
) -> Change:
    """The Change that says who did what to `row`; it is seen by whoever may see the row, unless
    another `visibility` is named.

    `before` and `after` hold the touched fields only, as `snapshot` gives them.
    """
    visibility = visibility or getattr(row, "visibility", Visibility.HOUSEHOLD)
    change = Change(
        actor=by,
        actor_name=by.nickname if by else actor_name,
        source=_source.get(),
        verb=verb,
        kind=str(row._meta.model_name),
        entity_id=row.pk,
        title=(str(row) if title is None else title)[:255],
        before=before,
        after=after,
        visibility=visibility,
        maker_id=getattr(row, "created_by_id", None),
        project_id=getattr(row, "project_id", None),
    )
    change.save(force_insert=True, using=using)
    return change


def snapshot(row: models.Model, fields: list[str]) -> dict[str, Any]:
    """The named fields as JSON: ids and instants as text."""
    return {name: _plain(getattr(row, _attname(row, name))) for name in fields}


def as_said(model: type[models.Model], kept: dict[str, Any] | None) -> dict[str, Any]:
    """What a Change kept of fields, as the actions take it: days, instants and ids again."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    return {
        name: fields[name].to_python(value) if name in fields else value
        for name, value in (kept or {}).items()
    }


def differences(
    before: dict[str, Any], after: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs between two snapshots, on both sides."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def record_edit(
    row: models.Model, *, by: Member, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Write that `row` was edited, and let nobody see more of its past than she may.

    What becomes private takes its past along. What is shared shows itself from now on: what it
    said when it was private stays its maker's, also what the sharing edit itself replaced.
    """
    if after.get("visibility") == Visibility.HOUSEHOLD:
        replaced = {name: value for name, value in before.items() if name != "visibility"}
        if replaced:
            mine = {name: after[name] for name in replaced}
            record("edited", row, by=by, before=replaced, after=mine, visibility=Visibility.PRIVATE)
        before, after = ({"visibility": fields["visibility"]} for fields in (before, after))
    record("edited", row, by=by, before=before, after=after)
    if after.get("visibility") == Visibility.PRIVATE:
        Change.objects.filter(kind=row._meta.model_name, entity_id=row.pk).update(
            visibility=Visibility.PRIVATE, maker_id=getattr(row, "created_by_id", None)
        )


def latest(row: models.Model) -> Change | None:
    """What was done to the row last: what an Undo right after an act reverts."""
    return latest_of(str(row._meta.model_name), row.pk)


def latest_of(kind: str, entity: UUID) -> Change | None:
    changes = Change.objects.filter(kind=kind, entity_id=entity)
    found: Change | None = changes.order_by("-created_at", "-id").first()
    return found


class Revert(Protocol):
    """How a slice undoes one change: by its own actions, which write what they did like always.

    `accounts.actions.revert` has refused already who may not, and a change that a later one
    overtook. Raises Refused when it cannot.
    """

    def __call__(self, change: Change, *, by: Member, at: datetime) -> None: ...


class Manages(Protocol):
    """Whether undoing this change is managing the household, though it is one's own change."""

    def __call__(self, change: Change, *, by: Member) -> bool: ...


@dataclass(frozen=True, slots=True)
class WayBack:
    revert: Revert
    verbs: tuple[str, ...]
    manages: Manages
    least: Role

    def role_needed(self, change: Change, *, by: Member) -> Role:
        """The role that `by` needs to undo the change: admin for what others did, none for what
        is hers alone; whether that still is, the slice's own action knows.
        """
        if change.actor_id != by.pk or self.manages(change, by=by):
            return Role.ADMIN
        own = change.visibility == Visibility.PRIVATE and change.maker_id == by.pk
        return Role.VIEWER if own else self.least


_ways_back: dict[str, WayBack] = {}


def revertible(
    kind: str,
    *verbs: str,
    manages: Manages = lambda _change, *, by: False,  # noqa: ARG005
    least: Role = Role.MEMBER,
) -> Callable[[Revert], Revert]:
    """Register how these changes (without verbs: all) of a kind of row are undone,
    and the least role that undoes what it did itself.

    A slice's ready() imports the module that says so.
    """

    def register(revert: Revert) -> Revert:
        _ways_back[kind] = WayBack(revert, verbs, manages, least)
        return revert

    return register


def way_back(change: Change) -> WayBack | None:
    """How this is undone and by whom; None where there is no way back."""
    if change.source == Source.ADMIN:
        return None  # what staff wrote is named, but what stood there before is not kept
    way = _ways_back.get(change.kind)
    return way if way and (not way.verbs or change.verb in way.verbs) else None


def _attname(row: models.Model, name: str) -> str:
    field = row._meta.get_field(name)
    return field.attname if isinstance(field, models.ForeignKey) else name


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
