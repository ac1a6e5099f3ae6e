"""The API: one include per slice."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.api.urls")),
    path("guilds/<guild>/", include("productivity.tasks.api.urls")),
    path("guilds/<guild>/", include("reminders.api.urls")),
]
