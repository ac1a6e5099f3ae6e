"""Which open pages hear of a row: those of everybody who may see it."""

from __future__ import annotations

from accounts.guild.models import MadeByMember, Visibility
from config.web.live import publish


def tell(row: MadeByMember, *, was: str = "") -> None:
    """Tell open pages that the row changed; of a private one only its maker's.

    `was` is the visibility that an edit replaced: what became private, others' pages drop.
    """
    kind = str(row._meta.model_name)
    member = row.created_by_id if row.is_private else None
    publish(kind, row.pk, guild=row.guild_id, member=member)
    if row.is_private and was == Visibility.HOUSEHOLD:
        publish(kind, None, guild=row.guild_id)
