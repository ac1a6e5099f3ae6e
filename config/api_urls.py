"""The API's site map, below `/api/`: slices first, what is left answers 404 as a problem."""

from __future__ import annotations

from django.urls import include, path, re_path

from config.web.api.handlers import nothing_here
from config.web.api.reading_room import ReadingRoom, SchemaView

household = [
    path("", include("productivity.tags.api.urls")),
    path("", include("productivity.tasks.api.urls")),
    path("", include("reminders.api.urls")),
]
urlpatterns = [
    # First what is asked most: every pattern before it is tried with each request.
    path("v1/guilds/<uuid:guild>/", include(household)),
    path("v1/", include("accounts.api.urls")),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", ReadingRoom.as_view(), name="docs"),
    re_path("", nothing_here),
]
