"""One TCP connection on the event loop."""

from asyncio import AbstractEventLoop, TimerHandle
from collections import deque
from collections.abc import Sequence
from enum import Enum, auto
from errno import EADDRNOTAVAIL, EINPROGRESS
from os import strerror
from socket import IPPROTO_TCP, SHUT_WR, SO_ERROR, SOL_SOCKET, TCP_INFO, socket
from typing import Final, Protocol

from twopair.base import Flow
from twopair.bursts import Datagram
from twopair.live.sockets import reason_of

CHUNK_OCTETS: Final = 65_536
QUEUE_OCTETS: Final = 1024 * 1024
"""Unsent data at which the peer is taken for dead."""
_CHUNKS_PER_WAKE: Final = 16
_BETWEEN_S: Final = 0.05
_LINGER_S: Final = 2.0  # how long an orderly close may take

_OVER: Final = b"\x07"
"""What TCP_INFO begins with where the kernel has nothing left to send (TCP_CLOSE)."""

_buffer = bytearray(CHUNK_OCTETS)
_view = memoryview(_buffer)


class StreamOwner(Protocol):
    """Who is told of what happens on streams: the driver."""

    def stream_opened(self, stream: "Stream") -> None:
        """The connection stands."""
        ...

    def stream_received(self, stream: "Stream", chunk: bytes) -> None:
        """The next octets, 1 to 64 KiB of them."""
        ...

    def stream_ended(self, stream: "Stream", reason: str) -> None:
        """It ended without being asked to; the reason is empty after an orderly end by the peer.

        In that case the stream `lingers`: `stream_gone` follows.
        """
        ...

    def stream_gone(self, stream: "Stream") -> None:
        """The socket of a stream that was closed by `Stream.close` or by the peer is given back."""
        ...

    def may_send(self) -> bool:
        """Whether what was held back may still leave."""
        ...


class _State(Enum):
    OPENING = auto()
    OPEN = auto()
    LINGERING = auto()  # all is sent; waiting for the peer, so that no RST overtakes our data
    CLOSED = auto()


class Stream:
    """One TCP connection, accepted or being opened.

    The kernel has no connection without us: its socket is closed once TCP has come to its end, and before
    that with an RST. What the kernel would have to send again after our time might leave in the clear, as
    the SA set, and what closes its ports, is gone then (SA-21); or meet a successor of this process (ADR 20).

    Args:
        sock: non-blocking, see `held_by_us`; connected, or connecting if `opening`.
        flow: its name.
        loop: the event loop that watches it.
        owner: told of opening, data and end.
        opening_s: how long the outcome of `connect` is still awaited; 0: it is connected.
        taken: whether `connect` found an earlier connection between the same ports, which is about to end.
    """

    def __init__(
        self,
        sock: socket,
        flow: Flow,
        *,
        loop: AbstractEventLoop,
        owner: StreamOwner,
        opening_s: float = 0.0,
        taken: bool = False,
    ) -> None:
        self.flow = flow
        self._sock = sock
        self._loop = loop
        self._owner = owner
        self._queue: deque[memoryview] = deque()
        self._queued_octets = 0
        self._state = _State.OPENING if opening_s else _State.OPEN
        self._closing: TimerHandle | None = None  # set by close(): the end of our patience
        self._giving_up: TimerHandle | None = None
        if opening_s:
            self._giving_up = loop.call_later(opening_s, self._fail, "connection timed out")
            if taken:
                loop.call_later(_BETWEEN_S, self._connect)
            else:
                loop.add_writer(sock, self._connected)
        else:
            loop.add_reader(sock, self._readable)

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Append to the stream, all at once; kept while the connection is being opened or is full."""
        if self._state not in (_State.OPENING, _State.OPEN) or self._closing:
            return
        rest = memoryview(b"".join([data for data, _ in datagrams]))
        if self._state is _State.OPEN and not self._queue:
            try:
                rest = rest[self._sock.send(rest) :]
            except BlockingIOError:
                pass
            except OSError as error:
                self._fail(reason_of(error))
                return
            if not rest:
                return
            self._loop.add_writer(self._sock, self._writable)
        self._queue.append(rest)
        self._queued_octets += len(rest)
        if self._queued_octets > QUEUE_OCTETS:
            self._fail("the peer does not read")

    def close(self) -> None:
        """Close after what was sent; the owner hears `stream_gone` when that is done, nothing else."""
        if self._state is _State.CLOSED or self._closing:
            return
        self._closing = self._loop.call_later(_LINGER_S, self.abort)
        if not self._queue:
            if self._state is _State.OPENING:
                self._finish()
            else:
                self._linger()

    def abort(self) -> None:
        """Close at once with an RST: nothing stays behind, not even TIME_WAIT."""
        if self._state is not _State.CLOSED:
            self._finish()

    @property
    def lingers(self) -> bool:
        """Whether it waits for its end."""
        return self._state is _State.LINGERING

    def _connect(self) -> None:
        """Once more: the peer has ended the earlier connection, and has not heard yet that we have, too."""
        if self._state is not _State.OPENING:
            return
        code = self._sock.connect_ex(self.flow.remote)
        if code in (0, EINPROGRESS):
            self._loop.add_writer(self._sock, self._connected)
        elif code == EADDRNOTAVAIL:
            self._loop.call_later(_BETWEEN_S, self._connect)
        else:
            self._fail(reason_of(OSError(code, "")))

    def _connected(self) -> None:
        self._wait_no_longer()
        error = self._sock.getsockopt(SOL_SOCKET, SO_ERROR)
        if error:
            self._fail(strerror(error).lower())
            return
        self._state = _State.OPEN
        self._loop.add_reader(self._sock, self._readable)
        self._loop.add_writer(self._sock, self._writable)
        if not self._closing:
            self._owner.stream_opened(self)

    def _writable(self) -> None:
        if not self._owner.may_send():
            self._queue.clear()
            self._queued_octets = 0
            self._loop.remove_writer(self._sock)
            return
        while self._queue:
            try:
                sent = self._sock.send(self._queue[0])
            except BlockingIOError:
                return
            except OSError as error:
                self._fail(reason_of(error))
                return
            self._queued_octets -= sent
            if sent < len(self._queue[0]):
                self._queue[0] = self._queue[0][sent:]
                return
            self._queue.popleft()
        self._loop.remove_writer(self._sock)
        if self._closing:
            self._linger()

    def _readable(self) -> None:
        for _ in range(_CHUNKS_PER_WAKE):
            try:
                count = self._sock.recv_into(_buffer)
            except BlockingIOError:
                break
            except OSError as error:
                self._fail(reason_of(error))
                return
            if not count:
                self._ended()
                return
            if not self._closing:
                self._owner.stream_received(self, bytes(_view[:count]))
            if self._state is _State.CLOSED or count < CHUNK_OCTETS:
                break

    def _linger(self) -> None:
        self._state = _State.LINGERING
        try:
            self._sock.shutdown(SHUT_WR)
        except OSError:
            self._finish()

    def _ended(self) -> None:
        """The peer has sent all that it will: what is still awaited is that it acknowledges our end."""
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._queue.clear()
        asked_for = bool(self._closing)
        if not asked_for:
            self._closing = self._loop.call_later(_LINGER_S, self.abort)
        if self._state is not _State.LINGERING:
            self._linger()
        if not asked_for:
            self._owner.stream_ended(self, "")
        self._await_end()

    def _await_end(self) -> None:
        if self._state is _State.CLOSED:
            return
        if self._sock.getsockopt(IPPROTO_TCP, TCP_INFO, 1) == _OVER:
            self._finish()
        else:
            self._loop.call_later(_BETWEEN_S, self._await_end)

    def _fail(self, reason: str) -> None:
        asked_for = bool(self._closing)
        self._finish()
        if not asked_for:
            self._owner.stream_ended(self, reason)

    def _wait_no_longer(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _finish(self) -> None:
        self._state = _State.CLOSED
        self._wait_no_longer()
        self._queue.clear()
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()
        if self._closing:
            self._closing.cancel()
            self._owner.stream_gone(self)
