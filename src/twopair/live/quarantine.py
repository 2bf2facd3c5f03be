"""Which endpoints are closed to clear text, also for a while after they are used no more (SA-21)."""

from asyncio import AbstractEventLoop, TimerHandle
from typing import Final

from twopair.backends.contract import IpsecBackend
from twopair.base import Endpoint

_QUARANTINE_S: Final = 120.0
"""The kernel repeats the end of a connection whose peer is gone for 102 s (tcp_orphan_retries; SA-21)."""


class Quarantine:
    """Closes protected endpoints and opens them again.

    What the sockets of an endpoint sent last, such as the FIN, ACK or RST of a connection, may still wait
    between the kernel and ESP, or be sent again. If it were open, that would leave in the clear (SA-21).

    Args:
        backend: where they are closed.
        loop: the event loop that waits.
    """

    def __init__(self, backend: IpsecBackend, loop: AbstractEventLoop) -> None:
        self._backend = backend
        self._loop = loop
        self._closed: dict[Endpoint, TimerHandle | None] = {}  # with what ends a quarantine

    def close(self, local: Endpoint) -> None:
        """Keep an endpoint closed until further notice. Raises OSError if that cannot be: do not use it."""
        if local in self._closed:
            self._go_on(local)
        else:
            self._backend.close(local)
            self._closed[local] = None

    def open(self, local: Endpoint) -> None:
        """Let clear text through to an endpoint, at once."""
        if local in self._closed:
            self._go_on(local)
            del self._closed[local]
            self._backend.reopen(local)

    def leave(self, local: Endpoint) -> None:
        """Open an endpoint that is used no more, once nothing of it can be left."""
        if local in self._closed and self._closed[local] is None:
            self._closed[local] = self._loop.call_later(_QUARANTINE_S, self.open, local)

    def leave_all(self) -> None:
        """Leave every endpoint that is closed."""
        for local in self._closed:
            self.leave(local)

    def stop(self) -> None:
        """Wait for nothing any more; what is closed stays so."""
        for local in self._closed:
            self._go_on(local)

    def _go_on(self, local: Endpoint) -> None:
        if (pending := self._closed[local]) is not None:
            pending.cancel()
            self._closed[local] = None
