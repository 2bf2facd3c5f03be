"""Servers that have failed, and are spared for a while (RFC 3263 §4.3; RFC 3261 §21.5.4)."""

from collections.abc import Sequence
from typing import Final

from twopair.base import Micros
from twopair.core.locate import Target

MOST: Final = 1024


class Aside:
    """Servers by the moment until which they are spared.

    When that comes, the one request that finds it so tries the server again; all others spare it still, until
    it has answered. So a dead server costs one request of a period its time, and not all of them.
    """

    __slots__ = ("_until",)

    def __init__(self) -> None:
        self._until: dict[Target, Micros] = {}

    def __len__(self) -> int:
        return len(self._until)

    def put(self, target: Target, until: Micros) -> None:
        """Spare a server."""
        self._until.pop(target, None)
        if len(self._until) >= MOST:
            del self._until[next(iter(self._until))]
        self._until[target] = until

    def heard(self, target: Target) -> None:
        """It has answered."""
        self._until.pop(target, None)

    def ordered(self, targets: Sequence[Target], period: int, now: Micros) -> tuple[Target, ...]:
        """Those that are not spared, in their order, before those that are; none is left out.

        Args:
            targets: in the order of RFC 3263.
            period: for how long a server that is tried again is spared by all others, in microseconds.
            now: the moment.
        """
        known = self._until
        fit: list[Target] = []
        spared: list[Target] = []
        for target in targets:
            until = known.get(target)
            if until is None:
                fit.append(target)
            elif until <= now and not fit:
                self.put(target, Micros(now + period))
                fit.append(target)
            else:
                spared.append(target)
        return (*fit, *spared)
