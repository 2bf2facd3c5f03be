"""Datagrams of UDP sockets, many in one system call; one by one where there is no such call."""

from collections.abc import Hashable, Mapping, Sequence
from errno import EINVAL
from functools import cache
from socket import AF_INET, AF_INET6, htons, inet_ntop, inet_pton, ntohs, socket
from struct import Struct
from typing import Any, Final, NamedTuple, Protocol

from twopair.base import Endpoint, Port, canonical_address
from twopair.bursts.structures import FEWEST, MOST, ROOM, Rows

_ADDRESSES_KEPT: Final = 4_096  # forgotten all at once beyond that: one is made soon, and UEs are many

NO_ENDPOINT: Final = (OverflowError, TypeError, ValueError)
"""What Python says of a port or an address that cannot be one."""

Datagram = tuple[bytes, Endpoint]
"""What is to be sent, and where to."""


class Bursts(Protocol):
    """Receives and sends datagrams of UDP sockets of one address family."""

    def receive(self, sock: socket, most: int) -> Sequence[tuple[Hashable, bytes]]:
        """What waits at a socket, oldest first, each with a name of its sender that `peer` understands.

        Args:
            sock: non-blocking.
            most: so many at once, up to `MOST`.

        Raises:
            BlockingIOError: nothing waits.
            OSError: of a datagram that was sent earlier (ICMP).
        """
        ...

    def peer(self, name: Any) -> Endpoint:
        """Who that is."""
        ...

    def send(self, sock: socket, datagrams: Sequence[Datagram], begin: int = 0) -> int:
        """Send from number `begin` on, in order; how many left, at least one.

        Raises:
            BlockingIOError: the socket is full.
            OSError: that of the first one, or of a datagram that was sent earlier (ICMP).
        """
        ...


class OneByOne:
    """A system call for each datagram."""

    def __init__(self) -> None:
        self._buffer = bytearray(ROOM)
        self._view = memoryview(self._buffer)

    def receive(self, sock: socket, most: int) -> Sequence[tuple[Hashable, bytes]]:
        """See `Bursts`."""
        came: list[tuple[Hashable, bytes]] = []
        try:
            for _ in range(most):
                count, name = sock.recvfrom_into(self._buffer)
                came.append((name, bytes(self._view[:count])))
        except OSError:
            if not came:
                raise
        return came

    def peer(self, name: tuple[str, int]) -> Endpoint:
        """See `Bursts`."""
        return Endpoint(canonical_address(name[0]), Port(name[1]))

    def send(self, sock: socket, datagrams: Sequence[Datagram], begin: int = 0) -> int:
        """See `Bursts`."""
        return _send_one(sock, datagrams[begin])


def _send_one(sock: socket, datagram: Datagram) -> int:
    try:
        sock.sendto(*datagram)
    except NO_ENDPOINT as error:
        raise OSError(EINVAL, str(error)) from None
    return 1


class _Shape(NamedTuple):
    """How an address of a family is laid out (struct sockaddr_in, struct sockaddr_in6)."""

    layout: Struct

    def pack(self, family: int, address: str, port: int) -> bytes:
        """Raises OSError or one of `NO_ENDPOINT`."""
        return self.layout.pack(family, htons(port), inet_pton(family, address))

    def unpack(self, family: int, name: bytes) -> Endpoint:
        _, port, address = self.layout.unpack(name)
        return Endpoint(canonical_address(inet_ntop(family, address)), Port(ntohs(port)))


_SHAPES: Final[Mapping[int, _Shape]] = {
    AF_INET: _Shape(Struct("=HH4s8x")),
    AF_INET6: _Shape(Struct("=HH4x16s4x")),  # between and behind them flow label and scope, both 0
}


class ManyAtOnce:
    """A system call for up to `MOST` datagrams.

    Args:
        family: AF_INET or AF_INET6.

    Raises:
        OSError: this system has no such calls.
    """

    def __init__(self, family: int) -> None:
        self._family, self._shape = family, _SHAPES[family]
        self._in, self._out = (Rows(self._shape.layout.size) for _ in range(2))
        self._packed: dict[Endpoint, bytes] = {}
        self._named: list[Endpoint | None] = [None] * MOST  # whose address is in a row of `_out` already

    def receive(self, sock: socket, most: int) -> Sequence[tuple[Hashable, bytes]]:
        """See `Bursts`."""
        rows = self._in
        count = rows.receive(sock, most)
        names, data, octets = rows.names, rows.data, rows.octets
        return [
            (names[begin:end], data[place : place + octets[number]])
            for number, begin, end, place in rows.places[:count]
        ]

    def peer(self, name: bytes) -> Endpoint:
        """See `Bursts`."""
        return self._shape.unpack(self._family, name)

    def send(self, sock: socket, datagrams: Sequence[Datagram], begin: int = 0) -> int:
        """See `Bursts`."""
        count = self._lay_out(datagrams, begin) if len(datagrams) - begin >= FEWEST else 0
        if not count:
            return _send_one(sock, datagrams[begin])
        return self._out.send(sock, count)

    def _lay_out(self, datagrams: Sequence[Datagram], begin: int) -> int:
        """Put datagrams where the call finds them, up to one that cannot be sent; how many."""
        rows, named, count = self._out, self._named, 0
        room, lengths = rows.data, rows.lengths
        for (data, remote), (_, name, end, place) in zip(datagrams[begin:], rows.places, strict=False):
            length = len(data)
            if length > ROOM:
                break
            if remote is not named[count]:
                try:
                    rows.names[name:end] = self._packed.get(remote) or self._pack(remote)
                except (OSError, *NO_ENDPOINT):
                    break
                named[count] = remote
            room[place : place + length] = data
            lengths[count] = length
            count += 1
        return count

    def _pack(self, remote: Endpoint) -> bytes:
        if len(self._packed) >= _ADDRESSES_KEPT:
            self._packed.clear()
        packed = self._packed[remote] = self._shape.pack(self._family, *remote)
        return packed


@cache
def bursts(family: int) -> Bursts:
    """The best there is, for AF_INET or AF_INET6."""
    try:
        return ManyAtOnce(family)
    except OSError:
        return OneByOne()
