"""What is offered for later, by the reader's clock; and what may be asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Member, User
from reminders import snoozing
from reminders.models import Notification
from reminders.testing import make_reminder

BERLIN = ZoneInfo("Europe/Berlin")


def offered(local: str, zone: str = "Europe/Berlin") -> dict[str, str]:
    """Key and local time of each choice at this local time."""
    now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    found = snoozing.choices(now.astimezone(UTC), zone)
    return {one.key: one.until.astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M") for one in found}


def test_in_the_afternoon_all_is_offered() -> None:
    assert offered("2026-06-10T15:00") == {
        "10": "Wed 10 15:10",
        "60": "Wed 10 16:00",
        "evening": "Wed 10 18:00",
        "morning": "Thu 11 08:00",
        "week": "Mon 15 08:00",
    }


def test_in_the_evening_this_evening_is_over() -> None:
    assert "evening" not in offered("2026-06-10T18:00")


def test_on_a_sunday_next_week_is_tomorrow_morning() -> None:
    assert list(offered("2026-06-14T12:00")) == ["10", "60", "evening", "morning"]


def test_it_is_the_readers_evening() -> None:
    assert offered("2026-06-10T15:00", "Asia/Kathmandu")["evening"] == "Wed 10 18:00"


def test_across_the_change_of_clocks_it_is_eight_all_the_same() -> None:
    assert offered("2026-10-24T15:00")["morning"] == "Sun 25 08:00"


def row_for(member: Member, maker: Member) -> Notification:
    reminder = make_reminder(maker, recipients=[member])
    with guild_scope(member.guild_id, member):
        row: Notification = Notification.objects.create(
            recipient=member, reminder=reminder, slot="x", title="x", arrived_at=timezone.now()
        )
    return row


def until_of(row: Notification) -> datetime | None:
    with guild_scope(row.guild_id, row.recipient):
        row.refresh_from_db()
    return row.snoozed_until


def test_she_types_a_day_and_a_time_of_her_own_clock(cast: Cast) -> None:
    User.objects.filter(email="bob@example.org").update(time_zone="Asia/Kathmandu")
    row = row_for(cast.bob, cast.carol)
    there = timezone.now().astimezone(ZoneInfo("Asia/Kathmandu")) + timedelta(days=2)

    browser(cast.bob).post(f"/g/home/inbox/{row.pk}/snooze/", {"until": f"{there:%Y-%m-%dT07:30}"})

    until = until_of(row)
    assert until
    assert until.astimezone(ZoneInfo("Asia/Kathmandu")).strftime("%H:%M") == "07:30"
    assert until.astimezone(ZoneInfo("Asia/Kathmandu")).date() == there.date()


@pytest.mark.parametrize(
    "said",
    [
        {"until": ""},
        {"until": "soon"},
        {"until": "2026-13-40T99:00"},
        {"until": "2126-01-01T00:00"},
        {"until": "1926-01-01T00:00"},
        {"until": "2026-01-01T00:00Z"},
        {"for": "0"},
        {"for": "later"},
        {},
    ],
)
def test_what_is_no_time_is_refused(cast: Cast, said: dict[str, str]) -> None:
    row = row_for(cast.bob, cast.carol)

    answer = browser(cast.bob).post(f"/g/home/inbox/{row.pk}/snooze/", said)

    assert answer.status_code == 400
    assert until_of(row) is None


def test_over_the_api_a_choice_is_by_her_own_clock(cast: Cast) -> None:
    User.objects.filter(email="bob@example.org").update(time_zone="Asia/Kathmandu")
    row = row_for(cast.bob, cast.carol)

    answer = api(cast.bob).post(f"inbox/{row.pk}/snooze/", {"choice": "morning"})

    assert answer.status_code == 200
    until = until_of(row)
    assert until
    here = until.astimezone(ZoneInfo("Asia/Kathmandu"))
    today = timezone.now().astimezone(ZoneInfo("Asia/Kathmandu")).date()
    assert (here.strftime("%H:%M"), here.date() - today) == ("08:00", timedelta(days=1))


def test_the_page_offers_what_is_ahead(cast: Cast) -> None:
    row_for(cast.bob, cast.carol)

    html = browser(cast.bob).get("/g/home/inbox/").text

    assert 'name="for" value="morning"' in html
    assert 'type="datetime-local"' in html
