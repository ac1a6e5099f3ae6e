"""My own pages: profile and access tokens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.guild.scope import user_scope
from accounts.guild.testing import ApiClient, Cast, browser, submit
from accounts.models import AccessToken, Profile, User
from accounts.tests.test_api_guilds import everywhere

PROFILE = {
    "first_name": "Carol",
    "last_name": "Lark",
    "global_name": "Caro",
    "locale": "de",
    "time_zone": "Europe/Vienna",
    "bio": "Gardener",
    "location": "Graz",
    "website": "https://carol.example/",
}
TOKEN = {"name": "display", "scope": "read", "guild": "", "days": "30"}


def test_it_saves_what_i_tell_and_speaks_my_language(cast: Cast) -> None:
    client = browser(cast.carol)
    assert submit(client, "/me/", PROFILE).headers["Location"] == "/me/"
    user = User.objects.get(email="carol@example.org")
    assert (user.name, user.locale, user.time_zone) == ("Caro", "de", "Europe/Vienna")
    with user_scope(user.pk):
        assert Profile.objects.get(user=user).bio == "Gardener"
    assert client.get("/me/").headers["Content-Language"] == "de"


@pytest.mark.parametrize("path", ["/me/", "/me/tokens/", "/accounts/sessions/", "/accounts/email/"])
def test_who_chose_nothing_reads_the_language_of_the_household(path: str, cast: Cast) -> None:
    said = {"name": "Home", "time_zone": "Pacific/Auckland", "locale": "de"}
    submit(browser(cast.alice), f"/g/{cast.home.slug}/settings/", said)
    page = browser(cast.carol).get(path)
    assert (page.status_code, page.headers["Content-Language"]) == (200, "de")


def test_saving_twice_keeps_one_profile(cast: Cast) -> None:
    client = browser(cast.carol)
    for bio in ("Gardener", "Cook"):
        submit(client, "/me/", PROFILE | {"bio": bio})
    assert cast.carol.user_id is not None
    with user_scope(cast.carol.user_id):
        assert Profile.objects.get().bio == "Cook"


@pytest.mark.parametrize("said", [{"last_name": "Finch"}, {"bio": "Cook"}])
def test_a_form_from_before_another_window_saved_is_refused(
    cast: Cast, said: dict[str, str]
) -> None:
    client = browser(cast.carol)
    submit(client, "/me/", PROFILE)
    version = client.get("/me/").context["version"]
    everywhere(cast.carol).patch("me/", said)
    for old in ({"version": version}, {}):
        answer = client.post("/me/", PROFILE | {"location": "Linz"} | old)
        assert answer.status_code == 422
        assert "Jemand hat das gerade eben geändert." in answer.text
        for now in ("Graz", *said.values()):
            assert f"Jetzt steht hier „{now}“." in answer.text
    row = everywhere(cast.carol).get("me/").json()
    assert row["location"] == "Graz"
    assert row.items() >= said.items()


def test_signing_in_elsewhere_makes_no_form_old(cast: Cast) -> None:
    client = browser(cast.carol)
    version = client.get("/me/").context["version"]
    browser(cast.carol)
    assert client.post("/me/", PROFILE | {"version": version}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Base"},
        {"locale": "tlh"},
        {"bio": "x" * 2001},
        {"website": "javascript:alert(1)"},
        {"first_name": "x" * 101},
    ],
)
def test_it_says_what_is_wrong_and_saves_nothing(cast: Cast, wrong: dict[str, str]) -> None:
    assert submit(browser(cast.carol), "/me/", PROFILE | wrong).status_code == 422
    assert User.objects.get(email="carol@example.org").last_name == ""


def test_another_persons_profile_is_invisible(cast: Cast) -> None:
    submit(browser(cast.carol), "/me/", PROFILE)
    assert "Gardener" not in browser(cast.alice).get("/me/").text


class TestTokens:
    def make(self, client: Client, **changes: Any) -> str:
        answer = client.post("/me/tokens/", TOKEN | changes)
        kept = str(dict(client.session))
        text = client.get(answer.headers["Location"]).text
        found = re.search(r"gh_[\w-]+", text)
        assert found
        assert found[0] not in kept
        return found[0]

    def test_it_shows_the_text_once_and_it_works(self, cast: Cast) -> None:
        client = browser(cast.carol)
        text = self.make(client)
        assert text not in client.get("/me/tokens/").text
        assert f"…{text[-4:]}" in client.get("/me/tokens/").text
        assert ApiClient(text, cast.home).get("members/").status_code == 200

    def test_it_can_be_for_one_household(self, cast: Cast) -> None:
        text = self.make(browser(cast.carol), guild=str(cast.home.pk))
        with user_scope(cast.carol.user_id):  # type: ignore[arg-type]  # Carol has a user
            token = AccessToken.objects.get()
        assert (token.guild_id, token.scopes) == (cast.home.pk, ["read"])
        assert ApiClient(text, cast.home).get("members/").status_code == 200

    @pytest.mark.parametrize(
        "wrong", [{"name": " "}, {"scope": "root"}, {"days": "12abc"}, {"guild": "x"}]
    )
    def test_it_says_what_is_wrong(self, cast: Cast, wrong: dict[str, str]) -> None:
        response = browser(cast.carol).post("/me/tokens/", TOKEN | wrong)
        assert response.status_code == 422
        assert "gh_" not in response.text

    def test_a_household_that_is_not_mine_is_refused(self, cast: Cast) -> None:
        response = browser(cast.carol).post(
            "/me/tokens/", TOKEN | {"guild": str(cast.elsewhere.pk)}
        )
        assert response.status_code == 422

    def test_revoking_ends_it_and_twice_is_harmless(self, cast: Cast) -> None:
        client = browser(cast.carol)
        text = self.make(client)
        with user_scope(cast.carol.user_id):  # type: ignore[arg-type]  # Carol has a user
            pk = AccessToken.objects.get().pk
        assert browser(cast.alice).post(f"/me/tokens/{pk}/revoke/").status_code == 404
        for _time in range(2):
            assert client.post(f"/me/tokens/{pk}/revoke/").status_code == 302
        assert ApiClient(text).get("me/").status_code == 401
        assert f"…{text[-4:]}" not in client.get("/me/tokens/").text


@pytest.mark.parametrize("page", ["/me/", "/me/tokens/", "/g/"])
def test_the_anonymous_are_sent_to_sign_in(db: None, page: str) -> None:
    assert Client().get(page).headers["Location"] == f"/accounts/login/?next={page}"
