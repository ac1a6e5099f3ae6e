"""What a member does with her morning summary; it is hers alone, also a viewer's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts import history
from accounts.models import Member
from config.web.errors import Refused
from reminders import digests
from reminders.models import Delivery, Digest, Kind, Notification, Status
from reminders.models.digest import EVERY_DAY

FIELDS = ["is_on", "time", "weekdays", "contents", "also_empty", "also_away"]
# When it comes.
WHEN = {"is_on", "time", "weekdays"}


class DigestFields(TypedDict, total=False):
    """What she may say of it; what is not named stays as it is."""

    is_on: bool
    time: time
    weekdays: Sequence[int]
    contents: Sequence[str] | None
    also_empty: bool
    also_away: bool


def digest_of(member: Member) -> Digest:
    """Her own, made when it is first asked for; one query, three the first time."""
    found: Digest | None = Digest.objects.filter(member=member).first()
    if found is None:
        Digest.objects.bulk_create(
            [Digest(member=member, weekdays=EVERY_DAY)], ignore_conflicts=True
        )
        found = Digest.objects.get(member=member)
    return found


@transaction.atomic
def set_digest(*, by: Member, at: datetime, **said: Unpack[DigestFields]) -> Digest:
    """Her summary with the named fields changed; what is planned by the old ones is withdrawn."""
    digest: Digest = Digest.objects.select_for_update().get(pk=digest_of(by).pk)
    before = history.snapshot(digest, FIELDS)
    for name, value in said.items():
        setattr(digest, name, value)
    digest.weekdays = sorted(set(digest.weekdays))
    if not digest.weekdays:
        raise Refused(_("Choose at least one day."), "required", field="weekdays")
    if digest.contents is not None:
        known = [key for key, _section in digests.sections()]
        digest.contents = [key for key in known if key in digest.contents]
        if not digest.contents:
            raise Refused(_("Choose what it shall hold."), "required", field="contents")
    old, new = history.differences(before, history.snapshot(digest, FIELDS))
    digest.answered_at = digest.answered_at or at
    if set(new) & WHEN:
        _withdraw(by)
        # The engine works out when it comes next.
        digest.look_at, digest.next_slot = (at if digest.is_on else None), ""
    digest.save(update_fields=[*FIELDS, "answered_at", "look_at", "next_slot"])
    digest.refresh_from_db()
    if new:
        history.record("edited", digest, by=by, before=old, after=new, title="")
    return digest


def _withdraw(member: Member) -> None:
    """Take back what is planned and has not come."""
    planned = Notification.objects.filter(
        recipient=member, kind=Kind.DIGEST, arrived_at=None, closed_at=None
    )
    ids = list(planned.values_list("pk", flat=True))
    # Deliveries before notifications, as the engine locks them.
    Delivery.objects.filter(notification__in=ids, status=Status.PLANNED).update(
        status=Status.SKIPPED, reason="edited"
    )
    planned.filter(pk__in=ids).update(closed_at=Now(), closed_reason="edited")


def decline(*, by: Member, at: datetime) -> None:
    """She does not want to be offered it again."""
    Digest.objects.filter(pk=digest_of(by).pk, answered_at=None).update(answered_at=at)


def is_offered(member: Member) -> bool:
    """Whether she has said neither yes nor no; one query."""
    return not Digest.objects.filter(member=member, answered_at__isnull=False).exists()
