"""A TCP port that accepts connections."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Final

from twopair.base import Endpoint, Flow, Port, Transport, canonical_address

_ACCEPTS_PER_WAKE: Final = 64
_PAUSE_S: Final = 0.5  # out of file descriptors or memory: the queue stays readable, so do not spin


class Listener:
    """A listening TCP socket.

    Args:
        sock: non-blocking, listening on `local`.
        local: its endpoint, as flows name it.
        loop: the event loop that watches it.
        accepted: called with each new connection and its flow.
    """

    def __init__(
        self,
        sock: socket,
        local: Endpoint,
        *,
        loop: AbstractEventLoop,
        accepted: Callable[[socket, Flow], None],
    ) -> None:
        self.local = local
        self._sock = sock
        self._loop = loop
        self._accepted = accepted
        self._watch()

    def close(self) -> None:
        """Stop accepting; connections that were accepted stay."""
        self._loop.remove_reader(self._sock)
        self._sock.close()

    def _watch(self) -> None:
        if self._sock.fileno() >= 0:  # closed during a pause
            self._loop.add_reader(self._sock, self._readable)

    def _readable(self) -> None:
        for _ in range(_ACCEPTS_PER_WAKE):
            try:
                sock, peer = self._sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (EMFILE, ENFILE, ENOBUFS, ENOMEM):
                    self._loop.remove_reader(self._sock)
                    self._loop.call_later(_PAUSE_S, self._watch)
                    return
                continue  # that one connection failed before it was accepted
            sock.setblocking(False)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            remote = Endpoint(canonical_address(peer[0]), Port(peer[1]))
            self._accepted(sock, Flow(Transport.TCP, self.local, remote))
