from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, api
from productivity.tasks.models import Task

pytestmark = pytest.mark.urls("config.tests.probe_api")


def send(cast: Cast, raw: bytes | str, **extra: Any) -> Any:
    extra = {"content_type": "application/json"} | extra
    return api(cast.carol).generic("POST", "probes/", raw, **extra)


def nothing_stored(cast: Cast) -> bool:
    with guild_scope(cast.home.pk):
        return not Task.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"title"',
        b"null",
        b'{"title": "a", "title": "b"}',
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b'{"title": 1e999}',
        b'{"title": "\xff"}',
        b'{"title": "\xed\xa0\x80"}',
        b'{"title": "a\x00b"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        '{"title": "Müll"}'.encode("utf-16"),
    ],
)
def test_it_refuses_what_is_no_json_object(cast: Cast, raw: bytes) -> None:
    response = send(cast, raw)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 400
    assert nothing_stored(cast)


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_no_body_is_no_object(cast: Cast, method: str) -> None:
    row = api(cast.carol).post("probes/", {"title": "Bins"})
    path = "probes/" if method == "POST" else f"probes/{row.json()['id']}/"
    for kind in ("application/json", ""):
        answer = api(cast.carol).generic(method, path, b"", content_type=kind)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "malformed"
    after = api(cast.carol).get(f"probes/{row.json()['id']}/")
    assert after.headers["ETag"] == row.headers["ETag"]


def test_it_says_where_the_json_breaks(cast: Cast) -> None:
    problem = send(cast, b'{"title":\n "a",, }').json()
    assert problem["errors"] == [{"pointer": "", "code": "malformed", "message": problem["detail"]}]
    assert "line 2, column 6" in problem["detail"]


@pytest.mark.parametrize("text", ["\\u0000", "a\\ud800b", "\\udc00", "x\\u0000"])
def test_it_refuses_nul_and_half_characters(cast: Cast, text: str) -> None:
    response = send(cast, f'{{"description": "fine", "title": "{text}"}}')
    assert response.status_code == 400
    assert response.json()["errors"][0] | {"message": ""} == {
        "pointer": "/title",
        "code": "not_text",
        "message": "",
    }


def test_it_takes_whole_characters_and_backslashes(cast: Cast) -> None:
    body = '{"title": "\\ud83d\\ude00 \\\\u0000"}'
    assert send(cast, body).json()["title"] == "😀 \\u0000"


def test_it_refuses_a_large_body(cast: Cast) -> None:
    response = send(cast, json.dumps({"title": "x" * 2**20}))
    assert response.status_code == 413
    assert response.json()["type"] == "urn:guildhall:problem:too-large"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_it_refuses_other_content_types(cast: Cast, kind: str) -> None:
    response = send(cast, '{"title": "Bins"}', content_type=kind)
    assert response.status_code == 415
    assert response["Content-Type"] == "application/problem+json"


def test_it_refuses_other_charsets(cast: Cast) -> None:
    kind = "application/json; charset=latin-1"
    assert send(cast, '{"title": "Bins"}', content_type=kind).status_code == 415


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/title", "required"),
        ({"title": ""}, "/title", "blank"),
        ({"title": " \t\n"}, "/title", "blank"),
        ({"title": None}, "/title", "null"),
        ({"title": 5}, "/title", "invalid"),
        ({"title": True}, "/title", "invalid"),
        ({"title": {"a": 1}}, "/title", "invalid"),
        ({"title": ["a"]}, "/title", "invalid"),
        ({"title": "x" * 256}, "/title", "max_length"),
        ({"title": "a", "description": "x" * 1001}, "/description", "max_length"),
        ({"title": "a", "colour": "red"}, "/colour", "unknown_field"),
        ({"title": "a", "a/b~c": 1}, "/a~1b~0c", "unknown_field"),
        ({"title": "a", "completed": True}, "/completed", "read_only"),
        ({"title": "a", "created_at": "2026-01-01T00:00:00Z"}, "/created_at", "read_only"),
        ({"title": "a", "visibility": "public"}, "/visibility", "invalid_choice"),
        ({"title": "a", "visibility": 1}, "/visibility", "invalid_choice"),
        ({"title": "a", "visibility": ["private"]}, "/visibility", "invalid_choice"),
        ({"title": "a", "time_zone": "Middle/Earth"}, "/time_zone", "zone"),
        ({"title": "a", "due_on": "2027-02-31"}, "/due_on", "unknown"),
        ({"title": "a", "due_on": "1969-12-31"}, "/due_on", "range"),
        ({"title": "a", "due_on": "9999-12-31"}, "/due_on", "range"),
        ({"title": "a", "due_on": "10000-01-01"}, "/due_on", "invalid"),
        ({"title": "a", "due_on": "12abc"}, "/due_on", "invalid"),
        ({"title": "a", "due_on": 20260101}, "/due_on", "invalid"),
        ({"title": "a", "due_on": "2026-01-01T00:00:00Z"}, "/due_on", "invalid"),
        ({"title": "a", "due_on": "2026-W01-1"}, "/due_on", "invalid"),
        ({"title": "a", "due_on": "٢٠٢٦-01-01"}, "/due_on", "invalid"),
        ({"title": "a", "due_time": "24:00"}, "/due_time", "invalid"),
        ({"title": "a", "due_time": "7:15"}, "/due_time", "invalid"),
        ({"title": "a", "due_time": "07:15:00"}, "/due_time", "invalid"),
        ({"title": "a", "assignees": "everyone"}, "/assignees", "not_a_list"),
        ({"title": "a", "assignees": {"0": "x"}}, "/assignees", "not_a_list"),
        ({"title": "a", "assignees": [7]}, "/assignees/0", "invalid"),
        ({"title": "a", "assignees": ["12abc"]}, "/assignees/0", "invalid"),
        ({"title": "a", "assignees": [None]}, "/assignees/0", "null"),
        ({"title": "a", "id": 7}, "/id", "invalid"),
        ({"title": "a", "id": "0" * 32}, "/id", "invalid"),
        ({"title": "a", "id": "00000000-0000-0000-0000-000000000000"}, "/id", "version"),
        ({"title": "a", "id": "ffffffff-ffff-ffff-ffff-ffffffffffff"}, "/id", "version"),
    ],
)
def test_it_refuses_what_is_not_meant(
    cast: Cast, body: dict[str, Any], pointer: str, code: str
) -> None:
    response = send(cast, json.dumps(body))
    assert response.status_code == 400
    errors = [(error["pointer"], error["code"]) for error in response.json()["errors"]]
    assert errors == [(pointer, code)]
    assert all(error["message"] for error in response.json()["errors"])
    assert nothing_stored(cast)


def test_it_names_all_that_is_wrong_at_once(cast: Cast) -> None:
    problem = send(cast, json.dumps({"title": "", "due_on": "x", "colour": 1})).json()
    assert {error["pointer"] for error in problem["errors"]} == {"/title", "/due_on", "/colour"}


def test_it_names_the_member_who_is_not_there(cast: Cast) -> None:
    ids = [str(cast.alice.pk), str(cast.charlie.pk), str(cast.alice.pk)]
    problem = send(cast, json.dumps({"title": "a", "assignees": ids})).json()
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("/assignees/1", "unknown"),
        ("/assignees/2", "twice"),
    ]


def test_it_trims_and_takes_what_is_meant(cast: Cast) -> None:
    body: dict[str, Any] = {
        "title": "  Müll \n",
        "due_on": None,
        "due_time": None,
        "assignees": [str(cast.bob.pk), str(cast.alice.pk)],
        "visibility": "household",
    }
    made = send(cast, json.dumps(body)).json()
    assert made["title"] == "Müll"
    assert sorted(made["assignees"]) == sorted(body["assignees"])


def test_it_rolls_back_what_a_refusal_interrupts(cast: Cast) -> None:
    response = send(cast, json.dumps({"title": "refuse me"}))
    assert response.status_code == 409
    assert response.json()["errors"] == [
        {"pointer": "/title", "code": "no_such_title", "message": "Not that title."}
    ]


def test_it_says_nothing_of_a_bug(cast: Cast) -> None:
    client = api(cast.carol)
    client.client.raise_request_exception = False
    response = client.post("probes/half/")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert b"bug" not in response.content
    assert b"Zero" not in response.content
    assert nothing_stored(cast)
