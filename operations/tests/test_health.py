from __future__ import annotations

import os
import socket
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from operations.heartbeat import Pulse
from operations.models import Heartbeat
from operations.process import mark

pytestmark = pytest.mark.django_db(databases=["default", "system"])


def alive(process: str, queues: str = "", *, seconds_ago: float = 0) -> Heartbeat:
    return Heartbeat.objects.create(
        instance=f"{process}-{queues}",
        process=process,
        queues=queues,
        jobs={"reminders.jobs.tick": {"done": 3, "failed": 1}},
        seen_at=timezone.now() - timedelta(seconds=seconds_ago),
    )


@pytest.fixture
def everybody() -> None:
    alive("worker", "deliver")
    alive("worker", "work")
    alive("beat")


def test_it_is_alive(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"alive\n")


def test_it_is_ready_when_every_part_works(client: Client, everybody: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["ready"] is True
    parts = response.json()["components"]
    assert set(parts) == {"database", "migrations", "valkey", "worker", "beat"}
    assert parts["worker"]["ok"] is True
    assert parts["worker"]["instances"] == [mark("worker-deliver"), mark("worker-work")]


def test_strangers_learn_no_name_of_a_machine(client: Client) -> None:
    Pulse(Heartbeat.Process.WORKER, "deliver,work").give_sign()
    [row] = Heartbeat.objects.all()
    assert socket.gethostname() in row.instance
    told = client.get("/readyz").text
    assert socket.gethostname() not in told
    assert f"-{os.getpid()}" not in told


def test_a_queue_that_nobody_serves_makes_it_not_ready(client: Client) -> None:
    alive("worker", "work")
    alive("beat")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["components"]["worker"]["ok"] is False
    assert response.json()["components"]["beat"]["ok"] is True


def test_a_beat_that_was_not_seen_for_a_while_is_gone(client: Client) -> None:
    alive("worker", "deliver,work")
    alive("beat", seconds_ago=21)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["components"]["beat"] == {"ok": False, "instances": []}


def test_a_valkey_that_is_away_makes_it_not_ready(
    client: Client, everybody: None, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    found = {name: part["ok"] for name, part in response.json()["components"].items()}
    assert [name for name, ok in found.items() if not ok] == ["valkey"]
    assert 'guildhall_up{part="valkey"} 0.0' in client.get("/metrics").content.decode()


def test_a_pulse_leaves_its_jobs_and_sweeps_out_the_dead() -> None:
    alive("worker", "old", seconds_ago=3600)
    pulse = Pulse(Heartbeat.Process.WORKER, "work")
    pulse.count("operations.jobs.back_up", "done")
    pulse.give_sign()
    pulse.count("operations.jobs.back_up", "failed")
    pulse.give_sign()
    [beat] = Heartbeat.objects.all()
    assert beat.jobs == {"operations.jobs.back_up": {"done": 1, "failed": 1}}


def test_the_figures_name_requests_jobs_deliveries_and_backups(
    client: Client, everybody: None
) -> None:
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    assert 'guildhall_request_seconds_count{method="GET",route="healthz",status="200"}' in text
    assert (
        'guildhall_jobs_total{job="reminders.jobs.tick",outcome="done",run="worker-work"} 3.0'
    ) in text
    assert 'guildhall_up{part="valkey"} 1.0' in text
    assert "guildhall_overdue_seconds 0.0" in text
    assert "guildhall_backups" in text


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.7"},
    ],
)
def test_a_stranger_finds_no_figures(client: Client, headers: dict[str, str]) -> None:
    assert client.get("/metrics", **headers).status_code == 404  # type: ignore[arg-type]


def test_with_a_token_only_the_token_counts(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = "0123456789"
    far = {"REMOTE_ADDR": "203.0.113.7"}
    answers = [
        client.get("/metrics").status_code,
        client.get("/metrics", HTTP_AUTHORIZATION="Bearer wrong", **far).status_code,  # type: ignore[arg-type]
        client.get("/metrics", HTTP_AUTHORIZATION="Bearer 0123456789", **far).status_code,  # type: ignore[arg-type]
    ]
    assert answers == [404, 404, 200]
