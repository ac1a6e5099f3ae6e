"""The second page of the inbox stays the second page, whatever comes and is done."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, browser
from reminders.models import Notification
from reminders.testing import make_reminder
from reminders.views.inbox import PER_PAGE

INBOX = "/g/home/inbox/"
HTMX = {"hx-request": "true"}


@pytest.fixture
def full(cast: Cast) -> Cast:
    reminder = make_reminder(cast.carol)
    with guild_scope(cast.home.pk, cast.carol):
        Notification.objects.bulk_create(
            Notification(
                recipient=cast.carol,
                reminder=reminder,
                slot=str(n),
                title=f"No {n}",
                arrived_at=timezone.now(),
            )
            for n in range(PER_PAGE * 2)
        )
    return cast


@pytest.mark.parametrize(("query", "again"), [("?page=2", "?page=2"), ("?show=all", "?show=all")])
def test_it_asks_for_the_page_it_shows(full: Cast, query: str, again: str) -> None:
    html = browser(full.carol).get(INBOX + query).text

    assert f'id="inbox" hx-get="{INBOX}{again}"' in html


def test_done_on_the_second_page_answers_the_second_page(full: Cast) -> None:
    page = browser(full.carol)
    html = page.get(f"{INBOX}?show=all&page=2").text
    [url, *_] = re.findall(r'hx-post="([^"]+/done/[^"]*)"', html)

    answer = page.post(url.replace("&amp;", "&"), headers=HTMX)

    assert (answer.context["page"].number, answer.context["show_all"]) == (2, True)
    assert f'hx-get="{INBOX}?show=all&amp;page=2"' in answer.text


def test_done_with_the_last_of_a_page_answers_the_one_before(full: Cast) -> None:
    with guild_scope(full.home.pk, full.carol):
        first = list(Notification.objects.order_by("-id").values_list("pk", flat=True))
        Notification.objects.filter(pk__in=first[PER_PAGE + 1 :]).delete()
    page = browser(full.carol)
    html = page.get(f"{INBOX}?page=2").text
    [url] = re.findall(r'hx-post="([^"]+/done/[^"]*)"', html)

    answer = page.post(url.replace("&amp;", "&"), headers=HTMX)

    assert answer.context["page"].number == 1
    assert f'id="inbox" hx-get="{INBOX}"' in answer.text
