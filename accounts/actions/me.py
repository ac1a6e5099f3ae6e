"""What people change about themselves; it belongs to no household, so no history holds it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Profile, User

OF_USER = {"first_name", "last_name", "global_name", "locale", "time_zone"}
OF_PROFILE = {"bio", "location", "website", "social_links", "preferences"}


@transaction.atomic
def edit_me(user: User, **changes: Any) -> None:
    """Write the named fields of the person and of her profile, which may not be there yet."""
    own = {name: value for name, value in changes.items() if name in OF_USER}
    told = {name: value for name, value in changes.items() if name in OF_PROFILE}
    for name, value in own.items():
        setattr(user, name, value)
    if told:
        Profile.objects.update_or_create(user=user, defaults=told)
    # What hangs on the person touches her: her form shows both.
    user.updated_at = timezone.now()
    user.save(update_fields=[*own, "updated_at"])
