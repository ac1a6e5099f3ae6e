"""Invitations: making and revoking links, and the door they open."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.actions import invite as actions
from accounts.forms import InviteForm, JoinForm
from accounts.guild.views import MemberRequest, UserRequest, guild_view, require, user_view
from accounts.history import acting_from
from accounts.models import Invite, Role, Source
from accounts.signin import keep_invitation
from accounts.views import once
from accounts.views.member import NEW_LINK, show_members
from config.web.errors import Refused
from config.web.toasts import toast


@require_POST
@guild_view
def invite(request: MemberRequest) -> HttpResponse:
    """A new link, shown once: only its hash is kept."""
    require(request, Role.ADMIN)
    form = InviteForm(request.POST, by=request.member)
    if not form.is_valid():
        return show_members(request, form)
    data, now = form.cleaned_data, timezone.now()
    _row, code = actions.invite(
        by=request.member,
        at=now,
        role=Role(data["role"]),
        expires_at=now + timedelta(days=data["days"]),
        uses=data["uses"],
    )
    once.keep(request, NEW_LINK, request.build_absolute_uri(reverse("join", args=[code])))
    return redirect("accounts:members", slug=request.guild.slug)


@require_POST
@guild_view
def revoke(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Close a link; htmx takes its row out of the list."""
    actions.revoke_invite(get_object_or_404(Invite, pk=pk), by=request.member, at=timezone.now())
    toast(request, _("The invitation is revoked."))
    if request.htmx:
        return HttpResponse()
    return redirect("accounts:members", slug=request.guild.slug)


@require_POST
@user_view
def join_by_link(request: UserRequest) -> HttpResponse:
    """To the door of a link that was typed or pasted."""
    form = JoinForm(request.POST)
    return redirect("join", code=form.cleaned_data["link"] if form.is_valid() else "-")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Who invites into what. POST goes in; who is not signed in does that first and comes back."""
    invitation = access.invitation(code)
    if invitation is None:
        return render(request, "accounts/no_invitation.html", status=404)
    if request.method != "POST":
        return render(
            request, "join.html", {"invitation": invitation, "role": Role(invitation.role)}
        )
    if not request.user.is_authenticated:
        # Kept from the press of the button, not from the look at a link somebody sent.
        keep_invitation(request, code)
        return redirect("account_login" if "login" in request.POST else "account_signup")
    try:
        with acting_from(Source.WEB):
            actions.accept_invite(code, by=request.user, at=timezone.now())
    except Refused:
        return render(request, "accounts/no_invitation.html", status=404)
    toast(request, _("Welcome to %(name)s.") % {"name": invitation.guild_name})
    return redirect("today:index", slug=invitation.guild_slug)
