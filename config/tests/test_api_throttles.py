from __future__ import annotations

import time

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.guild.testing import Cast, api
from config.web.api import throttles

pytestmark = pytest.mark.urls("config.tests.probe_api")


@pytest.fixture(autouse=True)
def _counting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RATE_LIMITS = True
    monkeypatch.setattr(throttles, "PER_PERSON", 3)
    monkeypatch.setattr(throttles, "PER_ADDRESS", 2)
    # Not across the border of two minutes.
    if time.time() % 60 > 57:
        time.sleep(3.1)


def test_a_person_has_a_budget_each_minute(cast: Cast) -> None:
    client = api(cast.carol)
    left = [client.get("probes/")["RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = client.get("probes/")
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["RateLimit-Limit"] == "3"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Reset"] == refused["Retry-After"]
    assert api(cast.alice).get("probes/").status_code == 200


def test_all_keys_of_a_person_share_her_budget(cast: Cast) -> None:
    for _ in range(3):
        api(cast.carol).get("probes/")
    assert api(cast.carol).get("probes/").status_code == 429


def test_an_address_has_a_smaller_one(cast: Cast) -> None:
    paths = [f"/api/v1/guilds/{cast.home.pk}/probes/", "/api/v1/nonsense/"]
    assert [Client().get(path).status_code for path in paths] == [401, 404]
    assert [Client().get(path).status_code for path in paths] == [429, 429]
    assert Client(REMOTE_ADDR="192.0.2.1").get(paths[0]).status_code == 401


def test_guessing_tokens_is_counted(cast: Cast) -> None:
    path = f"/api/v1/guilds/{cast.home.pk}/probes/"
    headers = {"authorization": "Bearer gh_guess"}
    answers = [Client().get(path, headers=headers).status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_limits_can_be_turned_off(cast: Cast, settings: Settings) -> None:
    settings.RATE_LIMITS = False
    responses = [api(cast.carol).get("probes/") for _ in range(5)]
    assert {response.status_code for response in responses} == {200}
    assert "RateLimit-Limit" not in responses[0]


def test_without_valkey_the_doors_are_open_and_nobody_waits(cast: Cast, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client = api(cast.carol)
    assert client.get("probes/").status_code == 200
    start = time.perf_counter()
    assert {client.get("probes/").status_code for _ in range(5)} == {200}
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address", "network"),
    [
        (0, "198.51.100.7", "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.7", "10.0.0.1", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "10.0.0.1", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", "10.0.0.1", "10.0.0.1"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", "unknown"),
    ],
)
def test_it_knows_who_asks_behind_proxies(
    settings: Settings, proxies: int, forwarded: str, address: str, network: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=address, **headers)  # type: ignore[arg-type]
    assert throttles.client_network(request) == network
