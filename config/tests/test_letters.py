"""Letters about an account: nobody waits for a mail server, and none is lost with it."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connections
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.jobs import hand_over_letters
from accounts.models import Letter, User
from config.web.valkey import valkey
from operations.tests.running import free_port
from reminders.tests.smtp import Postbox, postbox

pytestmark = pytest.mark.usefixtures("committed")

NINA = {"email": "nina@example.org", "password": "correct horse battery"}
FORM = {"email": NINA["email"], "password1": NINA["password"], "first_name": "Nina"}
APP = "/_allauth/app/v1"


@pytest.fixture
def box(settings: Settings) -> Iterator[Postbox]:
    with postbox() as box:
        settings.MAILERS = box.mailers()
        yield box


@pytest.fixture
def nobody(settings: Settings) -> None:
    """A mail server that is not there."""
    settings.MAILERS = Postbox().mailers()
    settings.MAILERS["default"]["OPTIONS"]["port"] = free_port()


def sign_up() -> Any:
    return Client().post("/accounts/signup/", FORM)


def ask_for_a_new_password() -> Any:
    return Client().post("/accounts/password/reset/", {"email": NINA["email"]})


def waiting() -> Any:
    return Letter.objects.using("system")


def rung() -> list[str]:
    """The messages to the workers."""
    return [str(message, "utf-8") for message in valkey().lrange("work", 0, -1)]  # type: ignore[arg-type]


def _in_a_worker() -> None:
    try:
        hand_over_letters()
    finally:
        connections.close_all()


def let_pass(seconds: int) -> None:
    waiting().update(try_at=Now() - timedelta(seconds=seconds))


@pytest.mark.usefixtures("nobody")
class TestWithoutMailServer:
    def test_a_person_signs_up_and_is_in(self) -> None:
        client = Client()
        assert client.post("/accounts/signup/", FORM).status_code == 302
        assert client.get("/g/").status_code == 200

    def test_a_person_signs_up_over_the_api(self) -> None:
        answer = Client().post(f"{APP}/auth/signup", NINA, content_type="application/json")
        assert (answer.status_code, answer.json()["meta"]["is_authenticated"]) == (200, True)

    def test_a_new_password_is_asked_for_alike_whether_one_is_known_or_not(self) -> None:
        assert ask_for_a_new_password().status_code == 302
        sign_up()
        assert ask_for_a_new_password().status_code == 302
        answer = Client().post(
            f"{APP}/auth/password/request",
            {"email": NINA["email"]},
            content_type="application/json",
        )
        assert answer.status_code == 200

    def test_the_letter_is_tried_again_later_and_then_later_still(self) -> None:
        sign_up()
        hand_over_letters()
        letter = waiting().annotate(pause=F("try_at") - Now()).get()
        assert letter.failures == 1
        assert 7 < letter.pause.total_seconds() < 12
        hand_over_letters()
        assert waiting().get().failures == 1, "its time had not come"
        let_pass(1)
        hand_over_letters()
        assert waiting().get().failures == 2

    def test_after_a_day_it_is_given_up(self) -> None:
        sign_up()
        waiting().update(created_at=Now() - timedelta(hours=25))
        hand_over_letters()
        assert not waiting().exists()


class TestHandingOver:
    def test_it_goes_as_it_was_written_once(self, box: Postbox) -> None:
        Client(headers={"Accept-Language": "de"}).post("/accounts/signup/", FORM)
        assert box.letters == [], "nobody waits for it"
        hand_over_letters()
        hand_over_letters()
        [letter] = box.letters
        assert letter["Subject"] == "Willkommen: Bitte bestätige deine E-Mail-Adresse"
        assert letter["To"] == NINA["email"]
        assert [part.get_content_type() for part in letter.iter_parts()] == [
            "text/plain",
            "text/html",
        ]
        assert not waiting().exists()

    def test_it_arrives_when_the_server_is_back_under_the_same_name(self, box: Postbox) -> None:
        sign_up()
        name = f"<{waiting().get().pk}@127.0.0.1>"
        box.answers = ["451 not now"]
        hand_over_letters()
        assert box.letters == []
        let_pass(1)
        hand_over_letters()
        assert [letter["Message-ID"] for letter in box.letters] == [name]

    def test_one_that_must_wait_does_not_keep_the_next_from_its_round(self, box: Postbox) -> None:
        sign_up()
        ask_for_a_new_password()
        box.answers = ["451 not now"]
        hand_over_letters()
        hand_over_letters()
        assert len(box.letters) == 1

    def test_one_that_is_refused_for_good_is_dropped_and_the_next_goes(self, box: Postbox) -> None:
        sign_up()
        ask_for_a_new_password()
        box.answers = ["RCPT 550 no such user"]
        hand_over_letters()
        assert len(box.letters) == 1
        assert not waiting().exists()

    def test_two_workers_hand_over_none_twice(self, box: Postbox) -> None:
        sign_up()
        ask_for_a_new_password()
        # Each holds the mail server up while the other works.
        box.answers = ["SLOW 250 OK", "SLOW 250 OK"]
        with ThreadPoolExecutor(2) as pool:
            for round_ in [pool.submit(_in_a_worker) for _ in range(2)]:
                round_.result()
        assert len({letter["Message-ID"] for letter in box.letters}) == len(box.letters) == 2

    def test_without_its_key_it_is_dropped(self, box: Postbox, settings: Settings) -> None:
        sign_up()
        settings.ENCRYPTION_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
        hand_over_letters()
        assert (box.letters, waiting().exists()) == ([], False)


class TestSecrecy:
    def test_pages_cannot_read_letters(self) -> None:
        sign_up()
        assert (Letter.objects.count(), waiting().count()) == (0, 1)
        assert Letter.objects.update(failures=9) == 0
        assert Letter.objects.all().delete() == (0, {})

    def test_what_it_says_lies_nowhere_to_be_read(self) -> None:
        sign_up()
        ask_for_a_new_password()
        with connections["system"].cursor() as cursor:
            cursor.execute("SELECT l::text FROM accounts_letter l")
            rows = [str(text).encode() for (text,) in cursor.fetchall()]
        heard = [message.encode() for message in rung()]
        assert len(rows) == len(heard) == 2
        for text in [*rows, *heard]:
            assert not re.search(rb"nina|/accounts/|example\.org", text)

    def test_the_logs_say_nothing_of_it(
        self, box: Postbox, caplog: pytest.LogCaptureFixture
    ) -> None:
        sign_up()
        ask_for_a_new_password()
        box.answers = ["451 <nina@example.org> later", "RCPT 550 <nina@example.org> unknown"]
        hand_over_letters()
        hand_over_letters()
        ours = [str(one.msg) for one in caplog.records if one.name.startswith("guildhall")]
        assert re.findall(r"'reason': '([^']*)'", "".join(ours)) == ["451", "550"]
        assert "nina" not in "".join(ours)

    def test_the_folder_for_letters_is_closed(self, settings: Settings, tmp_path: Path) -> None:
        folder = tmp_path / "mail"
        options = {"file_path": folder}
        settings.MAILERS = {"default": {"BACKEND": "config.web.mail.Folder", "OPTIONS": options}}
        sign_up()
        hand_over_letters()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        [file] = folder.iterdir()
        assert NINA["email"] in file.read_text()

    def test_a_folder_that_cannot_be_made_costs_no_sign_up(
        self, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "mail").write_text("a file")
        options = {"file_path": tmp_path / "mail"}
        settings.MAILERS = {"default": {"BACKEND": "config.web.mail.Folder", "OPTIONS": options}}
        assert sign_up().status_code == 302
        hand_over_letters()
        assert waiting().get().failures == 1


class TestTheBell:
    def test_a_job_is_started_at_once(self) -> None:
        sign_up()
        [message] = rung()
        assert orjson.loads(message)["headers"]["task"] == "accounts.jobs.hand_over_letters"

    def test_without_valkey_the_letter_waits_and_the_person_does_not(
        self, settings: Settings
    ) -> None:
        settings.REDIS_URL = "unix:///nowhere/valkey.sock?db=0"
        settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": settings.REDIS_URL}}
        began = time.monotonic()
        assert sign_up().status_code == 302
        assert time.monotonic() - began < 2
        assert (waiting().count(), User.objects.count()) == (1, 1)

    def test_beat_starts_what_nobody_started(self, settings: Settings) -> None:
        schedule = settings.CELERY_BEAT_SCHEDULE.values()
        [entry] = [one for one in schedule if one["task"] == "accounts.jobs.hand_over_letters"]
        assert (entry["options"]["queue"], entry["schedule"]) == ("work", timedelta(seconds=10))
