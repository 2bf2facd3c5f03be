"""Timers of many transactions: one lane per duration.

All timers of one duration come due in the order in which they were set, so a deque is a heap. Nothing is
cancelled: who is woken asks its table whether that still matters.
"""

from collections import deque
from typing import Generic, TypeVar

from twopair.base import Micros

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """Items with the moment at which they come due."""

    __slots__ = ("_lanes", "_next")

    def __init__(self) -> None:
        self._lanes: dict[int, deque[tuple[Micros, Item]]] = {}
        self._next: Micros | None = None

    def set(self, now: Micros, after: Micros, item: Item) -> None:
        """Have `item` come due `after` from `now`, which never runs backwards."""
        due = Micros(now + after)
        lane = self._lanes.get(after)
        if lane is None:
            lane = self._lanes[after] = deque()
        lane.append((due, item))
        if self._next is None or due < self._next:
            self._next = due

    def next_deadline(self) -> Micros | None:
        """The earliest moment at which something comes due."""
        return self._next

    def due(self, now: Micros) -> list[Item]:
        """Everything that has come due by `now`, earliest first."""
        if self._next is None or self._next > now:
            return []
        ripe: list[tuple[Micros, int, Item]] = []
        for number, lane in enumerate(self._lanes.values()):
            while lane and lane[0][0] <= now:
                moment, item = lane.popleft()
                ripe.append((moment, number, item))
        ripe.sort(key=_moment)
        self._next = min((lane[0][0] for lane in self._lanes.values() if lane), default=None)
        return [item for _, _, item in ripe]


def _moment(entry: tuple[Micros, int, object]) -> tuple[int, int]:
    return entry[0], entry[1]
