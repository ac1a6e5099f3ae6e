"""What was done in the household, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import sentences
from accounts.actions.revert import may_revert, revert_change
from accounts.guild.views import MemberRequest, guild_view
from accounts.models import Change, Member
from config.web.paths import next_path
from config.web.toasts import toast

PAGE = 50
RECENT = 2000  # how far back the filter by kind looks for kinds


@dataclass(frozen=True, slots=True)
class Entry:
    """A change as the page shows it."""

    change: Change
    actor: Member | None
    text: str
    differences: list[sentences.Difference]
    may_revert: bool


@require_safe
@guild_view
def history(request: MemberRequest) -> HttpResponse:
    """Newest first, by member, kind or row as the address says."""
    members = {str(member.pk): member for member in Member.objects.all()}
    found = _filtered(request)
    page = list(found[: PAGE + 1])
    revertible = may_revert(page[:PAGE], by=request.member)
    context = {
        "entries": [_entry(change, members, revertible) for change in page[:PAGE]],
        "cursor": page[PAGE - 1].pk if len(page) > PAGE else "",
        "members": members.values(),
        "kinds": _kinds(),
        "filters": request.GET,
    }
    return render(request, "accounts/history.html", context)


@require_POST
@guild_view
def revert(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take one change back."""
    change = get_object_or_404(Change, pk=pk)
    revert_change(change, by=request.member, at=timezone.now())
    toast(request, _("Taken back."))
    return redirect(next_path(request, reverse("accounts:history", args=[request.guild.slug])))


def undo_path(request: MemberRequest, change: Change | None) -> str:
    """Where the Undo of what was just done goes; '' when there is no way back."""
    if change is None or not may_revert([change], by=request.member):
        return ""
    return reverse("accounts:revert", args=[request.guild.slug, change.pk])


def _filtered(request: MemberRequest) -> QuerySet[Change]:
    """The changes that the address asks for; raises Http404 for an address that means nothing."""
    found: QuerySet[Change] = Change.objects.order_by("-created_at", "-pk")
    if member := _id(request, "member"):
        found = found.filter(actor=member)
    if entity := _id(request, "entity"):
        found = found.filter(entity_id=entity)
    if kind := request.GET.get("kind"):
        found = found.filter(kind=kind)
    if cursor := _id(request, "cursor"):
        last = get_object_or_404(Change, pk=cursor)
        same_moment = Q(created_at=last.created_at, pk__lt=last.pk)
        # The first condition is what the index starts from.
        found = found.filter(created_at__lte=last.created_at)
        found = found.filter(Q(created_at__lt=last.created_at) | same_moment)
    return found


def _id(request: MemberRequest, name: str) -> UUID | None:
    text = request.GET.get(name)
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Http404 from error


def _kinds() -> list[tuple[str, str]]:
    recent = Change.objects.order_by("-created_at", "-pk").values_list("kind", flat=True)[:RECENT]
    return sorted(
        ((kind, sentences.kind_label(kind)) for kind in set(recent)), key=lambda one: one[1]
    )


def _entry(change: Change, members: dict[str, Member], revertible: set[UUID]) -> Entry:
    names = {pk: member.nickname for pk, member in members.items()}
    return Entry(
        change=change,
        actor=members.get(str(change.actor_id)),
        text=sentences.in_words(change, names),
        differences=sentences.differences(change, names),
        may_revert=change.pk in revertible,
    )
