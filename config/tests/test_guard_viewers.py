"""Guards over what viewers may write: of the household's rows nothing, whatever the slice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.guild.api import TrashRows
from accounts.guild.models import MadeByMember
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from accounts.models import Change
from productivity.tasks.tests.conftest import make_task
from reminders.testing import make_reminder

# By the model's name: a row for the household, and a body that makes one.
ROWS: dict[str, Any] = {"task": make_task, "reminder": make_reminder}
BODIES: dict[str, dict[str, Any]] = {
    "task": {"title": "Other"},
    "reminder": {"message": "Other", "frequency": "once", "at": "2126-01-01T00:00:00Z"},
}
MORE: list[dict[str, Any]] = [{}, {"assignees": []}, {"visibility": "private"}]


def doors(resolver: URLResolver | None = None, path: str = "") -> list[tuple[str, Any]]:
    """The address of every operation on rows that members make, with the model of the rows."""
    found: list[tuple[str, Any]] = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += doors(entry, route)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "cls", None)
            if view is not None and issubclass(view, TrashRows):
                found.append((route, view.serializer_class.Meta.model))
    return found


def test_every_kind_of_row_is_tried() -> None:
    made = {model for model in apps.get_models() if issubclass(model, MadeByMember)}
    assert {model for _route, model in doors()} == made
    assert {model._meta.model_name for model in made} == set(ROWS) == set(BODIES)


@pytest.mark.parametrize(
    ("route", "model"), doors(), ids=[route.split("<uuid:guild>/")[-1] for route, _ in doors()]
)
def test_a_viewer_changes_nothing_of_the_households(cast: Cast, route: str, model: Any) -> None:
    kind = model._meta.model_name
    row, body = ROWS[kind](cast.carol), BODIES[kind]
    path = "/" + route.replace("<uuid:guild>", str(cast.home.pk)).replace("<uuid:pk>", str(row.pk))
    # In the trash there is one to bring back.
    if path.endswith("/restore/"):
        api(cast.carol).delete(path.removesuffix("restore/"))

    def state() -> Any:
        with guild_scope(cast.home.pk, cast.carol):
            return list(model.objects.values()), Change.objects.count()

    before, client = state(), api(cast.bob)
    for said in [body, *MORE]:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            client.generic(method, path, json.dumps(said), content_type="application/json")
            assert state() == before, (method, said)
