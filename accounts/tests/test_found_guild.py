"""A household is founded, found again, closed and opened."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts import access
from accounts.actions.guild import create_guild
from accounts.guild.scope import guild_scope
from accounts.guild.testing import MOVED_IN, Cast, api, browser, make_person, submit
from accounts.models import Change, Guild, Member, Role, User

NEW = {"name": "Larkspur House", "time_zone": "Europe/Berlin", "locale": "de"}


@pytest.fixture
def nina(db: None) -> Client:
    """A browser of somebody who has no household yet."""
    client = Client()
    client.force_login(make_person("Nina"))
    return client


def test_it_sends_whoever_has_no_household_to_found_one(nina: Client) -> None:
    assert nina.get("/").headers["Location"] == "/g/"
    page = nina.get("/g/")
    assert page.status_code == 200
    assert "Create a household" in page.text
    assert "Join one" in page.text


def test_it_founds_a_household_and_goes_to_today(nina: Client) -> None:
    response = nina.post("/g/", NEW)
    assert response.headers["Location"] == "/g/larkspur-house/"
    [owner] = access.memberships(User.objects.get(first_name="Nina"))
    assert (owner.role, owner.nickname) == (Role.OWNER, "Nina")
    assert (owner.guild.name, owner.guild.time_zone) == ("Larkspur House", "Europe/Berlin")
    with guild_scope(owner.guild_id, owner):
        change = Change.objects.get()
    assert (change.verb, change.source, change.actor_id) == ("founded", "web", owner.pk)


def test_it_offers_every_zone_and_the_language_of_the_browser(nina: Client) -> None:
    page = nina.get("/g/", headers={"accept-language": "de"}).text
    assert '<option value="Europe/Berlin" selected>' in page
    assert '<option value="de" selected>' in page
    assert '<option value="America/Argentina/Ushuaia">' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 101},
        {"time_zone": "Mars/Base"},
        {"locale": "tlh"},
    ],
)
def test_it_says_what_is_wrong_and_founds_nothing(nina: Client, wrong: dict[str, str]) -> None:
    response = nina.post("/g/", NEW | wrong)
    assert response.status_code == 422
    assert "aria-invalid" in response.text
    assert access.memberships(User.objects.get(first_name="Nina")) == []


def test_it_refuses_text_that_no_database_holds(nina: Client) -> None:
    assert nina.post("/g/", NEW | {"name": "a\0b"}).status_code == 400


def test_two_households_of_one_name_have_two_addresses(cast: Cast) -> None:
    other = create_guild(by=make_person("Nina"), at=MOVED_IN, name="Home").guild
    assert other.slug != cast.home.slug
    assert other.slug.startswith("home-")


def test_home_is_the_household_one_was_in_last(cast: Cast) -> None:
    assert cast.alice.user is not None
    create_guild(by=cast.alice.user, at=MOVED_IN, name="Allotment")
    client = browser(cast.alice)
    client.get("/g/allotment/members/")
    assert client.get("/").headers["Location"] == "/g/allotment/"
    client.get("/g/home/members/")
    assert client.get("/").headers["Location"] == "/g/home/"


def test_visitors_see_the_landing_page(db: None) -> None:
    page = Client().get("/")
    assert page.status_code == 200
    assert "/accounts/signup/" in page.text


def test_the_switcher_names_all_my_households_and_no_others(cast: Cast) -> None:
    assert cast.alice.user is not None
    create_guild(by=cast.alice.user, at=MOVED_IN, name="Allotment")
    for address in ("/g/home/members/", "/g/", "/accounts/email/"):
        page = browser(cast.alice).get(address).text
        assert 'href="/g/home/"' in page
        assert 'href="/g/allotment/"' in page
        assert "/g/elsewhere/" not in page


class TestSettings:
    def test_admins_change_name_zone_and_language(self, cast: Cast) -> None:
        response = submit(browser(cast.alice), "/g/home/settings/", NEW, follow=True)
        assert "Larkspur House" in response.text
        guild = _guild(cast.home)
        assert (guild.name, guild.slug, guild.locale) == ("Larkspur House", "home", "de")
        with guild_scope(guild.pk, cast.alice):
            change = Change.objects.get(verb="edited")
        assert change.before == {"name": "Home", "time_zone": "UTC", "locale": "en"}
        assert change.after == NEW

    def test_undo_takes_it_back(self, cast: Cast) -> None:
        client = browser(cast.alice)
        page = submit(client, "/g/home/settings/", NEW, follow=True).text
        undo = page.split('/revert/"')[0].rsplit('"', 1)[1] + "/revert/"
        client.post(undo, {"next": "/g/home/settings/"})
        assert _guild(cast.home).name == "Home"

    def test_saving_the_same_writes_no_history(self, cast: Cast) -> None:
        same = {"name": "Home", "time_zone": "UTC", "locale": "en"}
        submit(browser(cast.alice), "/g/home/settings/", same)
        with guild_scope(cast.home.pk, cast.alice):
            assert not Change.objects.filter(verb="edited").exists()

    def test_an_old_form_takes_back_nothing(self, cast: Cast) -> None:
        client, path = browser(cast.alice), "/g/home/settings/"
        version = client.get(path).context["version"]
        api(cast.alice).patch("", {"name": "Larkspur 2"})
        said = {"name": "Home", "time_zone": "Europe/Berlin", "locale": "en"}
        for old in ({"version": version}, {}):
            answer = client.post(path, said | old)
            assert answer.status_code == 422
            assert "Somebody changed this a moment before you." in answer.text
            assert "It says “Larkspur 2” now." in answer.text
            assert "It says “UTC” now." in answer.text
            assert "It says “English” now." not in answer.text
        guild = _guild(cast.home)
        assert (guild.name, guild.time_zone) == ("Larkspur 2", "UTC")

    def test_a_blank_name_is_refused_and_the_old_one_stays_on_the_page(self, cast: Cast) -> None:
        response = submit(browser(cast.alice), "/g/home/settings/", NEW | {"name": " "})
        assert response.status_code == 422
        assert _guild(cast.home).name == "Home"

    @pytest.mark.parametrize("name", ["bob", "carol"])
    def test_viewers_and_members_see_it_and_cannot_change_it(self, cast: Cast, name: str) -> None:
        client = browser(getattr(cast, name))
        page = client.get("/g/home/settings/")
        assert "UTC" in page.text
        assert 'name="time_zone"' not in page.text
        assert submit(client, "/g/home/settings/", NEW).status_code == 403
        assert client.post("/g/home/settings/close/", {"name": "Home"}).status_code == 403
        assert _guild(cast.home).name == "Home"


class TestClosing:
    def test_the_owner_closes_it_by_its_name_and_opens_it_again(self, cast: Cast) -> None:
        client = browser(cast.alice)
        page = client.post("/g/home/settings/close/", {"name": "Home"}, follow=True).text
        assert "/g/home/reopen/" in page
        assert client.get("/g/home/members/").status_code == 404
        assert browser(cast.bob).get("/g/home/members/").status_code == 404
        response = client.post("/g/home/reopen/")
        assert response.headers["Location"] == "/g/home/"
        assert client.get("/g/home/members/").status_code == 200
        with guild_scope(cast.home.pk, cast.alice):
            verbs = list(Change.objects.order_by("created_at", "pk").values_list("verb", flat=True))
        assert set(verbs) == {"founded", "deleted", "restored"}

    def test_another_name_closes_nothing(self, cast: Cast) -> None:
        client = browser(cast.alice)
        assert client.post("/g/home/settings/close/", {"name": "home"}).status_code == 422
        assert client.get("/g/home/members/").status_code == 200

    def test_opening_twice_is_a_404_the_second_time(self, cast: Cast) -> None:
        client = browser(cast.alice)
        client.post("/g/home/settings/close/", {"name": "Home"})
        client.post("/g/home/reopen/")
        assert client.post("/g/home/reopen/").status_code == 404

    def test_only_the_owner_opens_it(self, cast: Cast) -> None:
        browser(cast.alice).post("/g/home/settings/close/", {"name": "Home"})
        assert "/g/home/reopen/" not in browser(cast.carol).get("/g/").text
        assert browser(cast.carol).post("/g/home/reopen/").status_code == 403
        assert browser(cast.charlie).post("/g/home/reopen/").status_code == 404


def _guild(guild: Guild) -> Guild:
    with guild_scope(guild.pk):
        assert Member.objects.exists()
        return Guild.objects.get(pk=guild.pk)


def test_pages_outside_go_by_the_clock_of_the_last_household(cast: Cast) -> None:
    submit(browser(cast.alice), "/g/home/settings/", NEW)
    assert browser(cast.alice).get("/me/").headers["Content-Language"] == "de"
