"""Oneself: profile and access tokens; passwords, addresses and sessions are allauth's pages."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import me as actions
from accounts.actions import token as tokens_actions
from accounts.forms import ProfileForm, TokenForm, UserForm
from accounts.guild.views import UserRequest, is_fresh, user_view, version
from accounts.models import AccessToken, Profile, User
from accounts.views import once
from config.web.toasts import toast

NEW_TOKEN = "new_token"  # noqa: S105  # the name it is kept by


@require_http_methods(["GET", "HEAD", "POST"])
@user_view
def me(request: UserRequest) -> HttpResponse:
    """My name, language, time zone and what I tell about myself."""
    is_post = request.method == "POST"
    # A copy: what is typed wrong must not show up in the frame.
    users = User.objects.select_for_update() if is_post else User.objects
    user = users.get(pk=request.user.pk)
    profile = Profile.objects.filter(user=user).first()
    user_form = UserForm(request.POST or None, instance=user)
    profile_form = ProfileForm(request.POST or None, instance=profile)
    forms = user_form, profile_form
    if is_post and all([form.is_valid() for form in forms]) and is_fresh(request, user, *forms):  # noqa: C419  # both are to say what is wrong
        actions.edit_me(user, **user_form.cleaned_data, **profile_form.cleaned_data)
        toast(request, _("Saved."))
        return redirect("accounts:me")
    context = {"form": user_form, "profile_form": profile_form, "version": version(user)}
    return render(request, "accounts/me.html", context, status=422 if is_post else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@user_view
def tokens(request: UserRequest) -> HttpResponse:
    """My access tokens; the text of a new one is shown once."""
    form = TokenForm(request.POST or None, memberships=request.memberships)
    if request.method == "POST" and form.is_valid():
        _row, text = tokens_actions.create_token(by=request.user, **form.choices())
        once.keep(request, NEW_TOKEN, text)
        return redirect("accounts:tokens")
    context = {
        "form": form,
        "text": once.take(request, NEW_TOKEN),
        "tokens": _tokens(request),
        "now": timezone.now(),
    }
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


def _tokens(request: UserRequest) -> list[tuple[AccessToken, str]]:
    """My keys, the newest first, each with the name of its household."""
    names = {member.guild_id: member.guild.name for member in request.memberships}
    rows = AccessToken.objects.filter(user=request.user, revoked_at=None).order_by("-pk")
    return [(row, names.get(row.guild_id, "") if row.guild_id else "") for row in rows]


@require_POST
@user_view
def revoke_token(request: UserRequest, pk: UUID) -> HttpResponse:
    """End a key at once; htmx takes its row out of the list."""
    row = get_object_or_404(AccessToken, pk=pk, user=request.user)
    tokens_actions.revoke_token(row, at=timezone.now())
    toast(request, _("The token is revoked."))
    return HttpResponse() if request.htmx else redirect("accounts:tokens")
