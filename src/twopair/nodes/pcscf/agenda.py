"""What is to be done later: one heap, no entry is ever cancelled (TMR-06)."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from twopair.base import Micros
from twopair.nodes.actions import Action

Errand = Callable[[Any, Micros, list[Action]], None]
"""What is due with something; it finds out for itself whether there is still anything to do.

There are as many entries as UEs, and more: so an errand is one value for all of its kind, and an entry has
no more than its time and the name of its subject, so that no set is kept beyond its end for it (KEY-10).
"""


class Agenda:
    """Errands in the order of their time, equal ones in the order they were noted."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[tuple[Micros, int, Errand, object]] = []
        self._number = 0

    def note(self, when: Micros, errand: Errand, subject: object) -> None:
        """Do `errand` with its subject once `when` has come."""
        self._number += 1
        heappush(self._heap, (when, self._number, errand, subject))

    def next_deadline(self) -> Micros | None:
        """Moment of the first errand, None if there is none."""
        return self._heap[0][0] if self._heap else None

    def wake(self, now: Micros, out: list[Action]) -> None:
        """Do all that is due; an errand may note others, those due too are done as well."""
        while self._heap and self._heap[0][0] <= now:
            _, _, errand, subject = heappop(self._heap)
            errand(subject, now, out)
