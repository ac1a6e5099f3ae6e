"""Signing up and in, by page and by API; new passwords by mail."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest
from django.core import mail
from django.db import connections, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.guild.testing import ApiClient
from accounts.jobs import hand_over_letters
from accounts.models import User

PASSWORD = "correct horse battery"
NINA = {"email": "nina@example.org", "password": PASSWORD}
APP = "/_allauth/app/v1"


def post(path: str, body: Any, **headers: str) -> Any:
    return Client().post(f"{APP}{path}", body, content_type="application/json", headers=headers)


def sign_up() -> Any:
    return post("/auth/signup", {**NINA, "first_name": "Nina"})


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize("first", ["nina@example.org", "nina@elsewhere.example"])
def test_of_two_sign_ups_at_the_same_moment_neither_fails(
    committed: None, door: str, first: str
) -> None:
    def press() -> Any:
        try:
            if door == "api":
                return sign_up()
            form = {"email": NINA["email"], "password1": PASSWORD, "first_name": "Nina"}
            return Client().post("/accounts/signup/", form)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            # Of the same address, or of one that comes to the same username.
            User.objects.create_user(first, username="nina")
            second = pool.submit(press)
            time.sleep(1)  # until it waits for this one
        answer = second.result(10)
    if first != NINA["email"]:
        assert answer.status_code == (200 if door == "api" else 302)
        assert User.objects.count() == 2
    elif door == "api":
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "email_taken")
    else:
        assert answer.headers["Location"] == "/accounts/login/"
        assert User.objects.count() == 1


class TestPages:
    def test_it_signs_up_and_leads_to_the_first_household(self, db: None) -> None:
        client = Client()
        form = {"email": "Nina@Example.org", "password1": PASSWORD, "first_name": "Nina"}
        response = client.post("/accounts/signup/", form, follow=True)
        assert response.redirect_chain[-1][0] == "/g/"
        assert "Welcome, Nina" in response.text
        user = User.objects.get()
        assert (user.email, user.name, len(user.username) >= 3) == (
            "nina@example.org",
            "Nina",
            True,
        )

    @pytest.mark.parametrize(
        "wrong",
        [
            {"email": "nina"},
            {"email": ""},
            {"password1": "short"},
            {"password1": "password12"},
            {"first_name": "x" * 101},
        ],
    )
    def test_it_says_what_is_wrong(self, db: None, wrong: dict[str, str]) -> None:
        form = {"email": "nina@example.org", "password1": PASSWORD, "first_name": "Nina"} | wrong
        assert "aria-invalid" in Client().post("/accounts/signup/", form).text
        assert not User.objects.exists()

    def test_a_taken_address_makes_no_second_person_whatever_the_case(self, db: None) -> None:
        sign_up()
        form = {"email": "NINA@example.org", "password1": PASSWORD, "first_name": "Nina"}
        Client().post("/accounts/signup/", form)
        assert User.objects.count() == 1

    @pytest.mark.parametrize("there", [True, False])
    def test_it_tells_of_no_letter_where_no_mail_server_is(
        self, db: None, settings: Settings, *, there: bool
    ) -> None:
        settings.MAIL_IS_SET_UP = there
        form = {"email": "nina@example.org", "password1": PASSWORD, "first_name": "Nina"}
        page = Client().post("/accounts/signup/", form, follow=True)
        assert ("A link is on its way" in page.text) is there

    def test_it_signs_in_and_out(self, db: None) -> None:
        sign_up()
        client = Client()
        form = {"login": "nina@example.org", "password": PASSWORD}
        assert client.post("/accounts/login/", form).headers["Location"] == "/"
        assert client.get("/g/").status_code == 200
        client.post("/accounts/logout/")
        assert client.get("/g/").status_code == 302

    def test_a_wrong_password_stays_outside(self, db: None) -> None:
        sign_up()
        form = {"login": "nina@example.org", "password": "wrong horse"}
        client = Client()
        assert client.post("/accounts/login/", form).status_code == 200
        assert client.get("/g/").status_code == 302

    def test_a_new_password_comes_by_mail_and_ends_the_sessions(self, committed: None) -> None:
        token = sign_up().json()["meta"]["access_token"]
        client = Client()
        client.post("/accounts/password/reset/", {"email": "nina@example.org"})
        hand_over_letters()
        _welcome, letter = mail.outbox
        link = re.search(r"http://[^/]+(/accounts/password/reset/key/\S+)", str(letter.body))
        assert link
        address = client.get(link[1]).headers["Location"]
        new = {"password1": "another horse battery", "password2": "another horse battery"}
        assert client.post(address, new).status_code == 302
        assert ApiClient(token).get("me/").status_code == 401
        assert post("/auth/login", NINA).status_code == 400
        assert post("/auth/login", {**NINA, "password": new["password1"]}).status_code == 200
        assert (
            client.post(client.get(link[1]).headers.get("Location", link[1]), new).status_code
            == 200
        )

    def test_an_unknown_address_is_not_told_from_a_known_one(self, db: None) -> None:
        sign_up()
        answers = [
            Client().post("/accounts/password/reset/", {"email": f"{name}@example.org"})
            for name in ("nina", "nobody")
        ]
        assert {(one.status_code, one.headers["Location"]) for one in answers} == {
            (302, "/accounts/password/reset/done/")
        }


class TestHeadless:
    def test_signing_up_answers_with_tokens_at_once(self, db: None) -> None:
        response = sign_up()
        assert response.status_code == 200
        meta = response.json()["meta"]
        assert meta["is_authenticated"]
        assert meta["refresh_token"]
        me = ApiClient(meta["access_token"]).get("me/").json()
        assert (me["email"], me["first_name"]) == ("nina@example.org", "Nina")

    def test_its_token_is_signed_for_five_minutes(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = sign_up().json()["meta"]["access_token"]
        said = jwt.decode(token, options={"verify_signature": False})
        assert jwt.get_unverified_header(token)["alg"] == "RS256"
        assert said["exp"] - said["iat"] == 300
        assert ApiClient(token).get("me/").status_code == 200
        monkeypatch.setattr(time, "time", lambda: said["exp"] + 1.0)
        assert ApiClient(token).get("me/").status_code == 401

    @pytest.mark.parametrize(
        ("email", "name"), [("nina@example.org", "nina"), ("al@example.org", "al-home")]
    )
    def test_without_a_name_she_is_called_after_her_address(
        self, db: None, email: str, name: str
    ) -> None:
        post("/auth/signup", {**NINA, "email": email})
        assert User.objects.get().name == name

    def test_the_token_founds_a_household(self, db: None) -> None:
        client = ApiClient(sign_up().json()["meta"]["access_token"])
        made = client.post("guilds/", {"name": "Home", "time_zone": "Europe/Berlin"})
        assert made.status_code == 201
        assert client.get(f"guilds/{made.json()['id']}/members/").status_code == 200

    def test_a_refresh_token_works_once(self, db: None) -> None:
        old = sign_up().json()["meta"]["refresh_token"]
        new = post("/tokens/refresh", {"refresh_token": old})
        assert new.status_code == 200
        assert new.json()["data"]["refresh_token"] != old
        access_token = new.json()["data"]["access_token"]
        assert ApiClient(access_token).get("me/").status_code == 200
        assert post("/tokens/refresh", {"refresh_token": old}).status_code in {400, 401}

    def test_signing_out_ends_the_tokens(self, db: None) -> None:
        meta = sign_up().json()["meta"]
        out = Client().delete(
            f"{APP}/auth/session", headers={"x-session-token": meta["session_token"]}
        )
        assert out.status_code == 401  # allauth's word for "signed out"
        assert ApiClient(meta["access_token"]).get("me/").status_code == 401
        refreshed = post("/tokens/refresh", {"refresh_token": meta["refresh_token"]})
        assert refreshed.status_code in {400, 401}

    def test_a_wrong_password_gets_no_token(self, db: None) -> None:
        sign_up()
        response = post("/auth/login", {**NINA, "password": "wrong horse"})
        assert response.status_code == 400
        assert "access_token" not in response.text

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b'{"email": 5, "password": 5}',
            b'{"email": "nina@example.org", "password": {"a": 1}}',
            b'{"email": "nina@example.org", "password": "a\\u0000b horse battery"}',
            b'{"email": "nina@example.org", "password": "a\\ud800b horse battery"}',
            b'{"email": "nina@example.org", "password": "correct horse", "first_name": "\\ud800"}',
            b'{"email": "nina@example.org", "password": "correct horse", "first_name": "\\u0000"}',
            b'{"email": "ni\\u0000na@example.org", "password": "correct horse battery"}',
            b'{"email": "ni\\ud800na@example.org", "password": "correct horse battery"}',
        ],
    )
    @pytest.mark.parametrize("path", ["/auth/signup", "/auth/login"])
    def test_bodies_that_mean_nothing_are_refused(self, db: None, path: str, body: bytes) -> None:
        assert 400 <= post(path, body).status_code < 500
        assert not User.objects.exists()


def test_without_valkey_one_still_signs_in(db: None, settings: Settings) -> None:
    cache = settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock?db=0"}
    settings.CACHES = {"default": cache}
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/m/ip", "signup": "20/m/ip"}
    assert sign_up().status_code == 200
    wrong = Client().post("/accounts/login/", {"login": NINA["email"], "password": "wrong"})
    assert wrong.status_code < 500
    right = {"login": NINA["email"], "password": PASSWORD}
    assert Client().post("/accounts/login/", right).status_code == 302
