"""Months, years, RRULE and intervals: checked against a walk over every local date that asks of
each whether it is one, and knows nothing of dateutil.
"""

from __future__ import annotations

import sys
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders import calendars
from reminders.recurrence import _walk, last_date, next_instants, next_occurrence, occurrences
from reminders.rules import DAY, Occurrence, Rule

MORNING = time(7, 30)
NAMES = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]


def rule(frequency: str = "rrule", starts_on: date = date(2026, 1, 1), **more: Any) -> Rule:
    usual: dict[str, Any] = {"time_zone": "Europe/Berlin", "time": MORNING}
    return Rule(frequency=frequency, starts_on=starts_on, **(usual | more))


def first_dates(one: Rule, count: int, after: date | None = None) -> list[str]:
    return [str(day) for day in islice(calendars.dates(one, after or date.min), count)]


def length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def sunday0(day: date) -> int:
    return day.isoweekday() % 7


def is_nth(day: date, n: int, last: int, place: int) -> bool:
    """Whether it is the nth of its weekday among `last` days, of which it is number `place`."""
    return (place - 1) // 7 + 1 == n or -((last - place) // 7 + 1) == n


def comes(one: Rule, day: date) -> bool:
    start = one.starts_on
    assert start
    if day < start:
        return False
    match one.frequency:
        case "daily":
            return True
        case "weekly":
            return sunday0(day) in one.weekdays
        case "monthly" if one.nth is not None:
            return sunday0(day) in one.weekdays and is_nth(day, one.nth, length(day), day.day)
        case "monthly":
            wanted = length(day) if one.month_day == -1 else one.month_day or 0
            return day.day == min(wanted, length(day))
        case "yearly":
            return day.month == start.month and day.day == min(start.day, length(day))
    raise AssertionError(one)


def period(said: dict[str, Any], day: date) -> int:
    match said["freq"]:
        case "DAILY":
            return day.toordinal()
        case "WEEKLY":
            return (day.toordinal() - 1 - int(said.get("wkst", 0))) // 7
        case "MONTHLY":
            return day.year * 12 + day.month
        case _:
            return day.year


def fits(said: dict[str, Any], start: date, day: date) -> bool:
    """Whether the parts BYMONTH, BYMONTHDAY and BYDAY let the day through."""
    if "months" in said and day.month not in said["months"]:
        return False
    if "days" in said and not {day.day, day.day - length(day) - 1} & set(said["days"]):
        return False
    if "weekdays" in said:
        in_month = said["freq"] == "MONTHLY" or "months" in said
        last = length(day) if in_month else date(day.year, 12, 31).timetuple().tm_yday
        place = day.day if in_month else day.timetuple().tm_yday
        if not any(
            NAMES[sunday0(day)] == name and (n is None or is_nth(day, n, last, place))
            for n, name in said["weekdays"]
        ):
            return False
    if "days" in said or "weekdays" in said:
        return True
    match said["freq"]:
        case "YEARLY":
            return day.day == start.day and ("months" in said or day.month == start.month)
        case "MONTHLY":
            return day.day == start.day
        case "WEEKLY":
            return day.weekday() == start.weekday()
    return True


def by_walking(said: dict[str, Any], start: date, first: date, last: date) -> list[date]:
    """The dates of an RRULE: every day of every period is looked at."""
    found: dict[int, list[date]] = {}
    origin = period(said, start)
    margin = (366 if said["freq"] == "YEARLY" else 31) * DAY
    day = max(first, start) - margin
    while day <= last + margin:
        place = period(said, day)
        if place >= origin and (place - origin) % said["interval"] == 0 and fits(said, start, day):
            found.setdefault(place, []).append(day)
        day += DAY
    chosen = []
    for place, all_days in found.items():
        # dateutil begins the first week with the start itself.
        cut = said["freq"] == "WEEKLY" and place == origin
        days = [day for day in all_days if day >= start] if cut else all_days
        wanted = set(said.get("setpos", []))
        chosen += [
            day for n, day in enumerate(days) if not wanted or {n + 1, n - len(days)} & wanted
        ]
    return [day for day in chosen if max(first, start) <= day <= last]


def text(said: dict[str, Any]) -> str:
    parts = [f"FREQ={said['freq']}", f"INTERVAL={said['interval']}"]
    names = {"months": "BYMONTH", "days": "BYMONTHDAY", "setpos": "BYSETPOS"}
    parts += [f"{names[k]}={','.join(map(str, said[k]))}" for k in names if k in said]
    if "weekdays" in said:
        parts.append("BYDAY=" + ",".join(f"{n or ''}{name}" for n, name in said["weekdays"]))
    if "wkst" in said:
        parts.append(f"WKST={[*NAMES[1:], NAMES[0]][said['wkst']]}")
    return ";".join(parts)


dates_ = st.dates(date(1990, 1, 1), date(2040, 12, 31))


@st.composite
def rrules(draw: Callable[..., Any]) -> dict[str, Any]:
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    said: dict[str, Any] = {"freq": freq, "interval": draw(st.integers(1, 6))}
    some = st.booleans()
    if draw(some):
        said["months"] = draw(st.lists(st.integers(1, 12), min_size=1, max_size=5, unique=True))
    if freq != "WEEKLY" and draw(some):
        days = st.integers(-31, 31).filter(bool)
        said["days"] = draw(st.lists(days, min_size=1, max_size=8, unique=True))
    if draw(some):
        most = 5 if freq == "MONTHLY" or "months" in said else 53
        numbered = st.none() | st.integers(-most, most).filter(bool)
        n = numbered if freq in ("MONTHLY", "YEARLY") else st.none()
        each = st.tuples(n, st.sampled_from(NAMES))
        said["weekdays"] = draw(st.lists(each, min_size=1, max_size=4, unique=True))
    if said.keys() & {"months", "days", "weekdays"} and draw(some):
        said["setpos"] = draw(st.lists(st.integers(-4, 4).filter(bool), min_size=1, unique=True))
    if draw(some):
        said["wkst"] = draw(st.integers(0, 6))
    return said


@settings(max_examples=150, deadline=None)
@given(said=rrules(), start=dates_, ahead=st.integers(-50, 9000))
def test_an_rrule_agrees_with_a_walk_over_the_dates(
    said: dict[str, Any], start: date, ahead: int
) -> None:
    first = start + ahead * DAY
    last = first + 500 * DAY

    got = list(calendars.dates(rule(starts_on=start, rrule=text(said)), first, last))

    assert got == by_walking(said, start, first, last), text(said)


weekday_sets = st.frozensets(st.integers(0, 6), min_size=1)
plain = st.one_of(
    st.builds(lambda start: rule("daily", start), dates_),
    st.builds(lambda start, days: rule("weekly", start, weekdays=days), dates_, weekday_sets),
    st.builds(
        lambda start, day: rule("monthly", start, month_day=day),
        dates_,
        st.sampled_from([-1, *range(1, 32)]),
    ),
    st.builds(
        lambda start, n, day: rule("monthly", start, nth=n, weekdays=frozenset({day})),
        dates_,
        st.sampled_from([-1, 1, 2, 3, 4, 5]),
        st.integers(0, 6),
    ),
    st.builds(lambda start: rule("yearly", start), dates_ | st.just(date(2024, 2, 29))),
)


@settings(max_examples=300, deadline=None)
@given(one=plain, ahead=st.integers(-50, 20_000))
def test_a_rule_agrees_with_a_walk_over_the_dates(one: Rule, ahead: int) -> None:
    assert one.starts_on
    first = one.starts_on + ahead * DAY
    days = [first + n * DAY for n in range(1000)]

    got = list(calendars.dates(one, first, days[-1]))

    assert got == [day for day in days if comes(one, day)]


@settings(max_examples=200, deadline=None)
@given(
    one=plain.filter(lambda one: one.frequency in ("daily", "weekly")),
    ahead=st.integers(0, 20_000),
)
def test_counting_days_gives_what_dateutil_gives(one: Rule, ahead: int) -> None:
    assert one.starts_on
    first = one.starts_on + ahead * DAY

    counted = list(_walk(one, first, first + 200 * DAY))

    assert counted == list(calendars.dates(one, first, first + 200 * DAY))


def test_the_31st_comes_on_the_last_day_of_a_shorter_month() -> None:
    one = rule("monthly", date(2027, 12, 31), month_day=31)
    assert first_dates(one, 5) == [
        *["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]
    ]


def test_the_last_day_of_each_month() -> None:
    one = rule("monthly", date(2026, 2, 1), month_day=-1)
    assert first_dates(one, 3) == ["2026-02-28", "2026-03-31", "2026-04-30"]


def test_29_february_comes_in_every_year() -> None:
    one = rule("yearly", date(2096, 2, 29))
    assert first_dates(one, 5, date(2097, 1, 1)) == [
        *["2097-02-28", "2098-02-28", "2099-02-28", "2100-02-28", "2101-02-28"]
    ]
    assert "2104-02-29" in first_dates(one, 12)


def test_a_fifth_weekday_comes_only_where_there_is_one() -> None:
    one = rule("monthly", nth=5, weekdays=frozenset({0}))
    assert first_dates(one, 3) == ["2026-03-29", "2026-05-31", "2026-08-30"]


def test_a_slot_is_the_nominal_time() -> None:
    one = rule("monthly", time=time(2, 30), nth=-1, weekdays=frozenset({0}))

    got = next_occurrence(one, after=datetime(2026, 3, 1, tzinfo=UTC))

    assert got == Occurrence(
        "2026-03-29T02:30 Europe/Berlin", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    )


def test_days_left_out_count_among_the_times() -> None:
    last = last_date(rule("daily", date(2026, 6, 1)), 3)
    one = rule("daily", date(2026, 6, 1), last_on=last, skip=frozenset({date(2026, 6, 2)}))

    got = next_instants(one, after=datetime(2026, 5, 1, tzinfo=UTC))

    assert [at.day for at in got] == [1, 3]


def test_what_ends_after_a_hundred_years_has_no_last_day() -> None:
    assert last_date(rule("yearly", date(2026, 1, 1)), 102) is None
    assert last_date(rule("yearly", date(2026, 1, 1)), 100) == date(2125, 1, 1)


def test_the_last_year_ends_without_an_error() -> None:
    start = date(9998, 12, 1)
    for one in (
        rule("monthly", start, month_day=31),
        rule("yearly", date(9990, 12, 31)),
        rule(starts_on=start, rrule="FREQ=DAILY;INTERVAL=30"),
    ):
        late = datetime(9998, 12, 30, tzinfo=UTC)
        assert list(islice(occurrences(one, after=late), 5))
        assert next_occurrence(one, after=datetime(9999, 12, 29, tzinfo=UTC)) is None


def calls(act: Callable[[], Any]) -> int:
    """How many calls Python makes for it: the same on every machine."""
    count = 0

    def see(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(see)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


BEGIN = datetime(2026, 3, 28, 20, tzinfo=UTC)
RULES = {
    "daily": rule("daily"),
    "weekly": rule("weekly", weekdays=frozenset({1, 4})),
    "monthly": rule("monthly", month_day=31),
    "nth": rule("monthly", nth=5, weekdays=frozenset({0})),
    "yearly": rule("yearly", date(2024, 2, 29)),
    "dense": rule(rrule="FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"),
    "thin": rule(rrule="FREQ=DAILY;INTERVAL=7;BYMONTH=2;BYDAY=TH"),
    "skipped": rule("daily", skip=frozenset(date(2026, 1, 1) + n * DAY for n in range(500))),
    "interval": Rule("interval", "UTC", BEGIN, every=timedelta(seconds=30)),
}


@pytest.mark.parametrize("name", RULES)
def test_an_old_rule_costs_what_a_new_one_does(name: str) -> None:
    one = RULES[name]
    next_occurrence(one, after=BEGIN)  # reads the zone and the text once

    # The calendar repeats after 400 years.
    new = calls(lambda: next_occurrence(one, after=BEGIN))
    old = calls(lambda: next_occurrence(one, after=BEGIN + 400 * 146_097 // 400 * DAY))

    assert new < 25_000
    assert old <= new * 1.2 + 100


NEVER = [
    *["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31"],
    *["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=1;BYMONTH=2"],
    *["FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2"],
]


@pytest.mark.parametrize("said", NEVER)
def test_what_never_comes_is_found_out_soon(said: str) -> None:
    one = rule(starts_on=date(2026, 1, 1), rrule=said)

    def search() -> None:
        with pytest.raises(calendars.TooRare):
            next(calendars.dates(one, date(2026, 1, 1)))

    assert calls(search) < 1_500_000
    assert next_occurrence(one, after=BEGIN) is None
