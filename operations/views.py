"""What machines ask the installation: is it alive, is it ready."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from operations.health import components


@require_safe
@never_cache
def alive(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers, whatever else is wrong."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """200 when every part works, else 503; the body names the parts either way."""
    parts = components()
    is_ready = all(part["ok"] for part in parts.values())
    return JsonResponse(
        {"ready": is_ready, "components": parts},
        status=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )
