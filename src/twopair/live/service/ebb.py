"""Memory goes back to the system when most of what was under way is over.

What is sent is kept for repetitions, 64 T1 long, and the C library keeps the room of what is longer than 512
octets when it is let go. While as much comes as goes, that room is used again and nothing is done. After a
rush, such as the one of all UEs after an outage, most of it would stay for no use.
"""

import ctypes
import logging
from asyncio import create_task, sleep
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from twopair.live.service.running import Running

_log = logging.getLogger(__name__)

MANY: Final = 20_000
"""Transactions under way: what fewer have kept is not worth a pause, of 5 ms for this many."""

_EVERY_S: Final = 10.0

_TRIM: Final = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Of glibc; other C libraries have none (malloc_trim(3))."""


class Ebb:
    """Tells when there is much less of something than there was."""

    def __init__(self) -> None:
        self._most = 0

    def has_come(self, now: int) -> bool:
        """Whether there is half as much as at most since it was so last; never of less than `MANY`."""
        self._most = max(self._most, now)
        if self._most < MANY or now > self._most // 2:
            return False
        self._most = now
        return True


def give_back() -> bool:
    """Give free memory back; whether the C library can."""
    if _TRIM is None:
        return False
    _TRIM(0)
    return True


@asynccontextmanager
async def giving_back(running: Running) -> AsyncIterator[None]:
    """Look now and then whether there is much to give back."""
    task = create_task(_watch(running))
    try:
        yield
    finally:
        task.cancel()


async def _watch(running: Running) -> None:
    ebb = Ebb()
    while True:
        await sleep(_EVERY_S)
        if ebb.has_come(running.node.transactions) and give_back():
            _log.debug("free memory was given back")
