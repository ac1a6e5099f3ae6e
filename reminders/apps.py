from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    name = "reminders"
    verbose_name = _("Reminders")

    def ready(self) -> None:
        from accounts import history
        from accounts.sentences import sentence, thing
        from reminders import digests
        from reminders.reverts import revert_reminder
        from reminders.sections import RemindersToday, Waiting

        history.revertible("reminder")(revert_reminder)
        thing("reminder", _("the reminder “%(title)s”"))
        sentence("reminder.paused", _("%(who)s paused %(what)s"))
        sentence("reminder.resumed", _("%(who)s let %(what)s go on"))
        sentence("notification.done", _("%(who)s did “%(title)s”"))
        sentence("notification.snoozed", _("%(who)s put “%(title)s” off"))
        sentence("notification.woken", _("%(who)s put “%(title)s” off no more"))
        sentence("notification.not_me", _("%(who)s said that “%(title)s” is for somebody else"))
        sentence("notification.taken_back", _("%(who)s took “%(title)s” on after all"))
        sentence("notification.reopened", _("%(who)s did not do “%(title)s” after all"))
        sentence("delivery.tried again", _("%(who)s let a message be tried again"))
        thing("digest", _("the morning summary"))
        digests.register("reminders", RemindersToday())
        digests.register("inbox", Waiting())
