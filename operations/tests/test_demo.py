"""The household to look at."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from operations.demo import OWNER, PASSWORD


def test_it_can_be_looked_at_and_is_made_once(db: None) -> None:
    call_command("demo")
    people = User.objects.count()
    call_command("demo")
    assert User.objects.count() == people
    client = Client()
    form = {"login": OWNER, "password": PASSWORD}
    today = client.post("/accounts/login/", form, follow=True)
    assert today.redirect_chain[-1][0].endswith("/g/larkspur-house/")
    assert "Hanna" in today.text
    assert "Water the tomatoes" in today.text
    assert "Milo’s inhaler" in client.get("/g/larkspur-house/reminders/").text


def test_it_speaks_the_language_of_the_machine(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    call_command("demo", time_zone="Europe/Vienna")
    client = Client()
    client.post("/accounts/login/", {"login": OWNER, "password": PASSWORD})
    page = client.get("/g/larkspur-house/")
    assert page.headers["Content-Language"] == "de"
    assert "Tomaten gießen" in page.text
    assert "Europe/Vienna" in client.get("/g/larkspur-house/tasks/new/").text
