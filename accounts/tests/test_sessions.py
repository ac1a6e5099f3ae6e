"""Where one is signed in: as many queries for ten devices as for two, and only what still works."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.guild.testing import ApiClient
from accounts.jobs import sweep
from accounts.models import User

NINA = {"email": "nina@example.org", "password": "correct horse battery"}
APP = "/_allauth/app/v1"


def sign(path: str, agent: str) -> ApiClient:
    client = Client(headers={"user-agent": agent})
    answer = client.post(f"{APP}/auth/{path}", NINA, content_type="application/json")
    return ApiClient(answer.json()["meta"]["access_token"])


def listed(client: ApiClient) -> set[str]:
    return {row["user_agent"] for row in client.get("me/sessions/").json()["results"]}


def ends(agent: str) -> None:
    key = UserSession.objects.get(user_agent=agent).session_key
    Session.objects.filter(pk=key).update(expire_date=timezone.now() - timedelta(seconds=1))


def test_more_devices_cost_no_more_queries(db: None) -> None:
    phone = sign("signup", "Phone")
    counts = []
    for agent in ("Tablet", "Desk"):
        sign("login", agent)
        with CaptureQueriesContext(connection) as queries:
            assert agent in listed(phone)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_one_that_is_over_is_not_listed(db: None) -> None:
    phone = sign("signup", "Phone")
    sign("login", "Tablet")
    ends("Tablet")
    assert listed(phone) == {"Phone"}


def test_one_from_before_another_password_is_not_listed(db: None) -> None:
    sign("signup", "Tablet")
    user = User.objects.get()
    user.set_password("another horse battery")
    user.save()
    now = NINA | {"password": "another horse battery"}
    answer = Client(headers={"user-agent": "Phone"}).post(
        f"{APP}/auth/login", now, content_type="application/json"
    )
    assert listed(ApiClient(answer.json()["meta"]["access_token"])) == {"Phone"}


@pytest.mark.usefixtures("committed")
def test_what_is_over_is_swept_away() -> None:
    sign("signup", "Phone")
    sign("login", "Tablet")
    ends("Tablet")
    sweep()
    assert set(UserSession.objects.values_list("user_agent", flat=True)) == {"Phone"}
