"""The place on HTTP where a host answers as long as it runs, whether it serves or stands by."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from twopair.live.config import PcscfFile
from twopair.live.config.endpoints import Keys
from twopair.live.sockets import ThisHost, listening_socket
from twopair.live.unbound import Unbound, refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_log = logging.getLogger(__name__)

_KEY: Final = "admin.http"


class Front:
    """Hands each question to who answers now.

    Args:
        else_: who answers as long as nobody else does.
    """

    def __init__(self, else_: "ASGIApp") -> None:
        self._now = else_

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One question."""
        await self._now(scope, receive, send)

    @contextmanager
    def showing(self, app: "ASGIApp") -> Iterator[None]:
        """This one answers until the end."""
        before, self._now = self._now, app
        try:
            yield
        finally:
            self._now = before


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
    from twopair.live.http.server import serving  # noqa: PLC0415  half of what a P-CSCF loads
    from twopair.live.http.standing_by import StandingBy  # noqa: PLC0415

    try:
        listening = listening_socket(ThisHost(), place)
    except OSError as error:
        refuse(file, [Unbound(place, error)], [(place, Keys(_KEY, _KEY, f'"{place}"'))])
        raise
    front = Front(StandingBy(settings.node.name, waits_for).app())
    _log.info("http://%s/ has metrics, health and readiness", place)
    async with serving(front, listening):
        yield front
