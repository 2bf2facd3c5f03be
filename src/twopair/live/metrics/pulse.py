"""Whether the event loop keeps up, and whether the node fails on what it is fed."""

from asyncio import TimerHandle, get_running_loop
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from twopair.live.driver import Driver
from twopair.live.metrics.distribution import Distribution
from twopair.nodes.pcscf import Pcscf

BEAT_S: Final = 0.25

_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

_BEATS: Final = round(60 / BEAT_S)
"""How far back failures are looked at."""

_FEW: Final = 3
"""So many failures may have one cause."""


class Pulse:
    """Beats while the loop lives.

    Args:
        node: what is fed.
        driver: counts what the node failed on.

    Attributes:
        late_s: by how much beats were late; so long did a message wait, too.
    """

    def __init__(self, node: Pcscf, driver: Driver) -> None:
        self.late_s = Distribution(_BOUNDS_S)
        self._node = node
        self._driver = driver
        self._timer: TimerHandle | None = None
        self._minute: deque[tuple[int, int]] = deque([self._counts()], maxlen=_BEATS)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Until the end."""
        self._wait()
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _wait(self) -> None:
        loop = get_running_loop()
        self._timer = loop.call_later(BEAT_S, self._beat, loop.time() + BEAT_S)

    def _beat(self, due_s: float) -> None:
        self.beat(max(0.0, get_running_loop().time() - due_s))
        self._wait()

    def beat(self, late_s: float) -> None:
        """One beat, that late."""
        self.late_s.add(late_s)
        self._minute.append(self._counts())

    @property
    def failed(self) -> int:
        """What the node failed on within a minute."""
        return self._counts()[0] - self._minute[0][0]

    @property
    def broken(self) -> bool:
        """Whether it fails for everyone: on most of what came within a minute, and not on one event alone.

        A mistake of ours that one peer can provoke is none: to start again would serve nobody but that peer.
        """
        failed, received = self._counts()[0] - self._minute[0][0], self._counts()[1] - self._minute[0][1]
        return failed >= _FEW and 2 * failed > received

    def _counts(self) -> tuple[int, int]:
        return self._driver.counters["illegal_step"], sum(self._node.traffic.received.values())
