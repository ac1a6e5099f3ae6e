"""ETags, keys for repeated requests, ids of the client's own."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections

from accounts.guild.scope import guild_scope, user_scope
from accounts.guild.testing import Cast, api
from accounts.models import Replay
from productivity.tasks.models import Task

pytestmark = pytest.mark.urls("config.tests.probe_api")
OWN = "019aa1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b"


def count(cast: Cast) -> int:
    with guild_scope(cast.home.pk, cast.carol):
        number: int = Task.objects.count()
    return number


# --- ETag, If-None-Match, If-Match


def test_reading_and_writing_answer_the_same_tag(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    path = made["Location"]
    assert client.get(path)["ETag"] == made["ETag"]
    assert made["ETag"].startswith('"')
    edited = client.patch(path, {"title": "Bin"})
    assert edited["ETag"] != made["ETag"]
    assert client.get(path)["ETag"] == edited["ETag"]


def test_who_has_the_row_gets_304(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    for header in (made["ETag"], f'"x,y", W/{made["ETag"]}', "*"):
        response = client.get(made["Location"], headers={"if-none-match": header})
        assert (response.status_code, response.content) == (304, b"")
        assert response["ETag"] == made["ETag"]
    assert client.get(made["Location"], headers={"if-none-match": '"x"'}).status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_a_stale_tag_writes_nothing(cast: Cast, method: str) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    client.patch(made["Location"], {"title": "Bin day"})
    response = client.generic(
        method,
        made["Location"],
        '{"title": "Lost update"}',
        content_type="application/json",
        headers={"if-match": made["ETag"]},
    )
    assert response.status_code == 412
    now = client.get(made["Location"])
    assert response.json()["current"] == now.json()
    assert response["ETag"] == now["ETag"]
    assert now.json()["title"] == "Bin day"


def test_the_right_tag_writes(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    for header in ("*", '"x", {tag}', "{tag}"):
        tag = client.get(made["Location"])["ETag"]
        response = client.patch(
            made["Location"], {"title": header}, headers={"if-match": header.replace("{tag}", tag)}
        )
        assert response.status_code == 200
        assert response.json()["title"] == header


def test_of_two_writes_at_once_with_one_tag_one_is_refused(committed_cast: Cast) -> None:
    client = api(committed_cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    answers: list[int] = []

    def patch(number: int) -> None:
        body = {"title": f"Bins {number}"}
        answer = client.patch(made["Location"], body, headers={"if-match": made["ETag"]})
        answers.append(answer.status_code)
        connections.close_all()

    threads = [threading.Thread(target=patch, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412, 412, 412]


def test_a_weak_tag_never_allows_a_write(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    headers = {"if-match": f"W/{made['ETag']}"}
    assert client.patch(made["Location"], {"title": "x"}, headers=headers).status_code == 412


@pytest.mark.parametrize("header", ["x", '"', '"a" "b"', ",", 'w/"x"'])
def test_a_tag_that_is_none_is_refused(cast: Cast, header: str) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    response = client.patch(made["Location"], {"title": "x"}, headers={"if-match": header})
    assert response.status_code == 400


def test_a_verb_minds_the_tag_too(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    path = f"{made['Location']}complete/"
    assert client.post(path, headers={"if-match": '"x"'}).status_code == 412
    assert client.post(path, headers={"if-match": made["ETag"]}).json()["completed"] is True


def test_only_named_fields_are_written(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins", "description": "Blue one"})
    with guild_scope(cast.home.pk, cast.carol):
        Task.objects.update(description="Green one")
    edited = client.patch(made["Location"], {"title": "Bin"}).json()
    assert (edited["title"], edited["description"]) == ("Bin", "Green one")
    assert client.patch(made["Location"], {}).status_code == 200


def test_put_asks_for_what_is_required(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins", "description": "Blue one"})
    path, extra = made["Location"], {"content_type": "application/json"}
    refused = client.generic("PUT", path, '{"description": ""}', **extra)
    assert refused.json()["errors"][0]["pointer"] == "/title"
    body = f'{{"id": "{made.json()["id"]}", "title": "Bin"}}'
    assert client.generic("PUT", path, body, **extra).json()["title"] == "Bin"


def test_an_id_never_changes(cast: Cast) -> None:
    client = api(cast.carol)
    made = client.post("probes/", {"title": "Bins"})
    assert client.patch(made["Location"], {"id": OWN}).status_code == 400


def test_deleting_twice_finds_nothing(cast: Cast) -> None:
    client = api(cast.carol)
    path = client.post("probes/", {"title": "Bins"})["Location"]
    assert client.generic("DELETE", path).status_code == 204
    assert client.generic("DELETE", path).status_code == 404


# --- Idempotency-Key


def again(client: Any, key: str, body: dict[str, Any], path: str = "probes/") -> Any:
    return client.post(path, body, headers={"idempotency-key": key})


def test_the_same_key_gets_the_first_answer_again(cast: Cast) -> None:
    client = api(cast.carol)
    first, second = (again(client, "k", {"title": "Bins"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    for name in ("ETag", "Location", "Content-Type"):
        assert first[name] == second[name]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert count(cast) == 1


def test_a_key_of_another_request_is_refused(cast: Cast) -> None:
    client = api(cast.carol)
    made = again(client, "k", {"title": "Bins"})
    assert again(client, "k", {"title": "Dishes"}).status_code == 409
    other = again(client, "k", {"title": "Bins"}, f"{made['Location']}complete/")
    assert other.status_code == 409
    assert other.json()["errors"][0] | {"message": ""} == {
        "pointer": "/Idempotency-Key",
        "code": "key_reused",
        "message": "",
    }
    assert count(cast) == 1


def test_keys_are_each_persons_own(cast: Cast) -> None:
    for client in (api(cast.carol), api(cast.alice)):
        assert "Idempotency-Replayed" not in again(client, "k", {"title": "Bins"})
    assert count(cast) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "ä", "x" * 201, "a\tb"])
def test_a_key_that_is_none_is_refused(cast: Cast, key: str) -> None:
    assert again(api(cast.carol), key, {"title": "Bins"}).status_code == 400
    assert count(cast) == 0


def test_what_failed_may_be_tried_again(cast: Cast) -> None:
    client = api(cast.carol)
    assert again(client, "k", {"title": ""}).status_code == 400
    assert again(client, "k", {"title": "Bins"}).status_code == 201


def test_a_key_is_forgotten_after_a_day(cast: Cast) -> None:
    client = api(cast.carol)
    again(client, "k", {"title": "Bins"})
    with connection.cursor() as cursor, user_scope(cast.carol.user_id):  # type: ignore[arg-type]
        cursor.execute("UPDATE accounts_replay SET created_at = now() - interval '25 hours'")
    assert "Idempotency-Replayed" not in again(client, "k", {"title": "Dishes"})
    assert again(client, "k", {"title": "Dishes"})["Idempotency-Replayed"] == "true"
    assert count(cast) == 2


def test_kept_answers_cannot_be_read_in_the_database(cast: Cast) -> None:
    again(api(cast.carol), "k", {"title": "Bins"})
    with user_scope(cast.carol.user_id):  # type: ignore[arg-type]
        stored = Replay.objects.get()
    assert b"Bins" not in bytes(stored.body)


def test_the_same_key_at_once_has_one_effect(committed_cast: Cast) -> None:
    cast, client = committed_cast, api(committed_cast.carol)
    answers: list[Any] = []

    def post() -> None:
        answers.append(again(client, "k", {"title": "Bins"}))
        connections.close_all()

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (201, answers[0].content)
    }
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 7
    assert count(cast) == 1


# --- Ids of the client's own


def test_a_row_may_bring_its_id(cast: Cast) -> None:
    assert api(cast.carol).post("probes/", {"id": OWN, "title": "Bins"}).json()["id"] == OWN


def test_the_same_row_again_is_the_stored_one(cast: Cast) -> None:
    client = api(cast.carol)
    body = {"id": OWN, "title": " Bins", "assignees": [str(cast.bob.pk), str(cast.alice.pk)]}
    first, second = client.post("probes/", body), client.post("probes/", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content
    assert count(cast) == 1


def test_a_taken_id_is_refused_alike_wherever_it_is(cast: Cast) -> None:
    """By another body, another maker, another's private row, another household, the trash."""
    ids = [OWN.replace("019aa1b2", f"019aa1b{number}") for number in range(5)]
    api(cast.carol).post("probes/", {"id": ids[0], "title": "Bins"})
    api(cast.alice).post("probes/", {"id": ids[1], "title": "Bins"})
    api(cast.alice).post("probes/", {"id": ids[2], "title": "Bins", "visibility": "private"})
    api(cast.charlie).post("probes/", {"id": ids[3], "title": "Bins"})
    gone = api(cast.carol).post("probes/", {"id": ids[4], "title": "Bins"})
    api(cast.carol).generic("DELETE", gone["Location"])
    answers = [
        api(cast.carol).post("probes/", {"id": ids[0], "title": "Dishes"}),
        *(api(cast.carol).post("probes/", {"id": pk, "title": "Bins"}) for pk in ids[1:]),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (409, answers[0].content)
    }
    assert answers[0].json()["errors"][0]["pointer"] == "/id"
