"""When members are away: by page and by API, one's own for everybody, others' for admins."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, add_member, api, browser, make_person, submit
from accounts.models import Absence, Change, Member, Role

TODAY = timezone.now().date()
JULY = {"from_on": "2126-07-01", "until_on": "2126-07-14"}


def days(first: int, last: int) -> dict[str, str]:
    """From so many days after today to so many."""
    span = (TODAY + timedelta(first), TODAY + timedelta(last))
    return dict(zip(("from_on", "until_on"), map(str, span), strict=True))


def away(cast: Cast, member: Member, said: dict[str, str] = JULY) -> str:
    answer = api(cast.alice).post("absences/", said | {"member": str(member.pk)})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def stored(cast: Cast) -> list[tuple[str, str, str]]:
    with guild_scope(cast.home.pk, cast.alice):
        rows = Absence.objects.live().order_by("from_on").select_related("member")
        return [(row.member.nickname, str(row.from_on), str(row.until_on)) for row in rows]


def verbs(cast: Cast) -> list[str]:
    with guild_scope(cast.home.pk, cast.alice):
        rows = Change.objects.filter(kind="absence").order_by("created_at", "id")
        return list(rows.values_list("verb", flat=True))


class TestOnePage:
    def test_a_viewer_writes_down_her_own_and_everybody_sees_it(self, cast: Cast) -> None:
        path = f"/g/home/members/{cast.bob.pk}/"
        answer = browser(cast.bob).post(f"{path}absences/", days(-1, 0), follow=True)
        assert answer.redirect_chain == [(path, 302)]
        assert "away until today" in answer.text
        assert "away until today" in browser(cast.carol).get("/g/home/members/").text
        page = browser(cast.carol).get(path).text
        assert "away until today" in page
        assert "/absences/" not in page
        assert verbs(cast) == ["added"]

    def test_what_is_over_is_not_shown_and_the_next_one_is(self, cast: Cast) -> None:
        away(cast, cast.bob, days(-9, -1))
        away(cast, cast.bob, days(40, 41))
        away(cast, cast.bob, days(1, 1))
        page = browser(cast.carol).get("/g/home/members/").text
        assert "away tomorrow" in page
        assert page.count("away") == 1

    def test_the_households_calendar_says_what_day_it_is(self, cast: Cast) -> None:
        api(cast.alice).patch("", {"time_zone": "Pacific/Kiritimati"})
        there = cast.home
        there.time_zone = "Pacific/Kiritimati"
        on = str(there.day(timezone.now()))
        away(cast, cast.bob, {"from_on": on, "until_on": on})
        assert "away today" in browser(cast.carol).get("/g/home/members/").text

    def test_an_edit_is_taken_back(self, cast: Cast) -> None:
        path = f"/g/home/absences/{away(cast, cast.bob)}/"
        client = browser(cast.bob)
        page = submit(client, path, {"from_on": "2126-07-02", "until_on": "2126-07-03"})
        assert page.status_code == 302
        assert stored(cast) == [("Bob", "2126-07-02", "2126-07-03")]
        undo(client, cast, "edited")
        assert stored(cast) == [("Bob", *JULY.values())]

    def test_a_deleted_one_is_brought_back_by_a_viewer(self, cast: Cast) -> None:
        pk = away(cast, cast.bob)
        client = browser(cast.bob)
        client.post(f"/g/home/absences/{pk}/delete/")
        assert stored(cast) == []
        assert client.get(f"/g/home/absences/{pk}/").status_code == 404
        undo(client, cast, "deleted")
        assert stored(cast) == [("Bob", *JULY.values())]
        assert client.post(f"/g/home/absences/{pk}/delete/").status_code == 302
        assert verbs(cast) == ["added", "deleted", "restored", "deleted"]

    def test_an_added_one_is_taken_back(self, cast: Cast) -> None:
        client = browser(cast.bob)
        client.post(f"/g/home/members/{cast.bob.pk}/absences/", JULY)
        undo(client, cast, "added")
        assert stored(cast) == []

    def test_what_would_overlap_by_now_is_not_brought_back(self, cast: Cast) -> None:
        client, pk = browser(cast.bob), away(cast, cast.bob)
        client.post(f"/g/home/absences/{pk}/delete/")
        away(cast, cast.bob)
        assert undo(client, cast, "deleted") == 409
        assert len(stored(cast)) == 1

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"from_on": "2126-07-14", "until_on": "2126-07-20"}, "in another absence already"),
            ({"from_on": "2126-06-01", "until_on": "2126-08-20"}, "in another absence already"),
            ({"from_on": "2126-08-02", "until_on": "2126-08-01"}, "lies before the first"),
            ({"from_on": "", "until_on": "2126-08-01"}, "This field is required"),
            ({"from_on": "0001-01-01", "until_on": "2126-08-01"}, "between 1970 and 9998"),
            ({"from_on": "31.2.", "until_on": "x"}, "valid date"),
        ],
    )
    def test_days_that_cannot_be_are_named(
        self, cast: Cast, said: dict[str, str], words: str
    ) -> None:
        other = away(cast, cast.bob, {"from_on": "2126-01-01", "until_on": "2126-01-01"})
        away(cast, cast.bob)
        before = stored(cast)
        client = browser(cast.bob)
        added = client.post(f"/g/home/members/{cast.bob.pk}/absences/", said)
        edited = submit(client, f"/g/home/absences/{other}/", said)
        for answer in (added, edited):
            assert answer.status_code == 422
            assert words in answer.text
        assert stored(cast) == before

    def test_a_stale_form_writes_nothing(self, cast: Cast) -> None:
        path = f"/g/home/absences/{away(cast, cast.bob)}/"
        said = {"from_on": "2126-07-02", "until_on": "2126-07-03", "version": "old"}
        answer = browser(cast.bob).post(path, said)
        assert answer.status_code == 422
        assert "Somebody changed this" in answer.text
        assert stored(cast) == [("Bob", *JULY.values())]

    @pytest.mark.parametrize("who", ["bob", "carol"])
    def test_those_of_others_are_not_for_viewers_and_members(self, cast: Cast, who: str) -> None:
        client = browser(getattr(cast, who))
        pk = away(cast, cast.alice)
        for path in (
            f"/g/home/members/{cast.alice.pk}/absences/",
            f"/g/home/absences/{pk}/",
            f"/g/home/absences/{pk}/delete/",
        ):
            assert client.post(path, JULY).status_code == 403
        assert client.get(f"/g/home/absences/{pk}/").status_code == 403
        assert verbs(cast) == ["added"]


def undo(client: Any, cast: Cast, verb: str) -> int:
    """Press Undo on the latest such change, which the history offers."""
    with guild_scope(cast.home.pk, cast.alice):
        change = Change.objects.filter(kind="absence", verb=verb).latest("created_at")
    path = f"/g/home/history/{change.pk}/revert/"
    assert path in client.get("/g/home/history/").text
    return int(client.post(path).status_code)


def test_of_one_who_was_an_admin_others_absences_are_not_hers_to_undo(cast: Cast) -> None:
    adam = add_member(cast.home, make_person("Adam"), Role.ADMIN)
    row = api(adam).post("absences/", JULY | {"member": str(cast.bob.pk)}).json()
    api(cast.alice).patch(f"members/{adam.pk}/", {"role": "viewer"})
    with guild_scope(cast.home.pk, cast.alice):
        change = Change.objects.get(kind="absence", entity_id=row["id"])
    client = browser(adam)
    assert f"{change.pk}/revert/" not in client.get("/g/home/history/").text
    assert client.post(f"/g/home/history/{change.pk}/revert/").status_code == 403
    assert len(stored(cast)) == 1


def code_of(answer: Any) -> str:
    return str(answer.json()["errors"][0]["code"])


class TestOverTheApi:
    def test_a_viewer_writes_changes_and_deletes_her_own(self, cast: Cast) -> None:
        client = api(cast.bob)
        made = client.post("absences/", JULY)
        assert made.status_code == 201
        body = made.json()
        assert body["member"] == body["created_by"] == str(cast.bob.pk)
        path = f"absences/{body['id']}/"
        assert client.get(path)["ETag"] == made["ETag"]
        edited = client.patch(path, {"until_on": "2126-07-20"}, headers={"if-match": made["ETag"]})
        assert edited.json()["until_on"] == "2126-07-20"
        stale = client.patch(path, {"until_on": "2126-07-21"}, headers={"if-match": made["ETag"]})
        assert stale.status_code == 412
        assert client.put(path, JULY).json()["until_on"] == JULY["until_on"]
        assert client.delete(path).status_code == 204
        assert client.get(path).status_code == 404
        assert client.delete(path).status_code == 404

    def test_it_is_narrowed_by_member_and_days(self, cast: Cast) -> None:
        july = away(cast, cast.bob)
        august = away(cast, cast.carol, {"from_on": "2126-08-01", "until_on": "2126-08-02"})
        for asked, found in [
            ("", [july, august]),
            (f"?member={cast.bob.pk}", [july]),
            ("?on=2126-07-14", [july]),
            ("?on=2126-07-15", []),
            ("?days_from=2126-07-14&days_until=2126-08-01", [july, august]),
            ("?days_from=2126-07-15", [august]),
            ("?order=newest", [august, july]),
        ]:
            rows = api(cast.carol).get(f"absences/{asked}").json()["results"]
            assert [row["id"] for row in rows] == found, asked
        assert api(cast.carol).get("absences/?on=soon").status_code == 400

    def test_an_id_of_ones_own_makes_one_row(self, cast: Cast) -> None:
        said = JULY | {"id": "019aa1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"}
        client = api(cast.bob)
        assert client.post("absences/", said).status_code == 201
        assert client.post("absences/", said).status_code == 200
        assert client.post("absences/", said | {"from_on": "2126-07-02"}).status_code == 409
        other = api(cast.carol).post("absences/", said | days(1, 2))
        assert (other.status_code, code_of(other)) == (409, "id_taken")
        assert len(stored(cast)) == 1

    def test_days_that_overlap_are_refused(self, cast: Cast) -> None:
        away(cast, cast.bob)
        answer = api(cast.bob).post("absences/", JULY)
        assert (answer.status_code, code_of(answer)) == (409, "overlap")
        assert api(cast.carol).post("absences/", JULY).status_code == 201
        backwards = {"from_on": "2126-07-02", "until_on": "2126-07-01"}
        assert api(cast.alice).post("absences/", backwards).status_code == 400

    def test_it_stays_its_members(self, cast: Cast) -> None:
        path = f"absences/{away(cast, cast.bob)}/"
        answer = api(cast.alice).patch(path, {"member": str(cast.carol.pk)})
        assert answer.status_code == 400
        assert api(cast.alice).patch(path, {"member": str(cast.bob.pk)}).status_code == 200
        stranger = JULY | {"member": str(cast.charlie.pk)}
        assert api(cast.alice).post("absences/", stranger).status_code == 400

    def test_a_key_that_writes_is_enough_for_ones_own_alone(self, cast: Cast) -> None:
        client = api(cast.alice, None, "read", "write")
        own = client.post("absences/", JULY)
        assert own.status_code == 201
        assert client.post("absences/", JULY | {"member": str(cast.bob.pk)}).status_code == 403
        path = f"absences/{away(cast, cast.bob)}/"
        assert client.patch(path, JULY).status_code == 403
        assert client.delete(path).status_code == 403

    def test_those_of_who_left_are_gone_and_come_back_with_her(self, cast: Cast) -> None:
        away(cast, cast.bob)
        api(cast.alice).delete(f"members/{cast.bob.pk}/")
        assert api(cast.carol).get("absences/").json()["results"] == []
        with guild_scope(cast.home.pk, cast.alice):
            Member.objects.filter(pk=cast.bob.pk).update(left_at=None)
        assert len(api(cast.carol).get("absences/").json()["results"]) == 1


def test_history_says_it_in_words(cast: Cast) -> None:
    pk = away(cast, cast.bob)
    api(cast.bob).patch(f"absences/{pk}/", {"until_on": "2126-07-20"})
    api(cast.bob).delete(f"absences/{pk}/")
    page = browser(cast.carol).get("/g/home/history/").text
    for said in (
        "Alice wrote down when “Bob” is away",
        "Bob changed when “Bob” is away",
        "Bob deleted an absence of “Bob”",
        "until",
    ):
        assert said in page


def test_the_database_keeps_the_days_of_one_member_apart(cast: Cast) -> None:
    span = {"from_on": date(2126, 7, 1), "until_on": date(2126, 7, 14)}
    away(cast, cast.bob)
    with guild_scope(cast.home.pk, cast.alice):
        with pytest.raises(IntegrityError), transaction.atomic():
            Absence.objects.create(member=cast.bob, **span)
        Absence.objects.create(member=cast.carol, **span)
        Absence.objects.create(member=cast.bob, deleted_at=timezone.now(), **span)


def test_of_many_at_once_one_is_written_down(committed_cast: Cast) -> None:
    client = api(committed_cast.bob)
    answers: list[int] = []

    def add() -> None:
        answers.append(client.post("absences/", JULY).status_code)
        connections.close_all()

    threads = [threading.Thread(target=add) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409, 409, 409]
