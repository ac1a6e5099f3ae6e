"""Members and invitations over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import access
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, add_member, api, make_person
from accounts.models import Change, Invite, Member, Role
from accounts.tests.test_api_guilds import code, everywhere


@pytest.fixture
def adam(cast: Cast) -> Member:
    """An admin of the home."""
    return add_member(cast.home, make_person("Adam"), Role.ADMIN, 4)


class TestMembers:
    def test_everybody_lists_them(self, cast: Cast) -> None:
        rows = api(cast.bob).get("members/").json()["results"]
        assert {row["nickname"] for row in rows} == {"Alice", "Bob", "Carol"}
        assert rows[0] == api(cast.bob).get(f"members/{rows[0]['id']}/").json()
        assert all(row["signs_in"] for row in rows)

    @pytest.mark.parametrize("name", ["bob", "carol"])
    def test_viewers_and_members_never_see_addresses(self, cast: Cast, name: str) -> None:
        client = api(getattr(cast, name))
        for path in ("members/", f"members/{cast.alice.pk}/", "changes/"):
            assert "example.org" not in client.get(path).content.decode()
        renamed = client.patch(f"members/{getattr(cast, name).pk}/", {"nickname": "N"})
        assert renamed.json()["email"] is None

    def test_admins_see_addresses(self, cast: Cast, adam: Member) -> None:
        client = api(adam)
        rows = client.get("members/").json()["results"]
        assert "carol@example.org" in {row["email"] for row in rows}
        assert client.get(f"members/{cast.bob.pk}/").json()["email"] == "bob@example.org"

    def test_a_tag_is_of_what_one_sees(self, cast: Cast) -> None:
        client, path = api(cast.carol), f"members/{cast.bob.pk}/"
        tag = client.get(path).headers["ETag"]
        assert api(cast.alice).get(path).headers["ETag"] != tag
        for role, email in (("admin", "bob@example.org"), ("member", None)):
            api(cast.alice).patch(f"members/{cast.carol.pk}/", {"role": role})
            answer = client.get(path, headers={"if-none-match": tag})
            assert (answer.status_code, answer.json()["email"]) == (200, email)
            assert client.get(path, headers={"if-none-match": answer["ETag"]}).status_code == 304
            tag = answer["ETag"]

    def test_a_list_takes_few_queries(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        for number in range(5):
            add_member(cast.home, make_person(f"Guest{number}"), Role.VIEWER)
        client = api(cast.alice)
        with django_assert_max_num_queries(6):
            client.get("members/")

    def test_a_viewer_renames_herself_and_nobody_else(self, cast: Cast) -> None:
        client = api(cast.bob)
        response = client.patch(f"members/{cast.bob.pk}/", {"nickname": "Bobby", "colour": 8})
        assert (response.json()["nickname"], response.json()["colour"]) == ("Bobby", 8)
        assert client.patch(f"members/{cast.carol.pk}/", {"colour": 8}).status_code == 403
        assert client.patch(f"members/{cast.bob.pk}/", {"role": "admin"}).status_code == 403

    def test_admins_give_roles_below_theirs(self, cast: Cast, adam: Member) -> None:
        client = api(adam)
        assert client.patch(f"members/{cast.bob.pk}/", {"role": "member"}).status_code == 200
        assert client.patch(f"members/{cast.bob.pk}/", {"role": "admin"}).status_code == 403
        assert client.patch(f"members/{cast.alice.pk}/", {"nickname": "A"}).status_code == 403
        owner = client.patch(f"members/{cast.bob.pk}/", {"role": "owner"})
        assert code(owner) == (409, "owner_is_handed_over")
        with guild_scope(cast.home.pk):
            assert Member.objects.get(pk=cast.bob.pk).role == Role.MEMBER

    def test_a_key_that_writes_manages_nobody(self, cast: Cast) -> None:
        client = api(cast.alice, None, "write")
        assert client.patch(f"members/{cast.bob.pk}/", {"role": "member"}).status_code == 403
        assert client.patch(f"members/{cast.alice.pk}/", {"colour": 5}).status_code == 200

    @pytest.mark.parametrize(
        "wrong",
        [
            {"nickname": ""},
            {"nickname": 5},
            {"nickname": "x" * 101},
            {"colour": 0},
            {"colour": 9},
            {"colour": "12abc"},
            {"colour": 2**63},
            {"role": "king"},
            {"user": "x"},
            {"email": "x@example.org"},
            {"left_at": None},
        ],
    )
    def test_it_names_what_is_wrong(self, cast: Cast, wrong: dict[str, Any]) -> None:
        response = api(cast.alice).patch(f"members/{cast.bob.pk}/", wrong)
        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == f"/{next(iter(wrong))}"

    def test_deleting_ends_the_membership(self, cast: Cast) -> None:
        client = api(cast.alice)
        assert client.delete(f"members/{cast.bob.pk}/").status_code == 204
        assert client.delete(f"members/{cast.bob.pk}/").status_code == 404
        assert api(cast.bob).get("").status_code == 404
        assert code(client.delete(f"members/{cast.alice.pk}/")) == (409, "last_owner")

    def test_who_comes_and_goes_is_counted(self, cast: Cast) -> None:
        api(cast.bob).delete(f"members/{cast.bob.pk}/")
        assert api(cast.alice).get("").json()["member_count"] == 2

    def test_others_are_not_there(self, cast: Cast) -> None:
        for pk in (cast.charlie.pk, uuid4()):
            assert api(cast.alice).get(f"members/{pk}/").status_code == 404
            assert api(cast.alice).patch(f"members/{pk}/", {}).status_code == 404
        assert api(cast.charlie, cast.home).get("members/").status_code == 404


class TestInvites:
    def test_it_answers_the_code_once(self, cast: Cast) -> None:
        client = api(cast.alice)
        response = client.post("invites/", {"role": "viewer", "uses": 2})
        assert response.status_code == 201
        row = response.json()
        assert (row["role"], row["uses_left"]) == ("viewer", 2)
        assert row["url"] == f"http://testserver/join/{row['code']}/"
        again = client.get(response.headers["Location"]).json()
        assert "code" not in again
        assert row["code"] not in client.get("invites/").content.decode()
        assert row["code"] not in client.get("changes/").content.decode()
        with guild_scope(cast.home.pk):
            assert Change.objects.get(verb="invited").source == "api"

    def test_without_a_word_it_is_one_member_for_a_week(self, cast: Cast) -> None:
        row = api(cast.alice).post("invites/").json()
        assert (row["role"], row["uses_left"]) == ("member", 1)

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"role": "owner"}, "/role"),
            ({"role": "king"}, "/role"),
            ({"uses": 0}, "/uses"),
            ({"uses": 101}, "/uses"),
            ({"uses": True}, "/uses"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
            ({"expires_at": "2099-01-01T00:00:00Z"}, "/expires_at"),
            ({"expires_at": "2026-02-31T00:00:00Z"}, "/expires_at"),
            ({"days": 3}, "/days"),
        ],
    )
    def test_it_names_what_is_wrong(self, cast: Cast, wrong: dict[str, Any], pointer: str) -> None:
        response = api(cast.alice).post("invites/", wrong)
        assert response.status_code == 400
        assert response.json()["errors"][0]["pointer"] == pointer
        with guild_scope(cast.home.pk):
            assert not Invite.objects.exists()

    def test_only_admins_see_make_and_revoke(self, cast: Cast, adam: Member) -> None:
        pk = api(cast.alice).post("invites/").json()["id"]
        for member in (cast.bob, cast.carol):
            client = api(member)
            assert client.get("invites/").status_code == 403
            assert client.get(f"invites/{pk}/").status_code == 403
            assert client.post("invites/").status_code == 403
            assert client.delete(f"invites/{pk}/").status_code == 403
        assert api(adam).post("invites/", {"role": "admin"}).status_code == 403
        assert api(adam).delete(f"invites/{pk}/").status_code == 204
        assert api(adam).delete(f"invites/{pk}/").status_code == 404

    def test_a_foreign_one_is_not_there(self, cast: Cast) -> None:
        pk = api(cast.charlie).post("invites/").json()["id"]
        assert api(cast.alice).get(f"invites/{pk}/").status_code == 404
        assert api(cast.alice).delete(f"invites/{pk}/").status_code == 404


class TestAccepting:
    def test_the_code_lets_her_in(self, cast: Cast) -> None:
        made = api(cast.alice).post("invites/").json()
        client = everywhere(cast.charlie)
        response = client.post("invites/accept/", {"code": made["code"]})
        assert response.status_code == 200
        row = response.json()
        assert (row["id"], row["role"], row["member_count"]) == (str(cast.home.pk), "member", 4)
        assert row == client.get(f"guilds/{cast.home.pk}/").json()
        with guild_scope(cast.home.pk):
            assert Change.objects.get(verb="joined").source == "api"

    def test_twice_is_harmless(self, cast: Cast) -> None:
        made = api(cast.alice).post("invites/", {"uses": 2}).json()
        client = everywhere(cast.charlie)
        for _time in range(2):
            assert client.post("invites/accept/", {"code": made["code"]}).status_code == 200
        with guild_scope(cast.home.pk):
            assert Invite.objects.get().uses_left == 1

    def test_a_used_revoked_or_unknown_code_is_404(self, cast: Cast) -> None:
        used, revoked = (api(cast.alice).post("invites/").json() for _one in range(2))
        everywhere(cast.charlie).post("invites/accept/", {"code": used["code"]})
        api(cast.alice).delete(f"invites/{revoked['id']}/")
        nina = add_member(cast.elsewhere, make_person("Nina"), Role.MEMBER)
        client = everywhere(nina)
        for text in (used["code"], revoked["code"], "x" * 32):
            response = client.post("invites/accept/", {"code": text})
            assert code(response) == (404, "invite_invalid")

    def test_an_expired_code_is_404(self, cast: Cast) -> None:
        made = api(cast.alice).post("invites/").json()
        with guild_scope(cast.home.pk):
            Invite.objects.update(expires_at=timezone.now() - timedelta(hours=1))
        assert access.invitation(made["code"]) is None
        response = everywhere(cast.charlie).post("invites/accept/", {"code": made["code"]})
        assert response.status_code == 404

    @pytest.mark.parametrize(
        "body", [{}, {"code": 5}, {"code": ""}, {"code": "x", "role": "owner"}]
    )
    def test_it_refuses_other_bodies(self, cast: Cast, body: dict[str, Any]) -> None:
        assert everywhere(cast.charlie).post("invites/accept/", body).status_code == 400
