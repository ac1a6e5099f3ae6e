"""Links into the household, and the door they open."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import access
from accounts.actions.invite import invite, revoke_invite
from accounts.guild.scope import guild_scope
from accounts.guild.testing import MOVED_IN, Cast, add_member, browser, make_person
from accounts.models import Change, Guild, Invite, Member, Role, User
from accounts.signin import INVITATION

PASSWORD = "correct horse battery"


def make_code(by: Member, **kwargs: Any) -> str:
    with guild_scope(by.guild_id, by):
        return invite(by=by, at=timezone.now(), **kwargs)[1]


def membership(email: str) -> Member:
    [member] = access.memberships(User.objects.get(email=email))
    return member


def sign_up(client: Client, email: str) -> Any:
    form = {"email": email, "password1": PASSWORD, "first_name": "Nina"}
    return client.post("/accounts/signup/", form)


class TestMaking:
    def test_it_shows_the_link_once_and_keeps_only_a_hash(self, cast: Cast) -> None:
        client = browser(cast.alice)
        form = {"role": "viewer", "days": 3, "uses": 2}
        answer = client.post("/g/home/invites/", form)
        kept = str(dict(client.session))
        page = client.get(answer.headers["Location"]).text
        code = re.search(r"http://testserver/join/([\w-]+)/", page)
        assert code
        assert code[1] not in kept
        assert code[1] not in client.get("/g/home/members/").text
        with guild_scope(cast.home.pk):
            row = Invite.objects.get()
            change = Change.objects.get(verb="invited")
        assert row.code_hash == access.hash_secret(code[1])
        assert (row.role, row.uses_left, row.created_by_id) == (Role.VIEWER, 2, cast.alice.pk)
        assert timedelta(days=2.9) < row.expires_at - timezone.now() <= timedelta(days=3)
        assert code[1] not in str([change.before, change.after, change.title])

    def test_the_list_that_renews_itself_takes_the_link_from_no_page(self, cast: Cast) -> None:
        client = browser(cast.alice)
        client.post("/g/home/invites/", {"role": "viewer", "days": 3, "uses": 2})
        renewed = client.get("/g/home/members/", headers={"hx-request": "true"}).text
        assert "/join/" not in renewed
        assert "http://testserver/join/" in client.get("/g/home/members/").text

    @pytest.mark.parametrize(
        "wrong",
        [
            {"days": 0},
            {"days": 91},
            {"days": "12abc"},
            {"uses": 0},
            {"uses": 101},
            {"role": "owner"},
        ],
    )
    def test_it_says_what_is_wrong(self, cast: Cast, wrong: dict[str, Any]) -> None:
        form = {"role": "member", "days": 7, "uses": 1} | wrong
        assert browser(cast.alice).post("/g/home/invites/", form).status_code == 422
        with guild_scope(cast.home.pk):
            assert not Invite.objects.exists()

    def test_admins_invite_no_admins(self, cast: Cast) -> None:
        adam = add_member(cast.home, make_person("Adam"), Role.ADMIN)
        form = {"role": "admin", "days": 7, "uses": 1}
        assert browser(adam).post("/g/home/invites/", form).status_code == 422
        assert browser(cast.alice).post("/g/home/invites/", form).status_code == 302

    @pytest.mark.parametrize("name", ["bob", "carol"])
    def test_viewers_and_members_neither_make_nor_see_nor_revoke(
        self, cast: Cast, name: str
    ) -> None:
        make_code(cast.alice)
        with guild_scope(cast.home.pk):
            row = Invite.objects.get()
        client = browser(getattr(cast, name))
        form = {"role": "member", "days": 7, "uses": 1}
        assert client.post("/g/home/invites/", form).status_code == 403
        assert client.post(f"/g/home/invites/{row.pk}/revoke/").status_code == 403
        assert str(row.pk) not in client.get("/g/home/members/").text

    def test_revoking_closes_the_link_and_twice_is_harmless(self, cast: Cast) -> None:
        code = make_code(cast.alice)
        with guild_scope(cast.home.pk):
            row = Invite.objects.get()
        client = browser(cast.alice)
        for _time in range(2):
            assert client.post(f"/g/home/invites/{row.pk}/revoke/").status_code == 302
        assert Client().get(f"/join/{code}/").status_code == 404
        with guild_scope(cast.home.pk):
            assert Change.objects.filter(verb="revoked").count() == 1

    def test_htmx_takes_the_row_away_and_says_so(self, cast: Cast) -> None:
        make_code(cast.alice)
        with guild_scope(cast.home.pk):
            row = Invite.objects.get()
        address = f"/g/home/invites/{row.pk}/revoke/"
        response = browser(cast.alice).post(address, headers={"hx-request": "true"})
        assert response.status_code == 200
        assert "toasts" in response.text
        assert "<html" not in response.text

    def test_an_invitation_of_another_household_is_404(self, cast: Cast) -> None:
        make_code(cast.charlie)
        with guild_scope(cast.elsewhere.pk):
            row = Invite.objects.get()
        response = browser(cast.alice).post(f"/g/home/invites/{row.pk}/revoke/")
        assert response.status_code == 404


class TestTheDoor:
    def test_it_shows_who_invites_into_what_and_nothing_more(self, cast: Cast) -> None:
        page = Client().get(f"/join/{make_code(cast.alice)}/").text
        assert "Alice invites you in." in page
        assert "Home" in page
        assert "3 people live here." in page
        for hidden in ("Bob", "Carol", "example.org", str(cast.home.pk), str(cast.alice.pk)):
            assert hidden not in page

    def test_a_member_of_elsewhere_goes_in_and_keeps_both(self, cast: Cast) -> None:
        client = browser(cast.charlie)
        response = client.post(f"/join/{make_code(cast.alice)}/")
        assert response.headers["Location"] == "/g/home/"
        assert cast.charlie.user is not None
        new = next(m for m in access.memberships(cast.charlie.user) if m.guild == cast.home)
        # 1, 2 and 3 are taken: the next free colour.
        assert (new.role, new.nickname, new.colour) == (Role.MEMBER, "Charlie", 4)
        with guild_scope(cast.home.pk):
            assert Guild.objects.get(pk=cast.home.pk).member_count == 4
            change = Change.objects.get(verb="joined")
        assert (change.source, change.actor_id) == ("web", new.pk)
        assert client.get("/g/home/members/").status_code == 200

    def test_looking_at_the_link_joins_nobody(self, cast: Cast) -> None:
        client = browser(cast.charlie)
        assert client.get(f"/join/{make_code(cast.alice)}/").status_code == 200
        assert client.get("/g/home/members/").status_code == 404

    def test_who_is_in_already_goes_in_and_spends_nothing(self, cast: Cast) -> None:
        code = make_code(cast.alice)
        response = browser(cast.bob).post(f"/join/{code}/")
        assert response.headers["Location"] == "/g/home/"
        assert access.invitation(code)
        with guild_scope(cast.home.pk):
            assert Member.objects.get(pk=cast.bob.pk).role == Role.VIEWER

    def test_who_left_comes_back_with_the_new_role(self, cast: Cast) -> None:
        browser(cast.carol).post(f"/g/home/members/{cast.carol.pk}/remove/")
        browser(cast.carol).post(f"/join/{make_code(cast.alice, role=Role.VIEWER)}/")
        with guild_scope(cast.home.pk):
            carol = Member.objects.get(pk=cast.carol.pk)
        assert (carol.left_at, carol.role) == (None, Role.VIEWER)

    def test_a_used_link_is_over(self, cast: Cast) -> None:
        code = make_code(cast.alice)
        browser(cast.charlie).post(f"/join/{code}/")
        client = Client()
        client.force_login(make_person("Nina"))
        for response in (client.get(f"/join/{code}/"), client.post(f"/join/{code}/")):
            assert response.status_code == 404
            assert "not valid any more" in response.text

    @pytest.mark.parametrize("why", ["unknown", "expired", "revoked", "closed"])
    def test_other_links_that_are_over_look_the_same(self, cast: Cast, why: str) -> None:
        code = make_code(cast.alice)
        with guild_scope(cast.home.pk, cast.alice):
            row = Invite.objects.get()
            match why:
                case "unknown":
                    code = "x" * 32
                case "expired":
                    Invite.objects.update(expires_at=MOVED_IN)
                case "revoked":
                    revoke_invite(row, by=cast.alice, at=timezone.now())
                case "closed":
                    Guild.objects.filter(pk=cast.home.pk).update(deleted_at=timezone.now())
        for client in (Client(), browser(cast.charlie)):
            for response in (client.get(f"/join/{code}/"), client.post(f"/join/{code}/")):
                assert response.status_code == 404
                assert "not valid any more" in response.text

    def test_a_pasted_link_leads_to_the_door(self, cast: Cast) -> None:
        client = browser(cast.charlie)
        for text in ("https://home.example/join/abc_-9/", "/join/abc_-9", " abc_-9 "):
            assert client.post("/join/", {"link": text}).headers["Location"] == "/join/abc_-9/"
        assert client.post("/join/", {"link": ""}).status_code == 302
        assert client.post("/join/", {"link": "https://x/?a=b"}).status_code == 302


class TestComingFromOutside:
    def test_signing_up_at_the_door_makes_a_member(self, cast: Cast) -> None:
        client, code = Client(), make_code(cast.alice)
        response = client.post(f"/join/{code}/", {"signup": "1"})
        assert response.headers["Location"] == "/accounts/signup/"
        response = sign_up(client, "nina@example.org")
        assert response.headers["Location"] == "/g/home/"
        member = membership("nina@example.org")
        assert (member.guild, member.nickname, member.role) == (cast.home, "Nina", Role.MEMBER)
        with guild_scope(cast.home.pk):
            assert Change.objects.get(verb="joined").source == "web"

    def test_signing_in_at_the_door_makes_a_member(self, cast: Cast) -> None:
        user = User.objects.create_user("nina@example.org", PASSWORD, first_name="Nina")
        client, code = Client(), make_code(cast.alice)
        response = client.post(f"/join/{code}/", {"login": "1"})
        assert response.headers["Location"] == "/accounts/login/"
        form = {"login": "nina@example.org", "password": PASSWORD}
        response = client.post("/accounts/login/", form)
        assert response.headers["Location"] == "/g/home/"
        assert [m.guild for m in access.memberships(user)] == [cast.home]

    def test_whoever_signs_in_much_later_was_not_asked(self, cast: Cast) -> None:
        client, code = Client(), make_code(cast.alice)
        client.post(f"/join/{code}/", {"login": "1"})
        # An hour goes by.
        session = client.session
        session[INVITATION] = [code, time.time() - 3601]
        session.save()
        assert sign_up(client, "nina@example.org").headers["Location"] == "/"
        assert access.memberships(User.objects.get(email="nina@example.org")) == []

    def test_only_pressing_the_button_counts(self, cast: Cast) -> None:
        client, code = Client(), make_code(cast.alice)
        client.get(f"/join/{code}/")
        assert sign_up(client, "nina@example.org").headers["Location"] == "/"
        assert access.memberships(User.objects.get(email="nina@example.org")) == []

    def test_a_link_that_ended_on_the_way_leaves_an_account_without_a_household(
        self, cast: Cast
    ) -> None:
        client, code = Client(), make_code(cast.alice)
        client.post(f"/join/{code}/", {"signup": "1"})
        with guild_scope(cast.home.pk):
            Invite.objects.update(uses_left=0)
        assert sign_up(client, "nina@example.org").headers["Location"] == "/"


class TestByInvitationOnly:
    @pytest.fixture(autouse=True)
    def _closed(self, settings: Settings) -> None:
        settings.SIGNUP = "invite"

    def test_without_an_invitation_nobody_signs_up(self, db: None) -> None:
        client = Client()
        assert "By invitation only" in client.get("/accounts/signup/").text
        sign_up(client, "nina@example.org")
        assert not User.objects.exists()

    def test_with_one_she_does_and_is_a_member(self, cast: Cast) -> None:
        client = Client()
        client.post(f"/join/{make_code(cast.alice)}/", {"signup": "1"})
        assert sign_up(client, "nina@example.org").headers["Location"] == "/g/home/"
        assert membership("nina@example.org").guild == cast.home

    def test_a_link_that_is_over_opens_nothing(self, cast: Cast) -> None:
        client, code = Client(), make_code(cast.alice)
        client.post(f"/join/{code}/", {"signup": "1"})
        with guild_scope(cast.home.pk):
            Invite.objects.update(expires_at=MOVED_IN)
        sign_up(client, "nina@example.org")
        assert not User.objects.filter(email="nina@example.org").exists()

    def test_over_the_api_too(self, cast: Cast) -> None:
        body = {"email": "nina@example.org", "password": PASSWORD}
        client, address = Client(), "/_allauth/app/v1/auth/signup"
        refused = client.post(address, body, content_type="application/json")
        assert refused.status_code == 403
        wrong = client.post(address, body | {"invitation": "x"}, content_type="application/json")
        assert wrong.status_code == 403
        invited = body | {"invitation": make_code(cast.alice)}
        assert client.post(address, invited, content_type="application/json").status_code == 200
        assert membership("nina@example.org").guild == cast.home
        with guild_scope(cast.home.pk):
            assert Change.objects.get(verb="joined").source == "api"


def test_of_many_at_the_same_moment_one_gets_the_last_use(committed_cast: Cast) -> None:
    code = make_code(committed_cast.alice)
    people = [make_person(f"Guest{number}") for number in range(6)]
    with ThreadPoolExecutor(len(people)) as pool:
        statuses = list(pool.map(lambda user: knock(code, user), people))
    assert sorted(statuses) == [302] + [404] * 5
    with guild_scope(committed_cast.home.pk):
        assert Guild.objects.get(pk=committed_cast.home.pk).member_count == 4
        assert Invite.objects.get().uses_left == 0


def test_one_person_twice_at_the_same_moment_spends_one_use(committed_cast: Cast) -> None:
    code = make_code(committed_cast.alice, uses=5)
    nina = make_person("Nina")
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda user: knock(code, user), [nina] * 4))
    assert statuses == [302] * 4
    with guild_scope(committed_cast.home.pk):
        assert Invite.objects.get().uses_left == 4
        assert Member.objects.filter(user=nina).count() == 1
        assert Change.objects.filter(verb="joined").count() == 1


def test_two_by_two_links_at_the_same_moment_are_both_counted(committed_cast: Cast) -> None:
    codes = [make_code(committed_cast.alice) for _link in range(2)]
    people = [make_person(f"Guest{number}") for number in range(2)]
    knocks = [partial(knock, *pair) for pair in zip(codes, people, strict=True)]
    assert at_once(committed_cast.home, knocks) == [302, 302]
    with guild_scope(committed_cast.home.pk):
        assert Guild.objects.get(pk=committed_cast.home.pk).member_count == 5


def test_somebody_joins_while_somebody_is_removed(committed_cast: Cast) -> None:
    cast = committed_cast
    code, nina = make_code(cast.alice), make_person("Nina")

    def remove() -> int:
        return press(cast.alice.user, f"/g/home/members/{cast.carol.pk}/remove/")

    # The removal withdraws the link first: of the two one way or the other, but never an error.
    assert at_once(cast.home, [remove, lambda: knock(code, nina)]) == [302, 404]
    with guild_scope(cast.home.pk):
        assert Guild.objects.get(pk=cast.home.pk).member_count == 2


def at_once(home: Guild, acts: Sequence[Callable[[], int]]) -> list[int]:
    """What the acts answer when each has come as far as it does without the household's row."""
    with ThreadPoolExecutor(len(acts)) as pool:
        with guild_scope(home.pk):
            Guild.objects.select_for_update(no_key=True).get(pk=home.pk)
            answers = []
            for act in acts:
                answers.append(pool.submit(act))
                time.sleep(0.4)
        return [answer.result(10) for answer in answers]


def knock(code: str, user: User) -> int:
    """Press "Join" in a browser and a connection of one's own."""
    return press(user, f"/join/{code}/")


def press(user: User | None, path: str) -> int:
    assert user is not None
    try:
        client = Client()
        client.force_login(user)
        return client.post(path).status_code
    finally:
        connection.close()
