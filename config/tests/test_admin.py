"""Staff's pages: all guilds, no secrets, no contents of private rows, every act recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connections
from django.forms import MultiWidget
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actions.absence import add_absence
from accounts.guild.admin import StaffAdmin
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser, make_person
from accounts.models import Absence, Change, Member, User
from productivity.tags.models import Tag
from productivity.tasks.models import Task, TaskAssignee, TaskTag
from productivity.tasks.tests.conftest import make_task
from reminders.destinations import add_destination
from reminders.models import Delivery, Destination, Notification, ReminderRecipient
from reminders.testing import deliver, make_reminder

PAGES = [model for model, page in admin.site._registry.items() if isinstance(page, StaffAdmin)]


@pytest.fixture
def staff(committed: None) -> Client:
    user = make_person("Sam")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


def address(model: Any, *rest: str) -> str:
    return "/".join(["/admin", model._meta.app_label, model._meta.model_name, *rest, ""])


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_every_list_answers_searches_and_asks_the_same_number_of_queries(
    staff: Client, committed_cast: Cast, model: Any
) -> None:
    fill(committed_cast, "first")
    counts = []
    for again in ("second", "third"):
        with CaptureQueriesContext(connections["system"]) as queries:
            assert staff.get(address(model)).status_code == 200
        counts.append(len(queries))
        fill(committed_cast, again)
    assert counts[0] == counts[1]
    assert staff.get(address(model) + "?q=home").status_code == 200


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_every_row_has_a_page(staff: Client, committed_cast: Cast, model: Any) -> None:
    fill(committed_cast, "first")
    for row in model._base_manager.using("system").all()[:1]:
        assert staff.get(address(model, str(row.pk), "change")).status_code == 200


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_a_form_that_nobody_touched_can_be_saved(
    staff: Client, committed_cast: Cast, model: Any
) -> None:
    fill(committed_cast, "first")
    make_reminder(committed_cast.alice, in_seconds=60, recipients=[committed_cast.alice])
    for row in model._base_manager.using("system").all()[:1]:
        page = address(model, str(row.pk), "change")
        form = staff.get(page).context["adminform"].form
        answer = staff.post(page, dict(_as_sent(form)))
        # 403 where a row is to be looked at only, which its page does not offer to save either.
        assert answer.status_code in {302, 403}, answer.context["errors"]


def _as_sent(form: Any) -> Iterator[tuple[str, Any]]:
    """What a browser sends of the form as it stands there."""
    for name in form.fields:
        value, widget = form[name].value(), form.fields[name].widget
        if isinstance(widget, MultiWidget):
            for at, part in enumerate(widget.decompress(value) or []):
                yield f"{name}_{at}", "" if part is None else str(part)
        elif isinstance(value, list):
            yield name, value
        elif value not in {None, False}:
            yield name, "on" if value is True else str(value)


def test_a_private_row_shows_no_contents(staff: Client, committed_cast: Cast) -> None:
    words = {"title": "Surprise party", "description": "on Friday", "visibility": "private"}
    task = make_task(committed_cast.alice, **words)
    for page in (address(type(task)), address(type(task), str(task.pk), "change")):
        text = staff.get(page).text
        assert str(task.pk) in text
        assert "Surprise" not in text
        assert "Friday" not in text


def test_what_staff_change_is_in_the_households_history(
    staff: Client, committed_cast: Cast
) -> None:
    guild = committed_cast.home
    page = address(type(guild), str(guild.pk), "change")
    form = {
        "name": "Renamed",
        "slug": guild.slug,
        "time_zone": "UTC",
        "locale": "en",
        "is_active": "on",
    }
    assert staff.post(page, form).status_code == 302
    with guild_scope(guild.pk, committed_cast.alice):
        change = Change.objects.get(source="admin")
        assert (change.verb, change.after) == ("edited", {"fields": ["name"]})
        guild.refresh_from_db()
        assert guild.name == "Renamed"


def test_nobody_else_gets_in(cast: Cast) -> None:
    for client in (Client(), browser(cast.alice)):
        response = client.get("/admin/accounts/guild/")
        assert response.status_code in {302, 403}
        assert "Home" not in response.text


def fill(cast: Cast, name: str) -> None:
    make_task(cast.alice, title=name, assignees=[cast.bob, cast.carol], tags=[name, "home"])
    with guild_scope(cast.home.pk, cast.alice):
        on = date(2126, 7, 1) + timedelta(days=Absence.objects.count())
        for member in (cast.alice, cast.bob):
            add_absence(by=cast.alice, member=member, from_on=on, until_on=on)
        address = f"https://192.0.0.9/{name}"
        for shared in (True, False):
            add_destination(by=cast.alice, channel="webhook", address=address, shared=shared)


def test_other_rows_stand_on_a_page_without_their_words(
    staff: Client, committed_cast: Cast
) -> None:
    words = {"visibility": "private", "assignees": [committed_cast.alice], "tags": ["Surprise"]}
    make_task(committed_cast.alice, title="Surprise party", **words)
    make_reminder(committed_cast.alice, in_seconds=1, message="Surprise", visibility="private")
    deliver(seconds=2)
    for model in (Delivery, Notification, ReminderRecipient, TaskAssignee, TaskTag):
        rows = model._base_manager.using("system").all()
        assert rows
        for page in [address(model), *(address(model, str(row.pk), "change") for row in rows)]:
            response = staff.get(page)
            assert response.status_code == 200
            assert "Surprise" not in response.text


def test_where_somebody_is_told_is_nothing_for_staff(staff: Client, committed_cast: Cast) -> None:
    for shared in (True, False):
        said = {"address": f"https://192.0.0.9/s3cret-{shared}", "name": f"Bedside {shared}"}
        body = {"channel": "webhook", "shared": shared} | said
        assert api(committed_cast.alice).post("destinations/", body).status_code == 201
    rows = list(Destination._base_manager.using("system").all())
    assert len(rows) == 2
    pages = [address(Destination), *(address(Destination, str(r.pk), "change") for r in rows)]
    shown = "".join(staff.get(page).text for page in pages)
    assert "webhook" in shown.lower()
    for row in rows:
        for secret in (row.secret, row.signing_key, row.address_hash):
            assert secret not in shown
    # What the household shares has a name that staff may read.
    assert "Bedside True" in shown
    assert "Bedside False" not in shown


def test_a_word_on_private_rows_alone_is_contents(staff: Client, committed_cast: Cast) -> None:
    secret = {"visibility": "private", "tags": ["Divorce", "garden"]}
    made = make_task(committed_cast.alice, title="Call", **secret)
    make_task(committed_cast.carol, title="Weed", tags=["garden"])
    make_task(committed_cast.carol, title="Roof", tags=["once"])
    api(committed_cast.carol).patch(f"tasks/{_task(committed_cast, 'Roof')}/", {"tags": []})
    words = {row.name: row for row in Tag._base_manager.using("system").all()}
    listed = staff.get(address(Tag)).text
    assert "garden" in listed
    assert "Divorce" not in listed
    assert "once" not in listed
    assert str(words["Divorce"].pk) not in staff.get(address(Tag) + "?q=Divorce").text
    path = address(Tag, str(words["Divorce"].pk), "change")
    assert "Divorce" not in staff.get(path).text
    assert staff.post(path, {"name": "Peace"}).status_code == 302
    assert api(committed_cast.alice).get(f"tasks/{made.pk}/").json()["tags"] == [
        "Divorce",
        "garden",
    ]
    assert "garden" in staff.get(address(Tag, str(words["garden"].pk), "change")).text


def _task(cast: Cast, title: str) -> Any:
    return Task._base_manager.using("system").get(guild=cast.home, title=title).pk


def test_a_household_that_is_no_id_is_no_filter(staff: Client, committed_cast: Cast) -> None:
    for model in (Task, Member):
        assert staff.get(address(model) + "?guild=x").status_code == 302


def test_what_staff_wrote_is_not_taken_back(staff: Client, committed_cast: Cast) -> None:
    task = make_task(committed_cast.alice, title="Bins")
    form = {"title": "Bins out", "priority": "medium", "metadata": "{}"}
    assert staff.post(address(Task, str(task.pk), "change"), form).status_code == 302
    with guild_scope(committed_cast.home.pk, committed_cast.alice):
        change = Change.objects.get(source="admin")
    response = api(committed_cast.alice).post(f"changes/{change.pk}/revert/")
    assert response.status_code == 409
    history = browser(committed_cast.alice).get("/g/home/history/").text
    assert f"{change.pk}/revert/" not in history
