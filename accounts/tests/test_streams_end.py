"""Whoever may not hear any more is told nothing any more: open streams end at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.guild.testing import ApiClient, Cast, api, browser, make_person
from accounts.models import Member, User
from config.web.live import END, guild_channel, member_channel
from config.web.valkey import valkey

PASSWORD = "correct horse battery"


@pytest.fixture
def ended() -> Iterator[Callable[[], set[str]]]:
    """The channels whose streams were ended since the last question."""
    with valkey().pubsub() as hearing:  # type: ignore[no-untyped-call]
        hearing.psubscribe("live:*")
        assert hearing.get_message(timeout=5)

        def ask() -> set[str]:
            messages: list[dict[str, Any]] = []
            while message := hearing.get_message(timeout=0.2):
                messages.append(message)
            return {one["channel"].decode() for one in messages if one["data"] == END}

        yield ask


def of(member: Member) -> str:
    return member_channel(member.guild_id, member.pk)


@pytest.fixture
def carol(committed_cast: Cast) -> User:
    user = committed_cast.carol.user
    assert user
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(user: User) -> ApiClient:
    body = {"email": user.email, "password": PASSWORD}
    answer = Client().post("/_allauth/app/v1/auth/login", body, content_type="application/json")
    client = ApiClient(answer.json()["meta"]["access_token"])
    client.session_token = answer.json()["meta"]["session_token"]  # type: ignore[attr-defined]
    return client


def test_signing_out_of_the_pages(committed_cast: Cast, ended: Callable[[], set[str]]) -> None:
    browser(committed_cast.carol).post("/accounts/logout/")
    assert ended() == {of(committed_cast.carol)}


def test_signing_out_of_the_api(
    committed_cast: Cast, carol: User, ended: Callable[[], set[str]]
) -> None:
    token = sign_in(carol).session_token  # type: ignore[attr-defined]
    Client().delete("/_allauth/app/v1/auth/session", headers={"x-session-token": token})
    assert ended() == {of(committed_cast.carol)}


def test_signing_another_device_out(
    committed_cast: Cast, carol: User, ended: Callable[[], set[str]]
) -> None:
    phone = sign_in(carol)
    sign_in(carol)
    other: UUID = next(
        row["id"] for row in phone.get("me/sessions/").json()["results"] if not row["is_current"]
    )
    assert phone.delete(f"me/sessions/{other}/").status_code == 204
    assert ended() == {of(committed_cast.carol)}


def test_signing_out_everywhere_else(
    committed_cast: Cast, carol: User, ended: Callable[[], set[str]]
) -> None:
    sign_in(carol)
    client = Client()
    client.post("/accounts/login/", {"login": carol.email, "password": PASSWORD})
    assert client.post(reverse("usersessions_list")).status_code == 302
    assert ended() == {of(committed_cast.carol)}


def test_an_account_that_staff_suspend(
    committed_cast: Cast, carol: User, ended: Callable[[], set[str]]
) -> None:
    sam = make_person("Sam")
    User.objects.filter(pk=sam.pk).update(is_staff=True, is_superuser=True)
    staff = Client()
    staff.force_login(sam)
    page = f"/admin/accounts/user/{carol.pk}/change/"
    form = {"email": carol.email, "username": carol.username, "metadata": "{}"}
    assert staff.post(page, form | {"status": "suspended"}).status_code == 302
    assert ended() == {of(committed_cast.carol)}


def test_a_household_that_closes(committed_cast: Cast, ended: Callable[[], set[str]]) -> None:
    home = committed_cast.home
    client = api(committed_cast.alice, None, "admin")
    assert client.delete(f"/api/v1/guilds/{home.pk}/").status_code == 204
    assert ended() == {guild_channel(home.pk)}
