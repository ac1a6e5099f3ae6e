"""What a browser takes from the root of the site: the service worker, and the app's card."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

# The walnut of the frame, and the paper that pages lie on.
WOOD, PAPER = "#3f2a1d", "#f1ebdf"


@require_safe
def service_worker(_request: HttpRequest) -> HttpResponse:
    """From the root, so that all of the site is its scope; asked for anew at each start."""
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return HttpResponse(_worker(), content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
def manifest(_request: HttpRequest) -> JsonResponse:
    """What a phone needs to put Guildhall onto its home screen."""
    card = {
        "id": "/",
        "name": "Guildhall",
        "short_name": "Guildhall",
        "description": _("Guildhall, the home of a household."),
        "lang": get_language(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": WOOD,
        "icons": [
            _icon("icon-192.png", "192x192"),
            _icon("icon-512.png", "512x512"),
            _icon("icon-maskable.png", "512x512", "maskable"),
            {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
    }
    headers = {"Cache-Control": "max-age=3600", "Vary": "Accept-Language, Cookie"}
    return JsonResponse(card, content_type="application/manifest+json", headers=headers)


def _icon(name: str, sizes: str, purpose: str = "any") -> dict[str, str]:
    return {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}


@cache
def _worker() -> bytes:
    return (settings.BASE_DIR / "config" / "static" / "js" / "sw.js").read_bytes()
