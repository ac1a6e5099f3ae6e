"""What a person may type about herself and her household."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.actions.invite import DAYS, MOST_DAYS, MOST_USES
from accounts.models import AccessToken, Guild, Member, Profile, Role, User
from accounts.zones import likely_zone, zone_choices
from config.web.forms import DayField

LINK = re.compile(r"(?:^|/)([A-Za-z0-9_-]+)/?$")

COLOURS = [
    (1, _("Rose")),
    (2, _("Blue")),
    (3, _("Teal")),
    (4, _("Orange")),
    (5, _("Violet")),
    (6, _("Green")),
    (7, _("Sky")),
    (8, _("Olive")),
]


class SignupForm(forms.Form):
    """Fields that allauth's sign-up form takes over."""

    field_order = ["first_name", "email", "password1"]

    first_name = forms.CharField(label=_("What shall we call you?"), max_length=100, required=False)

    def signup(self, request: HttpRequest, user: User) -> None:
        user.first_name = self.cleaned_data.get("first_name", "")
        user.save(update_fields=["first_name"])


class ZoneField(forms.ChoiceField):
    """All time zones; js/zone.js puts in the browser's own while nobody chose."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=zone_choices, **{"label": _("Time zone")} | kwargs)


class GuildForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    time_zone = ZoneField()

    class Meta:
        model = Guild
        fields = ["name", "time_zone", "locale"]


class FoundForm(GuildForm):
    """A new household, filled in as far as the browser tells."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["time_zone"] = user.time_zone or likely_zone()
        self.initial["locale"] = (user.locale or get_language() or "en")[:2]
        if not user.time_zone:
            self.fields["time_zone"].widget.attrs["data-zone"] = ""


class JoinForm(forms.Form):
    link = forms.CharField(label=_("Invitation link"), max_length=500)

    def clean_link(self) -> str:
        """The code alone, from a link or as it was typed."""
        code = LINK.search(str(self.cleaned_data["link"]))
        if code is None:
            raise forms.ValidationError(_("This is not an invitation link."))
        return code[1]


class CloseForm(forms.Form):
    """Closing a household asks for its name, so that no click alone does it."""

    name = forms.CharField(label=_("The household’s name"), max_length=100)

    def __init__(self, *args: Any, guild: Guild, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guild = guild

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name != self.guild.name:
            raise forms.ValidationError(_("Type the name exactly as it stands above."))
        return name


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Name and colour; the role where `by` may set it."""

    colour = forms.TypedChoiceField(
        label=_("Colour"), choices=COLOURS, coerce=int, widget=forms.RadioSelect
    )

    class Meta:
        model = Member
        fields = ["nickname", "colour", "role"]

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = roles_below(by)
        if by.pk == self.instance.pk or self.instance.role not in roles:
            del self.fields["role"]
        else:
            self.fields["role"] = role_field(by)
            if self.instance.is_admin:
                self.fields["role"].help_text = _(
                    "Whoever is no admin any more: the invitation links they made end."
                )


class AbsenceForm(forms.Form):
    from_on = DayField(label=_("Away from"))
    until_on = DayField(label=_("Until"), help_text=_("The last day away."))


class InviteForm(forms.Form):
    days = forms.IntegerField(
        label=_("Valid for how many days"), min_value=1, max_value=MOST_DAYS, initial=DAYS
    )
    uses = forms.IntegerField(
        label=_("For how many people"), min_value=1, max_value=MOST_USES, initial=1
    )

    def __init__(self, *args: Any, by: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"role": role_field(by)} | self.fields


def roles_below(by: Member) -> list[Role]:
    """The roles that this member may give."""
    return [role for role in Role if by.is_admin and role.rank < Role(by.role).rank]


def role_field(by: Member) -> forms.ChoiceField:
    choices = [(role.value, role.label) for role in roles_below(by)]
    return forms.ChoiceField(label=_("Role"), choices=choices, initial=Role.MEMBER)


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    locale = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the household")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("As the household")), *zone_choices()],
    )

    class Meta:
        model = User
        fields = ["first_name", "last_name", "global_name", "locale", "time_zone"]
        labels = {"global_name": _("What others call you")}
        help_texts = {"global_name": _("New households start with this name.")}


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    website = forms.URLField(
        label=_("Website"), max_length=500, required=False, assume_scheme="https"
    )

    class Meta:
        model = Profile
        fields = ["bio", "location", "website"]
        widgets = {"bio": forms.Textarea(attrs={"rows": 3})}


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("What uses it: kitchen display, backup script."),
    )
    scope = forms.ChoiceField(
        label=_("Rights"), choices=AccessToken.Scope, initial=AccessToken.Scope.READ
    )
    guild = forms.ChoiceField(label=_("For which household"), required=False)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        required=False,
        coerce=int,
        empty_value=None,
        initial=90,
        choices=[
            ("30", _("30 days")),
            ("90", _("90 days")),
            ("365", _("one year")),
            ("", pgettext_lazy("access token", "ever")),
        ],
    )

    def __init__(self, *args: Any, memberships: list[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["guild"]
        assert isinstance(field, forms.ChoiceField)
        mine = [(str(member.guild_id), member.guild.name) for member in memberships]
        field.choices = [("", _("All of mine")), *mine]

    def choices(self) -> dict[str, Any]:
        """The arguments of `create_token`."""
        data, days = self.cleaned_data, self.cleaned_data["days"]
        return {
            "name": data["name"],
            "scopes": [data["scope"]],
            "guild": UUID(data["guild"]) if data["guild"] else None,
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
        }
