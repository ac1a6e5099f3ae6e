"""The bases of every page: who may come in, as which member, inside which scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Protocol

import structlog
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import BaseForm, BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from accounts import access
from accounts.guild.models import MadeByMember, Row
from accounts.guild.scope import guild_scope, user_scope
from accounts.history import acting_from
from accounts.models import Guild, Member, Role, Source, User
from config.web.chosen import language_or, zone_or
from config.web.errors import Refused

LAST_GUILD = "guild"
TRASH_PER_PAGE = 50


class UserRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    memberships: list[Member]
    htmx: HtmxDetails


class MemberRequest(UserRequest):
    """A request of a member, inside her guild."""

    member: Member
    guild: Guild


class GuildPage(Protocol):
    def __call__(self, request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def guild_view(
    view: Callable[Concatenate[MemberRequest, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Require a member of the guild in the address (others see 404); run the view, rendering
    included, inside the guild's scope. Use `render()`: a lazy answer would be rendered outside.
    """

    @never_cache
    @login_required
    @wraps(view)
    def inner(request: MemberRequest, slug: str, **kwargs: Any) -> HttpResponse:
        request.memberships = access.memberships(request.user)
        member = next((m for m in request.memberships if m.guild.slug == slug), None)
        if member is None:
            raise Http404
        request.member, request.guild = member, member.guild
        if request.session.get(LAST_GUILD) != slug:
            request.session[LAST_GUILD] = slug
        prefer(member)
        structlog.contextvars.bind_contextvars(guild=str(member.guild_id), member=str(member.pk))
        with acting_from(Source.WEB), guild_scope(member.guild_id, member):
            try:
                return view(request, **kwargs)
            except Refused as refusal:
                return answer_refusal(request, refusal)

    return inner


def user_view(
    view: Callable[Concatenate[UserRequest, ...], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Require somebody who is signed in; run the view inside her own scope, outside guilds."""

    @never_cache
    @login_required
    @wraps(view)
    def inner(request: UserRequest, **kwargs: Any) -> HttpResponse:
        request.memberships = access.memberships(request.user)
        if home := last_home(request, request.memberships):
            prefer(home)
        with acting_from(Source.WEB), user_scope(request.user.pk):
            try:
                return view(request, **kwargs)
            except Refused as refusal:
                return answer_refusal(request, refusal)

    return inner


def last_home(request: HttpRequest, mine: list[Member]) -> Member | None:
    """Of my memberships that of the household I was in last, else the oldest; None without any."""
    last = request.session.get(LAST_GUILD)
    return next((member for member in mine if member.guild.slug == last), mine[0] if mine else None)


def answer_refusal(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page that says why not, for acts without a form of their own to say it in."""
    return render(request, "refused.html", {"refusal": refusal}, status=refusal.status)


def require(request: MemberRequest, role: Role) -> None:
    """Raise PermissionDenied (403) unless the member has at least this role."""
    if not request.member.may(role):
        raise PermissionDenied(translation.gettext("Your role does not allow this."))


def require_writer(request: MemberRequest, row: MadeByMember) -> None:
    """Raise PermissionDenied (403) unless the member may change the row."""
    if not row.is_writable_by(request.member):
        raise PermissionDenied(translation.gettext("Your role does not allow this."))


def trash_page(request: MemberRequest, model: type[MadeByMember], template: str) -> HttpResponse:
    """What lies in the trash, last deleted first; the template says which act puts it back."""
    rows = model.objects.trashed().select_related("deleted_by").order_by("-deleted_at", "-id")
    page = Paginator(rows, TRASH_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, template, {"page": page})


def refuse_stale(request: HttpRequest, row: Row) -> None:
    """Raise Refused when somebody wrote the row after the form with its `version` was shown.

    The row is locked, so that nobody writes it before this request does.
    """
    if request.POST.get("version") != version(row):
        raise Refused(
            translation.gettext(
                "Somebody changed this a moment before you. Look at it again, then save once more."
            ),
            "stale",
            status=412,
        )


def is_fresh(request: HttpRequest, row: Row, form: BaseForm, *others: BaseForm) -> bool:
    """Whether nobody wrote the row since its form, which may be several, was shown. Otherwise it
    says so, and beside each field that would be written what stands there now.
    """
    try:
        refuse_stale(request, row)
    except Refused as refusal:
        refusal.show_in(form)
        for one in (form, *others):
            for name in one.changed_data:
                one.add_error(name, _stands_now(one[name]))
        return False
    return True


def _stands_now(field: BoundField) -> str:
    choices = dict(getattr(field.field, "choices", ()))
    if said := choices.get(field.initial, field.initial):
        return translation.gettext("It says “%(value)s” now.") % {"value": said}
    return translation.gettext("It is empty now.")


def version(row: Row) -> str:
    """What the form carries as `version`: when its row was written last. An action that changes
    what hangs on a row therefore touches the row.
    """
    return row.updated_at.isoformat()


def prefer(member: Member) -> None:
    """The household's language and zone, where the person chose none."""
    assert member.user is not None
    translation.activate(language_or(member.user.locale, member.guild.locale))
    timezone.activate(zone_or(member.user.time_zone, member.guild.time_zone))
