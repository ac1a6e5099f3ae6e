"""Putting a row back to what it was before one change."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts import history
from accounts.actions.member import may_undo, require_role
from accounts.guild.models import Visibility
from accounts.models import Absence, Change, Member
from accounts.sentences import model_of
from config.web.errors import conflict

OVERTAKEN = """
SELECT c.id FROM accounts_change c,
LATERAL (SELECT coalesce(c.before, '{}') || coalesce(c.after, '{}') AS fields) touched
WHERE c.id = ANY(%s) AND EXISTS (
    SELECT FROM accounts_change l,
    LATERAL (SELECT coalesce(l.before, '{}') || coalesce(l.after, '{}') AS fields) later
    WHERE l.guild_id = c.guild_id AND l.entity_id = c.entity_id AND l.kind = c.kind
      AND (l.created_at, l.id) > (c.created_at, c.id)
      AND ('{}' IN (touched.fields, later.fields)
           OR later.fields ?| ARRAY(SELECT jsonb_object_keys(touched.fields)))
)
"""


@transaction.atomic
def revert_change(change: Change, *, by: Member, at: datetime) -> None:
    """Undo one change; what undoes it is a change again.

    Raises Refused when the kind of row knows no way back (409), when the change is another's and
    `by` no admin (403), when the row is gone (409), and when something later touched the same
    fields (409).
    """
    way = history.way_back(change)
    if way is None:
        raise conflict(_("This cannot be taken back."), "not_revertible")
    require_role(by, way.role_needed(change, by=by))
    _lock_row(change)
    if _overtaken([change]):
        text = _("This was changed again meanwhile. Take back the later change first.")
        raise conflict(text, "overtaken")
    way.revert(change, by=by, at=at)


def may_revert(changes: Collection[Change], *, by: Member) -> set[UUID]:
    """Those of the changes that `revert_change` would take back now; at most four queries."""
    known = [
        change
        for change in changes
        if (way := history.way_back(change)) and by.may(way.role_needed(change, by=by))
    ]
    if not by.is_admin:
        known = _without_absences_of_others(known, by=by)
    if not by.can_write:
        known = _of_hers_alone(known)
    late = _overtaken(known)
    people = {change.entity_id for change in known if change.kind == "member"}
    members = Member.objects.in_bulk(people) if people else {}
    return {
        change.pk
        for change in known
        if change.pk not in late
        and (
            change.kind != "member"
            or (change.entity_id in members and may_undo(change, members[change.entity_id], by=by))
        )
    }


def _lock_row(change: Change) -> None:
    """Hold the row, so that nobody changes it between the question and the act.

    Raises Refused for one that is gone, or another's private one by now.
    """
    model = model_of(change.kind)
    rows = model._base_manager.select_for_update(no_key=True) if model else None
    if rows is None or rows.filter(pk=change.entity_id).values("pk").first() is None:
        raise conflict(_("What this was about is gone."), "gone")


def _of_hers_alone(changes: Collection[Change]) -> list[Change]:
    """Those of them that leave a viewer's own row, which is private still, private.

    A row that is shared has a change that shared it; one that turns private takes all along.
    When she is away is hers too, though everybody sees it.
    """
    rows = {change.entity_id for change in changes if change.kind != "absence"}
    shared = Change.objects.filter(entity_id__in=rows, visibility=Visibility.HOUSEHOLD)
    gone = set(shared.values_list("entity_id", flat=True)) if rows else set()
    return [
        change
        for change in changes
        if change.entity_id not in gone
        and (change.before or {}).get("visibility") != Visibility.HOUSEHOLD
    ]


def _without_absences_of_others(changes: list[Change], *, by: Member) -> list[Change]:
    """Those that need no admin: who was one once may have written down others' absences."""
    rows = {change.entity_id for change in changes if change.kind == "absence"}
    if not rows:
        return changes
    mine = set(Absence.objects.filter(pk__in=rows, member=by).values_list("pk", flat=True))
    return [change for change in changes if change.kind != "absence" or change.entity_id in mine]


def _overtaken(changes: Collection[Change]) -> set[UUID]:
    """Those of them whose fields a later change touched; one without fields touches all."""
    if not changes:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN, [[change.pk for change in changes]])
        return {pk for (pk,) in cursor.fetchall()}
