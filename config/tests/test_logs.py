"""What the logs say of an error: where and of which kind, never what somebody wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.db import IntegrityError

from accounts.guild.testing import make_person
from config.celery import app

SECRET = "the surprise for Ada"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What our handler writes."""
    (handler,) = [one for one in logging.getLogger().handlers if one.get_name() == "stderr"]
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()
    before = handler.setStream(text)
    yield text
    handler.setStream(before)


def lines(text: io.StringIO) -> list[dict[str, Any]]:
    assert SECRET not in text.getvalue()
    return [json.loads(line) for line in text.getvalue().splitlines()]


def test_an_error_is_named_by_kind_and_place(logged: io.StringIO) -> None:
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise KeyError(SECRET) from error
    except KeyError:
        structlog.get_logger("guildhall.test").exception("it.broke", row="01")
    (line,) = lines(logged)
    assert (line["event"], line["row"]) == ("it.broke", "01")
    assert [one["type"] for one in line["exception"]] == [
        "builtins.KeyError",
        "builtins.ValueError",
    ]
    (frame, *_) = line["exception"][0]["frames"]
    assert frame.startswith("config/tests/test_logs.py:")
    assert frame.endswith("test_an_error_is_named_by_kind_and_place")


@pytest.mark.django_db
def test_a_refusal_of_the_database_keeps_its_values_to_itself(logged: io.StringIO) -> None:
    make_person("Ada")
    try:
        make_person("Ada")
    except IntegrityError:
        logging.getLogger("django.request").exception("Internal Server Error: %s", "/x/")
    (line,) = lines(logged)
    assert "ada@example.org" not in logged.getvalue()
    refusal = line["exception"][1]
    assert (refusal["sqlstate"], refusal["constraint"]) == ("23505", "accounts_user_email")


def test_a_failed_job_is_named_not_quoted(logged: io.StringIO) -> None:
    @app.task(name="guildhall.test.fails")
    def fails() -> None:
        raise ValueError(SECRET)

    fails.apply()
    (line,) = lines(logged)
    assert line["event"] == "job failed: guildhall.test.fails"
    assert line["exception"][0]["type"] == "builtins.ValueError"
