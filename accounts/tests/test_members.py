"""Who lives here: names, roles, leaving, removing, handing over."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts import access
from accounts.actions.invite import invite
from accounts.actions.member import transfer_guild
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, add_member, api, browser, make_person, submit
from accounts.models import Change, Guild, Member, Role, User
from config.web.errors import Refused

UNDO = re.compile(r'action="(/g/home/history/[^"]+/revert/)"')


@pytest.fixture
def adam(cast: Cast) -> Member:
    """An admin of the home."""
    return add_member(cast.home, make_person("Adam"), Role.ADMIN, 4)


def fresh(member: Member) -> Member:
    with guild_scope(member.guild_id):
        return Member.objects.get(pk=member.pk)


def edit(by: Member, member: Member, **changes: Any) -> Any:
    form = {"nickname": member.nickname, "colour": member.colour, "role": member.role} | changes
    return submit(browser(by), f"/g/home/members/{member.pk}/", form)


def verbs(cast: Cast) -> list[str]:
    with guild_scope(cast.home.pk, cast.alice):
        return list(Change.objects.order_by("created_at", "pk").values_list("verb", flat=True))


def test_everybody_sees_who_lives_here(cast: Cast) -> None:
    page = browser(cast.bob).get("/g/home/members/").text
    for name in ("Alice", "Bob", "Carol"):
        assert name in page
    assert "Charlie" not in page


@pytest.mark.parametrize("name", ["bob", "carol"])
def test_viewers_and_members_never_see_addresses(cast: Cast, name: str) -> None:
    client = browser(getattr(cast, name))
    pages = ["members/", f"members/{cast.alice.pk}/", "history/", "settings/"]
    for page in pages:
        assert "alice@example.org" not in client.get(f"/g/home/{page}").text


def test_admins_see_addresses(cast: Cast, adam: Member) -> None:
    client = browser(adam)
    assert "carol@example.org" in client.get("/g/home/members/").text
    assert "carol@example.org" in client.get(f"/g/home/members/{cast.carol.pk}/").text


def test_everybody_renames_and_recolours_herself(cast: Cast) -> None:
    assert edit(cast.bob, cast.bob, nickname="Bobby", colour=7).status_code == 302
    bob = fresh(cast.bob)
    assert (bob.nickname, bob.colour, bob.role) == ("Bobby", 7, Role.VIEWER)
    with guild_scope(cast.home.pk, cast.bob):
        change = Change.objects.get(verb="edited")
    assert change.source == "web"
    assert change.before == {"nickname": "Bob", "colour": 2}


def test_the_same_twice_is_one_change(cast: Cast) -> None:
    for _time in range(2):
        edit(cast.carol, cast.carol, nickname="Caro")
    assert verbs(cast).count("edited") == 1


def test_undo_gives_the_old_name_back(cast: Cast) -> None:
    client = browser(cast.carol)
    form = {"nickname": "Caro", "colour": 3}
    page = submit(client, f"/g/home/members/{cast.carol.pk}/", form, follow=True).text
    undo = page.split('/revert/"')[0].rsplit('"', 1)[1] + "/revert/"
    client.post(undo)
    assert fresh(cast.carol).nickname == "Carol"


def test_an_old_form_takes_back_nothing(cast: Cast, adam: Member) -> None:
    client, path = browser(adam), f"/g/home/members/{cast.carol.pk}/"
    version = client.get(path).context["version"]
    api(cast.alice).patch(f"members/{cast.carol.pk}/", {"role": "viewer", "nickname": "Caro"})
    said = {"nickname": "Carol", "colour": 5, "role": "member"}
    for old in ({"version": version}, {}):
        answer = client.post(path, said | old)
        assert answer.status_code == 422
        assert "Somebody changed this a moment before you." in answer.text
        for now in ("Caro", "Viewer", "Teal"):
            assert f"It says “{now}” now." in answer.text
    carol = fresh(cast.carol)
    assert (carol.role, carol.nickname, carol.colour) == (Role.VIEWER, "Caro", 3)
    # It was said once: the page now stands as it is.
    again = client.post(path, said | {"version": answer.context["version"]})
    assert again.status_code == 302
    assert fresh(cast.carol).colour == 5


def test_who_is_only_here_makes_no_form_old(cast: Cast) -> None:
    client, path = browser(cast.alice), f"/g/home/members/{cast.carol.pk}/"
    version = client.get(path).context["version"]
    browser(cast.carol).get("/g/home/tasks/")
    said = {"nickname": "Caro", "colour": 5, "role": "member", "version": version}
    assert client.post(path, said).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"nickname": " "}, {"nickname": "x" * 101}, {"colour": 9}, {"colour": "12abc"}]
)
def test_it_says_what_is_wrong(cast: Cast, wrong: dict[str, Any]) -> None:
    assert edit(cast.alice, cast.carol, **wrong).status_code == 422
    assert fresh(cast.carol).nickname == "Carol"


@pytest.mark.parametrize("role", ["king", "owner", ""])
def test_roles_that_cannot_be_given_are_refused(cast: Cast, role: str) -> None:
    assert edit(cast.alice, cast.carol, role=role).status_code == 422
    assert fresh(cast.carol).role == Role.MEMBER


class TestRoles:
    """The permission table."""

    def test_the_owner_makes_admins_and_unmakes_them(self, cast: Cast) -> None:
        edit(cast.alice, cast.carol, role="admin")
        assert fresh(cast.carol).role == Role.ADMIN
        edit(cast.alice, fresh(cast.carol), role="viewer")
        assert fresh(cast.carol).role == Role.VIEWER

    def test_admins_give_roles_below_admin_only(self, cast: Cast, adam: Member) -> None:
        edit(adam, cast.bob, role="member")
        assert fresh(cast.bob).role == Role.MEMBER
        assert edit(adam, fresh(cast.bob), role="admin").status_code == 422
        assert fresh(cast.bob).role == Role.MEMBER

    def test_admins_do_not_touch_admins_nor_the_owner(self, cast: Cast, adam: Member) -> None:
        other = add_member(cast.home, make_person("Anna"), Role.ADMIN)
        for member in (other, cast.alice):
            assert edit(adam, member, nickname="Nobody").status_code == 403
            assert browser(adam).post(f"/g/home/members/{member.pk}/remove/").status_code == 403
            assert fresh(member).left_at is None

    @pytest.mark.parametrize("name", ["bob", "carol"])
    def test_viewers_and_members_touch_nobody_else(self, cast: Cast, name: str) -> None:
        me = getattr(cast, name)
        for member in {cast.alice, cast.bob, cast.carol} - {me}:
            assert edit(me, member, nickname="Nobody").status_code == 403
            client = browser(me)
            assert client.post(f"/g/home/members/{member.pk}/remove/").status_code == 403
            assert client.post(f"/g/home/members/{member.pk}/transfer/").status_code == 403
        assert verbs(cast) == ["founded"]

    def test_nobody_gives_herself_another_role(self, cast: Cast, adam: Member) -> None:
        for member in (cast.bob, cast.carol, adam):
            edit(member, member, role="owner")
            assert fresh(member).role == member.role


class TestEnding:
    def test_a_member_leaves(self, cast: Cast) -> None:
        client = browser(cast.carol)
        response = client.post(f"/g/home/members/{cast.carol.pk}/remove/")
        assert response.headers["Location"] == "/"
        assert fresh(cast.carol).left_at is not None
        assert client.get("/g/home/members/").status_code == 404
        assert verbs(cast)[-1] == "left"

    def test_the_owner_cannot_leave(self, cast: Cast) -> None:
        client = browser(cast.alice)
        response = client.post(f"/g/home/members/{cast.alice.pk}/remove/")
        assert response.status_code == 409
        assert "Hand it over" in response.text
        assert fresh(cast.alice).left_at is None

    def test_admins_remove_and_the_count_follows(self, cast: Cast, adam: Member) -> None:
        browser(adam).post(f"/g/home/members/{cast.bob.pk}/remove/")
        assert fresh(cast.bob).left_at is not None
        with guild_scope(cast.home.pk):
            assert Guild.objects.get(pk=cast.home.pk).member_count == 3
        assert verbs(cast)[-1] == "removed"

    def test_removing_twice_is_404(self, cast: Cast) -> None:
        client = browser(cast.alice)
        client.post(f"/g/home/members/{cast.bob.pk}/remove/")
        assert client.post(f"/g/home/members/{cast.bob.pk}/remove/").status_code == 404
        assert verbs(cast).count("removed") == 1

    @pytest.mark.parametrize("door", ["page", "api"])
    def test_undo_takes_back_who_was_removed(self, cast: Cast, adam: Member, door: str) -> None:
        client, theirs = browser(adam), browser(cast.carol)
        if door == "page":
            client.post(f"/g/home/members/{cast.carol.pk}/remove/")
            undo = UNDO.search(client.get("/g/home/members/").text)
            assert undo
            client.post(undo[1])
        else:
            api(adam).delete(f"members/{cast.carol.pk}/")
            [change, *_] = api(adam).get("changes/?kind=member").json()["results"]
            assert api(adam).post(f"changes/{change['id']}/revert/").status_code == 200
        back = fresh(cast.carol)
        assert (back.left_at, back.role, back.joined_at) == (
            None,
            Role.MEMBER,
            cast.carol.joined_at,
        )
        assert theirs.get("/g/home/members/").status_code == 200
        assert verbs(cast)[-2:] == ["removed", "restored"]
        assert "Adam took “Carol” back into the household" in client.get("/g/home/history/").text
        with guild_scope(cast.home.pk):
            assert Guild.objects.get(pk=cast.home.pk).member_count == 4

    def test_who_came_back_by_a_link_meanwhile_is_not_taken_back_again(self, cast: Cast) -> None:
        client = browser(cast.alice)
        client.post(f"/g/home/members/{cast.carol.pk}/remove/")
        undo = UNDO.search(client.get("/g/home/members/").text)
        assert undo
        with guild_scope(cast.home.pk, cast.alice):
            _row, code = invite(by=cast.alice, at=timezone.now(), role=Role.VIEWER)
        browser(cast.carol).post(f"/join/{code}/")
        assert client.post(undo[1]).status_code == 409
        assert fresh(cast.carol).role == Role.VIEWER

    def test_an_admin_takes_back_no_admin_whom_the_owner_removed(
        self, cast: Cast, adam: Member
    ) -> None:
        ada = add_member(cast.home, make_person("Ada"), Role.ADMIN, 5)
        browser(cast.alice).post(f"/g/home/members/{ada.pk}/remove/")
        with guild_scope(cast.home.pk, cast.alice):
            change = Change.objects.get(verb="removed")
        path = f"/g/home/history/{change.pk}/revert/"
        assert path not in browser(adam).get("/g/home/history/").text
        assert browser(adam).post(path).status_code == 403
        assert fresh(ada).left_at is not None
        assert path in browser(cast.alice).get("/g/home/history/").text


def links(cast: Cast, *makers: Member) -> list[str]:
    """The code of an open invitation of each."""
    with guild_scope(cast.home.pk, cast.alice):
        return [invite(by=maker, at=timezone.now(), uses=5)[1] for maker in makers]


class TestLinksThatSomebodyMayKnow:
    @pytest.mark.parametrize("door", ["page", "api"])
    def test_all_end_when_somebody_is_removed(self, cast: Cast, adam: Member, door: str) -> None:
        codes = links(cast, cast.alice, adam)
        page = browser(adam).get(f"/g/home/members/{cast.carol.pk}/").text
        assert "All open invitation links end too, because Carol may know them." in page
        if door == "page":
            browser(adam).post(f"/g/home/members/{cast.carol.pk}/remove/")
        else:
            api(adam).delete(f"members/{cast.carol.pk}/")
            assert api(adam).get("invites/").json()["results"] == []
        for code in codes:
            assert browser(cast.carol).post(f"/join/{code}/").status_code == 404
        assert fresh(cast.carol).left_at is not None
        assert sorted(verbs(cast)[-3:]) == ["removed", "revoked", "revoked"]
        assert "Adam revoked an invitation link" in browser(adam).get("/g/home/history/").text

    @pytest.mark.parametrize("door", ["page", "api"])
    def test_those_of_an_admin_who_is_one_no_more(
        self, cast: Cast, adam: Member, door: str
    ) -> None:
        hers, his = links(cast, cast.alice, adam)
        page = browser(cast.alice).get(f"/g/home/members/{adam.pk}/").text
        assert "the invitation links they made end" in page
        if door == "page":
            edit(cast.alice, adam, role="member")
        else:
            api(cast.alice).patch(f"members/{adam.pk}/", {"role": "member"})
        assert fresh(adam).role == Role.MEMBER
        assert (access.invitation(his), bool(access.invitation(hers))) == (None, True)
        assert verbs(cast).count("revoked") == 1

    @pytest.mark.parametrize("door", ["page", "api"])
    def test_those_of_an_admin_who_leaves(self, cast: Cast, adam: Member, door: str) -> None:
        hers, his = links(cast, cast.alice, adam)
        page = browser(adam).get(f"/g/home/members/{adam.pk}/").text
        assert "The invitation links that you made end." in page
        if door == "page":
            browser(adam).post(f"/g/home/members/{adam.pk}/remove/")
        else:
            api(adam).post("leave/")
        assert (access.invitation(his), bool(access.invitation(hers))) == (None, True)
        assert verbs(cast)[-2:] == ["left", "revoked"]

    def test_none_when_somebody_is_renamed_or_becomes_an_admin(self, cast: Cast) -> None:
        [code] = links(cast, cast.alice)
        edit(cast.alice, cast.carol, nickname="Caro")
        edit(cast.alice, cast.carol, role="admin")
        assert access.invitation(code)


class TestHandingOver:
    def test_the_owner_hands_over_and_stays_as_admin(self, cast: Cast) -> None:
        client = browser(cast.alice)
        client.post(f"/g/home/members/{cast.carol.pk}/transfer/")
        assert (fresh(cast.carol).role, fresh(cast.alice).role) == (Role.OWNER, Role.ADMIN)
        assert client.post(f"/g/home/members/{cast.alice.pk}/remove/").status_code == 302

    def test_of_two_hand_overs_the_second_is_refused(self, cast: Cast) -> None:
        # `cast.alice` still believes that she is the owner, as a request that came second would.
        with guild_scope(cast.home.pk, cast.alice):
            transfer_guild(cast.home, to=cast.carol, by=cast.alice)
            with pytest.raises(Refused):
                transfer_guild(cast.home, to=cast.bob, by=cast.alice)
        assert fresh(cast.carol).role == Role.OWNER

    def test_somebody_who_cannot_sign_in_is_refused(self, cast: Cast) -> None:
        with guild_scope(cast.home.pk):
            child = Member.objects.create(nickname="Milo", joined_at=cast.alice.joined_at)
        response = browser(cast.alice).post(f"/g/home/members/{child.pk}/transfer/")
        assert response.status_code == 409
        assert fresh(cast.alice).role == Role.OWNER

    @pytest.mark.parametrize("door", ["page", "api"])
    def test_so_is_a_suspended_account(self, cast: Cast, door: str) -> None:
        User.objects.filter(email="carol@example.org").update(status=User.Status.SUSPENDED)
        client, path = browser(cast.alice), f"/g/home/members/{cast.carol.pk}/"
        if door == "page":
            assert f"{path}transfer/" not in client.get(path).text
            answer = client.post(f"{path}transfer/")
        else:
            answer = api(cast.alice).post("transfer/", {"member": str(cast.carol.pk)})
        assert answer.status_code == 409
        assert fresh(cast.alice).role == Role.OWNER

    def test_the_database_keeps_one_owner(self, cast: Cast) -> None:
        with pytest.raises(IntegrityError), guild_scope(cast.home.pk):
            Member.objects.filter(pk=cast.carol.pk).update(role=Role.OWNER)


def test_a_member_of_another_household_is_404(cast: Cast) -> None:
    client = browser(cast.alice)
    for pk in (cast.charlie.pk, uuid4()):
        assert client.get(f"/g/home/members/{pk}/").status_code == 404
        assert client.post(f"/g/home/members/{pk}/", {"nickname": "x"}).status_code == 404
        assert client.post(f"/g/home/members/{pk}/remove/").status_code == 404
        assert client.post(f"/g/home/members/{pk}/transfer/").status_code == 404
