"""What a P-CSCF does between being told to end and its end (`admin.drain_s`)."""

import asyncio
import logging
from typing import Final

from twopair.base import SECOND, Micros
from twopair.live.clock import monotonic
from twopair.live.service.running import Running
from twopair.nodes.orders import Drain

_log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.2
QUIET_S: Final = 1.0
"""So long nothing is under way before it ends: between the requests of one exchange there are pauses."""


async def drained(running: Running, end: asyncio.Event) -> None:
    """Serve until nothing is under way, time is over, or another signal comes; tell what becomes of UEs.

    Args:
        running: was told to end.
        end: was set for that, and is set again by another signal.
    """
    drain_s = running.settings.admin.drain_s
    if drain_s:
        try:
            await _drain(running, end, drain_s)
        finally:
            end.set()  # no other turn begins
    registered = running.node.registered(monotonic())
    if not registered:
        return
    if running.kept is None:
        _log.warning("registered UEs that lose their SA sets and must register anew: %d", registered)
    else:
        _log.info("registered UEs that are in the store for a successor: %d", registered)


async def _drain(running: Running, end: asyncio.Event, drain_s: int) -> None:
    running.ends_at = until = Micros(monotonic() + drain_s * SECOND)
    running.driver.feed(Drain(until))
    _log.info(
        "no new registrations; requests under way: %d; ends within %d s, with another signal at once",
        running.node.under_way,
        drain_s,
    )
    end.clear()
    quiet_since: Micros | None = None
    over = running.tenure.over  # of a host that is alone it is `end` itself
    while (now := monotonic()) < until and not over.is_set():
        if running.node.under_way:
            quiet_since = None
        elif quiet_since is None:
            quiet_since = now
        elif now - quiet_since >= QUIET_S * SECOND:
            return
        try:
            async with asyncio.timeout(min(_LOOK_EVERY_S, (until - now) / SECOND)):
                await end.wait()
        except TimeoutError:
            continue
        break
    if under_way := running.node.under_way:
        _log.warning("requests that are left without an answer: %d", under_way)
