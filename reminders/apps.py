from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = _("Reminders")

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from accounts import history
        from accounts.models import Role
        from accounts.sentences import sentence, thing
        from accounts.sessions import when_signed_out
        from reminders import digests
        from reminders.devices import let_go
        from reminders.reverts import manages_the_households, revert_destination, revert_reminder
        from reminders.sections import RemindersToday, Waiting
        from reminders.views.devices import recall

        when_signed_out(let_go)
        user_logged_in.connect(recall)
        history.revertible("reminder")(revert_reminder)
        history.revertible(
            "destination",
            "added", "deleted", "edited", "restored", "switched off", "switched on",
            manages=manages_the_households,
            least=Role.VIEWER,
        )(revert_destination)  # fmt: skip
        thing("reminder", _("the reminder “%(title)s”"))
        sentence("reminder.paused", _("%(who)s paused %(what)s"))
        sentence("reminder.resumed", _("%(who)s let %(what)s go on"))
        sentence("notification.done", _("%(who)s did “%(title)s”"))
        sentence("notification.snoozed", _("%(who)s put “%(title)s” off"))
        sentence("notification.woken", _("%(who)s put “%(title)s” off no more"))
        sentence("notification.not_me", _("%(who)s said that “%(title)s” is for somebody else"))
        sentence("notification.taken_back", _("%(who)s took “%(title)s” on after all"))
        sentence("notification.reopened", _("%(who)s did not do “%(title)s” after all"))
        thing("destination", _("the way “%(title)s”"))
        sentence("destination.added", _("%(who)s added %(what)s"))
        sentence("destination.deleted", _("%(who)s deleted %(what)s"))
        sentence("destination.readdressed", _("%(who)s gave %(what)s another address"))
        sentence("destination.got a new key", _("%(who)s gave %(what)s a new key"))
        sentence("destination.switched off", _("%(who)s switched %(what)s off"))
        sentence("destination.switched on", _("%(who)s switched %(what)s on"))
        sentence("delivery.tried again", _("%(who)s let a message be tried again"))
        thing("digest", _("the morning summary"))
        digests.register("reminders", RemindersToday())
        digests.register("inbox", Waiting())
