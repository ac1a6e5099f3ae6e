"""Guards over every door: nobody gets in unknown, and a stranger finds nothing behind any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.actions.absence import add_absence
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from productivity.tasks.tests.conftest import make_task
from reminders.destinations import add_destination

# Pages that are there for everybody.
OPEN = {"home", "join", "healthz", "readyz", "metrics"}


def patterns(
    resolver: URLResolver | None = None, names: tuple[str, ...] = (), path: str = ""
) -> Iterator[tuple[str, str, set[str], Callable[..., object]]]:
    """Name, path, converters and view of every URL of the site."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = path + str(entry.pattern)
        if isinstance(entry, URLResolver):
            names_below = (*names, entry.namespace) if entry.namespace else names
            yield from patterns(entry, names_below, route)
        elif isinstance(entry, URLPattern):
            yield ":".join([*names, entry.name or ""]), route, _arguments(route), entry.callback


def _arguments(route: str) -> set[str]:
    return {part.split(">")[0].split(":")[-1] for part in route.split("<")[1:]}


PAGES = sorted(
    {(name, route) for name, route, arguments, _view in patterns() if "slug" in arguments}
)
OPERATIONS = sorted(
    {(name, route) for name, route, arguments, _view in patterns() if "guild" in arguments}
)


@pytest.fixture
def rows(cast: Cast) -> dict[str, UUID]:
    """A row of Home for each slice, so that the id in the address is right."""
    task = make_task(cast.carol)
    with guild_scope(cast.home.pk, cast.carol):
        absence = add_absence(by=cast.carol, from_on=date(2126, 7, 1), until_on=date(2126, 7, 2))
        way = add_destination(by=cast.carol, channel="webhook", address="https://192.0.0.9/x")
        return {
            "tasks": task.pk,
            "accounts": cast.bob.pk,
            "members": cast.bob.pk,
            "absences": absence.pk,
            "destinations": way.pk,
        }


def filled(route: str, cast: Cast, rows: dict[str, UUID]) -> str:
    """The address of Home's own rows."""
    parts = []
    for piece in route.split("/"):
        if not piece.startswith("<"):
            parts.append(piece)
            continue
        name = piece.strip("<>").split(":")[-1]
        if name == "slug":
            parts.append(cast.home.slug)
        elif name == "guild":
            parts.append(str(cast.home.pk))
        else:
            known = next((pk for word, pk in rows.items() if word in parts), None)
            parts.append(str(known or uuid4()))
    return "/" + "/".join(parts)


def test_there_are_doors() -> None:
    assert len(PAGES) > 15
    assert len(OPERATIONS) > 5


@pytest.mark.parametrize(("name", "route"), PAGES, ids=[name for name, _route in PAGES])
def test_a_page_sends_nobody_to_sign_in_and_shows_a_stranger_nothing(
    name: str, route: str, cast: Cast, rows: dict[str, UUID]
) -> None:
    path = filled(route, cast, rows)
    charlie = browser(cast.charlie)
    for method in ("get", "post"):
        answer = getattr(Client(), method)(path)
        assert answer.status_code in {302, 405}, (method, path)
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith(reverse("account_login"))
        assert getattr(charlie, method)(path).status_code in {404, 405}, (method, path)
    assert 404 in {charlie.get(path).status_code, charlie.post(path).status_code}


@pytest.mark.parametrize(("name", "route"), OPERATIONS, ids=[route for _name, route in OPERATIONS])
def test_an_operation_refuses_nobody_and_shows_a_stranger_nothing(
    name: str, route: str, cast: Cast, rows: dict[str, UUID]
) -> None:
    path = filled(route, cast, rows)
    nobody, charlie = api(None), api(cast.charlie)
    for method in ("get", "post", "put", "patch", "delete"):
        assert getattr(nobody, method)(path).status_code in {401, 405}, (method, path)
        answer = getattr(charlie, method)(path)
        assert answer.status_code in {404, 405}, (method, path)
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("name", "route"), PAGES, ids=[name for name, _route in PAGES])
def test_what_changes_something_asks_for_a_token_of_the_form(
    name: str, route: str, cast: Cast, rows: dict[str, UUID]
) -> None:
    client = Client(enforce_csrf_checks=True)
    assert cast.carol.user is not None
    client.force_login(cast.carol.user)
    assert client.post(filled(route, cast, rows)).status_code in {403, 405}
