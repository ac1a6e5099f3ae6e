"""Pages and API alone: the fast way behind a proxy that sends /live/ to config.asgi."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from accounts.guild.roles import refuse_privileged_role  # noqa: E402  # needs the apps loaded

refuse_privileged_role()
