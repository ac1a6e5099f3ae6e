"""What the engine has yet to decide: one narrow row for each delivery that is planned."""

from __future__ import annotations

from django.db import models

from accounts.guild.models import NAME
from accounts.guild.system_only import SystemOnly
from reminders.models.destination import Channel


class Queued(models.Model):
    """A delivery that is due at `try_at`, and whose it is until when.

    Triggers of reminders_delivery put it here and move it, whoever plans it. The engine deletes it
    with the outcome; what was withdrawn meanwhile it deletes when its time comes. A claim writes
    nothing but the lease, which no index knows (HOT).
    """

    # The delivery's own.
    id = models.UUIDField(primary_key=True, editable=False)
    channel = models.CharField(max_length=10, choices=Channel)
    destination_id = models.UUIDField(null=True)
    # Not of a summary, nor of a word to a maker.
    is_reminder = models.BooleanField()
    try_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.UUIDField(null=True)

    class Meta:
        constraints = [SystemOnly(name=f"{NAME}_policy")]
        indexes = [
            # The engine's claim, each way out by itself: crosses guilds by design.
            models.Index(fields=["channel", "try_at", "id"], name="reminders_queued_claim"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
