"""The turns of a host: its only one, or those that it gets among others (ADR 20)."""

import logging
from asyncio import Event, sleep, to_thread
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

from twopair.live.failover.mover import move
from twopair.live.failover.standby import HASTE_S, Standby
from twopair.live.failover.tenure import Always, Leased, Tenure

_log = logging.getLogger(__name__)

ADDRESS_WITHIN_S: Final = 5.0
"""How long addresses may take to be here after the operator's program has moved them."""


class Turns(Protocol):
    """When a service is to serve."""

    @property
    def waits_for(self) -> str:
        """Why it does not serve, in words."""
        ...

    async def begin(self, end: Event) -> Tenure | None:
        """The next time in which it serves; None once it is told to end."""
        ...

    async def finish(self, tenure: Tenure) -> None:
        """It has stopped; nothing is sent any more."""
        ...


class Alone:
    """One turn, from the start to the end."""

    waits_for = "begins"

    async def begin(self, end: Event) -> Tenure | None:
        """See `Turns`."""
        return None if end.is_set() else Always(end)

    async def finish(self, tenure: Tenure) -> None:
        """See `Turns`."""


class AmongOthers:
    """Turns by lease.

    Args:
        standby: waits for them.
        absent: which addresses are not here.
        program: moves them, None where others do, unasked.
    """

    def __init__(
        self, standby: Standby, absent: Callable[[], Iterable[str]], program: Path | None = None
    ) -> None:
        self.standby = standby
        self._absent = absent
        self._program = program

    @property
    def waits_for(self) -> str:
        """See `Turns`."""
        return self.standby.said or "begins"

    async def begin(self, end: Event) -> Tenure | None:
        """See `Turns`."""
        while (tenure := await self.standby.turn(end)) is not None:
            if self._program is None or await self._moved(self._program, tenure):
                return tenure
            await self.finish(tenure)
            await sleep(2 * self.standby.lease_s)  # the turn of another host, if there is one
        return None

    async def finish(self, tenure: Tenure) -> None:
        """See `Turns`."""
        assert isinstance(tenure, Leased), "it began here"
        if self._program is not None:
            await move(self._program, "standby", tenure.mine)
        await to_thread(tenure.release)

    async def _moved(self, program: Path, tenure: Leased) -> bool:
        """Whether the addresses are here after the operator's program was asked for them."""
        if not await move(program, "owner", tenure.mine):
            return False
        given_up = monotonic() + ADDRESS_WITHIN_S
        while missing := list(self._absent()):
            if monotonic() > given_up:
                _log.error("%s owner: %s is not here after it", program, ", ".join(missing))
                return False
            await sleep(HASTE_S)
        return True
