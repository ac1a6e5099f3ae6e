"""The way out by e-mail, to a real mail server on this machine, faults included."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, User
from reminders import acts
from reminders.engine.database import run
from reminders.engine.drain import Drain
from reminders.engine.plan import plan
from reminders.models import Destination, Notification
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder
from reminders.tests.smtp import Postbox, postbox


@pytest.fixture
def box(settings: Settings) -> Iterator[Postbox]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield box


def text_of(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def email_of(reminder: Any) -> dict[str, Any]:
    [one] = [one for one in deliveries(reminder) if one["channel"] == "email"]
    return one


@pytest.mark.parametrize("shared", [False, True])
def test_an_address_that_is_no_more_confirmed_is_not_written_to(
    committed_cast: Cast, box: Postbox, *, shared: bool
) -> None:
    """She took it out of her account, or it was an admin's who left."""
    alice, carol = committed_cast.alice, committed_cast.carol
    maker = alice if shared else carol
    assert maker.user is not None
    EmailAddress.objects.create(user=maker.user, email="old@work.example", verified=True)
    said = {"channel": "email", "address": "old@work.example", "name": "Work", "shared": shared}
    row = api(maker).post("destinations/", said).json()
    named: dict[str, Any] = {"destinations": [UUID(row["id"])]} if shared else {}
    make_reminder(maker, message="First", **named)
    deliver(minutes=2)
    assert "old@work.example" in [letter["To"] for letter in box.letters]
    box.letters.clear()

    EmailAddress.objects.filter(email="old@work.example").update(verified=False)

    reminder = make_reminder(maker, message="Secret party", **named)
    deliver(minutes=4)
    assert "old@work.example" not in [letter["To"] for letter in box.letters]
    [ended] = run(
        "SELECT status, reason FROM reminders_delivery WHERE reminder_id = %s"
        " AND destination_id = %s",
        [reminder.pk, row["id"]],
    )
    assert ended == ("skipped", "unconfirmed")
    page = browser(maker).get("/g/home/destinations/").text
    assert "This address is not a confirmed one of the account any more." in page
    answer = api(maker).post(f"destinations/{row['id']}/test/")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "unconfirmed")

    EmailAddress.objects.filter(email="old@work.example").update(verified=True)
    assert api(maker).post(f"destinations/{row['id']}/switch/", {"on": True}).status_code == 200
    assert api(maker).post(f"destinations/{row['id']}/test/").json()["tested_reason"] == ""


def test_it_arrives_in_text_and_html_with_the_key_as_its_id(
    committed_cast: Cast, box: Postbox
) -> None:
    reminder = make_reminder(committed_cast.carol, message="Feed <b>the</b> cat\r\nand the fish")

    deliver(minutes=2)

    [letter] = box.letters
    assert letter["Subject"] == "Feed <b>the</b> cat"
    assert letter["To"] == "carol@example.org"
    assert len(letter["Message-ID"].strip().strip("<>").split("@")[0]) == 40
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "and the fish" in text_of(letter, "plain")
    # What the heading says is not said again below it.
    assert text_of(letter, "plain").count("Feed <b>the</b> cat") == 1
    assert "&lt;b&gt;the&lt;/b&gt;" in text_of(letter, "html")
    assert "http://127.0.0.1:8000/g/home/inbox/" in text_of(letter, "plain")
    assert email_of(reminder)["status"] == "sent"


def link_in(letter: EmailMessage, word: str) -> str:
    """The path of the link under this word in the plain text."""
    _before, found, after = text_of(letter, "plain").partition(f"{word}:\n")
    assert found, word
    address = after.split("\n", 1)[0].strip()
    assert f'href="{address}"' in text_of(letter, "html")
    return urlsplit(address).path


def test_its_links_do_what_they_say(committed_cast: Cast, box: Postbox) -> None:
    bob = committed_cast.bob
    make_reminder(committed_cast.carol, in_seconds=0.2, recipients=[bob])
    deliver(seconds=2)
    [letter] = box.letters
    done, later, not_me = (link_in(letter, word) for word in ("Done", "Later", "Not me"))

    assert [Client().get(path).status_code for path in (done, later, not_me)] == [200] * 3
    assert Client().post(later).status_code == 200

    with guild_scope(bob.guild_id, bob):
        assert Notification.objects.get().snoozed_until
    deliver(minutes=11)
    assert Client().post(done).status_code == 409
    assert Client().post(link_in(box.letters[1], "Done")).status_code == 200
    with guild_scope(bob.guild_id, bob):
        assert Notification.objects.get().done_at


def test_who_made_it_is_not_asked_whether_it_is_hers(committed_cast: Cast, box: Postbox) -> None:
    make_reminder(committed_cast.carol)

    deliver(minutes=2)

    assert "Not me" not in text_of(box.letters[0], "plain")
    assert "Not me" not in text_of(box.letters[0], "html")


def test_a_mail_program_switches_it_off_by_one_press(committed_cast: Cast, box: Postbox) -> None:
    first = make_reminder(committed_cast.carol, in_seconds=0.2)
    deliver(seconds=2)
    [letter] = box.letters
    address = letter["List-Unsubscribe"].strip("<>")
    off, client = urlsplit(address).path, Client(enforce_csrf_checks=True)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert off == link_in(letter, "No more e-mails")

    looked = client.get(off)
    second = make_reminder(committed_cast.carol, in_seconds=0.2)
    deliver(seconds=4)
    pressed = client.post(off, {"List-Unsubscribe": "One-Click"})
    third = make_reminder(committed_cast.carol, in_seconds=0.2)
    deliver(seconds=6)

    assert (looked.status_code, pressed.status_code) == (200, 200)
    assert "Switch it off" in looked.text
    assert "Switch it on again" in pressed.text
    assert [email_of(one)["status"] for one in (first, second)] == ["sent", "sent"]
    assert [one["channel"] for one in deliveries(third)] == ["inbox"]

    client.post(off, {"on": "1"})
    fourth = make_reminder(committed_cast.carol, in_seconds=0.2)
    deliver(seconds=8)
    assert email_of(fourth)["status"] == "sent"


def test_what_goes_to_the_household_as_a_whole_is_switched_off_for_all(
    committed_cast: Cast,
) -> None:
    home, alice = committed_cast.home, committed_cast.alice
    with guild_scope(home.pk, alice):
        row = Destination.objects.create(channel="email", name="Chat", secret="us@example.org")
    client, off = Client(), acts.off_link(acts.OffTicket(home.pk, None, row.pk))

    assert "Chat" in client.get(urlsplit(off).path).text
    assert "Switch it on again" in client.post(urlsplit(off).path).text

    with guild_scope(home.pk, alice):
        row.refresh_from_db()
        assert row.switched_off_reason == "unsubscribed"
        assert Change.objects.get(entity_id=row.pk).verb == "switched off"


def test_who_left_switches_nothing_off(committed_cast: Cast, box: Postbox) -> None:
    carol = committed_cast.carol
    make_reminder(carol, in_seconds=0.2)
    deliver(seconds=2)
    off = link_in(box.letters[0], "No more e-mails")
    forged = off.replace("/off/", "/off/x")
    run("UPDATE accounts_member SET left_at = now() WHERE id = %s", [carol.pk])

    assert [Client().post(path).status_code for path in (off, forged)] == [404, 404]


def test_it_speaks_the_readers_language_and_clock(committed_cast: Cast, box: Postbox) -> None:
    carol = committed_cast.carol
    User.objects.filter(email="carol@example.org").update(locale="de", time_zone="Asia/Kathmandu")
    make_reminder(carol)

    deliver(minutes=2)

    assert '<html lang="de">' in text_of(box.letters[0], "html")


def test_no_for_now_is_tried_again_with_the_same_key(committed_cast: Cast, box: Postbox) -> None:
    reminder = make_reminder(committed_cast.carol)
    box.answers = ["451 4.3.0 busy", "250 OK"]

    deliver(minutes=2)
    one = email_of(reminder)
    assert (one["status"], one["reason"]) == ("planned", "451 4.3.0 busy")
    deliver(minutes=2, seconds=1)
    assert box.letters == []  # not before its time

    deliver(minutes=2, seconds=20)
    one = email_of(reminder)
    assert (one["status"], one["attempts"]) == ("sent", ["passing", "sent"])
    assert len(box.letters) == 1


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "RCPT 550 5.1.1 no such user"])
def test_no_for_good_ends_it_at_once(committed_cast: Cast, box: Postbox, answer: str) -> None:
    reminder = make_reminder(committed_cast.carol)
    box.answers = [answer]

    deliver(minutes=2)
    deliver(hours=3)

    one = email_of(reminder)
    assert (one["status"], one["attempts"]) == ("failed", ["permanent"])
    assert one["reason"] == "550 5.1.1 no such user"


def test_a_server_that_is_away_or_silent_is_tried_for_a_day(
    committed_cast: Cast, box: Postbox, settings: Settings
) -> None:
    reminder = make_reminder(committed_cast.carol)
    settings.MAILERS = {
        "default": box.mailers()["default"]
        | {"OPTIONS": {"host": "127.0.0.1", "port": 1, "timeout": 1}}
    }

    deliver(minutes=2)
    assert email_of(reminder)["reason"] == "ConnectionRefusedError"
    for hour in range(3, 25, 3):
        deliver(hours=hour)

    one = email_of(reminder)
    assert one["status"] == "failed"
    assert set(one["attempts"]) == {"passing", "gave_up"}


def test_a_slow_answer_is_given_up_in_time(committed_cast: Cast, box: Postbox) -> None:
    reminder = make_reminder(committed_cast.carol)
    box.answers = ["SILENT"]

    deliver(minutes=2)

    assert email_of(reminder)["status"] == "planned"


def test_one_who_has_no_address_is_told_in_the_inbox_alone(
    committed_cast: Cast, box: Postbox
) -> None:
    carol = committed_cast.carol
    User.objects.filter(email="carol@example.org").update(email=None)
    reminder = make_reminder(carol)

    deliver(minutes=2)

    assert [one["channel"] for one in deliveries(reminder)] == ["inbox"]


def test_a_way_that_is_switched_off_is_not_taken(committed_cast: Cast, box: Postbox) -> None:
    first = make_reminder(committed_cast.carol, in_seconds=1)
    deliver(seconds=2)
    run("UPDATE reminders_destination SET switched_off_at = now()")

    second = make_reminder(committed_cast.carol)
    deliver(minutes=2)

    assert email_of(first)["status"] == "sent"
    assert [one["channel"] for one in deliveries(second)] == ["inbox"]
    assert len(box.letters) == 1


def test_a_no_to_our_own_address_is_tried_again(committed_cast: Cast, box: Postbox) -> None:
    reminder = make_reminder(committed_cast.carol)
    box.answers = ["MAIL 530 5.7.0 sign in first"]

    deliver(minutes=2)

    one = email_of(reminder)
    assert (one["status"], one["reason"]) == ("planned", "530 5.7.0 sign in first")


def test_without_a_mail_server_the_reminder_says_so_and_lies_in_the_inbox(
    committed_cast: Cast, settings: Settings
) -> None:
    settings.MAIL_IS_SET_UP = False
    reminder = make_reminder(committed_cast.carol)

    deliver(minutes=2)

    ways = {one["channel"]: (one["status"], one["reason"]) for one in deliveries(reminder)}
    assert ways == {"inbox": ("sent", ""), "email": ("skipped", "no_mail_server")}


def test_a_worker_that_stops_writes_down_what_is_under_way(
    committed_cast: Cast, box: Postbox
) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=1, recipients="everyone")
    box.answers = ["250 OK", "SLOW 250 OK", "SLOW 250 OK"]
    stops = iter([False, True])

    with clock_shifted(seconds=2):
        plan()
        Drain("email").run(lambda: next(stops))

    states = [one["status"] for one in deliveries(reminder) if one["channel"] == "email"]
    assert states == ["sent", "sent", "sent"]
