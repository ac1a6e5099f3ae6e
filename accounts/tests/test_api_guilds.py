"""Households over the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from accounts import access
from accounts.actions.guild import create_guild
from accounts.actions.token import create_token
from accounts.guild.scope import guild_scope, user_scope
from accounts.guild.testing import MOVED_IN, ApiClient, Cast, add_member, api, make_person
from accounts.models import Change, Guild, Member, Role

NEW = {"name": "Larkspur House", "time_zone": "Europe/Berlin"}


def everywhere(member: Member, *scopes: str) -> ApiClient:
    """The API with paths below `/api/v1/`."""
    client = api(member, None, *scopes)
    client.guild = None
    return client


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["errors"][0]["code"]


class TestMine:
    def test_it_lists_mine_alone(self, cast: Cast) -> None:
        assert cast.alice.user is not None
        create_guild(by=cast.alice.user, at=MOVED_IN, name="Allotment")
        answer = everywhere(cast.alice).get("guilds/").json()
        assert [row["name"] for row in answer["results"]] == ["Home", "Allotment"]
        assert answer["next"] is None

    def test_a_row_of_the_list_is_the_row_itself(self, cast: Cast) -> None:
        client = everywhere(cast.bob)
        [row] = client.get("guilds/").json()["results"]
        assert row == client.get(f"guilds/{cast.home.pk}/").json()
        assert (row["role"], row["member"], row["member_count"]) == ("viewer", str(cast.bob.pk), 3)

    def test_it_pages(self, cast: Cast) -> None:
        assert cast.alice.user is not None
        create_guild(by=cast.alice.user, at=MOVED_IN, name="Allotment")
        client = everywhere(cast.alice)
        first = client.get("guilds/?limit=1").json()
        second = client.get(f"guilds/?limit=1&cursor={first['next']}").json()
        names = [row["name"] for row in first["results"] + second["results"]]
        assert names == ["Home", "Allotment"]
        assert second["next"] is None

    @pytest.mark.parametrize(
        "query", ["cursor=x", "cursor=WyJhIiwxXQ", "limit=0", "x=1", "order=x"]
    )
    def test_it_refuses_parameters_it_does_not_mean(self, cast: Cast, query: str) -> None:
        assert everywhere(cast.alice).get(f"guilds/?{query}").status_code == 400

    def test_a_key_for_one_household_shows_that_one(self, cast: Cast) -> None:
        user = cast.alice.user
        assert user is not None
        create_guild(by=user, at=MOVED_IN, name="Allotment")
        with user_scope(user.pk):
            _row, text = create_token(by=user, name="t", scopes=["admin"], guild=cast.home.pk)
        client = ApiClient(text)
        assert [row["name"] for row in client.get("guilds/").json()["results"]] == ["Home"]
        assert client.post("guilds/", NEW).status_code == 403


class TestFounding:
    def test_it_founds_a_household_with_its_owner(self, cast: Cast) -> None:
        client = everywhere(cast.charlie)
        response = client.post("guilds/", NEW)
        assert response.status_code == 201
        row = response.json()
        assert row.items() >= {**NEW, "locale": "en", "role": "owner", "member_count": 1}.items()
        assert response.headers["Location"] == f"/api/v1/guilds/{row['id']}/"
        again = client.get(response.headers["Location"])
        assert (again.json(), again.headers["ETag"]) == (row, response.headers["ETag"])
        assert cast.charlie.user is not None
        member = access.memberships(cast.charlie.user)[-1]
        with guild_scope(member.guild_id, member):
            assert Change.objects.get().source == "api"

    def test_the_same_id_and_body_again_is_the_same_household(self, cast: Cast) -> None:
        client, body = everywhere(cast.charlie), {**NEW, "id": str(uuid4())}
        first = client.post("guilds/", body)
        again = client.post("guilds/", body)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert code(client.post("guilds/", {**body, "name": "Other"})) == (409, "id_taken")

    def test_the_id_of_another_household_is_taken(self, cast: Cast) -> None:
        body = {**NEW, "id": str(cast.home.pk)}
        for member in (cast.charlie, cast.bob):
            assert code(everywhere(member).post("guilds/", body)) == (409, "id_taken")

    def test_the_same_key_founds_once(self, cast: Cast) -> None:
        client = everywhere(cast.charlie)
        headers = {"idempotency-key": "k"}
        rows = [client.post("guilds/", NEW, headers=headers).json() for _time in range(2)]
        assert rows[0] == rows[1]
        assert len(client.get("guilds/").json()["results"]) == 2

    @pytest.mark.parametrize(
        ("wrong", "pointer"),
        [
            ({"name": ""}, "/name"),
            ({"name": " "}, "/name"),
            ({"name": 5}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"name": "a\0b"}, "/name"),
            ({"time_zone": "Mars/Base"}, "/time_zone"),
            ({"locale": "tlh"}, "/locale"),
            ({"owner": "me"}, "/owner"),
            ({"slug": "mine"}, "/slug"),
            ({"role": "owner"}, "/role"),
            ({"id": "12abc"}, "/id"),
        ],
    )
    def test_it_names_what_is_wrong(self, cast: Cast, wrong: dict[str, Any], pointer: str) -> None:
        client = everywhere(cast.charlie)
        response = client.post("guilds/", {**NEW, **wrong})
        assert response.status_code == 400
        if "\0" not in str(wrong):
            assert response.json()["errors"][0]["pointer"] == pointer
        assert len(client.get("guilds/").json()["results"]) == 1


class TestOne:
    def test_admins_edit_it(self, cast: Cast) -> None:
        response = api(cast.alice).patch("", NEW)
        assert response.status_code == 200
        assert response.json().items() >= {**NEW, "slug": "home"}.items()
        with guild_scope(cast.home.pk, cast.alice):
            change = Change.objects.get(verb="edited")
        assert (change.source, change.after) == ("api", NEW)

    def test_a_stale_tag_writes_nothing(self, cast: Cast) -> None:
        client = api(cast.alice)
        tag = client.get("").headers["ETag"]
        assert client.patch("", NEW, headers={"if-match": tag}).status_code == 200
        stale = client.patch("", {"name": "Other"}, headers={"if-match": tag})
        assert stale.status_code == 412
        assert stale.json()["current"]["name"] == "Larkspur House"

    def test_who_got_another_role_is_told(self, cast: Cast) -> None:
        client = api(cast.bob)
        tag = {"if-none-match": client.get("").headers["ETag"]}
        assert client.get("", headers=tag).status_code == 304
        api(cast.alice).patch(f"members/{cast.bob.pk}/", {"role": "admin"})
        answer = client.get("", headers=tag)
        assert (answer.status_code, answer.json()["role"]) == (200, "admin")

    def test_who_joins_takes_nobody_the_word(self, cast: Cast) -> None:
        client = api(cast.alice)
        tag = client.get("").headers["ETag"]
        code = client.post("invites/").json()["code"]
        everywhere(cast.charlie).post("invites/accept/", {"code": code})
        answer = client.get("", headers={"if-none-match": tag})
        assert (answer.status_code, answer.json()["member_count"]) == (200, 4)
        assert client.patch("", NEW, headers={"if-match": tag}).status_code == 200

    def test_deleting_closes_it_for_everybody(self, cast: Cast) -> None:
        assert api(cast.alice).delete("").status_code == 204
        assert api(cast.alice).get("").status_code == 404
        assert api(cast.bob).get("members/").status_code == 404
        assert everywhere(cast.alice).get("guilds/").json()["results"] == []

    def test_it_takes_the_role(self, cast: Cast) -> None:
        adam = add_member(cast.home, make_person("Adam"), Role.ADMIN)
        for member in (cast.bob, cast.carol):
            assert api(member).patch("", NEW).status_code == 403
        for member in (cast.bob, cast.carol, adam):
            assert api(member).delete("").status_code == 403
            body = {"member": str(cast.carol.pk)}
            assert api(member).post("transfer/", body).status_code == 403
        with guild_scope(cast.home.pk):
            assert Guild.objects.get().deleted_at is None

    def test_a_stranger_finds_nothing(self, cast: Cast) -> None:
        client = api(cast.charlie, cast.home)
        assert client.get("").status_code == 404
        assert client.patch("", NEW).status_code == 404
        assert client.delete("").status_code == 404
        assert client.post("leave/").status_code == 404
        assert client.post("transfer/", {"member": str(cast.charlie.pk)}).status_code == 404


class TestLeaving:
    def test_a_member_leaves(self, cast: Cast) -> None:
        client = api(cast.bob)
        assert client.post("leave/").status_code == 204
        assert client.post("leave/").status_code == 404
        with guild_scope(cast.home.pk):
            assert Member.objects.get(pk=cast.bob.pk).left_at is not None

    def test_the_last_owner_cannot(self, cast: Cast) -> None:
        assert code(api(cast.alice).post("leave/")) == (409, "last_owner")

    def test_after_handing_over_she_can(self, cast: Cast) -> None:
        client = api(cast.alice)
        response = client.post("transfer/", {"member": str(cast.carol.pk)})
        assert (response.status_code, response.json()["role"]) == (200, "admin")
        assert api(cast.carol).get("").json()["role"] == "owner"
        assert client.post("leave/").status_code == 204

    @pytest.mark.parametrize("member", [5, None, "12abc", {"id": 1}])
    def test_it_hands_over_to_members_only(self, cast: Cast, member: Any) -> None:
        assert api(cast.alice).post("transfer/", {"member": member}).status_code == 400

    def test_a_member_of_elsewhere_is_unknown(self, cast: Cast) -> None:
        body = {"member": str(cast.charlie.pk)}
        assert code(api(cast.alice).post("transfer/", body)) == (400, "unknown")


def test_an_address_that_looks_like_an_id_opens_no_other_household(cast: Cast) -> None:
    mallory = create_guild(by=make_person("Mallory"), at=MOVED_IN, name=str(cast.home.pk))
    assert mallory.guild.slug == str(cast.home.pk)
    assert api(mallory, cast.home).get("members/").status_code == 404
