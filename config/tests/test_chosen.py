"""A stored zone or language that this machine does not know (any more) takes nobody's pages."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Guild, Member, User
from config.tests.test_bad_input import operations
from config.tests.test_guard_doors import PAGES, filled
from config.web.chosen import language_or, zone_or
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task
from reminders.models import Reminder
from reminders.testing import deliver, deliveries, make_reminder
from reminders.tests.smtp import Postbox
from reminders.tests.test_email import box, text_of

__all__ = ["box"]  # a fixture
GONE = "Mars/Phobos"


def forget(member: Member) -> None:
    """Nothing that was chosen is known here any more: person, household, tasks, reminders."""
    unknown = {"time_zone": GONE, "locale": "tlh"}
    User.objects.filter(memberships=member.pk).update(**unknown)
    with guild_scope(member.guild_id, member):
        Guild.objects.filter(pk=member.guild_id).update(**unknown)
        Task.objects.exclude(due_on=None).update(time_zone=GONE)
        Reminder.objects.update(time_zone=GONE)


@pytest.fixture
def forgotten(cast: Cast) -> dict[str, UUID]:
    task = make_task(cast.carol, due_on=date(2199, 6, 1), due_time=time(12))
    daily = make_reminder(cast.carol, frequency="daily", time=time(7))
    make_reminder(cast.carol, in_seconds=600)
    forget(cast.carol)
    return {"tasks": task.pk, "reminders": daily.pk, "members": cast.carol.pk}


@pytest.mark.parametrize(("name", "route"), PAGES, ids=[name for name, _route in PAGES])
def test_every_page_opens(name: str, route: str, cast: Cast, forgotten: dict[str, UUID]) -> None:
    answer = browser(cast.carol).get(filled(route, cast, forgotten))
    assert answer.status_code in {200, 302, 403, 404, 405}
    if answer.status_code == 200:
        assert answer.headers["Content-Language"] == "en"


@pytest.mark.parametrize("path", ["/me/", "/g/", "/accounts/email/", "/nothing/"])
def test_so_do_pages_outside_the_household(
    path: str, cast: Cast, forgotten: dict[str, UUID]
) -> None:
    assert browser(cast.carol).get(path).status_code in {200, 404}


def test_every_operation_answers(cast: Cast, forgotten: dict[str, UUID]) -> None:
    client = api(cast.carol)
    for method, path, described in operations():
        address = path.replace("{guild}", str(cast.home.pk))
        kind = next((kind for kind in forgotten if f"/{kind}/" in path), "tasks")
        address = address.replace("{id}", str(forgotten[kind]))
        asked = {one["name"] for one in described.get("parameters", []) if one.get("required")}
        query = "?month=2026-01" if "month" in asked else ""
        if method == "get":
            assert client.get(address + query).status_code in {200, 403, 404}, path
    body = {"message": "Bins", "frequency": "daily", "time": "07:00"}
    assert len(client.post("reminders/preview/", body).json()["next"]) == 5
    new = client.post("reminders/", body)
    assert (new.status_code, new.json()["time_zone"]) == (201, "UTC")
    changed = client.patch(f"tasks/{forgotten['tasks']}/", {"due_on": "2199-06-02"})
    assert (changed.status_code, changed.json()["time_zone"]) == (200, "UTC")


def test_a_form_offers_a_zone_that_is_one(cast: Cast, forgotten: dict[str, UUID]) -> None:
    page = browser(cast.carol)
    for place in (f"tasks/{forgotten['tasks']}/", f"reminders/{forgotten['reminders']}/"):
        answer = page.get(f"/g/{cast.home.slug}/{place}")
        assert (answer.status_code, GONE.encode() in answer.content) == (200, False), place


def test_a_reminder_still_arrives(committed_cast: Cast, box: Postbox) -> None:
    carol = committed_cast.carol
    soon = (timezone.now() + timedelta(hours=1)).replace(second=0, microsecond=0)
    reminder = make_reminder(carol, frequency="daily", time=soon.time())
    forget(carol)

    deliver(hours=2)

    assert "sent" in {one["status"] for one in deliveries(reminder)}
    assert f"{soon:%H:%M}" in text_of(box.letters[0], "plain")


def test_the_household_stands_in_for_the_person(cast: Cast) -> None:
    with guild_scope(cast.home.pk, cast.carol):
        Guild.objects.filter(pk=cast.home.pk).update(locale="de", time_zone="Asia/Kathmandu")
    User.objects.filter(email="carol@example.org").update(locale="tlh", time_zone=GONE)
    answer = browser(cast.carol).get(f"/g/{cast.home.slug}/")
    assert answer.headers["Content-Language"] == "de"
    made = api(cast.carol).post("tasks/", {"title": "Bins", "due_on": "2199-06-01"}).json()
    assert made["time_zone"] == "Asia/Kathmandu"
    refusal = api(cast.carol).post("tasks/", {"title": 5}).json()
    assert refusal["title"] == "Das wird so nicht angenommen"


@pytest.mark.parametrize("name", ["", GONE, "Europe", "../etc/passwd", "/etc/passwd", "a" * 300])
def test_what_is_no_zone_gives_way(name: str) -> None:
    assert zone_or(name, "Europe/Berlin").key == "Europe/Berlin"
    assert zone_or(name, name).key == "UTC"


@pytest.mark.parametrize("name", ["", "tlh", "x" * 600, "../de"])
def test_what_is_no_language_of_ours_gives_way(name: str) -> None:
    assert language_or(name, "de-AT") == "de"
    assert language_or(name, name) == "en"
    assert Client().get("/", headers={"Accept-Language": name}).status_code == 200
