"""A JWT or a key works as long as its session, its person and her membership do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actions.member import leave_guild
from accounts.actions.token import create_token, revoke_token
from accounts.guild.scope import guild_scope, user_scope
from accounts.guild.testing import ApiClient, Cast
from accounts.models import AccessToken, User

pytestmark = pytest.mark.urls("config.tests.probe_api")
PASSWORD = "correct horse battery"


@pytest.fixture
def carol(cast: Cast) -> User:
    assert cast.carol.user
    cast.carol.user.set_password(PASSWORD)
    cast.carol.user.save(update_fields=["password"])
    return cast.carol.user


def sign_in(cast: Cast, user: User) -> ApiClient:
    """The API with a JWT of a session of this person, without the sign-in around it."""
    from allauth.headless.tokens.strategies.jwt.internal import create_access_token
    from django.contrib.auth import login
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session = SessionStore()
    login(request, user, "allauth.account.auth_backends.AuthenticationBackend")
    request.session.save()
    return ApiClient(create_access_token(user, request.session, {}), cast.home)


def status(client: ApiClient) -> int:
    code: int = client.get("probes/").status_code
    return code


def test_a_jwt_of_a_living_session_comes_in(cast: Cast, carol: User) -> None:
    assert status(sign_in(cast, carol)) == 200


def test_one_query_says_who_asks(
    cast: Cast, carol: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(cast, carol)
    client.get("probes/")
    with django_assert_num_queries(6) as captured:
        client.get("probes/")
    asking = [
        query["sql"] for query in captured.captured_queries if "django_session" in query["sql"]
    ]
    assert len(asking) == 1


def test_a_session_that_ended_ends_its_jwt(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    Session.objects.all().delete()
    assert status(client) == 401


def test_a_session_that_expired_ends_its_jwt(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    assert status(client) == 401


def test_a_new_password_ends_the_jwts_of_other_sessions(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    carol.set_password("another horse battery")
    carol.save(update_fields=["password"])
    assert status(client) == 401


def test_a_suspended_person_stays_outside(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    User.objects.filter(pk=carol.pk).update(status=User.Status.SUSPENDED)
    assert status(client) == 401


def test_who_left_finds_nothing(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    with guild_scope(cast.home.pk, cast.carol):
        leave_guild(cast.carol, at=timezone.now())
    assert status(client) == 404


def test_a_closed_household_is_not_there(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    with guild_scope(cast.home.pk):
        cast.home.deleted_at = timezone.now()
        cast.home.save(update_fields=["deleted_at"])
    assert status(client) == 404


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1},
        {"token_use": "refresh"},
        {"sub": "01a1f904-0000-7000-8000-000000000000"},
        {"sub": "12abc"},
        {"sub": 7},
        {"sid": "x"},
        {"sid": "AAAA"},
        {"sid": None},
    ],
)
def test_a_jwt_that_says_something_else_is_refused(
    cast: Cast, carol: User, change: dict[str, Any]
) -> None:
    client = sign_in(cast, carol)
    assert client.token
    claims = jwt.decode(client.token, options={"verify_signature": False}) | change
    client.token = jwt.encode(claims, settings.HEADLESS_JWT_PRIVATE_KEY, "RS256")
    assert status(client) == 401


def test_a_jwt_of_another_signature_is_refused(cast: Cast, carol: User) -> None:
    client = sign_in(cast, carol)
    assert client.token
    claims = jwt.decode(client.token, options={"verify_signature": False})
    for token in (
        jwt.encode(claims, settings.SECRET_KEY, "HS256"),
        jwt.encode(claims, "", "none"),
        client.token[:-4] + "AAAA",
    ):
        client.token = token
        assert status(client) == 401


def key(cast: Cast, **fields: Any) -> tuple[AccessToken, ApiClient]:
    assert cast.carol.user
    with user_scope(cast.carol.user.pk):
        row, text = create_token(by=cast.carol.user, name="t", scopes=["read"], **fields)
    return row, ApiClient(text, cast.home)


def test_a_key_works_until_it_expires(cast: Cast) -> None:
    now = timezone.now()
    assert status(key(cast, expires_at=now + timedelta(hours=1))[1]) == 200
    assert status(key(cast, expires_at=now - timedelta(minutes=1))[1]) == 401


def test_a_revoked_key_stops_at_once(cast: Cast) -> None:
    row, client = key(cast)
    assert status(client) == 200
    with user_scope(row.user_id):
        revoke_token(row, at=timezone.now())
    assert status(client) == 401


def test_the_last_use_of_a_key_is_kept_to_the_minute(cast: Cast) -> None:
    row, client = key(cast)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)

    def used_at() -> datetime | None:
        with user_scope(row.user_id):
            row.refresh_from_db()
        return row.last_used_at

    status(client)
    first = used_at()
    assert first is not None
    status(client)
    assert used_at() == first
    with user_scope(row.user_id):
        AccessToken.objects.filter(pk=row.pk).update(last_used_at=long_ago)
    status(client)
    assert used_at() != long_ago
