"""Quiet hours: until when a way waits, worked out on the clocks of whoever is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from config.web.chosen import zone_or
from config.web.wallclock import instant

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """From one wall-clock time to another, which may be on the next day; none without both."""

    first: time | None
    last: time | None
    zone: str

    def end(self, at: datetime) -> datetime | None:
        """The instant, in UTC, at which the quiet hours end that `at` lies in; None outside them.

        The first minute is quiet, the last one is not. What the clocks skip or show twice is read
        as everywhere: a gap shifts, of two the first counts.
        """
        if self.first is None or self.last is None or self.first == self.last:
            return None
        today = at.astimezone(zone_or(self.zone)).date()
        # Those that began yesterday or today; around a date that a zone left out, a day more.
        for day in (today - 2 * DAY, today - DAY, today):
            ends_on = day if self.first < self.last else day + DAY
            end = instant(ends_on, self.last, self.zone)
            if instant(day, self.first, self.zone) <= at < end:
                return end
        return None
