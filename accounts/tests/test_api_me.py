"""Oneself, one's keys and one's sessions over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.guild.testing import ApiClient, Cast
from accounts.models import User
from accounts.tests.test_api_guilds import everywhere

PASSWORD = "correct horse battery"


class TestMe:
    def test_it_says_who_i_am(self, cast: Cast) -> None:
        row = everywhere(cast.carol).get("me/").json()
        assert (row["email"], row["first_name"]) == ("carol@example.org", "Carol")
        assert (row["bio"], row["preferences"]) == ("", {})
        assert not {"password", "is_staff", "metadata"} & set(row)

    def test_it_writes_the_named_fields_and_changes_the_tag(self, cast: Cast) -> None:
        client = everywhere(cast.carol)
        before = client.get("me/")
        tag = {"if-match": before.headers["ETag"]}
        told = {"bio": "Gardener", "locale": "de", "preferences": {"week": "sunday"}}
        after = client.patch("me/", told, headers=tag)
        assert after.json() == {**before.json(), **told, "updated_at": after.json()["updated_at"]}
        assert after.headers["ETag"] != before.headers["ETag"]
        only_told = client.patch("me/", {"bio": "Cook"})
        assert only_told.headers["ETag"] != after.headers["ETag"]
        assert client.patch("me/", {"bio": "x"}, headers=tag).status_code == 412

    @pytest.mark.parametrize(
        "wrong",
        [
            {"email": "new@example.org"},
            {"username": "root"},
            {"is_staff": True},
            {"locale": "tlh"},
            {"time_zone": "Mars/Base"},
            {"bio": "x" * 2001},
            {"bio": 5},
            {"website": "javascript:alert(1)"},
            {"preferences": []},
            {"first_name": "x" * 101},
            {"id": str(uuid4())},
        ],
    )
    def test_it_refuses_the_rest(self, cast: Cast, wrong: dict[str, Any]) -> None:
        response = everywhere(cast.carol).patch("me/", wrong)
        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == f"/{next(iter(wrong))}"

    def test_the_anonymous_are_nobody(self, db: None) -> None:
        for path in ("me/", "me/tokens/", "me/sessions/", "guilds/"):
            assert ApiClient(None).get(path).status_code == 401


class TestKeysForOneHousehold:
    @pytest.mark.parametrize("scope", ["read", "write", "admin"])
    @pytest.mark.parametrize("path", ["me/", "me/tokens/", "me/sessions/"])
    def test_they_tell_nothing_of_the_person(self, cast: Cast, path: str, scope: str) -> None:
        body = {"name": "Kitchen", "scopes": [scope], "guild": str(cast.home.pk)}
        row = everywhere(cast.carol).post("me/tokens/", body).json()
        key = ApiClient(row["token"], cast.home)
        paths = [path, f"{path}{row['id']}/"] if path == "me/tokens/" else [path]
        for address in paths:
            answer = key.get(f"/api/v1/{address}")
            assert answer.status_code == 403
            assert answer.json()["errors"][0]["code"] == "scope"
        assert key.get("members/").status_code == 200
        assert [one["id"] for one in key.get("/api/v1/guilds/").json()["results"]] == [
            str(cast.home.pk)
        ]
        assert everywhere(cast.carol, scope).get(path).status_code == 200


class TestTokens:
    def test_it_answers_the_text_once_and_it_works(self, cast: Cast) -> None:
        client = everywhere(cast.carol)
        body = {"name": "display", "scopes": ["read"], "guild": str(cast.home.pk)}
        response = client.post("me/tokens/", body)
        assert response.status_code == 201
        row = response.json()
        assert row.items() >= body.items()
        assert row["token"].startswith("gh_")
        assert row["token"].endswith(row["hint"])
        again = client.get(response.headers["Location"]).json()
        assert "token" not in again
        assert row["token"] not in client.get("me/tokens/").content.decode()
        assert ApiClient(row["token"], cast.home).get("members/").status_code == 200
        assert ApiClient(row["token"], cast.home).post("leave/").status_code == 403

    def test_deleting_ends_it_at_once(self, cast: Cast) -> None:
        client = everywhere(cast.carol)
        row = client.post("me/tokens/", {"name": "t", "scopes": ["read"]}).json()
        assert client.delete(f"me/tokens/{row['id']}/").status_code == 204
        assert ApiClient(row["token"]).get("me/").status_code == 401
        assert client.delete(f"me/tokens/{row['id']}/").status_code == 404

    def test_nobody_sees_anothers(self, cast: Cast) -> None:
        row = everywhere(cast.carol).post("me/tokens/", {"name": "t", "scopes": ["read"]}).json()
        alice = everywhere(cast.alice)
        assert alice.get(f"me/tokens/{row['id']}/").status_code == 404
        assert alice.delete(f"me/tokens/{row['id']}/").status_code == 404
        assert row["id"] not in alice.get("me/tokens/").content.decode()

    def test_a_key_makes_none_that_outlives_it(self, cast: Cast) -> None:
        soon, later = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=2)
        body = {"name": "t", "scopes": ["admin"], "expires_at": soon.isoformat()}
        key = ApiClient(everywhere(cast.carol).post("me/tokens/", body).json()["token"])
        made = {"name": "more", "scopes": ["read"]}
        row = key.post("me/tokens/", made).json()
        assert datetime.fromisoformat(row["expires_at"]) == soon
        refused = key.post("me/tokens/", made | {"expires_at": later.isoformat()})
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == "/expires_at"
        assert everywhere(cast.carol).post("me/tokens/", made).json()["expires_at"] is None

    @pytest.mark.parametrize("scope", ["read", "write"])
    def test_a_lesser_key_makes_no_keys(self, cast: Cast, scope: str) -> None:
        client = everywhere(cast.alice, scope)
        body = {"name": "more", "scopes": ["admin"]}
        assert client.post("me/tokens/", body).status_code == 403

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": 5},
            {"scopes": []},
            {"scopes": "read"},
            {"scopes": ["root"]},
            {"guild": "12abc"},
            {"expires_at": "2020-01-01T00:00:00Z"},
            {"expires_at": 5},
            {"user": "x"},
            {"hint": "abcd"},
        ],
    )
    def test_it_names_what_is_wrong(self, cast: Cast, wrong: dict[str, Any]) -> None:
        body = {"name": "t", "scopes": ["read"]} | wrong
        response = everywhere(cast.carol).post("me/tokens/", body)
        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"].startswith(f"/{next(iter(wrong))}")

    def test_a_household_that_is_not_hers_is_unknown(self, cast: Cast) -> None:
        body = {"name": "t", "scopes": ["read"], "guild": str(cast.elsewhere.pk)}
        response = everywhere(cast.carol).post("me/tokens/", body)
        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == "/guild"


class TestSessions:
    @pytest.fixture
    def carol(self, cast: Cast) -> User:
        assert cast.carol.user is not None
        cast.carol.user.set_password(PASSWORD)
        cast.carol.user.save()
        return cast.carol.user

    def sign_in(self, agent: str) -> ApiClient:
        body = {"email": "carol@example.org", "password": PASSWORD}
        answer = Client(headers={"user-agent": agent}).post(
            "/_allauth/app/v1/auth/login", body, content_type="application/json"
        )
        return ApiClient(answer.json()["meta"]["access_token"])

    def test_it_lists_mine_without_their_keys(self, cast: Cast, carol: User) -> None:
        phone, tablet = self.sign_in("Phone"), self.sign_in("Tablet")
        rows = phone.get("me/sessions/").json()["results"]
        assert {(row["user_agent"], row["is_current"]) for row in rows} == {
            ("Phone", True),
            ("Tablet", False),
        }
        assert {row["ip"] for row in rows} == {"127.0.0.1"}
        assert all("session_key" not in row for row in rows)
        assert tablet.get("me/sessions/").status_code == 200

    def test_deleting_one_signs_it_out_at_once(self, cast: Cast, carol: User) -> None:
        phone, tablet = self.sign_in("Phone"), self.sign_in("Tablet")
        rows = phone.get("me/sessions/").json()["results"]
        other = next(row["id"] for row in rows if not row["is_current"])
        assert everywhere(cast.alice).delete(f"me/sessions/{other}/").status_code == 404
        assert phone.delete(f"me/sessions/{other}/").status_code == 204
        assert tablet.get("me/").status_code == 401
        assert phone.get("me/").status_code == 200
        assert phone.delete(f"me/sessions/{other}/").status_code == 404
