"""What is above a limit, in two lines of the log: that it begins, and how much it was when it is over."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from twopair.base import SECOND, Limit, Micros, Refused, seconds

_log = logging.getLogger("twopair.facts")

_WORDS: Final = {limit.word: limit.words for limit in Limit}

QUIET: Final = seconds(10)
"""After so long with nothing above a limit it is over."""


def names_limit(fact: Refused) -> bool:
    """Whether the detail of a refusal is a `Limit`."""
    return fact.detail in _WORDS


class _Flood:
    """Of one limit: since when, how many of what, and when the last one came."""

    __slots__ = ("count", "last", "since")

    def __init__(self, now: Micros) -> None:
        self.count: Counter[str] = Counter()
        self.since = self.last = now


class Floods:
    """Takes refusals that name a limit.

    Args:
        clock: the time.
        later: has something called after so many seconds; an event loop's `call_later`.
    """

    def __init__(
        self, clock: Callable[[], Micros], later: Callable[[float, Callable[[], None]], object]
    ) -> None:
        self._clock = clock
        self._later = later
        self._floods: dict[str, _Flood] = {}

    def take(self, fact: Refused) -> None:
        """One more."""
        now, limit = self._clock(), fact.detail
        flood = self._floods.get(limit)
        if flood is not None and flood.last + QUIET <= now:
            self._over(limit)
            flood = None
        if flood is None:
            if not self._floods:
                self._later(QUIET / SECOND, self._look)
            flood = self._floods[limit] = _Flood(now)
            words = _WORDS[limit], limit, fact.flow
            _log.warning("above a limit, %s (%s), first on %s", *words, extra={"fact": fact})
        flood.last = now
        flood.count[fact.refusal.name] += 1

    def _look(self) -> None:
        """Tell of those that are over, and come again for the others."""
        now = self._clock()
        for limit in [limit for limit, flood in self._floods.items() if flood.last + QUIET <= now]:
            self._over(limit)
        if self._floods:
            next_end = min(flood.last for flood in self._floods.values()) + QUIET
            self._later((next_end - now) / SECOND, self._look)

    def _over(self, limit: str) -> None:
        flood = self._floods.pop(limit)
        told = ", ".join(f"{name} {count}" for name, count in sorted(flood.count.items()))
        lasted = -(-(flood.last - flood.since) // SECOND)
        _log.warning("no longer above the limit %s: %s in %d s", limit, told, lasted)
