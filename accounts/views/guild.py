"""Households: coming home, founding one, its settings, closing and opening it again."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access, history
from accounts.actions import guild as actions
from accounts.forms import CloseForm, FoundForm, GuildForm, JoinForm
from accounts.guild.scope import guild_scope
from accounts.guild.views import (
    MemberRequest,
    UserRequest,
    guild_view,
    is_fresh,
    last_home,
    require,
    user_view,
    version,
)
from accounts.models import Guild, Role
from accounts.views.history import undo_path
from config.web.paths import next_path
from config.web.toasts import toast


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The landing page, Today of the household one was in last, or the way to one."""
    if not request.user.is_authenticated:
        return render(request, "landing.html")
    member = last_home(request, access.memberships(request.user))
    if member is None:
        return redirect("accounts:guilds")
    return redirect("today:index", slug=member.guild.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@user_view
def guilds(request: UserRequest) -> HttpResponse:
    """My households, open and closed, and the first step: create one or join one."""
    form = FoundForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        owner = actions.create_guild(by=request.user, at=timezone.now(), **form.cleaned_data)
        return redirect("today:index", slug=owner.guild.slug)
    context = {
        "form": form,
        "join_form": JoinForm(),
        "closed": access.memberships(request.user, closed=True),
    }
    return render(request, "accounts/guilds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@guild_view
def settings(request: MemberRequest) -> HttpResponse:
    """Name, zone and language, for admins to change; closing it, for the owner."""
    if request.method != "POST":
        return _settings(request)
    require(request, Role.ADMIN)
    # Another copy than the frame's, which shows the name that still holds.
    guild = Guild.objects.select_for_update().get(pk=request.guild.pk)
    form = GuildForm(request.POST, instance=guild)
    if not form.is_valid() or not is_fresh(request, guild, form):
        return _settings(request, form=form)
    guild = actions.edit_guild(guild, by=request.member, **form.cleaned_data)
    toast(request, _("Saved."), undo=undo_path(request, history.latest(guild)))
    return redirect("accounts:settings", slug=guild.slug)


@require_POST
@guild_view
def close(request: MemberRequest) -> HttpResponse:
    """Close the household; its owner opens it again from the list of hers."""
    require(request, Role.OWNER)
    form = CloseForm(request.POST, guild=request.guild)
    if not form.is_valid():
        return _settings(request, close_form=form)
    actions.delete_guild(request.guild, by=request.member, at=timezone.now())
    text = _("%(name)s is closed.") % {"name": request.guild.name}
    toast(request, text, undo=reverse("accounts:reopen", args=[request.guild.slug]))
    return redirect("accounts:guilds")


@require_POST
@user_view
def reopen(request: UserRequest, slug: str) -> HttpResponse:
    """Open a closed household of mine again."""
    closed = access.memberships(request.user, closed=True)
    member = next((member for member in closed if member.guild.slug == slug), None)
    if member is None:
        raise Http404
    with guild_scope(member.guild_id, member):
        actions.restore_guild(member.guild, by=member)
    toast(request, _("%(name)s is open again.") % {"name": member.guild.name})
    return redirect(next_path(request, reverse("today:index", args=[slug])))


def _settings(
    request: MemberRequest, form: GuildForm | None = None, close_form: CloseForm | None = None
) -> HttpResponse:
    """The page, with the form that was filled in wrong if there is one."""
    context = {
        "form": form or GuildForm(instance=request.guild),
        "close_form": close_form or CloseForm(guild=request.guild),
        "version": version(form.instance if form else request.guild),
    }
    wrong = form or close_form
    return render(request, "accounts/settings.html", context, status=422 if wrong else 200)
