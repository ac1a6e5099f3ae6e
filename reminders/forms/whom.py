"""Whom a reminder tells, how, how often and whom then, as it is typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.db.models import F
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.guild.forms import PeopleField, offer_only_herself
from accounts.guild.models import Visibility
from accounts.models import Member
from reminders import whom
from reminders.forms.base import BaseReminderForm
from reminders.forms.units import minutes_of, shown, stage_names, unit_field
from reminders.models import Audience, Destination, Reminder
from reminders.sources import source_of
from reminders.whom import LONGEST_PAUSE, MOST_NAGS, MOST_STAGES


class StageRow(NamedTuple):
    number: int
    after: BoundField
    unit: BoundField
    to: BoundField
    way: BoundField
    open: bool


class WhomForm(BaseReminderForm):
    recipients = PeopleField(label=_("For whom?"))
    everyone = forms.BooleanField(label=_("Everyone, also people who join later"), required=False)
    assigned = forms.BooleanField(label=_("Whoever it is assigned to"), required=False)
    unanswered = forms.BooleanField(label=_("Whoever has not answered"), required=False)
    also_away = forms.BooleanField(label=_("Also who is away that day"), required=False)
    visibility = forms.ChoiceField(
        label=_("Who may see the reminder?"),
        choices=Visibility.choices,
        initial=Visibility.HOUSEHOLD,
        required=False,
    )
    urgent = forms.BooleanField(
        label=_("Urgent"), required=False, help_text=_("It passes quiet hours.")
    )
    destinations = forms.MultipleChoiceField(
        label=_("Only by these"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen: everyone’s usual ways. It lies in the inbox in any case."),
    )
    nag_every = forms.IntegerField(label=_("Again after"), required=False, min_value=1)
    nag_unit = unit_field()
    nag_times = forms.IntegerField(
        label=_("How many times more?"), required=False, min_value=1, max_value=MOST_NAGS
    )

    def offer(self) -> None:
        super().offer()
        offer_only_herself(self, self.member)
        source = source_of(self.source[0]) if self.source else None
        known = set(source.audiences) if source and self.member.can_write else set()
        for word in whom.WORDS - known - ({whom.EVERYONE} if self.member.can_write else set()):
            del self.fields[word]
        self.ways = _ways()
        self.choose("destinations", [(str(way.pk), _named(way)) for way in self.ways])
        if not self.ways:
            del self.fields["destinations"]
        for position in range(MOST_STAGES):
            self._offer_stage(position)

    def _offer_stage(self, position: int) -> None:
        """The fields of one stage."""
        name = stage_names(position)
        people = Member.objects.filter(left_at=None).order_by("joined_at")
        if not self.member.can_write:
            people = people.filter(pk=self.member.pk)
        ways = [("", _("their usual ways")), *((str(way.pk), _named(way)) for way in self.ways)]
        kept = self.stages[position]["destination"] if position < len(self.stages) else None
        if kept and kept not in dict(ways):
            ways.append((kept, _("another one’s own way")))
        self.fields |= {
            name["after"]: forms.IntegerField(label=_("After"), required=False, min_value=1),
            name["unit"]: unit_field(),
            name["to"]: forms.ModelChoiceField(
                people, label=_("Tell"), required=False, empty_label=_("the same person")
            ),
            name["way"]: forms.ChoiceField(label=_("By"), required=False, choices=ways),
        }

    @property
    def stages(self) -> list[dict[str, Any]]:
        """Those of the reminder as it is stored."""
        if not hasattr(self, "_stages"):
            self._stages = whom.named(self.reminder)["escalate"] if self.reminder else []
        return self._stages

    def stage_rows(self) -> Iterator[StageRow]:
        """The fields of each stage, for the page."""
        for position in range(MOST_STAGES):
            name = stage_names(position)
            after, unit, to, way = (self[one] for one in name.values())
            shown_open = bool(after.value() or to.value() or self.errors.keys() & name.values())
            yield StageRow(position + 1, after, unit, to, way, shown_open)

    @property
    def ways_open(self) -> bool:
        return "destinations" in self.fields and bool(
            self["destinations"].value() or self["destinations"].errors
        )

    @property
    def rounds_open(self) -> bool:
        """Whether something is said of what happens until it is done."""
        said = bool(self["nag_every"].value() or self["nag_times"].value())
        wrong = bool(self.errors.keys() & {"nag_every", "nag_times"})
        return said or wrong or next(self.stage_rows()).open

    def usual(self) -> dict[str, Any]:
        return super().usual() | {"recipients": [self.member.pk]}

    def of(self, reminder: Reminder) -> dict[str, Any]:
        every, unit = shown(reminder.nag_minutes)
        said = {
            "recipients": [link.member_id for link in reminder.addressed.all()],
            "also_away": reminder.also_away,
            "visibility": reminder.visibility,
            "urgent": reminder.urgent,
            "destinations": [str(link.destination_id) for link in reminder.named_ways.all()],
            "nag_every": every,
            "nag_unit": unit,
            "nag_times": reminder.nag_times,
        }
        if reminder.audience != Audience.MEMBERS:
            said[reminder.audience] = True
        for position, stage in enumerate(self.stages):
            name = stage_names(position)
            after, unit = shown(stage["after_minutes"])
            said |= {name["after"]: after, name["unit"]: unit}
            said |= {name["to"]: stage["to"], name["way"]: stage["destination"]}
        return super().of(reminder) | said

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("recipients") and not any(data.get(word) for word in whom.WORDS):
            self.add_error("recipients", _("Say who is to be reminded."))
        data["nag"] = self._nag(data)
        data["escalate"] = list(self._stages_said(data))
        return data

    def _nag(self, data: dict[str, Any]) -> whom.Nag | None:
        every = minutes_of(self, "nag_every", "nag_unit", least=1, most=LONGEST_PAUSE)
        times = data.get("nag_times")
        if every is None and times is None:
            return None
        if every is None and "nag_every" not in self.errors:
            self.add_error("nag_every", _("Say after how long."))
        if times is None and "nag_times" not in self.errors:
            self.add_error("nag_times", _("Say how many times."))
        return whom.Nag(every_minutes=int(every or 0), times=times or 0)

    def _stages_said(self, data: dict[str, Any]) -> Iterator[whom.Stage]:
        for position in range(MOST_STAGES):
            name = stage_names(position)
            after = minutes_of(self, name["after"], name["unit"], least=1, most=LONGEST_PAUSE)
            to, way = data.get(name["to"]), data.get(name["way"])
            if after is None and not to and not way:
                continue
            if after is None and name["after"] not in self.errors:
                self.add_error(name["after"], _("Say after how long."))
            if not to and not way and not self.errors.keys() & name.values():
                self.add_error(name["to"], _("Say who is told then, or by which way."))
            yield whom.Stage(
                after_minutes=int(after or 0), to=to, destination=UUID(way) if way else None
            )

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        word = next((one for one in sorted(whom.WORDS) if data.get(one)), None)
        said = super().said() | {
            "recipients": word or list(data["recipients"]),
            "also_away": data["also_away"],
            "visibility": data["visibility"] or Visibility.HOUSEHOLD,
            "urgent": data["urgent"],
            "nag": data["nag"],
            "escalate": data["escalate"],
        }
        chosen = [UUID(pk) for pk in data.get("destinations", [])]
        return said | {"destinations": [*chosen, *self._of_others()]}

    def _of_others(self) -> list[UUID]:
        """What others named of their own ways stays: it cannot be seen here."""
        if self.reminder is None:
            return []
        there = whom.named(self.reminder)["destinations"]
        seen = Destination.objects.filter(pk__in=there).values_list("pk", flat=True)
        return sorted({UUID(pk) for pk in there} - set(seen))


def _ways() -> list[Destination]:
    """The member's own and the household's, as far as they lead somewhere."""
    rows = Destination.objects.filter(deleted_at=None, switched_off_at=None)
    return list(rows.order_by(F("member").asc(nulls_last=True), "channel", "id"))


def _named(way: Destination) -> str:
    return str(way) if way.member_id else str(_("%(name)s (for all)") % {"name": way})
