"""What each list costs, in queries, however long it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.guild.testing import Cast, api, asked, browser
from productivity.tasks.tests.conftest import make_task

# Who is asking and her households, with the session or key, come with every request.
PAGES = {"": 10, "tasks/": 12, "tasks/?who=me&tag=a": 12, "tasks/?show=done": 12, "tasks/trash/": 6}
LISTS = {"tasks/": 2, "tasks/?deleted=true&order=title": 2, "tags/": 2}


def fill(cast: Cast, rows: int) -> None:
    """So many tasks of every state, each with people and tags."""
    today = timezone.localdate()
    for number in range(rows):
        said = {"assignees": [cast.carol, cast.bob], "tags": ["a", f"b{number}"]}
        make_task(cast.carol, due_on=today + timedelta(days=number), **said)
        make_task(cast.carol, status="done", **said)
        gone = make_task(cast.carol, **said)
        api(cast.carol).delete(f"tasks/{gone.pk}/")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_costs_the_same_however_long_it_is(cast: Cast, path: str) -> None:
    client = browser(cast.carol)
    client.get("/g/home/")
    for rows in (2, 9):
        fill(cast, rows)
        queries = asked(lambda: client.get(f"/g/home/{path}"))
        assert len(queries) == PAGES[path], "\n".join(queries)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_the_api_costs_the_same_however_long_it_is(cast: Cast, path: str) -> None:
    client = api(cast.carol)
    client.get("tasks/")
    for rows in (2, 9):
        fill(cast, rows)
        queries = asked(lambda: client.get(path))
        assert len(queries) == LISTS[path], "\n".join(queries)
