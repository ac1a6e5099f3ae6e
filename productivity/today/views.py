"""One look at the day."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.guild.views import MemberRequest, guild_view
from productivity.today.day import day_of


@require_GET
@guild_view
def index(request: MemberRequest) -> HttpResponse:
    """What is late, due, waiting and coming; htmx takes the day alone."""
    template = "today/index.html#day" if request.htmx else "today/index.html"
    return render(request, template, {"day": day_of(request.member, at=timezone.now())})
