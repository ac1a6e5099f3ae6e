"""What else a reminder does, in sentences: how it goes out, how often, and whom it tells then."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reminders.models import Destination, Escalation, Reminder
from reminders.wording import every_words, in_a_row


def sentences(reminder: Reminder) -> list[str]:
    """Nothing where it does what is usual; no query when fetched `with_rounds()`."""
    return [*_how(reminder), *_again(reminder), *_then(reminder)]


def span_words(minutes: int) -> str:
    """10 minutes · 90 minutes · 2 hours · a day"""
    if minutes % 1440 == 0:
        n = minutes // 1440
        return ngettext("a day", "%(n)s days", n) % {"n": n}
    if minutes % 60 == 0:
        n = minutes // 60
        return ngettext("an hour", "%(n)s hours", n) % {"n": n}
    return ngettext("a minute", "%(n)s minutes", minutes) % {"n": minutes}


def _how(reminder: Reminder) -> Iterator[str]:
    if reminder.urgent:
        yield _("It is urgent and passes quiet hours.")
    if reminder.also_away:
        yield _("Also who is away that day is told.")
    # Of others' own ways nothing is seen.
    ways = [_way(link.destination) for link in reminder.named_ways.all()]
    if ways:
        yield _("It goes out by %(ways)s.") % {"ways": in_a_row(ways)}


def _again(reminder: Reminder) -> Iterator[str]:
    if reminder.nag_minutes and reminder.nag_times:
        said = {"every": every_words(reminder.nag_minutes), "n": reminder.nag_times}
        yield (
            ngettext(
                "Until it is done it comes again %(every)s, at most once.",
                "Until it is done it comes again %(every)s, at most %(n)s times.",
                reminder.nag_times,
            )
            % said
        )


def _then(reminder: Reminder) -> Iterator[str]:
    for stage in reminder.escalations.all():
        yield _stage(stage)


def _stage(stage: Escalation) -> str:
    said = {"span": span_words(stage.after_minutes)}
    if stage.member is not None:
        said["name"] = stage.member.nickname
        return _("If nobody has done it %(span)s later, %(name)s is told.") % said
    if stage.destination is None:
        return _("If nobody has done it %(span)s later, it goes out by another way.") % said
    said["way"] = _way(stage.destination)
    return _("If nobody has done it %(span)s later, it goes out by %(way)s.") % said


def _way(way: Destination) -> str:
    return str(way) if way.member_id else _("%(name)s (for all)") % {"name": way}
