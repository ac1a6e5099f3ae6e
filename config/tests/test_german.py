"""Nothing of the English shows through where somebody reads German."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.actions.absence import (
    add_absence,
    delete_absence,
    edit_absence,
    restore_absence,
)
from accounts.guild.scope import guild_scope
from accounts.guild.testing import Cast, browser
from accounts.jobs import hand_over_letters
from accounts.models import User
from productivity.tasks.actions import complete_task, edit_task
from productivity.tasks.tests.conftest import make_task
from reminders.channels.base import Message
from reminders.channels.email import compose
from reminders.destinations import (
    add_destination,
    delete_destination,
    edit_destination,
    note_test,
    restore_destination,
    roll_key,
    switch_on,
)
from reminders.testing import deliver, make_reminder

VISITED = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/confirm-email/",
    "/join/no-such-invitation/",
    "/no/such/page/",
]
OWN = [
    "/g/",
    "/me/",
    "/me/tokens/",
    "/accounts/email/",
    "/accounts/password/set/",
    "/accounts/sessions/",
    "/accounts/logout/",
    "/no/such/page/",
]
OF_THE_HOUSEHOLD = [
    "",
    "tasks/",
    "tasks/?show=done",
    "tasks/?q=nirgends",
    "tasks/new/",
    "tasks/trash/",
    "reminders/",
    "reminders/add/",
    "reminders/trash/",
    "inbox/",
    "inbox/?show=all",
    "destinations/",
    "destinations/add/",
    "members/",
    "history/",
    "settings/",
]
# None of them is a German word.
ENGLISH = re.compile(
    r"\b(the|this|that|and|or|of|by|from|with|without|not|nothing|is|are|you|your|who|what|when"
    r"|where|today|tomorrow|yesterday|since|every|then|next|once|day|week|hours?|minutes?|due|done"
    r"|late|add(ed)?|edit|deleted?|save|cancel|close|open|back|show|search|remove|changed?|made"
    r"|tasks?|reminders?|inbox|members?|history|settings|household|trash|sign|password|email"
    r"|assignees|recipients|january|february|march|may|june|july|october|december|monday"
    r"|tuesday|wednesday|thursday|friday|saturday|sunday|pm)\b|\b[ap]\.m\.",
    re.IGNORECASE,
)
SILENT = {"script", "style", "template", "optgroup"}  # zones have English names
VOID = {"br", "hr", "img", "input", "link", "meta", "use", "rect", "circle", "path"}


class Words(HTMLParser):
    """What a page says, to eye or ear; `language` is what it calls its language."""

    def __init__(self) -> None:
        super().__init__()
        self.language, self.said, self._within = "", [""], [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.language = given.get("lang") or self.language
        if tag not in VOID:
            self._within.append(tag)
        if not SILENT & set(self._within):
            names = ("aria-label", "placeholder", "title", "alt", "data-copied")
            self.said += [given[name] or "" for name in names if name in given]

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not SILENT & set(self._within):
            self.said.append(data)


def visitor() -> Client:
    """Somebody who is not signed in and whose browser asks for German."""
    return Client(headers={"accept-language": "de"})


def read(html: str) -> tuple[str, str]:
    """Its language and its words."""
    words = Words()
    words.feed(html)
    return words.language, " ".join(" ".join(words.said).split())


def english_on(client: Client, paths: list[str]) -> dict[str, Any]:
    """What is not German, by path."""
    found: dict[str, Any] = {}
    for path in paths:
        answer = client.get(path)
        assert answer.status_code in {200, 404}, (path, answer.status_code)
        language, said = read(answer.content.decode())
        slips = [said[max(0, hit.start() - 30) : hit.end() + 30] for hit in ENGLISH.finditer(said)]
        if language != "de" or slips:
            found[path] = (language, slips)
    return found


@pytest.fixture
def home(committed_cast: Cast) -> Cast:
    """Everybody reads German; Carol's tasks and reminders are of every kind."""
    User.objects.update(locale="de")
    carol, today = committed_cast.carol, timezone.localdate()
    books = make_task(
        carol,
        title="Bücher zurückbringen",
        due_on=today + timedelta(days=40),
        due_time=time(18),
        priority="high",
        tags=["Schule"],
        assignees=[carol],
    )
    make_task(carol, title="Tomaten gießen", due_on=today, visibility="private")
    with guild_scope(carol.guild_id, carol):
        complete_task(make_task(carol, title="Kuchen"), by=carol, at=timezone.now())
        edit_task(books, by=carol, at=timezone.now(), assignees=[], tags=[], priority="urgent")
        absence = add_absence(by=carol, from_on=today, until_on=today + timedelta(days=2))
        add_absence(by=carol, from_on=today + timedelta(days=4), until_on=today + timedelta(days=9))
        edit_absence(absence, by=carol, until_on=today)
        delete_absence(absence, by=carol, at=timezone.now())
        restore_absence(absence, by=carol)
        way = add_destination(
            by=carol,
            channel="webhook",
            address="https://192.0.0.9/x",
            quiet_from=time(22),
            quiet_until=time(6),
        )
        edit_destination(way, by=carol, name="Küche", by_default=False)
        edit_destination(way, by=carol, address="https://192.0.0.9/y")
        roll_key(way, by=carol)
        note_test(way, by=carol, at=timezone.now(), reason="http:410", gone=True)
        switch_on(way, by=carol)
        delete_destination(way, by=carol, at=timezone.now())
        restore_destination(way, by=carol)
    clock = time(19, 30)
    make_reminder(carol, message="Müll", frequency="weekly", weekdays=[1, 4], time=clock)
    make_reminder(carol, message="Inhalator", frequency="daily", time=clock)
    make_reminder(carol, message="Katze füttern")
    deliver(minutes=5)
    return committed_cast


def details(cast: Cast) -> list[str]:
    """The pages of single rows, from the lists that link to them."""
    client, found = browser(cast.carol), set()
    for part in ("tasks/", "reminders/", "members/"):
        html = client.get(f"/g/home/{part}").content.decode()
        found |= set(re.findall(rf'href="(/g/home/{part}[0-9a-f-]{{36}}/)"', html))
    edits = {f"{path}edit/" for path in found if "/members/" not in path}
    mine = client.get(f"/g/home/members/{cast.carol.pk}/").content.decode()
    absences = re.findall(r'href="(/g/home/absences/[0-9a-f-]{36}/)"', mine)
    assert len(absences) == 2
    ours = client.get("/g/home/destinations/").content.decode()
    ways = re.findall(r'href="(/g/home/destinations/[0-9a-f-]{36}/)"', ours)
    assert len(ways) == 2
    return sorted(found | edits | set(absences) | set(ways))


@pytest.mark.django_db
def test_a_visitor_reads_german() -> None:
    assert english_on(visitor(), VISITED) == {}


def test_a_member_reads_german(home: Cast) -> None:
    pages = [*OWN, *(f"/g/home/{path}" for path in OF_THE_HOUSEHOLD), *details(home)]
    assert len(pages) > 30
    assert english_on(browser(home.carol), pages) == {}


def test_the_owner_reads_german(home: Cast) -> None:
    pages = [f"/g/home/{path}" for path in ("members/", "settings/", f"members/{home.bob.pk}/")]
    assert english_on(browser(home.alice), pages) == {}


def test_mistakes_are_named_in_german(home: Cast) -> None:
    client = browser(home.carol)
    for path, said in [
        ("/g/home/tasks/add/", {"title": "", "due_on": "31.2."}),
        ("/g/home/reminders/add/", {"frequency": "weekly"}),
    ]:
        _language, text = read(client.post(path, said).content.decode())
        assert ENGLISH.search(text) is None, text
    answer = visitor().post("/accounts/login/", {"login": "a@b.cc", "password": "x"})
    assert "E-Mail-Adresse oder Passwort stimmt nicht." in read(answer.content.decode())[1]


def test_days_are_written_as_in_german(home: Cast) -> None:
    month = r"(Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)"
    weekday = r"(Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag)"
    client = browser(home.carol)
    _language, today = read(client.get("/g/home/").content.decode())
    assert re.search(rf"{weekday}, \d{{1,2}}\. {month}\.", today)
    assert re.search(r"\bMo \d+ .*\bDi \d+ .*\bSo \d+ ", today), "the week begins on Monday"
    _language, tasks = read(client.get("/g/home/tasks/").content.decode())
    assert re.search(rf"\d{{1,2}}\. {month}( \d{{4}})?, 18:00", tasks)
    _language, reminders = read(client.get("/g/home/reminders/").content.decode())
    assert "dann jeden Montag und Donnerstag" in reminders
    assert "dann jeden Tag" in reminders


def test_history_is_told_in_german(home: Cast) -> None:
    _language, said = read(browser(home.carol).get("/g/home/history/").content.decode())
    assert "Carol hat die Aufgabe „Kuchen“ erledigt" in said
    assert "Carol hat die Erinnerung „Müll“ angelegt" in said
    assert "Wochentage – Montag, Donnerstag" in said
    assert "Wichtigkeit Hoch Dringend" in said
    assert "wer es macht Carol –" in said


def test_letters_about_the_account_are_german(committed: None) -> None:
    client = visitor()
    form = {"first_name": "Ada", "email": "ada@example.de", "password1": "ein-langer-schluessel"}
    assert client.post("/accounts/signup/", form).status_code == 302
    visitor().post("/accounts/password/reset/", {"email": "ada@example.de"})

    hand_over_letters()
    confirmation, reset = mail.outbox
    assert confirmation.subject == "Willkommen: Bitte bestätige deine E-Mail-Adresse"
    assert reset.subject == "Ein neues Passwort"
    for letter in (confirmation, reset):
        assert isinstance(letter, mail.EmailMultiAlternatives)
        assert ENGLISH.search(re.sub(r"\S*https?://\S+", "", str(letter.body))) is None, letter.body
        [html] = [str(content) for content, kind in letter.alternatives if kind == "text/html"]
        language, said = read(html)
        assert language == "de"
        assert ENGLISH.search(re.sub(r"\S*https?://\S+", "", said)) is None, said


def test_a_reminder_by_e_mail_is_german() -> None:
    message = Message(
        key="0",
        address="ada@example.de",
        recipient="Ada",
        guild="Villa Kunterbunt",
        title="Mülltonnen raus",
        body="Gelb und braun.",
        url="",
        inbox_url="https://haus.example/g/villa/x/",
        due_at=datetime(2026, 6, 11, 17, 30, tzinfo=UTC),
        late_by=timedelta(minutes=11),
        locale="de",
        time_zone="Europe/Berlin",
    )

    letter = compose(message, "<0@haus.example>")

    text = str(letter.body)
    assert "Villa Kunterbunt erinnert dich. Fällig: Donnerstag, 11. Juni 2026, 19:30." in text
    assert "Sie kommt 11 Minuten zu spät." in text
    assert ENGLISH.search(text) is None
