"""The text of an RRULE: read as the standard has it, or refused beside its field."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.web.errors import Refused
from reminders.rrules import normal, read


@pytest.mark.parametrize(
    "said",
    [
        *["", ";", "FREQ=", "FREQ", "WEEKLY", "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY"],
        *[
            "FREQ=FORTNIGHTLY",
            "INTERVAL=2",
            "FREQ=DAILY;FREQ=WEEKLY",
            "FREQ=DAILY;COUNT=1000000000",
        ],
        *["FREQ=DAILY;COUNT=1E9", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;COUNT="],
        *["FREQ=DAILY;INTERVAL=1000000000", "FREQ=DAILY;INTERVAL=0", "FREQ=YEARLY;INTERVAL=11"],
        *["FREQ=DAILY;INTERVAL=" + "9" * 400, "FREQ=DAILY;INTERVAL=٢", "FREQ=DAILY;BYHOUR=7"],
        *["FREQ=DAILY;BYMINUTE=0", "FREQ=DAILY;BYSECOND=0", "FREQ=YEARLY;BYEASTER=0"],
        *["FREQ=DAILY;COUNT=3;UNTIL=20270101", "FREQ=DAILY;UNTIL=20270231", "FREQ=DAILY;UNTIL=X"],
        *["FREQ=DAILY;UNTIL=00000101", "FREQ=DAILY;UNTIL=20270101T250000Z", "FREQ=DAILY;WKST=XX"],
        *["FREQ=WEEKLY;BYDAY=1MO", "FREQ=DAILY;BYDAY=-1MO", "FREQ=MONTHLY;BYDAY=6MO"],
        *["FREQ=MONTHLY;BYDAY=0MO", "FREQ=YEARLY;BYWEEKNO=5;BYDAY=1MO", "FREQ=YEARLY;BYDAY=54MO"],
        *["FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYYEARDAY=1", "FREQ=MONTHLY;BYWEEKNO=1"],
        *["FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY="],
        *["FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=-1", "FREQ=MONTHLY;BYSETPOS=1"],
        *["FREQ=DAILY\nDTSTART:20270101", "DTSTART=20270101;FREQ=DAILY", "FREQ=DAILY;X=1"],
        *["FREQ=DAILY;BYDAY=" + ",".join(["MO"] * 200), "FREQ=MONTHLY;BYDAY=MONDAY"],
    ],
)
def test_an_rrule_that_cannot_be_is_refused(said: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(normal(said))
    assert refusal.value.field == "rrule"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("FREQ=;DAILYWKMOTUBCNVS0123456789,-", max_size=60))
def test_whatever_is_typed_is_read_or_refused(said: str) -> None:
    for each in (said, f"FREQ=MONTHLY;{said}", f"FREQ=YEARLY;BYDAY={said}"):
        with suppress(Refused):
            assert read(normal(each)).parts.interval


def test_it_is_kept_in_one_spelling() -> None:
    assert normal(" rrule:freq=weekly; byday=tu;\n") == "FREQ=WEEKLY;BYDAY=TU"
