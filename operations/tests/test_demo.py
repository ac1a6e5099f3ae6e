"""The household to look at."""

from __future__ import annotations

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
