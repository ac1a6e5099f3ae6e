"""What machines ask the installation: is it alive, is it ready, how busy is it."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_1_0_0

from operations.figures import figures
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


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for Prometheus; 404 for whoever is neither on this machine nor has the token."""
    if not _may_read_metrics(request):
        return HttpResponseNotFound()
    return HttpResponse(figures(), content_type=CONTENT_TYPE_PLAIN_1_0_0)


def _may_read_metrics(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
    # Behind a proxy everybody comes from this machine; then only the token counts.
    told = settings.BEHIND_PROXY or settings.ALLAUTH_TRUSTED_PROXY_COUNT
    is_forwarded = told or "Forwarded" in request.headers or "X-Forwarded-For" in request.headers
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback and not is_forwarded
    except ValueError:
        return False
