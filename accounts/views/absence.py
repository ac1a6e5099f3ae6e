"""When members are away; the list and the form for a new one stand on the member's page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import history
from accounts.actions import absence as actions
from accounts.forms import AbsenceForm
from accounts.guild.views import MemberRequest, guild_view, is_fresh, version
from accounts.models import Absence, Member
from accounts.views.history import undo_path
from accounts.views.member import show_member
from config.web.errors import Refused, forbidden
from config.web.toasts import toast


@require_POST
@guild_view
def add(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Write down when this member is away."""
    person = get_object_or_404(Member.objects.present().select_related("user"), pk=pk)
    _require(request, person)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            row = actions.add_absence(by=request.member, member=person, **form.cleaned_data)
        except Refused as refusal:
            refusal.show_in(form)
        else:
            return _done(request, row, _("Written down."))
    return show_member(request, person, away=form)


@require_http_methods(["GET", "HEAD", "POST"])
@guild_view
def edit(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Other days for an absence."""
    row = _get(pk, lock=request.method == "POST")
    _require(request, row.member)
    days = {"from_on": row.from_on, "until_on": row.until_on}
    form = AbsenceForm(request.POST or None, initial=days)
    if request.method == "POST" and form.is_valid() and is_fresh(request, row, form):
        try:
            row = actions.edit_absence(row, by=request.member, **form.cleaned_data)
        except Refused as refusal:
            refusal.show_in(form)
        else:
            return _done(request, row, _("Saved."))
    context = {"absence": row, "form": form, "version": version(row)}
    return render(request, "accounts/absence.html", context, status=422 if form.is_bound else 200)


@require_POST
@guild_view
def delete(request: MemberRequest, pk: UUID) -> HttpResponse:
    """Take an absence away; Undo brings it back."""
    row = _get(pk)
    actions.delete_absence(row, by=request.member, at=timezone.now())
    return _done(request, row, _("Deleted."))


def _get(pk: UUID, *, lock: bool = False) -> Absence:
    rows = Absence.objects.standing().select_related("member")
    rows = rows.select_for_update(of=["self"]) if lock else rows
    row: Absence = get_object_or_404(rows, pk=pk)
    return row


def _require(request: MemberRequest, person: Member) -> None:
    if not actions.may_note(person, by=request.member):
        raise forbidden(_("Your role does not allow this."))


def _done(request: MemberRequest, row: Absence, said: str) -> HttpResponse:
    toast(request, said, undo=undo_path(request, history.latest(row)))
    return redirect("accounts:member", slug=request.guild.slug, pk=row.member_id)
