"""The ticket that opens a member's live stream."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from accounts.guild.views import MemberRequest, guild_view
from config.web.live import TICKET_SECONDS, ticket


@require_POST
@guild_view
def live_ticket(request: MemberRequest) -> HttpResponse:
    """`{"ticket", "url", "expires_in"}`: how to open the stream, and for how many seconds."""
    return JsonResponse(
        {
            "ticket": ticket(request.guild.pk, request.member.pk),
            "url": "/live/",
            "expires_in": TICKET_SECONDS,
        }
    )
