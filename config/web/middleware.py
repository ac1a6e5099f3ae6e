"""What every request passes: a log line with ids, and the refusal of text no database can hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from config.web.api.parsers import parse_object
from config.web.api.problems import Problem, answer
from config.web.metrics import REQUEST_SECONDS

# Its views read JSON by themselves, and not strictly.
ALLAUTH = "/_allauth/"

# Anything else that a client makes up counts as one: labels are kept for good.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

Answer = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("guildhall.request")


class RequestLog:
    """One line a request: method, route, status, time and the ids of who asked; never contents."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        start = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - start
        route = request.resolver_match.route if request.resolver_match else "-"
        method = request.method if request.method in METHODS else "other"
        REQUEST_SECONDS.labels(method, route, response.status_code).observe(seconds)
        response.headers["X-Request-ID"] = request_id
        log.info(
            "request",
            method=method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response


class Hygiene:
    """Answers 400 to NUL bytes and broken UTF-8 in the address, in a form or in allauth's JSON,
    and to NUL bytes in a cookie.

    PostgreSQL has no NUL in text; further in, each such request would be a 500.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = unquote_to_bytes(request.get_full_path())
        if b"\0" in address or not _is_utf8(address):
            raise BadRequest("The address holds characters that are not text.")
        if any("\0" in value for value in request.COOKIES.values()):
            raise BadRequest("A cookie holds characters that are not text.")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        # The API takes no forms; reading one would use up the body it has to refuse.
        if request.path.startswith("/api/"):
            return None
        if request.method == "POST" and (request.content_type or "").startswith(
            ("application/x-www-form-urlencoded", "multipart/form-data")
        ):
            for values in request.POST.lists():
                for value in [values[0], *values[1]]:
                    if "\0" in value or not _is_text(value):
                        raise BadRequest("The form holds characters that are not text.")
        elif request.path.startswith(ALLAUTH) and request.body:
            try:
                parse_object(request.body)
            except Problem as problem:
                return answer(problem)
        return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
