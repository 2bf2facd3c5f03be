"""Writes what a node reports to the log, without letting a peer fill the disk."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final

from twopair.base import SECOND, Micros, Refused
from twopair.live.clock import monotonic
from twopair.live.floods import Floods, names_limit
from twopair.nodes.facts import (
    BearerGone,
    BearerRefused,
    Deregistered,
    MediaUnanchored,
    MessageReceived,
    Registered,
    RegistrationFailed,
    Resynchronised,
)

_log = logging.getLogger("twopair.facts")

_PAUSE: Final = SECOND

_FAILURES: Final = 20
"""Lines about registrations that failed in one pause: anybody can have one fail (UNP-05)."""

_LEVELS: Final[dict[type, int]] = {
    Registered: logging.INFO,
    RegistrationFailed: logging.INFO,
    Deregistered: logging.INFO,
    Resynchronised: logging.INFO,
    BearerRefused: logging.INFO,
    BearerGone: logging.INFO,
    MediaUnanchored: logging.INFO,
}
"""What a person wants to read of a service that is well; everything else is for debugging."""

_NAMES: Final[dict[type, tuple[str, ...]]] = {}
"""Fields of each kind of facts, of which there are few."""


class FactLog:
    """Counts facts and logs them; one kind of refusal at most once a second, a flood at begin and end.

    Args:
        clock: the time.
        later: has something called after so many seconds; without it the end of a flood is told at the next.

    Attributes:
        counts: how often each kind of fact came; refusals by their own names.
    """

    def __init__(
        self,
        clock: Callable[[], Micros] = monotonic,
        later: Callable[[float, Callable[[], None]], object] = lambda _after, _what: None,
    ) -> None:
        self._floods = Floods(clock, later)
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._pause_ends: dict[str, Micros] = {}
        self._told: Counter[str] = Counter()
        self._withheld: Counter[str] = Counter()

    def __call__(self, fact: object) -> None:
        """Take one fact."""
        if isinstance(fact, Refused):
            self._refused(fact)
            return
        name = type(fact).__name__
        self.counts[name] += 1
        if isinstance(fact, MessageReceived):  # what people write to each other is not for a log
            return
        level = _LEVELS.get(type(fact), logging.DEBUG)
        if not _log.isEnabledFor(level):  # a line costs as much as a third of a registration
            return
        if not isinstance(fact, RegistrationFailed):
            _log.handle(_record(level, name, fact))
        elif self._may_tell(name, _FAILURES):
            before, more = self._before(name)
            extra = {"fact": fact, "withheld": before}
            _log.log(level, "%s %s%s", name, _in_words(fact), more, extra=extra)

    def _refused(self, fact: Refused) -> None:
        name = fact.refusal.name
        self.counts[name] += 1
        if names_limit(fact):
            self._floods.take(fact)
            return
        if not self._may_tell(name, 1):
            return
        before, more = self._before(name)
        _log.warning(
            "refused %s on %s: %s (%s)%s%s",
            name,
            fact.flow,
            fact.refusal.words,
            fact.refusal.clause,
            f": {fact.detail}" if fact.detail else "",
            more,
            extra={"fact": fact, "withheld": before},
        )

    def _may_tell(self, name: str, most: int) -> bool:
        """Whether one more line of that name may be written in this pause; if not, it is counted."""
        now = self._clock()
        if now >= self._pause_ends.get(name, Micros(0)):
            self._pause_ends[name] = Micros(now + _PAUSE)
            self._told[name] = 0
        self._told[name] += 1
        if self._told[name] > most:
            self._withheld[name] += 1
        return self._told[name] <= most

    def _before(self, name: str) -> tuple[int, str]:
        """How many lines were withheld since the last one, and words for it."""
        before = self._withheld.pop(name, 0)
        return before, f"; {before} more like it since the last line" if before else ""


def _record(level: int, name: str, fact: object) -> logging.LogRecord:
    """What the logger would make of it; it would look for its caller first, and there is but one."""
    record = logging.LogRecord(_log.name, level, __file__, 0, "%s %s", (name, _in_words(fact)), None)
    record.fact = fact
    return record


def _in_words(fact: object) -> str:
    names = _NAMES.get(type(fact))
    if names is None:
        kind = type(fact)
        names = _NAMES[kind] = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()
    words = [(name, _word(getattr(fact, name))) for name in names]
    return " ".join([f"{name}={word}" for name, word in words if word]) if words else str(fact)


def _word(value: object) -> str:
    """What there is to say of a value; nothing for what is not there."""
    if type(value) is str:
        return value
    if isinstance(value, Enum):
        return value.name
    if value is None:
        return ""
    return ",".join(map(str, value)) if type(value) is tuple else str(value)
