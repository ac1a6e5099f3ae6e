"""Where the API's documentation is read: the schema, and Swagger UI from our own files."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import translation
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from config.web.api.schema import Generator

# Swagger UI styles its elements in place.
RELAXED: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}


class Open(APIView):
    """For everybody, counted by address."""

    authentication_classes = []
    permission_classes = [AllowAny]
    content_negotiation_class = DefaultContentNegotiation


@extend_schema(exclude=True)
class SchemaView(Open):
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(schema(), content_type="application/vnd.oai.openapi+json")


@extend_schema(exclude=True)
@method_decorator(csp_override(RELAXED), name="dispatch")
class ReadingRoom(SpectacularSwaggerSplitView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    content_negotiation_class = DefaultContentNegotiation
    url_name = "schema"


@cache
def schema() -> bytes:
    """The document in English; making it takes a second, so once per process."""
    with translation.override("en"):
        document = Generator().get_schema(public=True)  # type: ignore[no-untyped-call]
        return orjson.dumps(document, default=str)
