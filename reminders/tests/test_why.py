"""Why did I (not) get it? Of all reminders at once: what came, what did not, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change, Member
from reminders.asking import understood
from reminders.engine.database import run
from reminders.models import Delivery, Destination, Reminder, Status
from reminders.testing import deliver, make_reminder

PATH = "/g/home/inbox/deliveries/"
FRIDAY = date(2026, 11, 20)


def told(member: Member, query: str = "") -> list[tuple[str, str]]:
    """Title and verdict of each story on her page."""
    answer = browser(member).get(f"{PATH}{query}")
    assert answer.status_code == 200
    return [(story.title, story.verdict) for story in answer.context["stories"]]


def household_way(by: Member, name: str = "Kitchen display") -> Destination:
    with guild_scope(by.guild_id, by):
        way: Destination = Destination.objects.create(
            channel="webhook", name=name, secret="https://x.example"
        )
    return way


def sent_to_household(reminder: Reminder, way: Destination, by: Member, **more: Any) -> None:
    now = timezone.now()
    said: dict[str, Any] = {"status": Status.SENT, "sent_at": now, "occurrence": "a"} | more
    with guild_scope(by.guild_id, by):
        Delivery.objects.create(
            reminder=reminder,
            destination=way,
            channel="webhook",
            due_at=now,
            try_at=now,
            attempts=[{"at": now.isoformat(), "outcome": "sent"}],
            **said,
        )


# --- The page


def test_it_tells_of_every_reminder_the_latest_first(committed_cast: Cast) -> None:
    carol, alice = committed_cast.carol, committed_cast.alice
    make_reminder(carol, message="Bins", in_seconds=0.2)
    make_reminder(alice, message="Cat", in_seconds=1, recipients=[carol])
    make_reminder(alice, message="Secret", in_seconds=1)
    deliver(seconds=3)

    on_time = "You got it on time."
    assert told(carol) == [("Cat", on_time), ("Bins", on_time)]
    page = browser(carol).get(PATH).text
    assert "It came into your inbox" in page
    assert "E-mail: sent" in page
    assert "Secret" not in page


def test_what_did_not_come_says_why(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    bins = make_reminder(carol, message="Bins", in_seconds=20)
    deliver()
    api(carol).post(f"reminders/{bins.pk}/pause/")

    assert told(carol, "?q=bins") == [("Bins", "You did not get it. The reminder was paused.")]


def test_it_says_how_late_each_way_was(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_reminder(carol, message="Bins", in_seconds=60)
    deliver(hours=3)

    [(_title, verdict)] = told(carol)
    assert verdict == "You got it, 2 hours late."
    [story] = browser(carol).get(PATH).context["stories"]
    assert [event.detail for event in story.events if "sent" in event.text] == ["2 hours late"]


def test_what_the_household_was_told_is_told_to_everybody(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    way = household_way(carol)
    household = make_reminder(carol, message="Bins")
    private = make_reminder(carol, message="Secret", visibility="private")
    sent_to_household(household, way, carol)
    sent_to_household(private, way, carol)

    assert told(bob) == [("Bins", "It went to the household, not to you.")]
    assert "Kitchen display: sent" in browser(bob).get(PATH).text
    assert {title for title, _ in told(carol)} == {"Bins", "Secret"}


def test_of_several_ways_of_the_household_one_story_is_made(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = make_reminder(carol, message="Bins", in_seconds=0.2)
    deliver(seconds=2)
    with guild_scope(carol.guild_id, carol):
        slot = reminder.notifications.get().slot
    for name in ("Kitchen", "Hall"):
        sent_to_household(reminder, household_way(carol, name), carol, occurrence=slot)

    assert len(told(carol)) == 1
    assert len(told(committed_cast.bob)) == 1
    assert "Hall: sent" in browser(carol).get(PATH).text


def test_it_is_narrowed_by_way_and_state(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_reminder(carol, message="Bins", in_seconds=0.2)
    make_reminder(carol, message="Cat", in_seconds=0.2)
    deliver(seconds=2)
    run(
        "UPDATE reminders_delivery d SET status = 'failed', sent_at = NULL FROM"
        " reminders_notification n WHERE n.id = d.notification_id AND n.title = 'Cat'"
        " AND d.channel = 'email'"
    )

    assert [title for title, _ in told(carol, "?channel=email&status=failed")] == ["Cat"]
    assert told(carol, "?channel=inbox&status=failed") == []
    assert len(told(carol, "?channel=nonsense&status=nonsense")) == 2


def test_older_ones_stand_on_the_next_page(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    for n in range(33):
        make_reminder(carol, message=f"No. {n:02}", in_seconds=0.2)
    deliver(seconds=2)

    first = browser(carol).get(PATH)
    second = browser(carol).get(f"{PATH}?cursor={first.context['cursor']}")
    titles = [s.title for answer in (first, second) for s in answer.context["stories"]]
    assert sorted(titles) == [f"No. {n:02}" for n in range(33)]
    assert second.context["cursor"] == ""
    assert browser(carol).get(f"{PATH}?cursor=made-up").status_code == 404


# --- What a person would ask


@pytest.mark.parametrize(
    ("question", "words", "day"),
    [
        ("the bins on Tuesday", ["bins"], date(2026, 11, 17)),
        ("bins last friday", ["bins"], date(2026, 11, 13)),
        ("Friday", [], FRIDAY),
        ("cat food yesterday", ["cat", "food"], date(2026, 11, 19)),
        ("bins 2026-11-03", ["bins"], date(2026, 11, 3)),
        ("bins 3 November", ["bins"], date(2026, 11, 3)),
        ("bins 3.11.", ["bins"], date(2026, 11, 3)),
        ("24 December", [], date(2025, 12, 24)),
        ("number 12", ["number", "12"], None),
        ("30 February", ["30", "february"], None),
        ("2200-12-31", [], date(2200, 12, 31)),
        ("bins 9999-12-31", ["bins", "9999-12-31"], None),
        ("0001-01-01", ["0001-01-01"], None),
        ("31.12.9999", ["31.12.9999"], None),
        ("1.1.0001", ["1.1.0001"], None),
        ("", [], None),
    ],
)
def test_a_question_is_understood(question: str, words: list[str], day: date | None) -> None:
    assert understood(question, today=FRIDAY) == (words, day)


@pytest.mark.parametrize(
    ("question", "words", "day"),
    [
        ("die Tonnen am Dienstag", ["tonnen"], date(2026, 11, 17)),
        ("Tonnen gestern", ["tonnen"], date(2026, 11, 19)),
        ("Tonnen am 3. November", ["tonnen"], date(2026, 11, 3)),
        ("Tonnen on Tuesday", ["tonnen"], date(2026, 11, 17)),
    ],
)
def test_a_question_is_understood_in_german(
    question: str, words: list[str], day: date | None
) -> None:
    with translation.override("de"):
        assert understood(question, today=FRIDAY) == (words, day)


def test_the_words_and_the_day_are_looked_for(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    make_reminder(carol, message="Put the bin out", in_seconds=0.2)
    make_reminder(carol, message="Feed the cat", in_seconds=0.2)
    deliver(seconds=2)
    today = timezone.localdate(timezone.now())

    assert [title for title, _ in told(carol, "?q=the+bins")] == ["Put the bin out"]
    assert [title for title, _ in told(carol, f"?q=cat+{today}")] == ["Feed the cat"]
    assert told(carol, f"?q=cat+{today - timedelta(days=40)}") == []


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "31.12.9999", "1.1.0001"])
def test_a_day_beyond_all_calendars_is_no_day(committed_cast: Cast, day: str) -> None:
    make_reminder(committed_cast.carol, message="Bins", in_seconds=0.2)
    deliver(seconds=2)

    assert told(committed_cast.carol, f"?q={day}") == []


def yesterday_noon() -> datetime:
    return datetime.combine(
        timezone.now().astimezone(UTC).date() - timedelta(days=1), datetime.min.time(), UTC
    ) + timedelta(hours=12)


def daily(by: Member, **said: Any) -> Reminder:
    """Every noon, since three days ago."""
    at = yesterday_noon()
    made = at - timedelta(days=2)
    reminder = make_reminder(
        by,
        message="Bins",
        frequency="daily",
        time=at.time(),
        time_zone="UTC",
        starts_on=made.date(),
        **said,
    )
    run("UPDATE reminders_reminder SET created_at = %s WHERE id = %s", [made, reminder.pk])
    return reminder


def why(member: Member, reminder: Reminder) -> list[str]:
    """What her page says of yesterday."""
    return [
        verdict for _, verdict in told(member, f"?q=bins+{yesterday_noon().astimezone(UTC):%F}")
    ]


def test_whoever_was_not_named_is_told_so(committed_cast: Cast) -> None:
    reminder = daily(committed_cast.carol)
    assert why(committed_cast.bob, reminder) == ["You were not among those whom it is for."]


def test_a_pause_of_that_time_is_told(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = daily(carol)
    noon = yesterday_noon()
    with guild_scope(carol.guild_id, carol):
        for verb, hours in (("paused", -2), ("resumed", 2)):
            Change.objects.create(
                actor=carol,
                source="web",
                verb=verb,
                kind="reminder",
                entity_id=reminder.pk,
                title="Bins",
                created_at=noon + timedelta(hours=hours),
            )
    assert why(carol, reminder) == ["Nothing was planned: the reminder was paused."]


def test_whom_it_was_for_then_counts(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = daily(carol)
    api(carol).patch(f"reminders/{reminder.pk}/", {"recipients": [str(bob.pk)]})

    [said] = why(carol, reminder)
    assert said != "You were not among those whom it is for."
    assert why(bob, reminder) == ["You were not among those whom it is for."]


def test_what_was_made_later_is_told(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    reminder = daily(carol)
    run("UPDATE reminders_reminder SET created_at = now() WHERE id = %s", [reminder.pk])
    assert why(carol, reminder) == ["The reminder was made after that time."]


def test_what_others_keep_to_themselves_is_not_told(committed_cast: Cast) -> None:
    reminder = daily(committed_cast.carol, visibility="private")
    assert why(committed_cast.bob, reminder) == []


# --- Who of the others got it


def test_the_maker_sees_who_of_the_others_got_it(committed_cast: Cast) -> None:
    carol, bob, alice = committed_cast.carol, committed_cast.bob, committed_cast.alice
    reminder = make_reminder(carol, message="Bins", in_seconds=0.2, recipients=[bob, alice])
    deliver(seconds=2)
    path = f"/g/home/reminders/{reminder.pk}/"

    [story] = browser(carol).get(path).context["stories"]
    assert story.verdict == "It was not for you."
    assert {(other.member.name, other.said) for other in story.others} == {
        ("Bob", "got it on time"),
        ("Alice", "got it on time"),
    }
    for other in (bob, alice):
        [story] = browser(other).get(path).context["stories"]
        assert story.others == []


def test_of_the_others_only_the_outcome_is_told(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, message="Bins", in_seconds=0.2, recipients=[bob, carol])
    deliver(seconds=2)
    [row] = api(bob).get("inbox/").json()["results"]
    api(bob).post(f"inbox/{row['id']}/done/")

    page = browser(carol).get(f"/g/home/reminders/{reminder.pk}/")
    [story] = page.context["stories"]
    [other] = story.others
    assert (other.member.name, other.said) == ("Bob", "got it on time")
    assert "bob@example.org" not in page.text


# --- The API


def test_the_api_tells_ones_own_and_the_households(committed_cast: Cast) -> None:
    carol, bob = committed_cast.carol, committed_cast.bob
    reminder = make_reminder(carol, message="Bins", in_seconds=0.2)
    deliver(seconds=2)
    sent_to_household(reminder, household_way(carol), carol)

    mine = api(carol).get("deliveries/").json()["results"]
    assert {(row["channel"], row["recipient"]) for row in mine} == {
        ("inbox", str(carol.pk)),
        ("email", str(carol.pk)),
        ("webhook", None),
    }
    assert {row["title"] for row in mine} == {"Bins"}
    assert {row["late_by_seconds"] for row in mine if row["channel"] == "inbox"} <= {0, 1, 2}
    [theirs] = api(bob).get("deliveries/").json()["results"]
    assert (theirs["channel"], theirs["occurrence"]) == ("webhook", "a")
    of_one = api(carol).get(f"reminders/{reminder.pk}/deliveries/").json()["results"]
    assert of_one == mine
    assert api(carol).get(f"deliveries/{mine[0]['id']}/").json() == mine[0]


def test_the_api_says_why_in_words(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    bins = make_reminder(carol, message="Bins", in_seconds=20)
    deliver()
    api(carol).post(f"reminders/{bins.pk}/pause/")

    for row in api(carol).get("deliveries/").json()["results"]:
        assert (row["reason"], row["why"]) == ("paused", "The reminder was paused.")


def test_the_api_narrows(committed_cast: Cast) -> None:
    carol = committed_cast.carol
    bins = make_reminder(carol, message="Bins", in_seconds=0.2)
    make_reminder(carol, message="Cat", in_seconds=0.2)
    deliver(seconds=2)
    client, now = api(carol), timezone.now()

    def found(**said: str) -> int:
        query = "&".join(f"{name}={value}" for name, value in said.items())
        return len(client.get(f"deliveries/?{query}").json()["results"])

    hour = timedelta(hours=1)
    assert found() == 4
    assert found(channel="email") == 2
    assert found(status="sent", reminder=str(bins.pk)) == 2
    assert found(status="failed") == 0
    assert found(since=f"{now - hour:%FT%TZ}", until=f"{now + hour:%FT%TZ}") == 4
    assert found(until=f"{now - hour:%FT%TZ}") == 0
    assert found(q="cat") == 2
    for wrong in ("channel=x", "status=x", "reminder=1", "since=x", "recipient=me", "q="):
        assert client.get(f"deliveries/?{wrong}").status_code == 400, wrong
