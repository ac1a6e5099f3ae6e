"""A bucket of tokens that fills at a steady rate, in this process alone."""

from __future__ import annotations

from time import monotonic


class Bucket:
    def __init__(self, per_second: float, burst: float) -> None:
        self.per_second, self.burst = per_second, burst
        self._tokens, self._at = burst, monotonic()

    def take(self, wanted: int) -> int:
        """How many of them there are; those are gone then."""
        now = monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.per_second)
        self._at = now
        got = min(wanted, int(self._tokens))
        self._tokens -= got
        return got
