"""Short words about what was just done, with an Undo that is a real form.

A view says `toast(request, _("Bins are done."), undo=url)`. A full page shows it in its live
region; an htmx answer gets it appended out of band. The view does not care which of the two it is.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

Handler = Callable[[HttpRequest], HttpResponse]
UNDO = "undo:"


def toast(
    request: HttpRequest, text: str, *, undo: str = "", level: int = messages.SUCCESS
) -> None:
    """Queue `text`; `undo` is the path that takes it back by POST."""
    messages.add_message(request, level, text, extra_tags=f"{UNDO}{undo}" if undo else "")


def undo_path(extra_tags: str | None) -> str:
    """Where the Undo of a message goes, or nothing."""
    return extra_tags.removeprefix(UNDO) if extra_tags and extra_tags.startswith(UNDO) else ""


def toast_middleware(get_response: Handler) -> Handler:
    """Appends what is queued to an htmx answer; stands after Django's MessageMiddleware."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        queued = messages.get_messages(request)
        # `used`: the page has shown them already.
        if queued and not getattr(queued, "used", False) and _takes_toasts(request, response):
            response.write(render_to_string("_toasts.html#swap", request=request))
        return response

    return middleware


def _takes_toasts(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether htmx will swap this answer: no redirect, no reload, no stream."""
    return (
        request.headers.get("HX-Request") == "true"
        and not response.streaming
        and response.status_code in {200, 201, 422}
        and response.headers.get("Content-Type", "").startswith("text/html")
        and not {"HX-Redirect", "HX-Refresh", "HX-Location"} & set(response.headers)
    )
