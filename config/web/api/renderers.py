"""JSON by orjson, and the choice of it without DRF's long way round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches

from config.web.api.problems import Problem

ACCEPTED = ("*/*", "application/*", "application/json")


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data)


class Negotiation(BaseContentNegotiation):
    """One renderer; the question is only whether the client takes JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        for parser in parsers:
            if media_type_matches(parser.media_type, request.content_type):
                return parser
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        accept = request.META.get("HTTP_ACCEPT", "*/*")
        if accept not in ACCEPTED and not _takes_json(accept):
            raise Problem(406)
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def _takes_json(accept: str) -> bool:
    """Whether one of the ranges is JSON and not ruled out by `q=0`."""
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        takes = name in ACCEPTED or name == "application/problem+json"
        if takes and not any(p.replace(" ", "") in {"q=0", "q=0.0"} for p in parameters):
            return True
    return False


def dumps(data: Any) -> bytes:
    return orjson.dumps(data, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def instant(at: datetime) -> str:
    """2026-11-20T12:00:00.000000Z, as PostgreSQL writes it in `config.web.api.rows`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)
