"""Links that act without a sign-in: one act each, kind when used, nothing for the forged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, browser
from accounts.models import Change, Guild, Member, User
from reminders import acts
from reminders.acts import Act, Ticket
from reminders.models import Notification, Reminder
from reminders.testing import deliver, deliveries, make_reminder

JSON = {"accept": "application/json"}


@pytest.fixture
def reminder(committed_cast: Cast) -> Reminder:
    """What Carol made for Bob, who only views; it has come."""
    reminder = make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[committed_cast.bob])
    deliver(seconds=2)
    return reminder


def row_of(member: Member, **wanted: Any) -> Notification:
    with guild_scope(member.guild_id, member):
        found: Notification = Notification.objects.get(**wanted)
        return found


def path_of(of: Member, act: Act, **changes: Any) -> str:
    row = row_of(of, kind="reminder")
    ticket = Ticket(of.guild_id, of.pk, row.pk, row.link_serial, act)
    return urlsplit(acts.link(ticket._replace(**changes))).path


def test_looking_changes_nothing_and_shows_only_the_title(
    committed_cast: Cast, reminder: Reminder
) -> None:
    bob, scanner = committed_cast.bob, Client()
    path = path_of(bob, Act.DONE)

    answers = [scanner.get(path), scanner.head(path), scanner.get(path)]

    assert {answer.status_code for answer in answers} == {200}
    assert "Feed the cat" in answers[0].text
    assert "Bob" not in answers[0].text
    assert "@" not in answers[0].text
    assert answers[0].headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answers[0].headers["Cache-Control"]
    assert answers[0].headers["X-Robots-Tag"] == "noindex, nofollow"
    assert row_of(bob).done_at is None
    assert row_of(bob).link_serial == 0


def test_the_button_says_done_without_a_sign_in(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    # The form has no token: what is signed in the address entitles.
    client = Client(enforce_csrf_checks=True)

    answer = client.post(path_of(bob, Act.DONE))

    assert answer.status_code == 200
    assert "Take it back" in answer.text
    assert row_of(bob).done_at
    with guild_scope(bob.guild_id, bob):
        change = Change.objects.get(entity_id=row_of(bob).pk)
    assert (change.verb, change.actor_id, change.source) == ("done", bob.pk, "web")
    assert client.get("/me/").status_code == 302


@pytest.mark.parametrize("act", [Act.DONE, Act.LATER, Act.NOT_ME])
def test_a_link_that_was_used_says_so_and_does_nothing(
    committed_cast: Cast, reminder: Reminder, act: Act
) -> None:
    bob, client = committed_cast.bob, Client()
    path = path_of(bob, act)
    others = [path_of(bob, other) for other in Act if other != act]
    client.post(path)
    before = row_of(bob)

    answers = [client.post(one) for one in [path, *others]]

    after = row_of(bob)
    assert {answer.status_code for answer in answers} == {409}
    assert all("<form" not in answer.text for answer in answers)
    assert (after.done_at, after.snoozed_until, after.closed_at, after.link_serial) == (
        before.done_at,
        before.snoozed_until,
        before.closed_at,
        1,
    )


def test_what_was_done_elsewhere_is_done_already(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    path = path_of(bob, Act.LATER)
    browser(bob).post(f"/g/home/inbox/{row_of(bob).pk}/done/")

    looked, pressed = Client().get(path), Client().post(path)

    assert "This is done already." in looked.text
    assert "This is done already." in pressed.text
    assert row_of(bob).snoozed_until is None


@pytest.mark.parametrize("act", [Act.DONE, Act.LATER, Act.NOT_ME])
def test_it_is_taken_back_on_the_page(committed_cast: Cast, reminder: Reminder, act: Act) -> None:
    bob, client = committed_cast.bob, Client()
    due_at = row_of(bob).due_at
    page = client.post(path_of(bob, act))
    back = urlsplit(page.context["back"]).path

    first, again = client.post(back), client.post(back)

    row = row_of(bob, kind="reminder")
    assert "It waits in your inbox again." in first.text
    assert again.status_code == 409
    assert row.is_waiting
    assert row.due_at == due_at
    deliver(hours=2)
    mine = [one for one in deliveries(reminder) if one["status"] != "skipped"]
    assert [one["step"] for one in mine] == [0, 0]
    assert client.post(path_of(bob, Act.DONE)).status_code == 200


def test_later_offers_times_and_takes_one(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    path = path_of(bob, Act.LATER)
    assert 'value="morning"' in Client().get(path).text

    answer = Client().post(path, {"for": "60"})

    assert "You hear of it again" in answer.text
    until = row_of(bob).snoozed_until
    assert until
    assert abs(until - timezone.now() - timedelta(hours=1)) < timedelta(minutes=1)


def test_of_two_presses_at_once_one_acts(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    path = path_of(bob, Act.LATER)

    def press(_number: int) -> int:
        try:
            return Client().post(path).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(press, range(4)))

    assert answers == [200, 409, 409, 409]
    assert row_of(bob).link_serial == 1
    rounds = [one for one in deliveries(reminder) if one["step"]]
    assert [one["step"] for one in rounds] == [1, 1]


@pytest.mark.parametrize("key", ["yesterday", "-5", "0", "999999", "²"])
def test_a_time_that_is_none_is_refused(committed_cast: Cast, reminder: Reminder, key: str) -> None:
    bob = committed_cast.bob

    answer = Client().post(path_of(bob, Act.LATER), {"for": key})

    assert answer.status_code == 400
    assert row_of(bob).snoozed_until is None
    assert row_of(bob).link_serial == 0


def test_a_service_worker_is_answered_in_json(committed_cast: Cast, reminder: Reminder) -> None:
    bob, client = committed_cast.bob, Client()
    path = path_of(bob, Act.DONE)

    first, again = client.post(path, headers=JSON), client.post(path, headers=JSON)

    assert (first.status_code, first.json()["state"]) == (200, "acted")
    assert (again.status_code, again.json()["state"]) == (409, "used")
    assert again.json()["said"] == "This is done already."


def last_letter_changed(path: str) -> str:
    swapped = "A" if path[-2] != "A" else "B"
    return f"{path[:-2]}{swapped}/"


def of_another_salt(path: str) -> str:
    token = urlsplit(acts.off_link(acts.OffTicket(acts.NOBODY, None, acts.NOBODY))).path
    return f"/act/{token.split('/')[2]}/"


@pytest.mark.parametrize(
    "forge", [last_letter_changed, of_another_salt, lambda _path: "/act/nothing/"]
)
def test_a_forged_link_is_nothing(
    committed_cast: Cast, reminder: Reminder, forge: Callable[[str], str]
) -> None:
    forged = forge(path_of(committed_cast.bob, Act.DONE))

    assert Client().get(forged).status_code == 404
    assert Client().post(forged).status_code == 404
    assert row_of(committed_cast.bob).done_at is None


def test_an_old_link_says_that_it_is_over(
    committed_cast: Cast, reminder: Reminder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(committed_cast.bob, Act.DONE)
    monkeypatch.setattr(acts, "GOOD_FOR", timedelta(seconds=-1))

    answer = Client().post(path)

    assert answer.status_code == 410
    assert "Feed the cat" not in answer.text
    assert row_of(committed_cast.bob).done_at is None


def leave(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.alice):
        Member.objects.filter(pk=cast.bob.pk).update(left_at=timezone.now())


def close_home(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.alice):
        Guild.objects.filter(pk=cast.home.pk).update(deleted_at=timezone.now())


def switch_account_off(_cast: Cast) -> None:
    User.objects.filter(email="bob@example.org").update(status=User.Status.SUSPENDED)


@pytest.mark.parametrize("end", [leave, close_home, switch_account_off])
def test_who_is_gone_holds_links_to_nothing(
    committed_cast: Cast, reminder: Reminder, end: Callable[[Cast], None]
) -> None:
    path = path_of(committed_cast.bob, Act.DONE)
    end(committed_cast)

    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 404


def test_a_link_of_one_opens_nothing_of_another(committed_cast: Cast, reminder: Reminder) -> None:
    bob = committed_cast.bob
    for stranger in (committed_cast.carol, committed_cast.charlie):
        path = path_of(bob, Act.DONE, member=stranger.pk, guild=stranger.guild_id)
        assert Client().post(path).status_code == 404
    assert row_of(bob).done_at is None


def test_it_speaks_the_language_of_whoever_it_was_sent_to(
    committed_cast: Cast, reminder: Reminder
) -> None:
    User.objects.filter(email="bob@example.org").update(locale="de")

    assert '<html lang="de">' in Client().get(path_of(committed_cast.bob, Act.DONE)).text


def test_one_address_opens_only_so_many(
    committed_cast: Cast, reminder: Reminder, settings: Settings
) -> None:
    settings.RATE_LIMITS = True
    client, path = Client(), path_of(committed_cast.bob, Act.DONE)

    # Thirty a minute; a new one may begin among them.
    answers = [client.get(path) for _ in range(62)]

    slow = [answer for answer in answers if answer.status_code == 429]
    assert 2 <= len(slow) <= 32
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["Retry-After"]) <= 60 for answer in slow)
    assert Client(REMOTE_ADDR="192.0.2.7").get(path).status_code == 200
