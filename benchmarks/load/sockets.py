"""UDP sockets that speak for every loopback address, so that two of them are any number of UEs."""

import select
import socket
import struct
from collections.abc import Callable
from time import monotonic

Taker = Callable[[bytes], None]

_PKTINFO = getattr(socket, "IP_PKTINFO", 8)


class Sockets:
    """Sockets by port, bound to all addresses, and a loop that hands over what comes."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._takers: dict[int, tuple[socket.socket, Taker]] = {}
        self._by_port: dict[int, socket.socket] = {}

    def bind(self, port: int, take: Taker, address: str = "0.0.0.0") -> None:
        """Have `take` called with each datagram to `port`."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
        sock.bind((address, port))
        sock.setblocking(False)
        self._poll.register(sock, select.EPOLLIN)
        self._takers[sock.fileno()] = (sock, take)
        self._by_port[port] = sock

    def send(self, source: tuple[str, int], target: tuple[str, int], data: bytes) -> None:
        """Send from any loopback address and a bound port."""
        info = struct.pack("=I4s4s", 0, socket.inet_aton(source[0]), bytes(4))
        self._by_port[source[1]].sendmsg([data], [(socket.IPPROTO_IP, _PKTINFO, info)], 0, target)

    def turn(self, timeout_s: float) -> bool:
        """Hand over what has come; False if nothing did within the time.

        It polls and never sleeps: waking a sleeping peer is work of the kernel that would be counted as the
        measured program's, and that on a virtual processor costs more than a relayed message.
        """
        until = monotonic() + timeout_s
        while not (ready := self._poll.poll(0)):
            if monotonic() > until:
                return False
        for fd, _ in ready:
            self._drain(*self._takers[fd])
        return True

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


def keep_busy(sockets: Sockets, begin: Callable[[], bool], done: Callable[[], int], window: int) -> None:
    """Begin new exchanges while fewer than `window` are under way, until none is left to begin.

    A datagram may be lost on loopback too: up to one exchange in two hundred may stay unanswered.

    Raises:
        RuntimeError: nothing came for three seconds, and more than that is missing.
    """
    begun, more = 0, True
    while more or done() < begun:
        while more and begun - done() < window:
            more = begin()
            begun += more
        if done() < begun and not sockets.turn(3.0):
            if not more and begun - done() <= begun // 200:
                return
            raise RuntimeError(f"no answer: {begun} begun, {done()} done")
