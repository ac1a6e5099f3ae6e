"""A household with something in every place, made over the API as its people would."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from operations.tests.people import Person

ZONE = ZoneInfo("Europe/Berlin")


@dataclass
class Home:
    anna: Person  # owner
    ben: Person  # admin
    clara: Person  # member
    dora: Person  # viewer
    invitation: dict[str, Any]
    task: dict[str, Any]
    reminder: dict[str, Any]
    absence: dict[str, Any]
    way: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/g/{self.anna.guild['slug']}/"

    def member(self, person: Person) -> str:
        """The id of the person's membership."""
        rows = self.anna.get("members/")["results"]
        return str(next(row["id"] for row in rows if row["nickname"] == person.name))


def make_home(port: int, surname: str = "") -> Home:
    """The people are called Anna, Ben, Clara and Dora; `surname` keeps two households apart."""
    anna, ben, clara, dora = (
        Person(port, name, surname).sign_up() for name in ("Anna", "Ben", "Clara", "Dora")
    )
    anna.found("Larkspur House")
    for person, role in ((ben, "admin"), (clara, "member"), (dora, "viewer")):
        person.join(anna.invite(role=role))
    ids = {row["nickname"]: row["id"] for row in anna.get("members/")["results"]}
    home = Home(anna, ben, clara, dora, anna.invite(uses=3), {}, {}, {}, {})
    home.task = write_down_tasks(home, ids)
    home.reminder = be_reminded(home, ids)
    home.absence = be_away(home)
    home.way = be_told(home)
    return home


def write_down_tasks(home: Home, ids: dict[str, str]) -> dict[str, Any]:
    """The one that has everything a task can have."""
    anna, ben, clara = home.anna, home.ben, home.clara
    now = datetime.now(ZONE)
    # A minute is written down without its seconds: it shall not be over before it is sent.
    today, soon = now.date(), now + timedelta(seconds=90)
    full = anna.post(
        "tasks/",
        {
            "title": "Return the library books",
            "description": "Three picture books and the atlas.\nThe card is in the drawer.",
            "due_on": str(today + timedelta(days=1)),
            "due_time": "18:00",
            "priority": "high",
            "assignees": [ids["Ben"], ids["Clara"]],
            "tags": ["town", "children"],
        },
    )
    for person, body in [
        (anna, {"title": "Water the tomatoes", "due_on": str(today), "assignees": [ids["Clara"]]}),
        (ben, {"title": "Sign the form for the trip", "due_on": str(today), "priority": "urgent"}),
        (
            ben,
            {
                "title": "Call the plumber",
                "due_on": str(soon.date()),
                "due_time": f"{soon:%H:%M}",
                "assignees": [ids["Anna"]],
            },
        ),
        (clara, {"title": "Buy a present for Grandmother", "visibility": "private"}),
        (anna, {"title": "Renew the passports", "due_on": str(today + timedelta(days=40))}),
        (
            ben,
            {
                "title": "Find out why the cellar door does not close properly in wet weather and"
                " what a carpenter would ask for it",
                "tags": ["house"],
            },
        ),
        (anna, {"title": "Clear out the shed", "status": "in_progress", "assignees": [ids["Ben"]]}),
    ]:
        person.post("tasks/", body)
    done = clara.post("tasks/", {"title": "Take the bottles away", "due_on": str(today)})
    clara.post(f"tasks/{done['id']}/complete/")
    gone = ben.post("tasks/", {"title": "Sell the old piano"})
    ben.delete(f"tasks/{gone['id']}/")
    anna.patch(f"tasks/{full['id']}/", {"priority": "medium", "title": "Return the library books"})
    return dict(full)


def be_reminded(home: Home, ids: dict[str, str]) -> dict[str, Any]:
    """The one with a rhythm; two others have come in already."""
    anna, everyone = home.anna, list(ids.values())
    weekly = anna.post(
        "reminders/",
        {
            "message": "Put the bins out\nYellow and brown this week.",
            "frequency": "weekly",
            "weekdays": [1, 4],
            "time": "19:30",
            "recipients": everyone,
        },
    )
    for said in [
        {"message": "Take the cake out", "frequency": "once", "at": soon(), "recipients": everyone},
        {"message": "Call the surgery", "frequency": "once", "at": soon()},
        {"message": "Inhaler", "frequency": "daily", "time": "07:30", "visibility": "private"},
        {
            "message": "",
            "frequency": "before",
            "before_minutes": 60,
            "source": {"kind": "task", "id": home.task["id"]},
        },
    ]:
        anna.post("reminders/", said)
    paused = anna.post("reminders/", {"message": "Vitamins", "frequency": "daily", "time": "08:00"})
    anna.post(f"reminders/{paused['id']}/pause/")
    gone = anna.post("reminders/", {"message": "Old", "frequency": "daily", "time": "08:00"})
    anna.delete(f"reminders/{gone['id']}/")
    wait_for_inbox(anna, 2)
    return dict(weekly)


def be_away(home: Home) -> dict[str, Any]:
    """Anna's; Ben is away at this moment."""
    today = datetime.now(ZONE).date()
    week = {"from_on": str(today), "until_on": str(today + timedelta(days=6))}
    home.ben.post("absences/", week)
    later = {
        "from_on": str(today + timedelta(days=40)),
        "until_on": str(today + timedelta(days=60)),
    }
    return dict(home.anna.post("absences/", later))


def be_told(home: Home) -> dict[str, Any]:
    """A webhook of Anna's; beside it one that is off, and the family's chat. None leads anywhere:
    192.0.0.9 is a public address behind which nobody is.
    """
    quiet = {"quiet_from": "22:00", "quiet_until": "06:30"}
    for said in [
        {"channel": "apprise", "address": "ntfy://192.0.0.9/anna-phone", "name": "Phone"} | quiet,
        {
            "channel": "apprise",
            "address": "gotify://192.0.0.9/AabbCCddEEff112",
            "by_default": False,
        },
        {
            "channel": "apprise",
            "address": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
            "name": "Family chat",
            "shared": True,
        },
    ]:
        row = home.anna.post("destinations/", said)
    home.anna.post(f"destinations/{row['id']}/switch/", {"on": False})
    hook = {"channel": "webhook", "address": "https://192.0.0.9/hooks/kitchen", "name": "Kitchen"}
    return dict(home.anna.post("destinations/", hook))


def soon(seconds: float = 1) -> str:
    """The moment in so many seconds, as the API reads it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def wait_for_inbox(person: Person, count: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while len(person.get("inbox/?state=open")["results"]) < count:
        assert time.monotonic() < until, "the reminders do not come in"
        time.sleep(0.1)
