"""What a member may type of a way out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Member
from config.web.forms import ClockInput
from reminders.channels.addresses import LONGEST
from reminders.models import Channel, Destination

TYPED = [Channel.APPRISE, Channel.WEBHOOK, Channel.EMAIL]
OFFERED = [
    (Channel.APPRISE, _("ntfy, Telegram, Discord, Slack, Matrix and a hundred more (Apprise)")),
    (Channel.WEBHOOK, _("A program of your own (signed webhook)")),
    (Channel.EMAIL, _("Another e-mail address of your account")),
]
NAMES = ["name", "by_default", "quiet_from", "quiet_until"]


class DestinationForm(forms.Form):
    """One that is there; its address is never shown again, only replaced."""

    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    address = forms.CharField(
        label=_("Another address"),
        required=False,
        max_length=LONGEST,
        help_text=_("Leave it empty to keep the one that is there."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    by_default = forms.TypedChoiceField(
        label=_("Used for"),
        choices=[("1", _("every reminder")), ("", _("only where a reminder names it"))],
        coerce=bool,
        empty_value="",
        required=False,
        initial="1",
        widget=forms.RadioSelect,
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=ClockInput)
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=ClockInput)

    def __init__(self, data: Any = None, *, destination: Destination | None = None) -> None:
        initial = {name: getattr(destination, name) for name in NAMES} if destination else {}
        if destination:
            initial["by_default"] = "1" if destination.by_default else ""
        super().__init__(data, initial=initial)
        if destination and (destination.follows_account or destination.channel not in TYPED):
            del self.fields["address"]
        if destination and destination.is_shared:
            del self.fields["by_default"]

    def said(self) -> dict[str, Any]:
        """What the action takes."""
        said = dict(self.cleaned_data)
        said |= {name: bool(said[name]) for name in ("by_default", "shared") if name in said}
        if said.get("shared"):
            said.pop("by_default", None)
        if not said.get("address"):
            said.pop("address", None)
        return said


class NewDestinationForm(DestinationForm):
    shared = forms.TypedChoiceField(
        label=_("For whom?"),
        choices=[
            ("", _("for me")),
            ("1", _("for the household, in one message for all")),
        ],
        coerce=bool,
        empty_value="",
        required=False,
        initial="",
        widget=forms.RadioSelect,
    )
    channel = forms.ChoiceField(
        label=_("Where to?"), choices=OFFERED, initial=Channel.APPRISE, widget=forms.RadioSelect
    )

    field_order = [
        "shared",
        "channel",
        "address",
        "name",
        "by_default",
        "quiet_from",
        "quiet_until",
    ]

    def __init__(self, data: Any = None, *, member: Member) -> None:
        super().__init__(data)
        if not member.is_admin:
            del self.fields["shared"]
        address = self.fields["address"]
        address.label, address.required = _("Address"), True
        address.help_text = _(
            "Such as ntfy://ntfy.sh/topic, tgram://token/chat, the webhook that Discord or Slack"
            " gave you, https://… or an e-mail address. It is kept encrypted and not shown again."
        )
        self.fields["name"].help_text = _("What you call it; you may leave it empty.")
