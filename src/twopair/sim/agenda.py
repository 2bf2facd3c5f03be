"""What will happen when: a heap of (time, number, call), and the clock that follows it."""

from collections.abc import Callable
from heapq import heappop, heappush

from twopair.base import Micros


class Agenda:
    """Calls in the order of their moments, equal moments in the order in which they were put down."""

    __slots__ = ("_entries", "_number", "now")

    def __init__(self) -> None:
        self.now = Micros(0)
        self._entries: list[tuple[Micros, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, delay: int, call: Callable[[], None]) -> None:
        """Put `call` down for `delay` microseconds from now."""
        self._number += 1
        heappush(self._entries, (Micros(self.now + delay), self._number, call))

    def next_moment(self) -> Micros | None:
        """When the next call is due."""
        return self._entries[0][0] if self._entries else None

    def step(self) -> None:
        """Move the clock to the next call, and make it."""
        moment, _, call = heappop(self._entries)
        self.now = max(self.now, moment)
        call()

    def advance(self, moment: Micros) -> None:
        """Move the clock on to a moment before which nothing is due."""
        self.now = max(self.now, moment)
