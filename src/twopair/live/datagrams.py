"""One UDP port on the event loop: drained in bursts, written to directly.

Stock asyncio datagram endpoints allocate 256 KiB for each receive. Here one buffer serves every
socket of the loop, and flows are kept, so that a datagram costs its system call and little more.
"""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from socket import MSG_ERRQUEUE, socket
from sys import byteorder
from typing import Final

from twopair.base import Endpoint, Flow, Port, Received, Transport, Unreachable, canonical_address
from twopair.live.sockets import hear_errors, reason_of, thrown_away

_BURST: Final = 64  # datagrams per wake, so that one busy port does not starve the others
_FEW: Final = 2  # the same of a port that is read last: what anybody may flood
_FLOWS_KEPT: Final = 131_072  # peers remembered per port; forgotten all at once beyond that
_FEW_KEPT: Final = 4_096  # the same of a port whose peers may all be invented
_QUEUE: Final = 1024  # datagrams held back while the socket is full; the oldest go first

_ERRORS: Final = 16  # read per wake; a flood of forged ICMP must not starve what arrives (UNP-06)

_buffer = bytearray(65_536)
_view = memoryview(_buffer)


class UdpPort:
    """A bound UDP socket.

    Args:
        sock: non-blocking, bound to `local`.
        local: its endpoint, as flows name it.
        loop: the event loop that watches it.
        take: called with each datagram received.
        settle: called once after each burst.
        trouble: called with each datagram that did not arrive, as ICMP says; None: nobody asks, and the
            kernel keeps it to itself. A port that many peers share is not to be disturbed by any of them.
        last: whether it waits until all others that are readable have been read, and then takes a few.

    Attributes:
        lost: datagrams that were not sent: the socket was full for long, or refused them.
    """

    def __init__(
        self,
        sock: socket,
        local: Endpoint,
        *,
        loop: AbstractEventLoop,
        take: Callable[[Received], None],
        settle: Callable[[], None],
        trouble: Callable[[Unreachable], None] | None = None,
        last: bool = False,
    ) -> None:
        self.local = local
        self.lost = 0
        self._sock = sock
        self._loop = loop
        self._take = take
        self._settle = settle
        self._flows: dict[tuple[str, int], Flow] = {}
        self._queue: deque[tuple[bytes, Endpoint]] = deque()
        self._trouble = trouble
        if trouble is not None:
            hear_errors(sock)
        self._burst, self._flows_kept = (_FEW, _FEW_KEPT) if last else (_BURST, _FLOWS_KEPT)
        self._waits = False
        loop.add_reader(sock, self._let_others_go_first if last else self._readable)

    def send(self, data: bytes, remote: Endpoint) -> None:
        """Send one datagram, or hold it back while the socket is full. Raises OSError for other trouble."""
        if not self._queue:
            try:
                self._send(data, remote)
            except BlockingIOError:
                self._loop.add_writer(self._sock, self._writable)
            else:
                return
        if len(self._queue) >= _QUEUE:
            self._queue.popleft()
            self.lost += 1
        self._queue.append((data, remote))

    @property
    def thrown_away(self) -> int:
        """Datagrams that came and were never read."""
        return thrown_away(self._sock)

    def close(self) -> None:
        """Give the port back."""
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()

    def _send(self, data: bytes, remote: Endpoint) -> None:
        """Send one datagram; the error of an earlier one, which the call may give back, is not its own."""
        try:
            self._sock.sendto(data, remote)
        except BlockingIOError:
            raise
        except OSError:
            if not self._errors():
                raise
            self._sock.sendto(data, remote)

    def _errors(self) -> int:
        """Tell of datagrams that did not arrive (IP_RECVERR); how many there were."""
        heard = 0
        while self._trouble is not None and heard < _ERRORS:
            try:
                _data, extra, _flags, peer = self._sock.recvmsg(1, 512, MSG_ERRQUEUE)
            except OSError:  # no more
                break
            heard += 1
            number = int.from_bytes(extra[0][2][:4], byteorder) if extra else 0  # sock_extended_err.ee_errno
            if peer:
                self._trouble(Unreachable(self._flow(peer), reason_of(OSError(number, ""))))
        return heard

    def _let_others_go_first(self) -> None:
        """Be read behind every port that was found readable together with this one."""
        if not self._waits:
            self._waits = True
            self._loop.call_soon(self._in_turn)

    def _in_turn(self) -> None:
        self._waits = False
        if self._sock.fileno() >= 0:  # closed meanwhile
            self._readable()

    def _readable(self) -> None:
        receive, take, flows = self._sock.recvfrom_into, self._take, self._flows
        count = 0
        try:
            for _ in range(self._burst):
                count, peer = receive(_buffer)
                flow = flows.get(peer) or self._flow(peer)
                take(Received(flow, bytes(_view[:count])))
        except BlockingIOError:
            if not count:  # woken by the error queue alone
                self._errors()
        except OSError:  # an ICMP error left on the socket; the next read is a fresh one
            self.lost += self._errors() or 1
        self._settle()

    def _flow(self, peer: tuple[str, int]) -> Flow:
        if len(self._flows) >= self._flows_kept:
            self._flows.clear()
        remote = Endpoint(canonical_address(peer[0]), Port(peer[1]))
        flow = self._flows[peer] = Flow(Transport.UDP, self.local, remote)
        return flow

    def _writable(self) -> None:
        while self._queue:
            data, remote = self._queue[0]
            try:
                self._send(data, remote)
            except BlockingIOError:
                return
            except OSError:
                self.lost += 1
            self._queue.popleft()
        self._loop.remove_writer(self._sock)
