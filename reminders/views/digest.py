"""The morning summary of whoever is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guild.views import MemberRequest, guild_view
from config.web import words
from config.web.errors import Refused
from config.web.paths import next_path
from config.web.toasts import toast
from reminders import digest_actions as actions
from reminders import digests
from reminders.digest_forms import DigestForm
from reminders.recurrence import next_occurrence


@require_http_methods(["GET", "POST"])
@guild_view
def digest(request: MemberRequest) -> HttpResponse:
    """When it comes and what it holds; "show me today's now" answers with that."""
    now, stored = timezone.now(), actions.digest_of(request.member)
    form = DigestForm(request.POST or None, digest=stored)
    context: dict[str, Any] = {"form": form, "digest": stored}
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            context["parts"] = digests.parts_of(
                request.member, form.cleaned_data["contents"], at=now
            )
            context["nothing"] = digests.nothing()
        else:
            try:
                made = actions.set_digest(by=request.member, at=now, **form.cleaned_data)
                toast(request, _saved(request, made))
                return redirect("reminders:digest", slug=request.guild.slug)
            except Refused as refusal:
                refusal.show_in(form)
    if request.htmx and "parts" in context:
        return render(request, "reminders/digest.html#now", context)
    refused = form.is_bound and not form.is_valid()
    return render(request, "reminders/digest.html", context, status=422 if refused else 200)


@require_POST
@guild_view
def decline(request: MemberRequest) -> HttpResponse:
    """The offer goes, and does not come back."""
    actions.decline(by=request.member, at=timezone.now())
    return redirect(next_path(request, f"/g/{request.guild.slug}/inbox/"))


def _saved(request: MemberRequest, digest: Any) -> str:
    if not digest.is_on:
        return _("No morning summary comes.")
    digest.member = request.member
    now = timezone.now()
    found = next_occurrence(digest.rule, after=now)
    assert found is not None
    return _("Next: %(when)s.") % {"when": words.moment(found.due_at, now=now)}
