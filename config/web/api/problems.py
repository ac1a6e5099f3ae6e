"""Every error of the API as an RFC 9457 document, `application/problem+json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as InvalidModel
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail

from config.web.errors import Refused, violated

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: ("invalid", gettext_lazy("This cannot be accepted")),
    401: ("unauthenticated", gettext_lazy("Sign in first")),
    403: ("forbidden", gettext_lazy("This is not allowed")),
    404: ("not-found", gettext_lazy("There is nothing here")),
    405: ("method-not-allowed", gettext_lazy("This method is not offered here")),
    406: ("not-acceptable", gettext_lazy("Only JSON is spoken here")),
    409: ("conflict", gettext_lazy("This does not fit what is there")),
    412: ("stale", gettext_lazy("The row has changed since you read it")),
    413: ("too-large", gettext_lazy("The body is too large")),
    415: ("unsupported-media-type", gettext_lazy("Send JSON")),
    429: ("too-many-requests", gettext_lazy("Too many requests")),
    500: ("failed", gettext_lazy("Something went wrong on our side")),
}


class Problem(exceptions.APIException):
    """An answer that is not the one asked for; `more` are further members of the document."""

    def __init__(
        self,
        status: int,
        detail: str | Promise = "",
        *,
        code: str = "",
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(str(detail), code or None)
        self.status_code = status
        self.code, self.pointer, self.headers, self.more = code, pointer, headers or {}, more


def not_found() -> Problem:
    """What a stranger gets for what is there and what is not."""
    return Problem(404, _("It is not there, or not yours to see."))


def document(
    status: int,
    detail: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> HttpResponse:
    """The answer itself; `type` and `title` follow from the status."""
    code, title = TITLES.get(status, TITLES[400] if status < 500 else TITLES[500])
    body = {
        "type": f"urn:guildhall:problem:{code}",
        "title": str(title),
        "status": status,
        "detail": detail or str(title),
        "errors": list(errors),
        **more,
    }
    return HttpResponse(
        orjson.dumps(body, default=str),
        status=status,
        content_type=CONTENT_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def answer(exc: Exception, _context: Any = None) -> HttpResponse | None:
    """The document for an exception; None for a bug, which becomes a 500 without contents."""
    match exc:
        case Problem():
            return _problem(exc)
        case Refused():
            pointer = f"/{exc.field}" if exc.field else ""
            return document(exc.status, exc.message, [_error(pointer, exc.code, exc.message)])
        case exceptions.ValidationError():
            return _invalid(list(_flatten(exc.detail)))
        case InvalidModel():
            return _invalid(list(_flatten_model(exc)))
        case exceptions.APIException():
            return document(exc.status_code, str(exc.detail), headers=_headers(exc))
        case IntegrityError():
            return _violation(exc)
    return _of_django(exc)


def _of_django(exc: Exception) -> HttpResponse | None:
    match exc:
        case Http404():
            return _problem(not_found())
        case PermissionDenied():
            return document(403, str(exc))
        case RequestDataTooBig():
            return document(413, _("A body may have one megabyte."))
        case SuspiciousOperation() | BadRequest():
            return document(400, str(exc))
    return None


def _problem(problem: Problem) -> HttpResponse:
    detail = str(problem.detail)
    errors = []
    if problem.code:
        errors = [_error(problem.pointer or "", problem.code, detail)]
    return document(problem.status_code, detail, errors, headers=problem.headers, **problem.more)


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if (scheme := getattr(exc, "auth_header", None)) and exc.status_code == 401:
        headers["WWW-Authenticate"] = scheme
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    return headers


def _invalid(errors: list[dict[str, str]]) -> HttpResponse:
    return document(400, _("Some of it cannot be accepted."), errors)


def _violation(exc: IntegrityError) -> HttpResponse | None:
    """409 for what is taken, 400 for what a rule of the table forbids; else a bug of ours."""
    constraint = violated(exc)
    match getattr(exc.__cause__, "sqlstate", None):
        case "23505" | "23P01":
            return document(409, _("There is such a one already."), [_error("", constraint, "")])
        case "23514":
            return document(400, _("A rule forbids this."), [_error("", constraint, "")])
    return None


def _error(pointer: str, code: str, message: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "message": message}


def _flatten(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """Errors of a serializer with JSON pointers; DRF nests them by field, index or not at all."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            own = key in {"", "non_field_errors"}
            yield from _flatten(inner, pointer if own else f"{pointer}/{_escape(str(key))}")
    elif isinstance(detail, ErrorDetail):
        yield _error(pointer, detail.code or "invalid", str(detail))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            plain = isinstance(inner, ErrorDetail)
            yield from _flatten(inner, pointer if plain else f"{pointer}/{index}")
    else:
        yield _error(pointer, "invalid", str(detail))


def _flatten_model(exc: InvalidModel) -> Iterator[dict[str, str]]:
    fields = exc.error_dict if hasattr(exc, "error_dict") else {"": exc.error_list}
    for name, errors in fields.items():
        pointer = "" if name in {"", "__all__"} else f"/{name}"
        for error in errors:
            yield _error(pointer, error.code or "invalid", error.messages[0])


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
