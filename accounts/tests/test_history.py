"""What was done: in words, filtered, and taken back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.actions.guild import edit_guild
from accounts.actions.member import edit_member
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, add_member, api, browser, make_person
from accounts.history import acting_from
from accounts.models import Change, Guild, Member, Role, Source
from accounts.views import history as page

HISTORY = "/g/home/history/"


def rename(by: Member, name: str) -> Change:
    with guild_scope(by.guild_id, by), acting_from(Source.WEB):
        edit_member(Member.objects.get(pk=by.pk), by=by, at=timezone.now(), nickname=name)
        return newest()


def newest() -> Change:
    change: Change = Change.objects.filter(verb="edited").latest("created_at", "pk")
    return change


def settle(cast: Cast, **changes: Any) -> Change:
    with guild_scope(cast.home.pk, cast.alice), acting_from(Source.API):
        edit_guild(cast.home, by=cast.alice, **changes)
        return newest()


def name_of(member: Member) -> str:
    with guild_scope(member.guild_id):
        return Member.objects.get(pk=member.pk).nickname


class TestReading:
    def test_it_says_who_did_what_from_where(self, cast: Cast) -> None:
        settle(cast, name="Larkspur House", time_zone="Europe/Berlin")
        text = browser(cast.bob).get(HISTORY).text
        assert "Alice founded the household" in text
        assert "Alice changed the household" in text
        assert "<span>API</span>" in text
        assert "<del>Home</del> <ins>Larkspur House</ins>" in text
        assert "<del>UTC</del> <ins>Europe/Berlin</ins>" in text

    def test_it_filters_by_member_kind_and_row(self, cast: Cast) -> None:
        rename(cast.carol, "Caro")
        settle(cast, name="Larkspur House")
        client = browser(cast.bob)
        by_carol = client.get(HISTORY, {"member": str(cast.carol.pk)}).text
        assert "Caro changed" in by_carol
        assert "Alice changed" not in by_carol
        of_guilds = client.get(HISTORY, {"kind": "guild"}).text
        assert "Alice changed the household" in of_guilds
        assert "Caro changed" not in of_guilds
        of_carol = client.get(HISTORY, {"entity": str(cast.carol.pk)}).text
        assert "Caro changed" in of_carol
        assert "Alice changed" not in of_carol
        assert "No change fits" in client.get(HISTORY, {"kind": "ghost"}).text

    def test_it_pages_newest_first(self, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(page, "PAGE", 2)
        changes = [rename(cast.carol, f"Carol {number}") for number in range(5)]
        client, seen, address = browser(cast.bob), [], HISTORY
        for _page in range(4):
            response = client.get(address)
            seen += [entry.change.pk for entry in response.context["entries"]]
            if not (cursor := response.context["cursor"]):
                break
            address = f"{HISTORY}?cursor={cursor}"
        assert set(seen[:5]) == {change.pk for change in changes}
        assert len(seen) == len(set(seen)) == 6

    @pytest.mark.parametrize("name", ["member", "entity", "cursor"])
    def test_an_address_that_means_nothing_is_404(self, cast: Cast, name: str) -> None:
        client = browser(cast.bob)
        assert client.get(HISTORY, {name: "12abc"}).status_code == 404

    def test_a_cursor_of_another_household_is_404(self, cast: Cast) -> None:
        with guild_scope(cast.elsewhere.pk):
            foreign = Change.objects.get().pk
        assert browser(cast.bob).get(HISTORY, {"cursor": str(foreign)}).status_code == 404

    def test_a_private_change_is_its_makers_alone(self, cast: Cast) -> None:
        with guild_scope(cast.home.pk, cast.carol):
            Change.objects.create(
                verb="added",
                kind="task",
                entity_id=uuid4(),
                title="Surprise",
                actor=cast.carol,
                maker=cast.carol,
                visibility="private",
            )
        assert "Surprise" in browser(cast.carol).get(HISTORY).text
        assert "Surprise" not in browser(cast.alice).get(HISTORY).text
        assert b"Surprise" not in api(cast.alice).get("changes/").content

    def test_it_takes_few_queries(self, cast: Cast, django_assert_max_num_queries: Any) -> None:
        for number in range(20):
            rename(cast.carol, f"Carol {number}")
        client = browser(cast.bob)
        client.get(HISTORY)
        with django_assert_max_num_queries(14):
            client.get(HISTORY)


class TestReverting:
    def test_it_takes_the_change_back_and_says_so(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        response = browser(cast.carol).post(f"{HISTORY}{change.pk}/revert/")
        assert response.headers["Location"] == HISTORY
        assert name_of(cast.carol) == "Carol"
        with guild_scope(cast.home.pk, cast.carol):
            back = Change.objects.filter(verb="edited").exclude(pk=change.pk).get()
        assert (back.before, back.after) == ({"nickname": "Caro"}, {"nickname": "Carol"})
        assert (back.actor_id, back.source) == (cast.carol.pk, "web")

    def test_it_goes_back_where_it_was_pressed_but_nowhere_else(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        client = browser(cast.alice)
        address = f"{HISTORY}{change.pk}/revert/"
        response = client.post(address, {"next": f"{HISTORY}?kind=member"})
        assert response.headers["Location"] == f"{HISTORY}?kind=member"
        for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            change = rename(cast.carol, f"Caro {len(evil)}")
            response = client.post(f"{HISTORY}{change.pk}/revert/", {"next": evil})
            assert response.headers["Location"] == HISTORY

    def test_twice_is_refused_as_overtaken(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        client = browser(cast.carol)
        client.post(f"{HISTORY}{change.pk}/revert/")
        response = client.post(f"{HISTORY}{change.pk}/revert/")
        assert response.status_code == 409
        assert "changed again" in response.text
        assert name_of(cast.carol) == "Carol"

    def test_a_later_change_of_the_same_field_comes_first(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        rename(cast.carol, "Carolina")
        assert browser(cast.carol).post(f"{HISTORY}{change.pk}/revert/").status_code == 409
        assert name_of(cast.carol) == "Carolina"

    def test_what_would_be_refused_has_no_button(self, cast: Cast) -> None:
        first = rename(cast.carol, "Caro")
        second = rename(cast.carol, "Carla")
        page = browser(cast.carol).get(HISTORY).text
        assert f"{HISTORY}{first.pk}/revert/" not in page
        assert f"{HISTORY}{second.pk}/revert/" in page
        assert f"{HISTORY}{second.pk}/revert/" not in browser(cast.bob).get(HISTORY).text

    def test_a_later_change_of_another_field_does_not_matter(self, cast: Cast) -> None:
        change = settle(cast, name="Larkspur House")
        settle(cast, locale="de")
        assert browser(cast.alice).post(f"{HISTORY}{change.pk}/revert/").status_code == 302
        with guild_scope(cast.home.pk):
            guild = Guild.objects.get()
        assert (guild.name, guild.locale) == ("Home", "de")

    def test_members_revert_their_own_and_admins_those_of_others(self, cast: Cast) -> None:
        change = rename(cast.bob, "Bobby")
        for member in (cast.bob, cast.carol):
            client = browser(member)
            assert f"{change.pk}/revert/" not in client.get(HISTORY).text
            assert client.post(f"{HISTORY}{change.pk}/revert/").status_code == 403
        assert browser(cast.alice).post(f"{HISTORY}{change.pk}/revert/").status_code == 302
        assert name_of(cast.bob) == "Bob"

    def test_who_is_no_admin_any_more_takes_back_no_settings(self, cast: Cast) -> None:
        adam = add_member(cast.home, make_person("Adam"), Role.ADMIN)
        with guild_scope(cast.home.pk, adam), acting_from(Source.WEB):
            edit_guild(cast.home, by=adam, name="Larkspur House")
            change = newest()
        with guild_scope(cast.home.pk, cast.alice):
            edit_member(adam, by=cast.alice, at=timezone.now(), role="member")
        path = f"{HISTORY}{change.pk}/revert/"
        client = browser(adam)
        assert path not in client.get(HISTORY).text
        assert client.post(path).status_code == 403

    def test_what_knows_no_way_back_is_refused(self, cast: Cast) -> None:
        with guild_scope(cast.home.pk):
            founded = Change.objects.get(verb="founded")
        client = browser(cast.alice)
        assert f"{founded.pk}/revert/" not in client.get(HISTORY).text
        assert client.post(f"{HISTORY}{founded.pk}/revert/").status_code == 409

    def test_a_change_of_another_household_is_404(self, cast: Cast) -> None:
        with guild_scope(cast.elsewhere.pk):
            foreign = Change.objects.get().pk
        assert browser(cast.alice).post(f"{HISTORY}{foreign}/revert/").status_code == 404


class TestOverTheApi:
    def test_it_lists_and_filters(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        client = api(cast.bob)
        rows = client.get(f"changes/?actor={cast.carol.pk}").json()["results"]
        assert [row["id"] for row in rows] == [str(change.pk)]
        assert rows[0] == client.get(f"changes/{change.pk}/").json()
        assert (rows[0]["before"], rows[0]["source"]) == ({"nickname": "Carol"}, "web")
        for query in ("kind=guild", f"entity={cast.home.pk}", "verb=founded", "source=system"):
            rows = client.get(f"changes/?{query}").json()["results"]
            assert [row["verb"] for row in rows] == ["founded"]

    @pytest.mark.parametrize("query", ["actor=12abc", "source=moon", "who=me", "kind="])
    def test_it_refuses_filters_it_does_not_mean(self, cast: Cast, query: str) -> None:
        assert api(cast.bob).get(f"changes/?{query}").status_code == 400

    def test_it_reverts_and_answers_the_change_that_did_it(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        response = api(cast.carol).post(f"changes/{change.pk}/revert/")
        assert response.status_code == 200
        assert response.json()["after"] == {"nickname": "Carol"}
        assert response.json()["source"] == "api"
        again = api(cast.carol).post(f"changes/{change.pk}/revert/")
        assert again.status_code == 409
        assert again.json()["errors"][0]["code"] == "overtaken"

    def test_it_takes_the_right(self, cast: Cast) -> None:
        change = rename(cast.bob, "Bobby")
        assert api(cast.bob).post(f"changes/{change.pk}/revert/").status_code == 403
        assert api(cast.carol).post(f"changes/{change.pk}/revert/").status_code == 403
        stranger = api(cast.charlie, cast.home)
        assert stranger.post(f"changes/{change.pk}/revert/").status_code == 404
        assert stranger.get("changes/").status_code == 404
        assert name_of(cast.bob) == "Bobby"

    def test_a_key_takes_back_no_more_than_it_may_do(self, cast: Cast) -> None:
        settled, others = settle(cast, name="Larkspur House"), rename(cast.carol, "Caro")
        with guild_scope(cast.home.pk, cast.alice):
            edit_member(cast.bob, by=cast.alice, at=timezone.now(), role="member")
            promoted = newest()
        own = rename(cast.alice, "Ally")
        key = api(cast.alice, None, "write")
        for change in (settled, others, promoted):
            answer = key.post(f"changes/{change.pk}/revert/")
            assert answer.status_code == 403
            assert answer.json()["errors"][0]["code"] == "scope"
        assert key.post(f"changes/{own.pk}/revert/").status_code == 200
        for change in (settled, others, promoted):
            assert api(cast.alice).post(f"changes/{change.pk}/revert/").status_code == 200

    def test_nobody_writes_history(self, cast: Cast) -> None:
        change = rename(cast.carol, "Caro")
        client = api(cast.alice)
        assert client.patch(f"changes/{change.pk}/", {"verb": "x"}).status_code == 405
        assert client.delete(f"changes/{change.pk}/").status_code == 405
        assert client.post("changes/", {"verb": "x", "at": str(timezone.now())}).status_code == 405
