"""Staff look at deliveries of all households, and let one be tried again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser, make_person
from accounts.models import Change, User
from reminders.engine.database import run
from reminders.models import Delivery, Reminder
from reminders.reasons import ABOUT_PROVIDERS, KINDS, WORDS
from reminders.testing import clock_shifted, deliver, deliveries, make_reminder

LIST = "/admin/reminders/delivery/"


@pytest.fixture
def staff(committed: None) -> Client:
    user = make_person("Sam")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


def failed_mail(cast: Cast, settings: Settings) -> tuple[Reminder, Any]:
    """A reminder of Carol's whose mail could not go out, and that delivery's id."""
    settings.MAIL_IS_SET_UP = False
    reminder = make_reminder(cast.carol, message="Surprise party", in_seconds=0.2)
    deliver(seconds=2)
    settings.MAIL_IS_SET_UP = True
    [(pk,)] = run(
        "SELECT id FROM reminders_delivery WHERE reminder_id = %s AND channel = 'email'",
        [reminder.pk],
    )
    return reminder, pk


def again(staff: Client, pk: Any) -> str:
    """What the page says after the button."""
    answer = staff.post(f"{LIST}{pk}/again/", follow=True)
    assert answer.status_code == 200
    return " ".join(str(message) for message in answer.context["messages"])


def of_mail(reminder: Reminder) -> dict[str, Any]:
    return next(one for one in deliveries(reminder) if one["channel"] == "email")


# --- Looking


def test_each_row_is_told_in_words_without_its_contents(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    _reminder, pk = failed_mail(committed_cast, settings)
    for path in (LIST, f"{LIST}{pk}/change/"):
        text = staff.get(path).text
        for words in ("Home", "Carol", "E-mail", "No mail server is set up here."):
            assert words in text, words
        assert "Surprise" not in text


def test_the_lateness_is_told(staff: Client, committed_cast: Cast) -> None:
    make_reminder(committed_cast.carol, in_seconds=60)
    deliver(hours=3)
    assert "2 hours" in staff.get(LIST).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 4),
        ("channel=email", 2),
        ("status=sent", 2),
        ("why=no_way", 1),
        ("why=provider", 1),
        ("why=withdrawn", 0),
        ("late=3600", 1),
        ("late=86400", 0),
        ("q=carol", 4),
        ("q=carol@example.org", 4),
        ("q=bob", 0),
        ("why=nonsense", 0),
        ("late=nonsense", 0),
    ],
)
def test_they_are_narrowed(
    staff: Client, committed_cast: Cast, settings: Settings, query: str, found: int
) -> None:
    failed_mail(committed_cast, settings)
    other = make_reminder(committed_cast.carol, in_seconds=60)
    deliver(hours=3)
    run(
        "UPDATE reminders_delivery SET status = 'failed', sent_at = NULL, reason = '550 no'"
        " WHERE reminder_id = %s AND channel = 'email'",
        [other.pk],
    )
    answer = staff.get(f"{LIST}?{query}")
    if "nonsense" in query:
        assert answer.status_code == 302
    else:
        assert len(answer.context["cl"].result_list) == found


def test_the_last_day_is_summed_up_by_way(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    failed_mail(committed_cast, settings)
    with clock_shifted(seconds=5):
        summary = {row.channel: row for row in staff.get(LIST).context["summary"]}
    assert summary["inbox"].sent == 1
    assert summary["inbox"].late in {"1 second", "2 seconds"}
    assert (summary["email"].sent, summary["email"].skipped) == (0, 1)
    assert summary["email"].late == ""


def test_every_reason_of_ours_is_of_one_kind() -> None:
    kinds = [code.rstrip(":") for _label, codes in KINDS.values() for code in codes]
    assert len(kinds) == len(set(kinds))
    ours = {code.partition(":")[0] for code in WORDS} - ABOUT_PROVIDERS
    assert ours <= set(kinds)


# --- Trying again


def test_staff_let_one_be_tried_again(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    reminder, pk = failed_mail(committed_cast, settings)
    assert "tried again" in again(staff, pk)
    assert again(staff, pk) == "This one is on its way."

    deliver(seconds=2)
    assert (of_mail(reminder)["status"], of_mail(reminder)["step"]) == ("sent", 0)
    assert of_mail(reminder)["attempts"] == ["skipped", "again", "sent"]
    assert len(mail.outbox) == 1
    carol = committed_cast.carol
    page = browser(carol).get(f"/g/home/reminders/{reminder.pk}/").text
    assert "E-mail: staff let it be tried again" in page


def test_the_recipient_reads_it_in_her_history_and_nobody_else(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    _reminder, pk = failed_mail(committed_cast, settings)
    again(staff, pk)

    with guild_scope(committed_cast.home.pk, committed_cast.carol):
        [change] = Change.objects.filter(source="admin")
    assert (change.verb, change.kind, change.entity_id) == ("tried again", "delivery", pk)
    said = "let a message be tried again"
    assert said in browser(committed_cast.carol).get("/g/home/history/").text
    assert said not in browser(committed_cast.alice).get("/g/home/history/").text


def test_also_what_is_more_than_a_day_late(staff: Client, committed_cast: Cast) -> None:
    reminder = make_reminder(committed_cast.carol, in_seconds=60)
    deliver(days=2)
    assert of_mail(reminder)["reason"] == "too_late"
    again(staff, pk_of(reminder))

    deliver(days=2, seconds=5)
    [letter] = mail.outbox
    assert "late" in letter.body


def pk_of(reminder: Reminder, channel: str = "email") -> Any:
    sql = "SELECT id FROM reminders_delivery WHERE reminder_id = %s AND channel = %s"
    return run(sql, [reminder.pk, channel])[0][0]


def test_what_may_not_go_out_again_says_why(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    carol = committed_cast.carol
    done, done_pk = failed_mail(committed_cast, settings)
    [row] = api(carol).get("inbox/").json()["results"]
    api(carol).post(f"inbox/{row['id']}/done/")
    assert again(staff, done_pk) == "Not tried again: it is done."

    gone, gone_pk = failed_mail(committed_cast, settings)
    api(carol).delete(f"reminders/{gone.pk}/")
    assert again(staff, gone_pk) == "Not tried again: it was closed."

    assert again(staff, pk_of(done, "inbox")) == "Not tried again: it was sent."

    paused = make_reminder(carol, in_seconds=20)
    deliver()
    api(carol).post(f"reminders/{paused.pk}/pause/")
    assert again(staff, pk_of(paused)) == "Not tried again: it was closed."
    before = [of_mail(one)["status"] for one in (done, gone, paused)]
    deliver(seconds=30)
    assert [of_mail(one)["status"] for one in (done, gone, paused)] == before
    assert mail.outbox == []


def test_nobody_who_left_is_written_to(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    _reminder, pk = failed_mail(committed_cast, settings)
    run("UPDATE accounts_member SET left_at = now() WHERE id = %s", [committed_cast.carol.pk])
    assert again(staff, pk) == "Not tried again: this person has left."


def test_several_are_tried_again_from_the_list(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    first, one = failed_mail(committed_cast, settings)
    second, two = failed_mail(committed_cast, settings)
    form = {
        "action": "try_again",
        "_selected_action": [str(one), str(two), str(pk_of(first, "inbox"))],
    }
    answer = staff.post(LIST, form, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said == ["2 will be tried again at once.", "Not tried again: it was sent."]
    deliver(seconds=2)
    assert {of_mail(reminder)["status"] for reminder in (first, second)} == {"sent"}


def test_nobody_else_tries_again(committed_cast: Cast, settings: Settings) -> None:
    reminder, pk = failed_mail(committed_cast, settings)
    for client in (Client(), browser(committed_cast.alice)):
        assert client.get(LIST).status_code in {302, 403}
        assert client.post(f"{LIST}{pk}/again/").status_code in {302, 403}
    assert of_mail(reminder)["status"] == "skipped"


def test_only_a_form_tries_again(staff: Client, committed_cast: Cast, settings: Settings) -> None:
    reminder, pk = failed_mail(committed_cast, settings)
    assert staff.get(f"{LIST}{pk}/again/").status_code == 405
    assert staff.post(f"{LIST}01a1fa4e-0fd6-74d7-ae72-aa51c281f79a/again/").status_code == 404
    assert of_mail(reminder)["status"] == "skipped"


def test_the_rows_themselves_are_not_written(
    staff: Client, committed_cast: Cast, settings: Settings
) -> None:
    reminder, pk = failed_mail(committed_cast, settings)
    staff.post(f"{LIST}{pk}/change/", {"status": "sent", "reason": "x"})
    assert of_mail(reminder)["reason"] == "no_mail_server"
    assert Delivery._base_manager.using("system").get(pk=pk).provider_id == ""
