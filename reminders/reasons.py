"""Why something was not sent, or was closed, in the reader's words.

Our own reasons are stored as codes and said in each reader's language; what a provider answered is
stored and shown as it came.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.web import words

WORDS = {
    "edited": gettext_lazy("The reminder was changed before it was due."),
    "paused": gettext_lazy("The reminder was paused."),
    "deleted": gettext_lazy("The reminder was deleted."),
    "moved": gettext_lazy("What it belongs to got another time."),
    "withdrawn": gettext_lazy("It was withdrawn at the last moment."),
    "closed": gettext_lazy("It was closed."),
    "done": gettext_lazy("You had done it already."),
    "snoozed": gettext_lazy("You put it off."),
    "left": gettext_lazy("This person has left the household."),
    "maker_left": gettext_lazy("Whoever made it has left the household."),
    "guild_closed": gettext_lazy("The household is closed."),
    "missed": gettext_lazy("It was missed while Guildhall was off; a later one took its place."),
    "too_late": gettext_lazy("It was more than a day late, so it only went into the inbox."),
    "switched_off": gettext_lazy("This way was switched off."),
    "inactive": gettext_lazy("The account is not active."),
    "no_mail_server": gettext_lazy("No mail server is set up here."),
    "no_address": gettext_lazy("The account has no e-mail address."),
    "bad_address": gettext_lazy("The address cannot be written to."),
    "worker_gone": gettext_lazy("The worker ended in the middle; another one took over."),
    "source:done": gettext_lazy("What it belongs to was done."),
    "source:deleted": gettext_lazy("What it belongs to was deleted."),
    "source:gone": gettext_lazy("What it belongs to is done, gone or private."),
}

# What kind of reason it is, for staff's filter; what is none of these a provider has answered.
KINDS: dict[str, tuple[Any, list[str]]] = {
    "withdrawn": (
        gettext_lazy("taken back, or done"),
        [
            "edited",
            "paused",
            "deleted",
            "moved",
            "withdrawn",
            "closed",
            "done",
            "snoozed",
            "source:",
        ],
    ),
    "late": (gettext_lazy("too late"), ["missed", "too_late"]),
    "nobody": (
        gettext_lazy("nobody there"),
        ["left", "maker_left", "guild_closed", "inactive", "away"],
    ),
    "no_way": (
        gettext_lazy("no way out"),
        ["switched_off", "no_mail_server", "no_address", "bad_address"],
    ),
    "error": (gettext_lazy("an error of ours"), ["error:", "worker_gone"]),
}
PROVIDER = gettext_lazy("what a provider answered")


def in_words(reason: str) -> str:
    """The sentence for a stored reason; '' for none."""
    if reason in WORDS:
        return str(WORDS[reason])
    if reason.startswith("missed:"):
        return _missed_span(reason)
    if reason.startswith("error:"):
        return _("It could not be sent (%(what)s).") % {"what": reason.removeprefix("error:")}
    return reason.removeprefix("source:")


def _missed_span(reason: str) -> str:
    """`missed:37:2026-06-01T…|2026-07-08T…`"""
    _kind, count, span = reason.split(":", 2)
    first, last = (datetime.fromisoformat(one) for one in span.split("|"))
    return ngettext(
        "%(n)s was missed while Guildhall was off, from %(first)s to %(last)s.",
        "%(n)s were missed while Guildhall was off, from %(first)s to %(last)s.",
        int(count),
    ) % {"n": count, "first": words.full(first), "last": words.full(last)}
