"""Not me: it is closed for her, its rounds stop, and whoever made it hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, Member, User
from reminders.models import Notification, Reminder
from reminders.testing import deliver, deliveries, make_reminder

INBOX = "/g/home/inbox/"


@pytest.fixture
def reminder(committed_cast: Cast) -> Reminder:
    """What Carol made for Bob and herself; it has come."""
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, in_seconds=0.2, recipients=[bob, carol])
    deliver(seconds=2)
    return reminder


def letters(member: Member, kind: str = "reminder") -> list[Notification]:
    with guild_scope(member.guild_id, member):
        return list(Notification.objects.waiting().filter(kind=kind))


def test_it_leaves_her_inbox_and_the_maker_hears_of_it(
    committed_cast: Cast, reminder: Reminder
) -> None:
    bob, carol = committed_cast.bob, committed_cast.carol
    [row] = letters(bob)
    page = browser(bob)
    assert "Not me: Feed the cat" in page.get(INBOX).text

    page.post(f"{INBOX}{row.pk}/not-me/")
    deliver(seconds=4)

    assert letters(bob) == []
    assert len(letters(carol)) == 1
    [told] = letters(carol, "not_me")
    assert told.title == "Bob says: “Feed the cat” is not for me"
    assert told.url == f"/g/home/reminders/{reminder.pk}/"
    assert "You said that it is not for you." in page.get(f"{INBOX}?show=all").text
    assert "Bob says" in browser(carol).get(INBOX).text
    story = page.get("/g/home/inbox/deliveries/").text
    assert "You said it is not for you" in story
    with guild_scope(bob.guild_id, bob):
        assert Change.objects.get(entity_id=row.pk).verb == "not_me"
    with guild_scope(bob.guild_id, carol):
        assert not Change.objects.filter(entity_id=row.pk).exists()


def test_undo_takes_both_back_and_it_can_be_said_again(
    committed_cast: Cast, reminder: Reminder
) -> None:
    bob, carol = committed_cast.bob, committed_cast.carol
    [row] = letters(bob)
    page = browser(bob)
    answer = page.post(f"{INBOX}{row.pk}/not-me/", headers={"hx-request": "true"})
    assert f"{INBOX}{row.pk}/reopen/" in answer.text

    page.post(f"{INBOX}{row.pk}/reopen/")
    deliver(seconds=4)
    assert (len(letters(bob)), letters(carol, "not_me")) == (1, [])

    page.post(f"{INBOX}{row.pk}/not-me/")
    deliver(seconds=6)
    assert (letters(bob), len(letters(carol, "not_me"))) == ([], 1)

    page.post(f"{INBOX}{row.pk}/reopen/")
    deliver(seconds=8)
    assert (len(letters(bob)), letters(carol, "not_me")) == (1, [])


def test_nothing_more_of_it_is_sent(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    [row] = letters(bob)
    client = api(bob)
    client.post(f"inbox/{row.pk}/snooze/", {"minutes": 10})

    answer = client.post(f"inbox/{row.pk}/not-me/")
    again = client.post(f"inbox/{row.pk}/not-me/")
    deliver(minutes=12)

    assert (answer.status_code, again.json()) == (200, answer.json())
    assert letters(bob) == []
    mine = [one for one in deliveries(reminder) if one["recipient"] == bob.pk and one["step"]]
    assert {(one["status"], one["reason"]) for one in mine} == {("skipped", "not_me")}
    assert client.post(f"inbox/{row.pk}/snooze/").status_code == 409


def test_the_maker_reads_it_in_her_language(committed_cast: Cast, reminder: Reminder) -> None:
    User.objects.filter(email="carol@example.org").update(locale="de")
    [row] = letters(committed_cast.bob)

    api(committed_cast.bob).post(f"inbox/{row.pk}/not-me/")
    deliver(seconds=4)

    [told] = letters(committed_cast.carol, "not_me")
    assert told.title == "Bob sagt: „Feed the cat“ ist nichts für mich"


def test_who_made_it_herself_tells_nobody(committed_cast: Cast, reminder: Reminder) -> None:
    carol = committed_cast.carol
    [row] = letters(carol)
    assert "Not me" not in browser(carol).get(INBOX).text

    api(carol).post(f"inbox/{row.pk}/not-me/")
    deliver(seconds=4)

    assert letters(carol) == []
    for member in (carol, committed_cast.bob, committed_cast.alice):
        assert letters(member, "not_me") == []


def test_a_maker_who_left_is_told_nothing(committed_cast: Cast, reminder: Reminder) -> None:
    [row] = letters(committed_cast.bob)
    with guild_scope(committed_cast.home.pk, committed_cast.alice):
        Member.objects.filter(pk=committed_cast.carol.pk).update(left_at=timezone.now())

    assert api(committed_cast.bob).post(f"inbox/{row.pk}/not-me/").status_code == 200
    deliver(seconds=4)

    assert letters(committed_cast.carol, "not_me") == []


def test_of_a_private_one_the_maker_hears_too(committed_cast: Cast) -> None:
    bob, carol = committed_cast.bob, committed_cast.carol
    make_reminder(carol, in_seconds=0.2, recipients=[bob, carol], visibility="private")
    deliver(seconds=2)
    [row] = letters(bob)
    assert "Not me: Feed the cat" in browser(bob).get(INBOX).text

    api(bob).post(f"inbox/{row.pk}/not-me/")
    deliver(seconds=4)

    assert len(letters(carol, "not_me")) == 1


def test_it_is_nobody_elses_to_say(committed_cast: Cast, reminder: Reminder) -> None:
    [row] = letters(committed_cast.bob)

    for other in (committed_cast.carol, committed_cast.alice):
        assert api(other).post(f"inbox/{row.pk}/not-me/").status_code == 404
        assert browser(other).post(f"{INBOX}{row.pk}/not-me/").status_code == 404
    assert len(letters(committed_cast.bob)) == 1


def test_reopen_over_the_api_takes_back_whatever_it_was(
    committed_cast: Cast, reminder: Reminder
) -> None:
    [row] = letters(committed_cast.bob)
    client = api(committed_cast.bob)
    for verb in ("done", "snooze", "not-me"):
        client.post(f"inbox/{row.pk}/{verb}/")
        assert letters(committed_cast.bob) == []

        first, again = (client.post(f"inbox/{row.pk}/reopen/") for _ in range(2))

        assert (first.status_code, again.json()) == (200, first.json())
        assert len(letters(committed_cast.bob)) == 1
    due_at = letters(committed_cast.bob)[0].due_at
    assert due_at
    assert due_at < timezone.now() + timedelta(seconds=5)
