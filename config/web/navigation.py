"""Where a page goes after an act."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def back_to(request: HttpRequest, fallback: str) -> HttpResponse:
    """A redirect to the form's `next` when it is a page of ours, else to `fallback`."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None, require_https=settings.SECURE
    )
    return HttpResponseRedirect(wanted if wanted.startswith("/") and ours else fallback)
