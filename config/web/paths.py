"""Where a form leads when it is done."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def next_path(request: HttpRequest, default: str) -> str:
    """The page that the form named in `next`, if it is one of ours; else `default`."""
    path = request.POST.get("next") or request.GET.get("next") or ""
    # An absolute path only: "//elsewhere" and other hosts are refused, our own host not needed.
    if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return path
    return default
