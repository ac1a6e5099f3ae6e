"""What the processes leave for each other: their signs of life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def fresh(self) -> HeartbeatQuerySet:
        """Those of processes that are alive, by the clock of the database."""
        return self.filter(seen_at__gt=Now() - Heartbeat.FRESH)


class Heartbeat(models.Model):
    """When a worker or a beat last reached the database; one row per run of a process."""

    class Process(models.TextChoices):
        WORKER = "worker", _("Worker")
        BEAT = "beat", _("Beat")

    INTERVAL: ClassVar = timedelta(seconds=5)
    FRESH: ClassVar = timedelta(seconds=20)

    instance = models.CharField(_("run"), max_length=80, primary_key=True)
    process = models.CharField(_("process"), max_length=10, choices=Process)
    queues = models.CharField(_("queues"), max_length=100, blank=True)
    # {"operations.jobs.back_up": {"done": 3, "failed": 0}}, since the run began.
    jobs: models.JSONField[Any, Any] = models.JSONField(_("jobs"), default=dict)
    seen_at = models.DateTimeField(_("last seen"), db_default=Now())

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.instance
