"""History in plain sentences: who did what, and what was there before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.guild.models import Row
from accounts.models import Change
from config.web import words

Names = Mapping[str, str]
NOTHING = "–"

# By kind and verb, else by verb alone; slices add theirs with `sentence`.
_sentences: dict[str, str | Promise] = {
    "added": gettext_lazy("%(who)s added %(what)s"),
    "edited": gettext_lazy("%(who)s changed %(what)s"),
    "deleted": gettext_lazy("%(who)s moved %(what)s to the trash"),
    "restored": gettext_lazy("%(who)s brought %(what)s back"),
    "completed": gettext_lazy("%(who)s completed %(what)s"),
    "reopened": gettext_lazy("%(who)s reopened %(what)s"),
    "assigned": gettext_lazy("%(who)s gave %(what)s to somebody else"),
    "guild.founded": gettext_lazy("%(who)s founded the household"),
    "guild.edited": gettext_lazy("%(who)s changed the household"),
    "guild.deleted": gettext_lazy("%(who)s closed the household"),
    "guild.restored": gettext_lazy("%(who)s opened the household again"),
    "guild.handed over": gettext_lazy("%(who)s handed the household over"),
    "invite.invited": gettext_lazy("%(who)s made an invitation link"),
    "invite.revoked": gettext_lazy("%(who)s revoked an invitation link"),
    "absence.added": gettext_lazy("%(who)s wrote down when “%(title)s” is away"),
    "absence.edited": gettext_lazy("%(who)s changed when “%(title)s” is away"),
    "absence.deleted": gettext_lazy("%(who)s deleted an absence of “%(title)s”"),
    "absence.restored": gettext_lazy("%(who)s brought back an absence of “%(title)s”"),
    "member.edited": gettext_lazy("%(who)s changed the member “%(title)s”"),
    "member.joined": gettext_lazy("%(who)s joined the household"),
    "member.left": gettext_lazy("%(who)s left the household"),
    "member.restored": gettext_lazy("%(who)s took “%(title)s” back into the household"),
    "member.removed": gettext_lazy("%(who)s removed “%(title)s” from the household"),
}
# Whole phrases by kind, because other languages decline: the task “Bins”.
_things: dict[str, str | Promise] = {}
# What is no column of its own.
_labels: dict[str, str | Promise] = {
    "owner": gettext_lazy("owner"),
    "assignees": gettext_lazy("who does it"),
    "recipients": gettext_lazy("who is reminded"),
    "destinations": gettext_lazy("ways that are named"),
    "escalate": gettext_lazy("what if nobody acts"),
    "after_minutes": gettext_lazy("after minutes"),
    "to": gettext_lazy("tell"),
    "destination": gettext_lazy("by a way of its own"),
    "tags": gettext_lazy("tags"),
}
_UNSAID = {"source_id", "source_kind", "completed_by"}


def sentence(kind_and_verb: str, text: str | Promise) -> None:
    """Say `"task.completed"` as `text`, with %(who)s, %(what)s and %(title)s; from ready()."""
    _sentences[kind_and_verb] = text


def thing(kind: str, text: str | Promise) -> None:
    """Name rows of this kind by `text`, with %(title)s; from ready()."""
    _things[kind] = text


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    before: str
    after: str


def in_words(change: Change, names: Names) -> str:
    """Alice changed the task “Bins”; `names` are the members' by id."""
    who = names.get(str(change.actor_id)) or change.actor_name or _("Guildhall")
    text = _sentences.get(f"{change.kind}.{change.verb}") or _sentences.get(change.verb)
    said = {"who": who, "title": change.title, "what": _what(change), "verb": change.verb}
    return str(text or _("%(who)s: %(verb)s %(what)s")) % said


def model_of(kind: str) -> type[models.Model] | None:
    """The model of the rows that changes of this kind are about."""
    return _models().get(kind)


def kind_label(kind: str) -> str:
    model = model_of(kind)
    return str(model._meta.verbose_name) if model else kind


def differences(change: Change, names: Names) -> list[Difference]:
    """What the change touched, field by field, as a member would read it."""
    before, after = change.before or {}, change.after or {}
    found = [
        Difference(
            _label(change.kind, name),
            _value(change.kind, name, before.get(name), names),
            _value(change.kind, name, after.get(name), names),
        )
        for name in {**before, **after}
        if name not in _UNSAID
    ]
    return [one for one in found if one.before != one.after]


def _what(change: Change) -> str:
    text = _things.get(change.kind) or _("%(kind)s “%(title)s”")
    return str(text) % {"kind": kind_label(change.kind), "title": change.title}


@cache
def _models() -> dict[str, type[models.Model]]:
    found = (model for model in apps.get_models() if issubclass(model, Row))
    return {str(model._meta.model_name): model for model in found}


def _field(kind: str, name: str) -> models.Field[Any, Any] | None:
    model = model_of(kind)
    fields = model._meta.concrete_fields if model else []
    return next((field for field in fields if name in {field.name, field.attname}), None)


def _label(kind: str, name: str) -> str:
    field = _field(kind, name)
    return str(field.verbose_name if field else _labels.get(name, name.replace("_", " ")))


def _value(kind: str, name: str, value: Any, names: Names) -> str:
    field = _field(kind, name)
    if value in (None, "", []):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | dict):
        return _values(kind, name, value, names)
    if name == "weekdays":
        return words.weekday(value)
    if field and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField):
        return words.moment(datetime.fromisoformat(value), now=timezone.now())
    if isinstance(field, models.DateField):
        return words.long_day(date.fromisoformat(value))
    if isinstance(field, models.TimeField):
        return words.clock(time.fromisoformat(value))
    return names.get(str(value), str(value))


def _values(kind: str, name: str, value: list[Any] | dict[str, Any], names: Names) -> str:
    if name == "destinations":
        return str(len(value))  # an id of a way tells nobody anything
    if isinstance(value, dict):
        parts = [_part(kind, key, one, names) for key, one in value.items() if one is not None]
        return " · ".join(parts)
    return ", ".join(_value(kind, name, one, names) for one in value)


def _part(kind: str, name: str, value: Any, names: Names) -> str:
    """after minutes: 10 · tell: Alice · by a way of its own"""
    label = str(_labels.get(name, name))
    return label if name == "destination" else f"{label}: {_value(kind, name, value, names)}"
