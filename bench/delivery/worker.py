"""The Celery application of Guildhall, whose workers know the way to the sink as well."""

from __future__ import annotations

import django

from config.celery import app

django.setup()

from bench.delivery.way import CHANNEL, SinkWay
from reminders.engine.outside import WAYS

WAYS[CHANNEL] = SinkWay()

__all__ = ["app"]
