from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from config.web.api.reading_room import schema

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document() -> dict[str, Any]:
    schema.cache_clear()
    GENERATOR_STATS.reset()
    parsed: dict[str, Any] = json.loads(schema())
    return parsed


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_it_is_made_without_a_warning(document: dict[str, Any]) -> None:
    assert not GENERATOR_STATS, GENERATOR_STATS._warn_cache | GENERATOR_STATS._error_cache
    assert document["openapi"].startswith("3.1")


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate_schema(document)


def test_every_name_in_it_exists(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"#/([^"]+)"', json.dumps(document))):
        place: Any = document
        for part in reference.split("/"):
            place = place[part]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_every_operation_says_what_can_go_wrong(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        expected = {"401", "403", "429"} | ({"404"} if "{" in path else set())
        if method in {"post", "put", "patch"}:
            expected |= {"400", "409", "413", "415"}
        if operation.get("security") != [{}]:
            assert expected <= set(operation["responses"]), (path, method)


def test_bodies_take_no_unknown_fields(document: dict[str, Any]) -> None:
    for name, component in document["components"]["schemas"].items():
        if name.endswith("Request"):
            assert component["additionalProperties"] is False, name


def test_every_list_is_a_page(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if operation["operationId"].endswith("_list"):
            answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
            page = document["components"]["schemas"][answer["$ref"].rsplit("/", 1)[1]]
            assert set(page["properties"]) == {"results", "next"}, (path, method)
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert {"limit", "cursor"} <= names, path


def test_it_is_read_by_anybody(db: None) -> None:
    response = Client().get("/api/v1/schema/")
    assert response.status_code == 200
    assert json.loads(response.content)["info"]["title"] == "Guildhall"


def test_the_reading_room_loads_nothing_from_elsewhere(db: None) -> None:
    response = Client().get("/api/v1/docs/")
    page = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    for source in re.findall(r"""(?:src|href)=["']/static/([^"'?]+)""", page):
        assert finders.find(re.sub(r"\.[0-9a-f]{12}\.", ".", source)), source
    policy = response["Content-Security-Policy"]
    assert "http" not in policy
    assert "'unsafe-eval'" not in policy


def test_the_policy_is_relaxed_there_only(db: None) -> None:
    assert "unsafe" not in Client().get("/api/v1/schema/")["Content-Security-Policy"]
