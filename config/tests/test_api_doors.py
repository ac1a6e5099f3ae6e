"""Who may come in, and what those who may not are told."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.actions.token import create_token
from accounts.guild.scope import guild_scope, user_scope
from accounts.guild.testing import ApiClient, Cast, api
from productivity.tasks.models import Task

pytestmark = pytest.mark.urls("config.tests.probe_api")
NOBODY = "01a1f904-0000-7000-8000-000000000000"


def add(cast: Cast, **fields: Any) -> Task:
    with guild_scope(cast.home.pk, cast.carol):
        task: Task = Task.objects.create(title="Bins", created_by=cast.carol, **fields)
    return task


def requests(client: ApiClient, pk: object) -> list[Any]:
    return [
        client.get(f"probes/{pk}/"),
        client.patch(f"probes/{pk}/", {"title": "x"}),
        client.generic("PUT", f"probes/{pk}/", '{"title": "x"}', content_type="application/json"),
        client.generic("DELETE", f"probes/{pk}/"),
        client.post(f"probes/{pk}/complete/"),
    ]


def test_it_asks_the_anonymous_to_sign_in(cast: Cast) -> None:
    task = add(cast)
    client = api(None, cast.home)
    for response in [client.get("probes/"), client.post("probes/"), *requests(client, task.pk)]:
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer x", "Bearer gh_x", "Bearer a.b.c", "Basic abc", "Bearer ä", "x"],
)
def test_it_refuses_tokens_that_are_none(cast: Cast, header: str) -> None:
    url = f"/api/v1/guilds/{cast.home.pk}/probes/"
    response = Client().get(url, headers={"authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_it_takes_no_cookie(cast: Cast) -> None:
    client = Client()
    assert cast.carol.user
    client.force_login(cast.carol.user)
    assert client.get(f"/api/v1/guilds/{cast.home.pk}/probes/").status_code == 401


def test_a_stranger_finds_nothing(cast: Cast) -> None:
    """What is there and what is not answer alike, and nothing changes."""
    task = add(cast)
    from_outside, from_within = api(cast.charlie, cast.home), api(cast.charlie)
    for client in (from_outside, from_within):
        there, not_there = requests(client, task.pk), requests(client, NOBODY)
        assert {response.status_code for response in there + not_there} == {404}
        assert [r.content for r in there] == [r.content for r in not_there]
    assert from_outside.get("probes/").status_code == 404
    assert from_outside.post("probes/", {"title": "x"}).status_code == 404
    with guild_scope(cast.home.pk):
        assert Task.objects.get().title == "Bins"


def test_another_members_private_row_is_not_there(cast: Cast) -> None:
    task = add(cast, visibility="private")
    assert {response.status_code for response in requests(api(cast.alice), task.pk)} == {404}
    assert api(cast.alice).get("probes/").json()["results"] == []
    assert len(api(cast.carol).get("probes/").json()["results"]) == 1


def test_a_viewer_reads_and_writes_nothing(cast: Cast) -> None:
    task = add(cast)
    reads, *writes = requests(api(cast.bob), task.pk)
    assert reads.status_code == 200
    assert {response.status_code for response in writes} == {403}
    assert api(cast.bob).post("probes/", {"title": "x"}).status_code == 403


def test_a_role_is_asked_for(cast: Cast) -> None:
    assert api(cast.carol).post("probes/purge/").status_code == 403
    assert api(cast.alice).post("probes/purge/").status_code == 204


def test_a_key_that_reads_writes_nothing(cast: Cast) -> None:
    task = add(cast)
    reads, *writes = requests(api(cast.carol, None, "read"), task.pk)
    assert reads.status_code == 200
    assert {response.status_code for response in writes} == {403}
    assert writes[0].json()["errors"][0]["code"] == "scope"


def test_a_key_that_writes_manages_nothing(cast: Cast) -> None:
    assert api(cast.alice, None, "write").post("probes/purge/").status_code == 403
    assert api(cast.alice, None, "write").post("probes/", {"title": "x"}).status_code == 201


def test_a_key_for_another_household_finds_nothing(cast: Cast) -> None:
    assert cast.charlie.user
    with user_scope(cast.charlie.user.pk):
        _row, token = create_token(
            by=cast.charlie.user, name="t", scopes=["admin"], guild=cast.elsewhere.pk
        )
    assert ApiClient(token, cast.elsewhere).get("probes/").status_code == 200
    assert ApiClient(token, cast.home).get("probes/").status_code == 404


def test_my_own_rows_are_mine(cast: Cast) -> None:
    mine = api(cast.carol).get("/api/v1/me/keys/").json()["results"]
    assert len(mine) == 1
    assert api(cast.alice).get(f"/api/v1/me/keys/{mine[0]['id']}/").status_code == 404


@pytest.mark.parametrize(
    "pk", ["100000000000000000000", "9223372036854775808", "-1", "x", "%00", "0", NOBODY]
)
def test_an_id_that_is_none_is_not_there(cast: Cast, pk: str) -> None:
    for response in requests(api(cast.carol), pk):
        assert response.status_code in ({400, 404} if pk == "%00" else {404})
        assert response["Content-Type"] == "application/problem+json"


def test_an_unknown_address_is_a_problem(cast: Cast) -> None:
    for path in ("/api/", "/api/v2/", "/api/v1/nonsense/", "/api/v1/me/keys"):
        response = api(cast.carol).get(path)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


def test_an_unknown_method_is_a_problem(cast: Cast) -> None:
    for method in ("DELETE", "PUT", "OPTIONS", "TRACE", "BREW"):
        response = api(cast.carol).generic(method, "probes/")
        assert response.status_code == 405
        assert set(response["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
        assert response["Content-Type"] == "application/problem+json"


def test_it_speaks_json_only(cast: Cast) -> None:
    client = api(cast.carol)
    assert client.get("probes/", headers={"accept": "text/html"}).status_code == 406
    assert client.get("probes/", headers={"accept": "application/json;q=0"}).status_code == 406
    for accept in ("*/*", "application/json", "text/html, application/json;q=0.5"):
        assert client.get("probes/", headers={"accept": accept}).status_code == 200


def test_it_keeps_answers_out_of_caches(cast: Cast) -> None:
    for response in (api(cast.carol).get("probes/"), api(None, cast.home).get("probes/")):
        assert response["Cache-Control"] == "no-store"


def test_it_answers_in_the_persons_language(cast: Cast) -> None:
    assert cast.carol.user
    cast.carol.user.locale = "de"
    cast.carol.user.save(update_fields=["locale"])
    problem = api(cast.carol).post("probes/", {"title": ""}).json()
    assert problem["errors"][0]["message"] == "Dieses Feld darf nicht leer sein."
