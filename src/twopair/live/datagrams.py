"""One UDP port on the event loop: read in bursts, written in bursts.

Stock asyncio datagram endpoints allocate 256 KiB for each receive. Here datagrams that wait at a socket
come with one system call, those that are to leave go with one, and flows are kept.
"""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from socket import MSG_ERRQUEUE, socket
from sys import byteorder
from typing import Any, Final

from twopair.base import Endpoint, Flow, Port, Received, Transport, Unreachable, canonical_address
from twopair.bursts import MOST, NO_ENDPOINT, Bursts, Datagram, bursts
from twopair.live.sockets import hear_errors, reason_of, thrown_away

_FEW: Final = 2  # datagrams that are no longer one alone; and all per wake of a port that anybody may flood
_FLOWS_KEPT: Final = 131_072  # peers remembered per port; forgotten all at once beyond that
_FEW_KEPT: Final = 4_096  # the same of a port whose peers may all be invented
_QUEUE: Final = 1024  # datagrams held back while the socket is full; the oldest go first

_buffer = bytearray(65_536)
_view = memoryview(_buffer)

_ERRORS: Final = 16  # read per wake; a flood of forged ICMP must not starve what arrives (UNP-06)


class UdpPort:
    """A bound UDP socket.

    Args:
        sock: non-blocking, bound to `local`.
        local: its endpoint, as flows name it.
        loop: the event loop that watches it.
        take: called with what came, once for each burst; nothing more of it comes once the port is closed.
            Called also when others were told of trouble: then with nothing.
        may_send: whether what was held back may still leave.
        refused: told of each datagram that could not be sent.
        trouble: told of each datagram that did not arrive, as ICMP says; None: nobody asks, and the
            kernel keeps it to itself. A port that many peers share is not to be disturbed by any of them.
        last: whether it waits until all others that are readable have been read, and then takes a few.
        way: how datagrams are received and sent; the best there is, unless one is given.

    Attributes:
        lost: datagrams that were not sent: the socket was full for long, or it was too late.
    """

    def __init__(
        self,
        sock: socket,
        local: Endpoint,
        *,
        loop: AbstractEventLoop,
        take: Callable[[Iterable[Received]], None],
        may_send: Callable[[], bool],
        refused: Callable[[Flow, OSError], None],
        trouble: Callable[[Unreachable], None] | None = None,
        last: bool = False,
        way: Bursts | None = None,
    ) -> None:
        self.local = local
        self.lost = 0
        self._sock = sock
        self._loop = loop
        self._take = take
        self._may_send = may_send
        self._refused = refused
        self._way = way or bursts(sock.family)
        self._flows: dict[Hashable, Flow] = {}
        self._flows_alone: dict[tuple[str, int], Flow] = {}  # of datagrams that were read one by one
        self._alone = True
        self._queue: deque[Datagram] = deque()
        self._trouble = trouble
        if trouble is not None:
            hear_errors(sock)
        self._burst, self._flows_kept = (_FEW, _FEW_KEPT) if last else (MOST, _FLOWS_KEPT)
        self._waits = False
        self._open = True
        loop.add_reader(sock, self._let_others_go_first if last else self._readable)

    def send(self, datagrams: Sequence[Datagram]) -> None:
        """Send them in order; what a full socket does not take is held back, behind what already is."""
        sent = 0
        if not self._queue:
            sent = self._send_alone(datagrams) or self._push(datagrams)
            if sent == len(datagrams):
                return
            self._loop.add_writer(self._sock, self._writable)
        self._queue.extend(datagrams[sent:])
        while len(self._queue) > _QUEUE:
            self._queue.popleft()
            self.lost += 1

    @property
    def thrown_away(self) -> int:
        """Datagrams that came and were never read."""
        return thrown_away(self._sock)

    def close(self) -> None:
        """Give the port back."""
        self._open = False
        self._loop.remove_reader(self._sock)
        self._loop.remove_writer(self._sock)
        self._sock.close()

    def _send_alone(self, datagrams: Sequence[Datagram]) -> int:
        """The short way of one that is alone; 0 if there are more, or it has to go the long way."""
        if len(datagrams) > 1:
            return 0
        try:
            self._sock.sendto(*datagrams[0])
        except (OSError, *NO_ENDPOINT):
            return 0
        return 1

    def _push(self, datagrams: Sequence[Datagram]) -> int:
        """Send what the socket takes; how many are done with, sent or refused.

        A call may give back the error of an earlier datagram; then it is made again.
        """
        send, done, again = self._way.send, 0, -1
        while done < len(datagrams):
            try:
                done += send(self._sock, datagrams, done)
            except BlockingIOError:
                break
            except OSError as error:
                if again < done and self._errors():
                    again = done
                    continue
                self._refused(Flow(Transport.UDP, self.local, datagrams[done][1]), error)
                done += 1
        return done

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
                self._trouble(Unreachable(self._flow_alone(peer[:2]), reason_of(OSError(number, ""))))
        return heard

    def _let_others_go_first(self) -> None:
        """Be read behind every port that was found readable together with this one."""
        if not self._waits:
            self._waits = True
            self._loop.call_soon(self._in_turn)

    def _in_turn(self) -> None:
        self._waits = False
        if self._open:
            self._readable()

    def _readable(self) -> None:
        """Read one by one up to the second, then all there is; or all at once, if there were two last time.

        The call for many takes longer to begin with: a datagram that is alone, as most are in a quiet hour,
        is answered some microseconds sooner by a call of its own, and before the next call.
        """
        left = self._burst
        while self._alone and left:
            try:
                count, name = self._sock.recvfrom_into(_buffer)
            except OSError as error:
                if left == self._burst or not isinstance(error, BlockingIOError):
                    self._nothing_came(error)
                return
            flow = self._flows_alone.get(name[:2]) or self._flow_alone(name[:2])
            self._take((Received(flow, bytes(_view[:count])),))
            if not self._open:
                return
            left -= 1
            self._alone = left > self._burst - _FEW
        if left:
            self._read_many(left)

    def _read_many(self, most: int) -> None:
        try:
            came = self._way.receive(self._sock, most)
        except OSError as error:
            came = ()
            self._nothing_came(error)
        self._alone = most == self._burst and len(came) < _FEW
        self._take(self._received(came))

    def _nothing_came(self, error: OSError) -> None:
        """Woken by the error queue; or an ICMP error was left on the socket: the next read is a fresh one."""
        if not self._errors() and not isinstance(error, BlockingIOError):
            self.lost += 1
        self._take(())

    def _received(self, came: Sequence[tuple[Hashable, bytes]]) -> Iterator[Received]:
        """What came, for as long as the port is open: the node may close it between two of them."""
        flows = self._flows
        for name, data in came:
            if not self._open:
                return
            yield Received(flows.get(name) or self._flow(name), data)

    def _flow(self, name: Hashable) -> Flow:
        remote = self._way.peer(name)
        flow = self._flows_alone.get(remote) or Flow(Transport.UDP, self.local, remote)
        return _kept(self._flows, self._flows_kept, name, flow)

    def _flow_alone(self, name: tuple[str, int]) -> Flow:
        remote = Endpoint(canonical_address(name[0]), Port(name[1]))
        return _kept(self._flows_alone, _FEW_KEPT, name, Flow(Transport.UDP, self.local, remote))

    def _writable(self) -> None:
        if not self._may_send():
            self.lost += len(self._queue)
            self._queue.clear()
        while self._queue:
            some = list(islice(self._queue, MOST))
            sent = self._push(some)
            for _ in range(sent):
                self._queue.popleft()
            if sent < len(some):
                break
        else:
            self._loop.remove_writer(self._sock)
        self._take(())


def _kept(flows: dict[Any, Flow], most: int, name: Hashable, flow: Flow) -> Flow:
    """The flow, which is kept from now on."""
    if len(flows) >= most:
        flows.clear()
    flows[name] = flow
    return flow
