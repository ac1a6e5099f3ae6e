"""Why something was not sent, or was closed, in the reader's words.

Our own reasons are stored as codes and said in each reader's language; what a provider answered is
stored and shown as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Member
from config.web import words

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOT_ME = "not_me"
WORDS = {
    "edited": gettext_lazy("The reminder was changed before it was due."),
    "paused": gettext_lazy("The reminder was paused."),
    "deleted": gettext_lazy("The reminder was deleted."),
    "moved": gettext_lazy("What it belongs to got another time, or other people."),
    "reassigned": gettext_lazy("Somebody else has to do it by now."),
    "inbox_first": gettext_lazy("This person was away: the inbox decided first."),
    "overtaken": gettext_lazy("It was still waiting when you were asked again."),
    "withdrawn": gettext_lazy("It was withdrawn at the last moment."),
    "closed": gettext_lazy("It was closed."),
    "done": gettext_lazy("You had done it already."),
    "snoozed": gettext_lazy("You put it off."),
    "moved_over": gettext_lazy("Somebody else lets this browser take messages now."),
    "signed_out": gettext_lazy("You signed out there."),
    "unsubscribed": gettext_lazy("You switched it off from one of its messages."),
    "woken": gettext_lazy("You took your “later” back."),
    "not_me": gettext_lazy("You said that it is not for you."),
    "taken_back": gettext_lazy("It was taken back."),
    "left": gettext_lazy("This person has left the household."),
    "maker_left": gettext_lazy("Whoever made it has left the household."),
    "guild_closed": gettext_lazy("The household is closed."),
    "missed": gettext_lazy("It was missed while Guildhall was off; a later one took its place."),
    "too_late": gettext_lazy("It was more than a day late, so it only went into the inbox."),
    "away": gettext_lazy("You were away."),
    "nothing_to_say": gettext_lazy("There was nothing to say."),
    "switched_off": gettext_lazy("This way was switched off."),
    "inactive": gettext_lazy("The account is not active."),
    "no_mail_server": gettext_lazy("No mail server is set up here."),
    "no_address": gettext_lazy("The account has no e-mail address."),
    "unconfirmed": gettext_lazy("This address is not a confirmed one of the account any more."),
    "bad_address": gettext_lazy("The address cannot be written to."),
    "private_address": gettext_lazy("The address leads into a private network."),
    "out_of_bounds": gettext_lazy("The address asks for something that is not allowed here."),
    "no_answer": gettext_lazy("It did not answer in time."),
    "no_trust": gettext_lazy("Its certificate cannot be trusted."),
    "unreachable": gettext_lazy("It could not be reached."),
    "redirected": gettext_lazy("It answers from another address by now: type that one."),
    "unusable_address": gettext_lazy("The address cannot be used any more: type it anew."),
    "not_taken": gettext_lazy("The service did not take it, and did not say why."),
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
            "overtaken",
            "reassigned",
            "not_me",
            "taken_back",
            "woken",
            "acted:",
            "source:",
        ],
    ),
    "late": (gettext_lazy("too late"), ["missed", "too_late"]),
    "nobody": (
        gettext_lazy("nobody there"),
        ["left", "maker_left", "guild_closed", "inactive", "away", "nothing_to_say"],
    ),
    "no_way": (
        gettext_lazy("no way out"),
        [
            "switched_off",
            "no_mail_server",
            "no_address",
            "unconfirmed",
            "bad_address",
            "private_address",
            "out_of_bounds",
            "unusable_address",
            "moved_over",
            "signed_out",
            "unsubscribed",
        ],
    ),
    "waiting": (gettext_lazy("waits for its time"), ["quiet:", "inbox_first"]),
    "error": (gettext_lazy("an error of ours"), ["error:", "worker_gone"]),
}
# Said by us of what a provider did, or did not.
ABOUT_PROVIDERS = {"no_answer", "no_trust", "unreachable", "redirected", "not_taken"}
PROVIDER = gettext_lazy("what a provider answered")
# What the commonest answers of web servers mean for who reads them.
ANSWERS = {
    400: gettext_lazy("did not understand the message"),
    401: gettext_lazy("does not accept the key or password"),
    403: gettext_lazy("does not allow this"),
    404: gettext_lazy("does not know this address"),
    410: gettext_lazy("says that this address is gone for good"),
    413: gettext_lazy("finds the message too long"),
    429: gettext_lazy("wants fewer messages"),
}


class Names(dict[str, str]):
    """What members are called today, by id; "" for who is not there any more. Those of the
    household are read at the first question, in one query.
    """

    def __missing__(self, who: str) -> str:
        self.update((str(pk), name) for pk, name in self.find(who))
        return self.setdefault(who, "")

    def find(self, _who: str) -> Iterable[tuple[UUID, str]]:
        return Member.objects.values_list("pk", "nickname")


def in_words(reason: str, names: Names | None = None) -> str:
    """The sentence for a stored reason; '' for none. Who says several brings `names` along."""
    if reason in WORDS:
        return str(WORDS[reason])
    if reason.startswith("missed:"):
        return _missed_span(reason)
    if reason.startswith("acted:"):
        return _acted(reason.removeprefix("acted:"), Names() if names is None else names)
    if reason.startswith("quiet:"):
        until = datetime.fromisoformat(reason.removeprefix("quiet:"))
        return _("It waits for the end of the quiet hours, %(when)s.") % {"when": words.full(until)}
    if reason.startswith("http:"):
        return _answer(int(reason.removeprefix("http:")))
    if reason.startswith("error:"):
        return _("It could not be sent (%(what)s).") % {"what": reason.removeprefix("error:")}
    return reason.removeprefix("source:")


def _acted(who: str, names: Names) -> str:
    """Bob has done it. It used to be kept under the name of that time, and is under the id."""
    name = names[who] if ID.fullmatch(who) else who
    return _("%(name)s has done it.") % {"name": name} if name else _("Somebody has done it.")


def _answer(status: int) -> str:
    """The other side does not know this address (404)."""
    trouble = gettext_lazy("has trouble of its own")
    other = gettext_lazy("does not take the message")
    what = ANSWERS.get(status, trouble if status >= 500 else other)
    return _("The other side %(what)s (%(status)s).") % {"what": what, "status": status}


def _missed_span(reason: str) -> str:
    """`missed:37:2026-06-01T…|2026-07-08T…`"""
    _kind, count, span = reason.split(":", 2)
    first, last = (datetime.fromisoformat(one) for one in span.split("|"))
    return ngettext(
        "%(n)s was missed while Guildhall was off, from %(first)s to %(last)s.",
        "%(n)s were missed while Guildhall was off, from %(first)s to %(last)s.",
        int(count),
    ) % {"n": count, "first": words.full(first), "last": words.full(last)}
