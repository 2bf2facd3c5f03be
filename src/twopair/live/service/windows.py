"""Tells the store, for a host that may take over, what inbound SAs have received (SA-06; ADR 20)."""

from asyncio import create_task, sleep
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from twopair.live.keeping.kept import Kept
from twopair.live.service.running import Running

EVERY_S: Final = 0.5
"""How old what is told may be: packets of that time can be replayed at the next host, each once."""

_SWEEP: Final = 20
"""Every how many times those of sets that are gone are looked for."""


@asynccontextmanager
async def telling_windows(running: Running) -> AsyncIterator[None]:
    """Tell it from now on, and once more at the end; nothing where this host is alone."""
    kept = running.kept
    if kept is None or running.tenure.term is None:
        yield
        return
    task = create_task(_tell(running, kept))
    try:
        yield
    finally:
        task.cancel()
        kept.windows.moved(running.ipsec.backend.moved())


async def _tell(running: Running, kept: Kept) -> None:
    count = 0
    while True:
        await sleep(EVERY_S)
        kept.windows.moved(running.ipsec.backend.moved())
        count += 1
        if count % _SWEEP == 0:
            kept.windows.only(running.driver.sets)
