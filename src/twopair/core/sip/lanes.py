"""Timers without cancellation: one lane per timer and duration, in which all wait equally long.

A queue in which everything waits equally long is always in order of the deadlines, so starting a timer
is an append. A timer whose transaction has moved on is not cancelled: it lapses when it comes to the
head of its lane, because the table has no row for it any more.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

from twopair.base import Micros
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


class Lane:
    """Transactions waiting for one timer of one duration."""

    __slots__ = ("duration", "on", "waiting")

    def __init__(self, on: On, duration: int) -> None:
        self.on = on
        self.duration = duration
        self.waiting: deque[tuple[int, Transaction]] = deque()

    def head(self) -> tuple[int, "Transaction"] | None:
        """The first timer that is still wanted; lapsed ones before it are dropped."""
        waiting, on = self.waiting, self.on
        while waiting:
            transaction = waiting[0][1]
            if (transaction.state, on) in transaction.machine.table:
                return waiting[0]
            waiting.popleft()
        return None


class Lanes:
    """All timers of one transaction layer."""

    __slots__ = ("_lanes", "_next")

    def __init__(self) -> None:
        self._lanes: dict[tuple[On, int], Lane] = {}
        self._next = _NEVER

    def start(self, on: On, duration: int, transaction: "Transaction", now: int) -> None:
        """Feed `on` to the transaction after `duration`, unless it means nothing to it by then."""
        lane = self._lanes.get((on, duration))
        if lane is None:
            lane = self._lanes[on, duration] = Lane(on, duration)
        due = now + duration
        lane.waiting.append((due, transaction))
        if due < self._next:  # noqa: PLR1730  a comparison costs a third of min()
            self._next = due

    def next_deadline(self) -> Micros | None:
        """When to call `wake`: never later than the first wanted timer; earlier if that one has lapsed."""
        return None if self._next == _NEVER else Micros(self._next)

    def wake(self, now: Micros, out: Out) -> None:
        """Feed every timer that is due."""
        if now < self._next:
            return
        for lane in list(self._lanes.values()):
            while (head := lane.head()) is not None and head[0] <= now:
                lane.waiting.popleft()
                head[1].feed(lane.on, None, None, now, out)
        heads = [head for lane in self._lanes.values() if (head := lane.head()) is not None]
        self._next = min((due for due, _ in heads), default=_NEVER)

    def hurry(self, now: Micros, out: Out) -> bool:
        """End the transaction that would be the next to end anyway; False if none is that far.

        What it would still have absorbed, retransmissions that are under way, now counts as new.
        """
        first: tuple[int, Transaction] | None = None
        of: Lane | None = None
        for lane in self._lanes.values():
            head = lane.head() if lane.on in _FAREWELLS else None
            if head is not None and (first is None or head[0] < first[0]):
                first, of = head, lane
        if first is None or of is None:
            return False
        of.waiting.popleft()
        first[1].feed(of.on, None, None, now, out)
        return True
