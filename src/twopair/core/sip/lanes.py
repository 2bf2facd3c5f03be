"""Timers without cancellation: one lane per timer and duration, in which all wait equally long.

A queue in which everything waits equally long is always in order of the deadlines, so starting a timer
is an append. A timer whose transaction has moved on is not cancelled: it lapses when it comes to the
head of its lane, because the table has no row for it any more.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

from twopair.base import SECOND, Micros
from twopair.core.sip.terms import ClientOn, On, Out, ServerOn

if TYPE_CHECKING:
    from twopair.core.sip.transaction import Transaction

_NEVER: Final = 1 << 62

_FAREWELLS: Final = (
    ClientOn.TIMER_D,
    ClientOn.TIMER_K,
    ClientOn.TIMER_M,
    ServerOn.TIMER_I,
    ServerOn.TIMER_J,
    ServerOn.TIMER_L,
)
"""Timers of transactions that are over for their users and only absorb what comes late."""


_SLACK: Final = SECOND // 10
"""A transaction that only absorbs may end this much late, so that many end in one go."""


class Lane:
    """Transactions waiting for one timer of one duration, and when each is due: at the same place."""

    __slots__ = ("due", "duration", "on", "slack", "waiting")

    def __init__(self, on: On, duration: int) -> None:
        self.on = on
        self.duration = duration
        self.slack = _SLACK if on in _FAREWELLS else 0
        self.due: deque[int] = deque()
        self.waiting: deque[Transaction] = deque()

    def drop_lapsed(self) -> bool:
        """Have a timer at the head that is still wanted; False if there is none."""
        waiting, on = self.waiting, self.on
        while waiting:
            if on in waiting[0].rows:
                return True
            self.take()
        return False

    def take(self) -> "Transaction":
        """Take out the first."""
        self.due.popleft()
        return self.waiting.popleft()

    def serve(self, now: Micros, out: Out) -> int:
        """Feed what is due, drop what has lapsed; when to come again."""
        while self.drop_lapsed():
            due = self.due[0]
            if due > now:
                return due + self.slack
            self.take().feed(self.on, None, None, now, out)
        return _NEVER


class Lanes:
    """All timers of one transaction layer."""

    __slots__ = ("_by_duration", "_lanes", "_next")

    def __init__(self) -> None:
        self._by_duration: dict[On, dict[int, Lane]] = {on: {} for on in (*ClientOn, *ServerOn)}
        self._lanes: list[Lane] = []
        self._next = _NEVER

    def start(self, on: On, duration: int, transaction: "Transaction", now: int) -> None:
        """Feed `on` to the transaction after `duration`, unless it means nothing to it by then."""
        try:
            lane = self._by_duration[on][duration]
        except KeyError:
            lane = self._by_duration[on][duration] = Lane(on, duration)
            self._lanes.append(lane)
        due = now + duration
        lane.due.append(due)
        lane.waiting.append(transaction)
        due += lane.slack
        if due < self._next:  # noqa: PLR1730  a comparison costs a third of min()
            self._next = due

    def next_deadline(self) -> Micros | None:
        """When to call `wake`: never later than the first wanted timer; earlier if that one has lapsed."""
        return None if self._next == _NEVER else Micros(self._next)

    def wake(self, now: Micros, out: Out) -> None:
        """Feed every timer that is due."""
        if now < self._next:
            return
        self._next = soonest = _NEVER
        for lane in list(self._lanes):
            soonest = min(soonest, lane.serve(now, out))
        self._next = min(self._next, soonest)  # timers were started meanwhile

    def hurry(self, now: Micros, out: Out) -> bool:
        """End the transaction that would be the next to end anyway; False if none is that far.

        What it would still have absorbed, retransmissions that are under way, now counts as new.
        """
        lanes = [lane for lane in self._lanes if lane.slack and lane.drop_lapsed()]
        if not lanes:
            return False
        lane = min(lanes, key=_first_due)
        lane.take().feed(lane.on, None, None, now, out)
        return True


def _first_due(lane: Lane) -> int:
    return lane.due[0]
