"""Guildhall plus the control's address, for `api.py` alone."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.web.api import throttles

# Counted like any other request; the limit itself is for people, not for a measurement.
throttles.PER_PERSON = 10**9
settings.ROOT_URLCONF = "bench.control"
application = get_wsgi_application()
