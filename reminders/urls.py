from __future__ import annotations

from django.urls import path

from reminders.views import deliveries, destinations, devices, digest, inbox, reminders

app_name = "reminders"

urlpatterns = [
    path("reminders/", reminders.index, name="index"),
    path("reminders/add/", reminders.add, name="add"),
    path("reminders/trash/", reminders.trash, name="trash"),
    path("reminders/<uuid:pk>/", reminders.detail, name="detail"),
    path("reminders/<uuid:pk>/edit/", reminders.edit, name="edit"),
    path("reminders/<uuid:pk>/pause/", reminders.pause, name="pause"),
    path("reminders/<uuid:pk>/resume/", reminders.resume, name="resume"),
    path("reminders/<uuid:pk>/delete/", reminders.delete, name="delete"),
    path("reminders/<uuid:pk>/restore/", reminders.restore, name="restore"),
    path("destinations/", destinations.index, name="destinations"),
    path("destinations/add/", destinations.add, name="add_destination"),
    path("destinations/<uuid:pk>/", destinations.edit, name="destination"),
    path("destinations/<uuid:pk>/switch/", destinations.switch, name="switch_destination"),
    path("destinations/<uuid:pk>/test/", destinations.test, name="test_destination"),
    path("destinations/<uuid:pk>/roll/", destinations.roll, name="roll_destination"),
    path("destinations/<uuid:pk>/delete/", destinations.delete, name="delete_destination"),
    path("devices/add/", devices.add, name="add_device"),
    path("devices/here/", devices.here, name="this_device"),
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/digest/", digest.digest, name="digest"),
    path("inbox/digest/decline/", digest.decline, name="decline_digest"),
    path("inbox/deliveries/", deliveries.index, name="deliveries"),
    path("inbox/badge/", inbox.count, name="count"),
    path("inbox/<uuid:pk>/done/", inbox.done, name="done"),
    path("inbox/<uuid:pk>/reopen/", inbox.reopen, name="reopen"),
    path("inbox/<uuid:pk>/snooze/", inbox.snooze, name="snooze"),
    path("inbox/<uuid:pk>/not-me/", inbox.not_me, name="not_me"),
    path("inbox/<uuid:pk>/read/", inbox.read, name="read"),
]
