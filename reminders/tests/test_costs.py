"""What each list costs, in queries, however long it is."""

from __future__ import annotations

from functools import partial

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, asked, browser
from reminders.models import Delivery, Notification, Reminder
from reminders.testing import make_reminder

# Who is asking, the key or session and the scope come with every request.
PAGES = {
    "reminders/": 7,
    "reminders/trash/": 6,
    "inbox/": 6,
    "inbox/?show=all": 6,
    "inbox/deliveries/": 9,
    "inbox/deliveries/?q=came+today": 11,
    "inbox/deliveries/?channel=inbox&status=sent": 9,
}
LISTS = {
    "reminders/": 2,
    "inbox/": 2,
    "reminders/{}/deliveries/": 3,
    "deliveries/": 2,
    "deliveries/?status=sent&q=came": 2,
}


def fill(cast: Cast, rows: int) -> Reminder:
    """So many reminders, as many in the trash, as many letters in Carol's inbox."""
    people = [cast.bob, cast.carol]
    made = [make_reminder(cast.carol, message=f"No. {n}", recipients=people) for n in range(rows)]
    for reminder in made:
        api(cast.carol).delete(f"reminders/{make_reminder(cast.carol).pk}/")
        with guild_scope(cast.home.pk, cast.carol):
            row = Notification.objects.create(
                reminder=reminder,
                slot=str(reminder.pk),
                recipient=cast.carol,
                title="Came",
                due_at=reminder.created_at,
                arrived_at=reminder.created_at,
            )
            Delivery.objects.create(
                notification=row,
                reminder=reminder,
                recipient=cast.carol,
                channel="inbox",
                status="sent",
                due_at=row.due_at,
                try_at=row.due_at,
                sent_at=row.arrived_at,
            )
    return made[0]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_costs_the_same_however_long_it_is(cast: Cast, path: str) -> None:
    client = browser(cast.carol)
    client.get("/g/home/reminders/")
    for rows in (2, 9):
        fill(cast, rows)
        queries = asked(lambda: client.get(f"/g/home/{path}"))
        assert len(queries) == PAGES[path], "\n".join(queries)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_the_api_costs_the_same_however_long_it_is(cast: Cast, path: str) -> None:
    client = api(cast.carol)
    client.get("inbox/")
    for rows in (2, 9):
        address = path.format(fill(cast, rows).pk)
        queries = asked(partial(client.get, address))
        assert len(queries) == LISTS[path], "\n".join(queries)
