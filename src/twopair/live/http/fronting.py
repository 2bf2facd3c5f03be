"""The place on HTTP where a host answers as long as it runs, whether it serves or stands by."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from twopair.live.config import PcscfFile
from twopair.live.config.endpoints import Keys
from twopair.live.http.front import Front
from twopair.live.sockets import ThisHost, listening_socket
from twopair.live.unbound import Unbound, refuse

_log = logging.getLogger(__name__)

_KEY: Final = "admin.http"


@asynccontextmanager
async def fronting(
    file: Path, settings: PcscfFile, waits_for: Callable[[], str]
) -> AsyncIterator[Front | None]:
    """Answer at `admin.http` until the end; nothing happens, and nothing is loaded, without one.

    Raises:
        ConfigError: the address is not one of this machine.
        PrerequisiteMissing: another program has the port, or this user may not have it.
    """
    place = settings.admin.http
    if place is None:
        yield None
        return
    from twopair.live.http.paths import app_of  # noqa: PLC0415  half of what a P-CSCF loads
    from twopair.live.http.server import serving  # noqa: PLC0415
    from twopair.live.http.standing_by import StandingBy  # noqa: PLC0415

    try:
        listening = listening_socket(ThisHost(), place)
    except OSError as error:
        refuse(file, [Unbound(place, error)], [(place, Keys(_KEY, _KEY, f'"{place}"'))])
        raise
    front = Front(app_of(StandingBy(settings.node.name, waits_for)))
    _log.info("http://%s/ has metrics, health and readiness", place)
    async with serving(front, listening):
        yield front
