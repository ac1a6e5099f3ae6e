"""Doors without a sign-in. What is signed in the address, or known to a browser alone, is what
entitles; the service worker and the app's card are for everybody.
"""

from __future__ import annotations

from django.urls import path

from reminders.views import acts, devices, installed

app_name = "acts"

urlpatterns = [
    path("act/<str:token>/", acts.act, name="act"),
    path("off/<str:token>/", acts.off, name="off"),
    path("push/renew/", devices.renew, name="renew"),
    path("sw.js", installed.service_worker, name="service_worker"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
]
