"""A diary read as a story: attempts, each with its outcome, and what has come since the last one."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from twopair.base import Micros, seconds
from twopair.core.explain.happenings import (
    Came,
    Confirmed,
    Counts,
    Dismissed,
    Entry,
    Failed,
    Left,
    Staged,
    Standing,
)
from twopair.core.registration.brought import Brought
from twopair.core.sa import Stage

FRESH: Final = seconds(2)
"""How long what is under way is no outcome beside one that is known: SM7 and the core are that fast."""


class Silence(NamedTuple):
    """A challenge that nothing has answered.

    Args:
        led: what led to it, since the last outcome of another kind.
        line: that tells of it.
        counts: of its set.
    """

    led: tuple[Entry, ...]
    line: Entry
    counts: Counts


class Case:
    """What is known of one UE.

    An *outcome* ends an attempt: 200 OK, an answer that is no success, the end of a registration, or silence:
    a temporary SA set was removed, and nothing had answered its challenge. What is under way counts for one
    where nothing else is known, or when it has been so for a while. Of several registrations of an IMPI the
    one of which something was heard last is told.

    Args:
        entries: of its diary, oldest first.
        standing: its SA sets at this moment.
        registered: whether the P-CSCF holds it for registered.
        now: the moment.

    Attributes:
        last: the last outcome; None where there is none, or something newer is under way.
        chapter: what led to it, since the outcome before, with it.
        after: what has come since.
        since: what has come since the last 200 OK.
        confirmed: that 200 OK.
        silence: where the last outcome is one, or a challenge is open.
    """

    def __init__(
        self, entries: Sequence[Entry], standing: Sequence[Standing], *, registered: bool, now: Micros
    ) -> None:
        flow = entries[-1].flow if entries else ""
        self.entries = tuple(e for e in entries if e.flow == flow or isinstance(e.what, Dismissed))
        self.standing = tuple(standing)
        self.registered = registered
        self.now = now
        confirmed = [n for n, e in enumerate(self.entries) if isinstance(e.what, Confirmed)]
        self.since = self.entries[confirmed[-1] + 1 :] if confirmed else self.entries
        self.confirmed = self.entries[confirmed[-1]] if confirmed else None
        ends = outcomes(self.entries)
        begin, end = [-1, -1, *ends][-2:]
        self.last = self.entries[end] if ends else None
        self.chapter = self.entries[begin + 1 : end + 1]
        self.after = self.entries[end + 1 :]
        self.silence = self._silence(ends)
        if self.silence is not None or self._asks():
            self.last = None

    def registers(self, entries: Sequence[Entry]) -> list[Entry]:
        """The REGISTER requests among these."""
        return [e for e in entries if isinstance(e.what, Came)]

    def told(self, entries: Sequence[Entry]) -> Brought:
        """What the UE said last of a challenge."""
        said = [e.what.brought for e in entries if isinstance(e.what, Came)]
        return next((one for one in reversed(said) if one is not Brought.NOTHING), Brought.NOTHING)

    def sets_now(self, *stages: Stage) -> list[Entry]:
        """Sets that stand in one of these stages, as lines of now."""
        return [Entry(self.now, one) for one in self.standing if one.stage in stages]

    def _asks(self) -> bool:
        """Whether a REGISTER has waited for the core longer than one should."""
        last = self.after[-1] if self.after else None
        return last is not None and isinstance(last.what, Came) and last.at + FRESH <= self.now

    def _silence(self, ends: Sequence[int]) -> Silence | None:
        other = [n for n in ends if not isinstance(self.entries[n].what, Staged)]
        begin = other[-1] + 1 if other else 0
        led = self.entries[begin:]
        for one in self.standing:
            if one.stage is Stage.TEMPORARY and self._unanswered(one.set_id, ends):
                return Silence(led, Entry(self.now, one), one.counts)
        if self.last is not None and isinstance(self.last.what, Staged) and self.last.what.counts is not None:
            return Silence(self.entries[begin : ends[-1]], self.last, self.last.what.counts)
        return None

    def _unanswered(self, set_id: int, ends: Sequence[int]) -> bool:
        """Whether the challenge of a set that stands is open, and for a while if something else is known."""
        begun = [
            n for n, e in enumerate(self.entries) if isinstance(e.what, Staged) and e.what.set_id == set_id
        ]
        if not begun:
            return self.last is None
        first = begun[0]
        newer = not ends or (first > ends[-1] and self.entries[first].at + FRESH <= self.now)
        return newer and self.told(self.entries[first:]) is Brought.NOTHING


def outcomes(entries: Sequence[Entry]) -> list[int]:
    """Where the outcomes are."""
    found: list[int] = []
    answered: dict[int, bool] = {}
    for number, entry in enumerate(entries):
        what = entry.what
        if isinstance(what, Staged):
            if what.stage is Stage.TEMPORARY:
                answered[what.set_id] = False
            elif not answered.pop(what.set_id, True) and what.counts is not None:
                found.append(number)
        elif isinstance(what, Came):
            if what.over is Stage.TEMPORARY or what.brought is not Brought.NOTHING:
                answered = dict.fromkeys(answered, True)
        elif isinstance(what, Confirmed | Left) or (isinstance(what, Failed) and what.answered):
            found.append(number)
    return found
