"""HTTP of a P-CSCF, put together from its configuration."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from twopair.live.config.endpoints import Keys
from twopair.live.service.running import Running
from twopair.live.sockets import ThisHost, listening_socket
from twopair.live.unbound import Unbound, refuse

_log = logging.getLogger(__name__)

_KEY: Final = "admin.http"


@asynccontextmanager
async def watching(running: Running) -> AsyncIterator[None]:
    """Answer at `admin.http` until the end; nothing happens, and nothing is loaded, without one.

    Raises:
        ConfigError: the address is not one of this machine.
        PrerequisiteMissing: another program has the port, or this user may not have it.
    """
    place = running.settings.admin.http
    if place is None:
        yield
        return
    from twopair.live.http.server import serving  # noqa: PLC0415  half of what a P-CSCF loads
    from twopair.live.http.site import Site  # noqa: PLC0415
    from twopair.live.metrics.facts import FactCounts  # noqa: PLC0415
    from twopair.live.metrics.pulse import Pulse  # noqa: PLC0415
    from twopair.live.metrics.seen import Watched  # noqa: PLC0415

    try:
        listening = listening_socket(ThisHost(), place)
    except OSError as error:
        refuse(running.file, [Unbound(place, error)], [(place, Keys(_KEY, _KEY, f'"{place}"'))])
        raise
    facts, pulse = FactCounts(), Pulse(running.node, running.driver)
    running.driver.listen(facts)
    _log.info("http://%s/ has metrics, health and readiness", place)
    with pulse.beating():
        async with serving(Site(Watched(running, facts, pulse)).app(), listening):
            yield
