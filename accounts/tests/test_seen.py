"""When a member was here last: kept, shown, and no change of the row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Member
from accounts.tests.test_api_authentication import sign_in

Come = Callable[[Cast], Any]


def by_page(cast: Cast) -> Any:
    return browser(cast.carol).get("/g/home/tasks/")


def by_app(cast: Cast) -> Any:
    assert cast.carol.user
    return sign_in(cast, cast.carol.user).get("tasks/")


def by_program(cast: Cast) -> Any:
    return api(cast.carol).get("tasks/")


BOTH = pytest.mark.parametrize("come", [by_page, by_app])


def fresh(member: Member) -> Member:
    with guild_scope(member.guild_id):
        return Member.objects.get(pk=member.pk)


def seen(member: Member, *, ago: timedelta) -> None:
    with guild_scope(member.guild_id):
        Member.objects.filter(pk=member.pk).update(last_seen_at=timezone.now() - ago)


@BOTH
def test_it_is_noted_and_the_row_stays_as_it_is(cast: Cast, come: Come) -> None:
    before = fresh(cast.carol)
    tag = api(cast.alice).get(f"members/{cast.carol.pk}/").headers["ETag"]
    assert come(cast).status_code == 200
    after = fresh(cast.carol)
    assert before.last_seen_at is None
    assert after.last_seen_at is not None
    assert timezone.now() - after.last_seen_at < timedelta(seconds=30)
    assert after.updated_at == before.updated_at
    client, path = api(cast.alice), f"members/{cast.carol.pk}/"
    answer = client.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["last_seen_at"] is None) == (200, False)
    assert client.patch(path, {"nickname": "Caro"}, headers={"If-Match": tag}).status_code == 200
    assert client.patch(path, {"nickname": "C."}, headers={"If-Match": tag}).status_code == 412


@BOTH
def test_it_is_noted_once_a_minute(cast: Cast, come: Come) -> None:
    seen(cast.carol, ago=timedelta(seconds=50))
    noted = fresh(cast.carol).last_seen_at
    come(cast)
    assert fresh(cast.carol).last_seen_at == noted
    seen(cast.carol, ago=timedelta(seconds=70))
    come(cast)
    now = fresh(cast.carol).last_seen_at
    assert now is not None
    assert timezone.now() - now < timedelta(seconds=30)


def test_an_app_asks_the_usual_queries_while_that_is_fresh(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert cast.carol.user
    client = sign_in(cast, cast.carol.user)
    with django_assert_num_queries(7):
        client.get("tasks/")
    with django_assert_num_queries(6):
        client.get("tasks/")


def test_a_program_is_nobody_who_is_here(cast: Cast) -> None:
    assert by_program(cast).status_code == 200
    assert fresh(cast.carol).last_seen_at is None


def test_who_is_refused_was_not_here(cast: Cast) -> None:
    browser(cast.charlie).get("/g/home/tasks/")
    assert cast.charlie.user
    sign_in(cast, cast.charlie.user).get("tasks/")
    assert fresh(cast.charlie).last_seen_at is None


def test_the_page_says_it_by_the_day(cast: Cast) -> None:
    seen(cast.carol, ago=timedelta(days=1))
    page = browser(cast.bob).get("/g/home/members/").text
    assert page.count("last here: ") == 1
    assert "last here: yesterday" in page


def test_nobody_writes_it(cast: Cast) -> None:
    said = {"last_seen_at": "2026-01-01T00:00:00Z"}
    answer = api(cast.carol).patch(f"members/{cast.carol.pk}/", said)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "read_only")


@pytest.mark.parametrize("told", ["203.0.113.7", "here, there", "nobody"])
def test_what_proxies_tell_wrongly_costs_nobody_a_page(
    cast: Cast, settings: Settings, told: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    headers = {"x-forwarded-for": told}
    assert browser(cast.carol).get("/g/home/tasks/", headers=headers).status_code == 200
    form = {"login": "carol@example.org", "password": "wrong"}
    assert Client().post("/accounts/login/", form, headers=headers).status_code == 200
