"""What Django answers when no view could: a problem below `/api/`, a page elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from config.web.api.problems import Problem, answer, document
from config.web.api.throttles import spend_address

Page = Callable[..., HttpResponse]


def _below_api(page: Page, status: int) -> Page:
    @wraps(page)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.path.startswith("/api/"):
            return page(request, *args, **kwargs)
        problem = kwargs.get("exception") or (args[0] if args else None)
        return (answer(problem) if problem and status < 500 else None) or document(status)

    return inner


bad_request = _below_api(defaults.bad_request, 400)
permission_denied = _below_api(defaults.permission_denied, 403)
page_not_found = _below_api(defaults.page_not_found, 404)
server_error = _below_api(defaults.server_error, 500)


@csrf_exempt
def nothing_here(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """404 for whatever no slice serves."""
    hint = "" if request.path.endswith("/") else _("Every address ends with a slash.")
    try:
        spend_address(request)
    except Problem as problem:
        return answer(problem) or document(429)
    return document(404, hint)
