"""Why did I (not) get it? Over the API and on the page, to each recipient her own."""

from __future__ import annotations

from accounts.guild.testing import Cast, api, browser
from reminders.testing import deliver, make_reminder


def test_each_recipient_sees_her_own_ways(committed_cast: Cast) -> None:
    alice, carol = committed_cast.alice, committed_cast.carol
    reminder = make_reminder(carol, in_seconds=0.2, recipients=[alice, carol])
    deliver(seconds=2)

    for member in (alice, carol):
        answer = api(member).get(f"reminders/{reminder.pk}/deliveries/").json()
        assert answer["next"] is None
        assert {row["channel"] for row in answer["results"]} == {"inbox", "email"}
        assert {row["recipient"] for row in answer["results"]} == {str(member.pk)}
        assert {row["status"] for row in answer["results"]} == {"sent"}
        assert [tried["outcome"] for tried in answer["results"][0]["attempts"]] == ["sent"]


def test_it_pages_and_refuses_what_it_does_not_know(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, in_seconds=0.2)
    deliver(seconds=2)
    client, path = api(carol), f"reminders/{reminder.pk}/deliveries/"

    first = client.get(f"{path}?limit=1").json()
    second = client.get(f"{path}?limit=1&cursor={first['next']}").json()

    assert first["results"][0]["id"] != second["results"][0]["id"]
    assert second["next"] is None
    for wrong in ("limit=0", "limit=x", "cursor=12abc", "status=sent"):
        assert client.get(f"{path}?{wrong}").status_code == 400


def test_the_page_tells_it_in_sentences(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, in_seconds=0.2)
    deliver(seconds=2)
    path = f"/g/home/reminders/{reminder.pk}/"

    assert "You got it on time." in browser(carol).get(path).content.decode()
    assert "It has not come to you yet." in browser(bob).get(path).content.decode()


def test_lists_are_narrowed_and_ordered(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    late = make_reminder(carol, message="Late", in_seconds=500)
    soon = make_reminder(carol, message="Soon", in_seconds=300, recipients=[bob])
    api(carol).post(f"reminders/{late.pk}/pause/")
    client = api(bob)

    def listed(query: str) -> list[str]:
        return [row["message"] for row in client.get(f"reminders/?{query}").json()["results"]]

    assert listed("order=next") == ["Soon", "Late"]
    assert listed("paused=true") == ["Late"]
    assert listed(f"recipient={bob.pk}") == ["Soon"]
    assert listed("frequency=daily") == []
    assert client.get(f"reminders/{soon.pk}/").json()["recipients"] == [str(bob.pk)]
    assert client.get("reminders/?paused=yes").status_code == 400
    assert client.get("inbox/?state=closed").status_code == 400


def test_what_was_withdrawn_is_listed_only_when_it_is_asked_for(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    for message in ("Stays", "Goes"):
        reminder = make_reminder(carol, message=message, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    api(carol).delete(f"reminders/{reminder.pk}/")

    def listed(query: str) -> list[str]:
        rows = api(bob).get(f"inbox/{query}").json()["results"]
        return sorted(row["title"] for row in rows)

    assert listed("") == listed("?state=open") == ["Stays"]
    assert listed("?state=all") == ["Goes", "Stays"]
