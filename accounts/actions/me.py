"""What people change about themselves; it belongs to no household, so no history holds it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

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
    if own:
        user.save(update_fields=list(own))
    if told:
        Profile.objects.update_or_create(user=user, defaults=told)
        # The row's ETag is the person's: what hangs on her touches her.
        user.save(update_fields=["locale"])
