"""The API's site map, below `/api/`: slices first, what is left answers 404 as a problem."""

from __future__ import annotations

from django.urls import include, path, re_path

from config.web.api.handlers import nothing_here
from config.web.api.reading_room import ReadingRoom, SchemaView

slices = [
    path("", include("accounts.api.urls")),
    path("guilds/<uuid:guild>/", include("productivity.tags.api.urls")),
    path("guilds/<uuid:guild>/", include("productivity.tasks.api.urls")),
    path("guilds/<uuid:guild>/", include("reminders.api.urls")),
]
urlpatterns = [
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", ReadingRoom.as_view(), name="docs"),
    path("v1/", include(slices)),
    re_path("", nothing_here),
]
