"""UDP sockets that speak for every loopback address, so that two of them are any number of UEs."""

import select
import socket
import struct
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from time import monotonic, perf_counter
from typing import Final

from twopair.backends.userspace.routes import with_netlink
from twopair.live.lab.namespace import Namespace
from twopair.live.prerequisite import PrerequisiteMissing

Taker = Callable[[bytes], None]
Opener = Callable[[int, int], socket.socket]

ANY: Final = "0.0.0.0"
_PKTINFO: Final = getattr(socket, "IP_PKTINFO", 8)
_BUFFER_OCTETS: Final = 4_000_000
PATIENCE_S = 5.0


class Sockets:
    """Sockets by port, bound to all addresses, and a loop that hands over what comes."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._takers: dict[int, tuple[socket.socket, Taker]] = {}
        self._by_port: dict[tuple[str, int], socket.socket] = {}
        self._infos: dict[str, bytes] = {}

    def bind(self, port: int, take: Taker, address: str = ANY, opened: Opener = socket.socket) -> None:
        """Have `take` called with each datagram to `port`; `opened` makes the socket, where it is to live."""
        sock = opened(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
        sock.bind((address, port))
        sock.setblocking(False)
        self._poll.register(sock, select.EPOLLIN)
        self._takers[sock.fileno()] = (sock, take)
        self._by_port[address, port] = sock

    @contextmanager
    def beside(self, port: int, take: Taker, address: str) -> Iterator[None]:
        """Hear one more address for a while."""
        self.bind(port, take, address)
        try:
            yield
        finally:
            sock = self._by_port.pop((address, port))
            self._poll.unregister(sock)
            del self._takers[sock.fileno()]
            sock.close()

    def send(self, source: tuple[str, int], target: tuple[str, int], data: bytes) -> None:
        """Send from any address of this host and a bound port."""
        address, port = source
        info = self._infos.get(address)
        if info is None:
            info = self._infos[address] = struct.pack("=I4s4s", 0, socket.inet_aton(address), bytes(4))
        sock = self._by_port.get(source) or self._by_port[ANY, port]
        sock.sendmsg((data,), ((socket.IPPROTO_IP, _PKTINFO, info),), 0, target)

    def turn(self, timeout_s: float) -> bool:
        """Hand over what has come; False if nothing did within the time.

        It polls and never sleeps: waking a sleeping peer is work of the kernel that would be counted as the
        measured program's, and that on a virtual processor costs more than a relayed message.
        """
        until = monotonic() + timeout_s
        while not (ready := self._poll.poll(0)):
            if monotonic() > until:
                return False
        self._hand_over(ready)
        return True

    def _hand_over(self, ready: list[tuple[int, int]]) -> None:
        for fd, _ in ready:
            self._drain(*self._takers[fd])

    @staticmethod
    def _drain(sock: socket.socket, take: Taker) -> None:
        for _ in range(64):
            try:
                data = sock.recv(65_535)
            except BlockingIOError:
                return
            take(data)

    def close(self) -> None:
        """Close all of them."""
        for sock, _ in self._takers.values():
            sock.close()
        self._poll.close()


class PatientSockets(Sockets):
    """Where there is only one processor: they sleep, and count for how long others had it.

    Attributes:
        slept_s: that nothing had come.
    """

    def __init__(self) -> None:
        super().__init__()
        self.slept_s = 0.0

    def turn(self, timeout_s: float) -> bool:
        """See `Sockets`."""
        begun = perf_counter()
        ready = self._poll.poll(timeout_s)
        self.slept_s += perf_counter() - begun
        self._hand_over(ready)
        return bool(ready)


@contextmanager
def loopback_of_its_own() -> Iterator[None]:
    """Have this thread, and what it starts, in a namespace where others of this machine have no port.

    Without the right to make one it stays where it is.
    """
    try:
        namespace = Namespace()
    except PrerequisiteMissing:
        yield
        return
    with namespace.entered():
        with_netlink(lambda netlink: netlink.link("set", index=1, state="up"))
        yield
    namespace.close()


def keep_busy(sockets: Sockets, begin: Callable[[], bool], under_way: Collection[bytes], window: int) -> None:
    """Begin new exchanges while fewer than `window` are under way, until none is left to begin.

    Raises:
        RuntimeError: nothing came for `PATIENCE_S`, and something is still under way: it was lost.
    """
    more = True
    while more or under_way:
        while more and len(under_way) < window:
            more = begin()
        if under_way and not sockets.turn(PATIENCE_S):
            raise RuntimeError(f"messages were lost: no answer to {len(under_way)}, {list(under_way)[:3]}")
