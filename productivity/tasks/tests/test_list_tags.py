"""The words in use, as far as one may see what they stand on."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.guild.testing import Cast, api
from productivity.tasks.tests.conftest import make_task


def names(cast_member: object) -> list[str]:
    rows = api(cast_member).get("tags/").json()["results"]  # type: ignore[arg-type]
    return [row["name"] for row in rows]


def test_words_on_private_rows_alone_are_their_makers(cast: Cast) -> None:
    make_task(cast.carol, tags=["garden"])
    make_task(cast.carol, tags=["divorce", "garden"], visibility="private")
    assert names(cast.carol) == ["divorce", "garden"]
    assert names(cast.alice) == ["garden"]
    assert names(cast.bob) == ["garden"]
    assert names(cast.charlie) == []


def test_strangers_and_nobody_find_nothing(cast: Cast) -> None:
    assert api(cast.charlie, cast.home).get("tags/").status_code == 404
    assert api(None, cast.home).get("tags/").status_code == 401


def test_the_list_takes_the_same_queries_whatever_its_length(cast: Cast) -> None:
    client = api(cast.carol)
    client.get("tags/")
    counts = []
    for number in (1, 10):
        make_task(cast.carol, tags=[f"tag {number} {index}" for index in range(number)])
        with CaptureQueriesContext(connection) as queries:
            client.get("tags/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
