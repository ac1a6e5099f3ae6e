"""What the template builtins write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import RequestFactory

from config.web.tags import browser

TEMPLATES = Path(settings.BASE_DIR) / "templates"
SPRITE = Path(settings.BASE_DIR) / "config" / "static" / "icons.svg"


@dataclass
class Person:
    name: str = "Hanna"
    colour: int = 3


def render(source: str, **context: Any) -> str:
    return Template(source).render(Context(context))


def test_an_icon_is_silent() -> None:
    assert render('{% icon "check" %}') == (
        '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#check"/></svg>'
    )


def test_a_labelled_icon_speaks() -> None:
    assert 'role="img" aria-label="private"' in render('{% icon "lock" "private" %}')


def test_every_icon_in_a_template_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()))
    used = {
        name
        for page in TEMPLATES.rglob("*.html")
        for name in re.findall(
            r'{% (?:icon|place "[\w:]+"|side "[\w:]+") "([\w-]+)"', page.read_text()
        )
    }
    assert used - drawn == set()


def test_a_face_has_a_colour_and_a_name() -> None:
    assert render("{% face who %}", who=Person()) == (
        '<span class="face" data-member="3" role="img" aria-label="Hanna">H</span>'
    )


def test_a_face_beside_its_name_is_silent() -> None:
    html = render('{% face who "big" named=True %}', who=Person())
    assert html == '<span class="face big" data-member="3" aria-hidden="true">H</span>'


def test_a_face_escapes_the_name() -> None:
    html = render("{% face who %}", who=Person('<b>"'))
    assert "&lt;b&gt;&quot;" in html
    assert "<b>" not in html


def test_somebody_who_left_has_no_colour() -> None:
    assert "data-member" not in render("{% face who %}", who=None)


def test_when_writes_the_instant_for_machines() -> None:
    html = render("{% when at %}", at=datetime(2026, 6, 11, 20, tzinfo=UTC))
    assert html.startswith('<time datetime="2026-06-11T20:00:00+00:00" title="Thursday 11 June')


def test_nothing_is_said_of_nothing() -> None:
    filters = ["day", "long_day", "clock", "moment", "full", "from_now", "since", "due", "lasting"]
    assert "".join(render(f"{{{{ at|{name} }}}}", at=None) for name in filters) == ""
    assert render("{% when at %}{{ at|until:at }}", at=None) == ""


def test_a_place_is_current_on_its_own_page_and_below() -> None:
    source = '{% side "account_email" "mail" "Mail" %}'
    page = RequestFactory().get("/accounts/email/")
    elsewhere = RequestFactory().get("/accounts/login/")
    assert 'aria-current="page"' in render(source, request=page)
    assert "aria-current" not in render(source, request=elsewhere)


def test_a_place_that_is_not_installed_is_left_out() -> None:
    page = RequestFactory().get("/")
    assert render('{% side "nowhere" "mail" "Mail" %}', request=page).strip() == ""


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/2010 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "Unknown device"),
    ],
)
def test_it_names_the_browser(agent: str, said: str) -> None:
    assert browser(agent) == said
