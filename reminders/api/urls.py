from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from reminders.api.destinations import DestinationViewSet
from reminders.api.devices import DeviceViewSet
from reminders.api.digest import DigestViewSet
from reminders.api.views import DeliveryViewSet, InboxViewSet, ReminderViewSet

router = SimpleRouter(use_regex_path=False)
router.register("reminders", ReminderViewSet, "reminders")
router.register("destinations", DestinationViewSet, "destinations")
router.register("devices", DeviceViewSet, "devices")
router.register("inbox", InboxViewSet, "inbox")
router.register("deliveries", DeliveryViewSet, "deliveries")

digest = DigestViewSet.as_view(
    {"get": "retrieve", "put": "update", "patch": "partial_update"}, detail=True
)

urlpatterns = [path("digest/", digest, name="digest"), *router.urls]
