"""Ticking off and taking back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api, browser
from accounts.models import Change
from productivity.tasks.models import Task
from productivity.tasks.tests.conftest import make_task, page, stored


def test_it_completes_on_the_page(cast: Cast, task: Task) -> None:
    response = browser(cast.alice).post(page("complete", cast, task), follow=True)
    assert response.status_code == 200
    row = stored(task, cast.alice)
    assert (row.status, row.completed, row.completed_by_id) == ("done", True, cast.alice.pk)
    assert row.completed_at is not None


def test_htmx_gets_the_row_alone(cast: Cast, task: Task) -> None:
    headers = {"HX-Request": "true"}
    response = browser(cast.alice).post(page("complete", cast, task), headers=headers)
    assert response.text.lstrip().startswith("<li")
    assert 'aria-pressed="true"' in response.text


def test_without_script_the_rows_next_press_leads_back_to_the_page(cast: Cast, task: Task) -> None:
    here = page("index", cast) + "?who=me"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"}
    response = browser(cast.alice).post(page("complete", cast, task), headers=headers)
    assert f'name="next" value="{here}"' in response.text


def test_it_completes_through_the_api(cast: Cast, task: Task) -> None:
    response = api(cast.alice).post(f"tasks/{task.pk}/complete/")
    assert response.status_code == 200
    assert response.json()["completed"] is True
    assert response.json()["completed_at"].endswith("Z")


def test_twice_is_harmless(cast: Cast, task: Task) -> None:
    first = api(cast.alice).post(f"tasks/{task.pk}/complete/").json()
    second = api(cast.carol).post(f"tasks/{task.pk}/complete/").json()
    assert second["completed_at"] == first["completed_at"]
    assert second["completed_by"] == str(cast.alice.pk)
    with guild_scope(cast.home.pk, cast.alice):
        assert Change.objects.filter(verb="completed").count() == 1


def test_of_ten_at_once_one_wins(committed_cast: Cast) -> None:
    task = make_task(committed_cast.carol)
    clients = [api(committed_cast.alice) for _ in range(10)]

    def complete(client: object) -> int:
        try:
            return client.post(f"tasks/{task.pk}/complete/").status_code  # type: ignore[attr-defined, no-any-return]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(complete, clients)) == {200}
    with guild_scope(committed_cast.home.pk, committed_cast.alice):
        assert Change.objects.filter(verb="completed").count() == 1


def test_it_reopens_and_forgets_when_it_was_done(cast: Cast, task: Task) -> None:
    client = api(cast.alice)
    client.post(f"tasks/{task.pk}/complete/")
    row = client.post(f"tasks/{task.pk}/reopen/").json()
    assert (row["status"], row["completed_at"], row["completed_by"]) == ("pending", None, None)
    browser(cast.alice).post(page("complete", cast, task))
    browser(cast.alice).post(page("reopen", cast, task))
    assert stored(task, cast.alice).completed_at is None


@pytest.mark.parametrize("verb", ["complete", "reopen"])
def test_a_viewer_may_not(cast: Cast, task: Task, verb: str) -> None:
    assert browser(cast.bob).post(page(verb, cast, task)).status_code == 403
    assert api(cast.bob).post(f"tasks/{task.pk}/{verb}/").status_code == 403
    assert not stored(task, cast.alice).completed


@pytest.mark.parametrize("verb", ["complete", "reopen"])
def test_a_stranger_finds_nothing(cast: Cast, task: Task, verb: str) -> None:
    assert browser(cast.charlie).post(page(verb, cast, task)).status_code == 404
    assert api(cast.charlie, cast.home).post(f"tasks/{task.pk}/{verb}/").status_code == 404
    # Her own household with a right id of another one.
    assert api(cast.charlie).post(f"tasks/{task.pk}/{verb}/").status_code == 404


@pytest.mark.parametrize("verb", ["complete", "reopen", "delete", "restore", "edit"])
def test_anothers_private_task_is_not_there(cast: Cast, secret: Task, verb: str) -> None:
    assert browser(cast.alice).post(page(verb, cast, secret)).status_code == 404


def test_reading_does_not_write(cast: Cast, task: Task) -> None:
    assert browser(cast.alice).get(page("complete", cast, task)).status_code == 405
    assert api(cast.alice).get(f"tasks/{task.pk}/complete/").status_code == 405
