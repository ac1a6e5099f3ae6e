"""The words in use, as far as one may see what they stand on."""

from __future__ import annotations

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


def test_a_spelling_tells_nothing_of_others_private_rows(cast: Cast) -> None:
    make_task(cast.carol, tags=["Divorce"], visibility="private")
    task = api(cast.alice).post("tasks/", {"title": "Gift", "tags": ["divorce"]}).json()
    assert task["tags"] == ["divorce"]
    assert names(cast.alice) == names(cast.carol) == ["divorce"]
    # What everybody sees stays as it was spelled first.
    again = api(cast.carol).post("tasks/", {"title": "Cards", "tags": ["DIVORCE"]}).json()
    assert again["tags"] == ["divorce"]


def test_strangers_and_nobody_find_nothing(cast: Cast) -> None:
    assert api(cast.charlie, cast.home).get("tags/").status_code == 404
    assert api(None, cast.home).get("tags/").status_code == 401
