"""Those who attend to a P-CSCF while it serves; the node knows of none of them."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from json import dumps
from typing import Final

from twopair.live.admin import answering
from twopair.live.admin.server import Answer
from twopair.live.config import PcscfFile
from twopair.live.failover.opened import state_of
from twopair.live.http.watching import watching
from twopair.live.program import log_level
from twopair.live.service.ebb import giving_back
from twopair.live.service.exporting import exporting
from twopair.live.service.logging_keys import logging_keys
from twopair.live.service.media import media
from twopair.live.service.reloading import reloading
from twopair.live.service.running import Running
from twopair.live.service.windows import telling_windows
from twopair.live.tried import beside
from twopair.stores.tenancy import Term

Attendant = Callable[[Running], AbstractAsyncContextManager[None]]
"""Entered before the ready line, left at the end."""


def _admin(running: Running) -> AbstractAsyncContextManager[None]:
    if running.lead is not None:
        from twopair.live.service.among_workers import told  # noqa: PLC0415  what is loaded where there is HTTP

        return told(running, running.lead)
    named = running.settings.admin.socket
    place = None if named is None else beside(running.file, named)
    return answering(place, running.node, running.driver, _of_the_owner(running.tenure.term))


def _of_the_owner(term: Term | None) -> dict[str, Answer]:
    """What can be asked of a host that serves where others could."""

    def state(_who: str) -> Iterator[str]:
        assert term is not None, "it is not asked else"
        yield dumps(state_of(term.owner.instance, term.owner, serves=True))

    return {} if term is None else {"owner": state, "takeover": state}


@asynccontextmanager
async def _log_level(running: Running) -> AsyncIterator[None]:
    """As in the file, unless -v asks for everything."""

    def set_level(settings: PcscfFile) -> None:
        if not running.verbose:
            log_level(settings.log.level)

    set_level(running.settings)
    running.renewed.append(set_level)
    yield


ATTENDANTS: Final[tuple[Attendant, ...]] = (
    _log_level,
    media,
    exporting,
    logging_keys,
    _admin,
    telling_windows,
    giving_back,
    watching,
    reloading,
)
"""In the order in which they begin."""
