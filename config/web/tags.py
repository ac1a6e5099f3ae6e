"""Template builtins: icons, faces and moments in words. Every template has them without `load`."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.web import toasts, words

register = template.Library()


class Person(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def colour(self) -> int: ...


class Row(Protocol):
    def is_writable_by(self, member: Person) -> bool: ...
    def is_restorable_by(self, member: Person) -> bool: ...


@register.filter
def writable_by(row: Row, member: Person) -> bool:
    """Whether to offer this member what changes the row."""
    return row.is_writable_by(member)


@register.filter
def restorable_by(row: Row, member: Person) -> bool:
    """Whether to offer this member to take the row out of the trash."""
    return row.is_restorable_by(member)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """The drawing of that name from the sprite; silent for a screen reader unless labelled."""
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def mark() -> SafeString:
    """The sign over the door."""
    href = f"{static('icons.svg')}#logo"
    return format_html('<svg class="mark" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def face(member: Person | None, kind: str = "", *, named: bool = False) -> SafeString:
    """A person as a round letter in her colour, named aloud.

    `kind` is "big", "waiting" or both; `named` says that her name stands beside it already.
    Somebody who is no member any more is a face without a colour.
    """
    name = member.name if member else _("somebody who left")
    letter = name[:1].upper() if member else "–"
    classes = f"face {kind}".strip()
    hue = format_html(' data-member="{}"', member.colour) if member else ""
    if named:
        return format_html('<span class="{}"{} aria-hidden="true">{}</span>', classes, hue, letter)
    return format_html(
        '<span class="{}"{} role="img" aria-label="{}">{}</span>', classes, hue, name, letter
    )


@register.simple_tag
def when(at: datetime | None, said: str = "") -> SafeString:
    """`<time>` with the moment in words (or as `said`), in full on hovering; nothing for None."""
    if at is None:
        return SafeString("")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        timezone.localtime(at).isoformat(timespec="seconds"),
        words.full(at),
        said or words.moment(at, now=timezone.now()),
    )


@register.filter
def day(value: date | datetime | None) -> str:
    """today · tomorrow · Friday · Friday 12 June"""
    if value is None:
        return ""
    return words.day(_date(value), today=timezone.localdate())


@register.filter
def long_day(value: date | datetime | None) -> str:
    """Thursday 11 June"""
    return "" if value is None else words.long_day(_date(value))


@register.filter
def clock(value: datetime | None) -> str:
    """07:15"""
    return "" if value is None else words.clock(value)


@register.filter
def moment(value: datetime | None) -> str:
    """today, 20:00"""
    return "" if value is None else words.moment(value, now=timezone.now())


@register.filter
def full(value: datetime | None) -> str:
    """Thursday 11 June 2026, 20:00"""
    return "" if value is None else words.full(value)


@register.filter
def until(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """today, 19:30–21:00; the start alone when the end is open"""
    if starts_at is None or ends_at is None:
        return moment(starts_at)
    return words.period(starts_at, ends_at, now=timezone.now())


@register.filter
def from_now(value: datetime | None) -> str:
    """in 2 h 15 min · 5 min ago"""
    return "" if value is None else words.from_now(value, now=timezone.now())


@register.filter
def since(value: datetime | None) -> str:
    """since Tuesday"""
    return "" if value is None else words.since(value, now=timezone.now())


@register.filter
def due(value: datetime | None, timed: object = "always") -> str:
    """by 18:00 · Friday, 07:15 · since Tuesday. `due_at|due:due_time`: without a time only a day"""
    if value is None:
        return ""
    return words.due(value, timed=timed is not None and timed != "", now=timezone.now())


@register.filter
def lasting(value: timedelta | float | None) -> str:
    """11 minutes, from a span or from seconds"""
    if value is None:
        return ""
    return words.lasting(value if isinstance(value, timedelta) else timedelta(seconds=value))


def _date(value: date | datetime) -> date:
    return timezone.localdate(value) if isinstance(value, datetime) else value


@register.filter
def undo_path(extra_tags: str | None) -> str:
    """Where the Undo of a message goes, or nothing."""
    return toasts.undo_path(extra_tags)


@register.inclusion_tag("_place.html", takes_context=True)
def place(
    context: template.Context,
    url_name: str,
    icon_name: str,
    label: str,
    *,
    count: int | None = None,
    wide: bool = False,
) -> dict[str, object]:
    """A link of the rail, current on its own page and ("true") on those below it."""
    request = context["request"]
    link = _link(request, url_name, icon_name, label, is_root=url_name == "today:index")
    return link | {"request": request, "count": count, "wide": wide}


@register.inclusion_tag("_side.html", takes_context=True)
def side(context: template.Context, url_name: str, icon_name: str, label: str) -> dict[str, object]:
    """A link in the list of settings beside a page."""
    root = url_name == "accounts:me"
    return _link(context["request"], url_name, icon_name, label, is_root=root)


def _link(
    request: HttpRequest, url_name: str, icon_name: str, label: str, *, is_root: bool = False
) -> dict[str, object]:
    """What a link shows; nothing where the slice behind it is not installed."""
    try:
        url = _address(request, url_name)
    except NoReverseMatch:
        return {}
    below = request.path.startswith(url) and not is_root
    current = "page" if request.path == url else "true" if below else ""
    return {"url": url, "name": icon_name, "label": label, "current": current}


def _address(request: HttpRequest, url_name: str) -> str:
    """The page of that name in this household, or outside of any."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        guild = getattr(request, "guild", None)
        if guild is None:
            raise
        return reverse(url_name, kwargs={"slug": guild.slug})


BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def browser(user_agent: str) -> str:
    """Firefox, Android · the first word of what is no browser (curl/8.5.0)"""
    # The order matters: Edge also says Chrome, and Chrome also says Safari.
    found = next((name for sign, name in BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    if not found:
        return user_agent.split(" ", maxsplit=1)[0][:60] or _("Unknown device")
    return f"{found}, {system}" if system else found
