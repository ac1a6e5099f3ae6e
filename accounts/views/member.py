"""Who lives here: names, roles, leaving, removing, handing over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import history
from accounts.actions import member as actions
from accounts.actions.absence import may_note
from accounts.away import away as in_words
from accounts.away import next_by_member
from accounts.forms import COLOURS, AbsenceForm, InviteForm, MemberForm
from accounts.guild.views import MemberRequest, guild_view, is_fresh, version
from accounts.models import Absence, Invite, Member
from accounts.views import once
from accounts.views.history import undo_path
from config.web.toasts import toast

NEW_LINK = "new_link"


@require_safe
@guild_view
def members(request: MemberRequest) -> HttpResponse:
    """Everybody who lives here and, for admins, who is asked to."""
    return show_members(request, link=once.take(request, NEW_LINK))


@require_http_methods(["GET", "HEAD", "POST"])
@guild_view
def member(request: MemberRequest, pk: UUID) -> HttpResponse:
    """One member: name, colour, role, and how a membership ends."""
    rows = Member.objects.present().select_related("user")
    if request.method == "POST":
        rows = rows.select_for_update(of=("self",))
    row = get_object_or_404(rows, pk=pk)
    form = MemberForm(request.POST or None, instance=row, by=request.member)
    if request.method == "POST" and form.is_valid() and is_fresh(request, row, form):
        row = actions.edit_member(row, by=request.member, at=timezone.now(), **form.cleaned_data)
        toast(request, _("Saved."), undo=undo_path(request, history.latest(row)))
        return redirect("accounts:members", slug=request.guild.slug)
    return show_member(request, row, form)


def show_member(
    request: MemberRequest,
    row: Member,
    form: MemberForm | None = None,
    *,
    away: AbsenceForm | None = None,
) -> HttpResponse:
    """The page of one member, with what is wrong in a form that was sent."""
    today = request.guild.day(timezone.now())
    absences = Absence.objects.standing().filter(member=row).coming(on=today)
    wrong = any(one is not None and one.errors for one in (form, away))
    context = {
        "person": get_object_or_404(Member.objects, pk=row.pk),
        "form": form or MemberForm(instance=row, by=request.member),
        "version": version(row),
        "colours": COLOURS,
        "absences": [(absence, in_words(absence, today=today)) for absence in absences],
        "away_form": away or AbsenceForm(),
        "may_note": may_note(row, by=request.member),
        "may_edit": request.member.pk == row.pk or request.member.manages(row),
        "is_me": row.pk == request.member.pk,
        "may_remove": request.member.manages(row),
        "may_hand_over": request.member.is_owner and not row.is_owner and _signs_in(row),
        "email": _email(request, row),
    }
    return render(request, "accounts/member.html", context, status=422 if wrong else 200)


@require_POST
@guild_view
def remove(request: MemberRequest, pk: UUID) -> HttpResponse:
    """End somebody's membership, or one's own."""
    row = get_object_or_404(Member.objects.present(), pk=pk)
    actions.remove_member(row, by=request.member, at=timezone.now())
    if row.pk == request.member.pk:
        toast(request, _("You left %(name)s.") % {"name": request.guild.name})
        return redirect("home")
    text = _("%(name)s is no longer a member.") % {"name": row.nickname}
    toast(request, text, undo=undo_path(request, history.latest(row)))
    return redirect("accounts:members", slug=request.guild.slug)


@require_POST
@guild_view
def transfer(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Make somebody else the owner."""
    row = get_object_or_404(Member.objects.present(), pk=pk)
    actions.transfer_guild(request.guild, to=row, by=request.member)
    toast(request, _("%(name)s owns the household now.") % {"name": row.nickname})
    return redirect("accounts:members", slug=request.guild.slug)


def show_members(
    request: MemberRequest, form: InviteForm | None = None, link: str = ""
) -> HttpResponse:
    """The page of members; `link` is a new invitation, shown this once."""
    rows = Member.objects.present()
    if request.member.is_admin:
        rows = rows.select_related("user")
    today = request.guild.day(timezone.now())
    away = next_by_member(Absence.objects.standing().coming(on=today), today=today)
    context: dict[str, Any] = {
        "rows": [(row, _email(request, row), away.get(row.pk, "")) for row in rows],
        "link": link,
    }
    if request.member.is_admin:
        context["invites"] = Invite.objects.open(at=timezone.now()).select_related("created_by")
        context["invite_form"] = form or InviteForm(by=request.member)
    wrong = form is not None and form.errors
    return render(request, "accounts/members.html", context, status=422 if wrong else 200)


def _signs_in(row: Member) -> bool:
    return row.user is not None and row.user.is_active


def _email(request: MemberRequest, row: Member) -> str:
    """The member's address, for admins and herself; '' for everybody else."""
    if not request.member.is_admin or row.user is None:
        return ""
    return row.user.email or ""
