"""Doors without a sign-in: what is signed in the address is what entitles."""

from __future__ import annotations

from django.urls import path

from reminders.views import acts

app_name = "acts"

urlpatterns = [
    path("act/<str:token>/", acts.act, name="act"),
    path("off/<str:token>/", acts.off, name="off"),
]
