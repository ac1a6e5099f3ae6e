"""Addresses that people type, understood: checked while typing, and as much of them as is shown."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from accounts.models import Member
from config.web.errors import Refused
from config.web.outbound import OutOfBounds, check_host, public_only
from reminders.channels.apprise import Unusable, opened, pasted
from reminders.channels.apprise_services import FORBIDDEN, MODULES, REFUSED
from reminders.models import Channel

LONGEST = 2000
SCHEMA = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE | re.ASCII)
SHOWN = 3


class Address(NamedTuple):
    """What is kept, what is shown of it, and what it is called unless somebody names it."""

    text: str
    hint: str
    name: str

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()


def understood(channel: str, typed: str, *, by: Member) -> Address:
    """The address behind what was typed; raises Refused that says what is wrong with it."""
    text = typed.strip()
    if not text:
        raise _wrong(_("Say where to."), "required")
    if len(text) > LONGEST:
        raise _wrong(_("An address has %(most)s characters at most.") % {"most": LONGEST}, "long")
    if any(one.isspace() or not one.isprintable() for one in text):
        raise _wrong(_("An address has no blanks in it."), "nonsense")
    match channel:
        case Channel.EMAIL:
            return _email(text, by)
        case Channel.WEBHOOK:
            return _webhook(text)
        case Channel.APPRISE:
            return _apprise(text)
    raise Refused(_("This way is not set up by an address."), "channel", field="channel")


def _email(text: str, by: Member) -> Address:
    """One that its owner has confirmed: nobody else is written to."""
    rows = EmailAddress.objects.filter(user=by.user_id, verified=True, email__iexact=text)
    found = rows.values_list("email", flat=True).first()
    if found is None:
        text = _(
            "Add this address to your account and confirm it first: to strangers nothing goes."
        )
        raise _wrong(text, "unconfirmed")
    local, _at, domain = found.rpartition("@")
    hint = f"{local[:1]}…@{domain}"[:100]
    return Address(found, hint, hint)


def is_confirmed(text: str, *, member: UUID | None) -> bool:
    """Whether this e-mail address is still this member's, or without one, anybody's of the
    household.
    """
    members = Member.objects.filter(left_at=None)
    if member is not None:
        members = members.filter(pk=member)
    rows = EmailAddress.objects.filter(verified=True, email=text)
    return bool(rows.filter(user__in=members.values("user_id")).exists())


def _webhook(text: str) -> Address:
    nonsense = _wrong(_("A webhook’s address begins with https:// and names a host."), "nonsense")
    try:
        parts = urlsplit(text)
        scheme, host, _port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise nonsense from error
    if scheme not in {"http", "https"} or not host:
        raise nonsense
    if _pasted(text):
        raise _wrong(
            _("This service wants its own words: choose it under “Apprise” and paste this there."),
            "service",
        )
    _check(host)
    return Address(text, f"{scheme}://{host}{_end(parts.path)}"[:100], host[:100])


def _apprise(text: str) -> Address:
    text = _pasted(text) or text
    schema = found.group(1).lower() if (found := SCHEMA.match(text)) else ""
    if schema in REFUSED:
        said = {"schema": schema, "why": REFUSED[schema]}
        raise _wrong(_("%(schema)s:// cannot be used here: %(why)s.") % said, "refused_service")
    if schema not in MODULES:
        raise _wrong(
            _("Apprise knows no such service. Its addresses look like ntfy://host/topic."),
            "unknown_service",
        )
    query = {name.lower() for name, _value in parse_qsl(text.partition("?")[2])}
    if taboo := sorted(query & FORBIDDEN):
        raise _wrong(_("“%(name)s” cannot be used here.") % {"name": taboo[0]}, "parameter")
    host, service = _opened(text)
    _check(host)
    return Address(text, f"{schema}://…{_end(_path(text))}"[:100], service[:100])


def _opened(text: str) -> tuple[str, str]:
    """The host that Apprise sees in the URL, where one stands there, and the service's name."""
    nonsense = _wrong(_("Apprise does not understand this address."), "nonsense")
    if not text.partition("://")[2].strip("/?"):
        raise nonsense
    with public_only(5) as trip:
        try:
            service = opened(text)
        except Unusable as error:
            raise nonsense from error
        places, name = len(service), str(service.service_name)
        # Of others a key stands in its place, which may look like an address.
        names_host = "{host}" in " ".join(map(str, service.templates))
        host = str(service.host or "") if names_host else ""
    if trip.refused:
        raise _wrong(_("This address asks for something that is not allowed here."), "parameter")
    if places != 1:
        raise _wrong(_("Name one place: add others by themselves."), "several")
    return host, name


def _check(host: str) -> None:
    try:
        check_host(host)
    except OutOfBounds as error:
        raise _wrong(
            _("This leads into a private network, where Guildhall sends nothing."), "private"
        ) from error


def _pasted(text: str) -> str:
    try:
        return pasted(text)
    except (Unusable, ValueError, TypeError):
        return ""


def _path(text: str) -> str:
    """What follows the first part behind ://, which may be a key itself."""
    return "/" + text.partition("://")[2].partition("?")[0].partition("/")[2]


def _end(path: str) -> str:
    """/…/cat… : the first letters of its last part."""
    last = [part for part in path.split("/") if part]
    return f"/{last[-1][:SHOWN]}…" if last else ""


def _wrong(message: str, code: str) -> Refused:
    return Refused(message, code, field="address")
