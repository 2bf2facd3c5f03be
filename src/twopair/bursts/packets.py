"""IP packets of raw sockets, many in one system call; one by one where there is no such call.

What comes is of the one protocol that a socket was made for; what goes are whole packets (IPPROTO_RAW).
The kernel gives what follows an IPv6 header, so header and destination are put back here; flow label and
hop limit are not known.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from socket import AF_INET, AF_INET6, CMSG_SPACE, IPPROTO_IPV6, IPV6_PKTINFO, inet_ntop, socket
from struct import Struct
from sys import byteorder
from typing import Final, NamedTuple, Protocol

from twopair.bursts.structures import FEWEST, ROOM, Rows
from twopair.wire.ip import address_octets

_HEAD: Final = Struct("!IHBB")
_VERSION_6: Final = 0x6000_0000
_HOPS: Final = 64
_PKTINFO: Final = CMSG_SPACE(20)
"""Octets of ancillary data with a struct in6_pktinfo: destination, then interface (RFC 3542 §6)."""
_PKTINFO_BEGINS: Final = CMSG_SPACE(0)


class Packets(Protocol):
    """Receives and sends IP packets of one version."""

    def receive(self, sock: socket, most: int) -> Sequence[bytes]:
        """What waits at a raw socket, oldest first, at most so many. Raises OSError: there is nothing."""
        ...

    def send(self, sock: socket, packets: Sequence[bytes], begin: int = 0) -> int:
        """Send from number `begin` on, in order; how many left, at least one. Raises OSError of the first."""
        ...


class _Layout(NamedTuple):
    """Where an IP version has what is needed here: an address in its packets, and in a socket address."""

    family: int
    destination: slice
    in_name: slice
    name_octets: int

    def peer(self, packet: bytes) -> tuple[str, int]:
        """Where a packet goes, for `sendto`."""
        return inet_ntop(self.family, packet[self.destination]), 0


_LAYOUTS: Final[Mapping[int, _Layout]] = {
    AF_INET: _Layout(AF_INET, slice(16, 20), slice(4, 8), 16),
    AF_INET6: _Layout(AF_INET6, slice(24, 40), slice(8, 24), 28),
}


class PacketsOneByOne:
    """A system call for each packet.

    Args:
        family: AF_INET or AF_INET6.
        protocol: that of the sockets that are read.
    """

    def __init__(self, family: int, protocol: int) -> None:
        self._layout, self._protocol = _LAYOUTS[family], protocol

    def receive(self, sock: socket, most: int) -> Sequence[bytes]:
        """See `Packets`."""
        came: list[bytes] = []
        receive = self._body if self._layout.family == AF_INET else self._with_head
        try:
            for _ in range(most):
                came += receive(sock)
        except OSError:
            if not came:
                raise
        return came

    def _body(self, sock: socket) -> tuple[bytes, ...]:
        return (sock.recv(ROOM),)

    def _with_head(self, sock: socket) -> tuple[bytes, ...]:
        """The packet, but for one that the kernel has not told the destination of."""
        body, ancillary, _, source = sock.recvmsg(ROOM, _PKTINFO)
        for level, kind, data in ancillary:
            if (level, kind) == (IPPROTO_IPV6, IPV6_PKTINFO):
                addresses = address_octets(source[0].partition("%")[0]) + data[:16]
                return (_whole(self._protocol, addresses, body),)
        return ()

    def send(self, sock: socket, packets: Sequence[bytes], begin: int = 0) -> int:
        """See `Packets`."""
        sock.sendto(packets[begin], self._layout.peer(packets[begin]))
        return 1


def _whole(protocol: int, addresses: bytes, body: bytes) -> bytes:
    """An IPv6 packet, as far as it is known."""
    return _HEAD.pack(_VERSION_6, len(body), protocol, _HOPS) + addresses + body


class ManyPackets:
    """A system call for up to `MOST` packets.

    Args:
        family: AF_INET or AF_INET6.
        protocol: that of the sockets that are read.

    Raises:
        OSError: this system has no such calls.
    """

    def __init__(self, family: int, protocol: int) -> None:
        layout = self._layout = _LAYOUTS[family]
        self._protocol, self._alone = protocol, PacketsOneByOne(family, protocol)
        self._in = Rows(layout.name_octets, _PKTINFO if family == AF_INET6 else 0)
        self._out = Rows(layout.name_octets)
        self._to = []  # where in the names of `_out` the addresses are
        for _, name, _, _ in self._out.places:
            self._out.names[name : name + 2] = family.to_bytes(2, byteorder)
            self._to.append(slice(name + layout.in_name.start, name + layout.in_name.stop))

    def receive(self, sock: socket, most: int) -> Sequence[bytes]:
        """See `Packets`."""
        if most == 1:
            return self._alone.receive(sock, 1)
        rows = self._in
        places = rows.places[: rows.receive(sock, most)]
        data, octets = rows.data, rows.octets
        bodies = [data[place : place + octets[number]] for number, _, _, place in places]
        return bodies if self._layout.family == AF_INET else self._with_heads(bodies)

    def _with_heads(self, bodies: Sequence[bytes]) -> Sequence[bytes]:
        """The packets, but for those that the kernel has not told the destination of."""
        names, controls, lengths = self._in.names, self._in.controls, self._in.control_lengths
        whole, at = [], self._layout.in_name
        for number, body in enumerate(bodies):
            name, control = number * self._layout.name_octets, number * _PKTINFO + _PKTINFO_BEGINS
            if lengths[number] == _PKTINFO:
                addresses = names[name + at.start : name + at.stop] + controls[control : control + 16]
                whole.append(_whole(self._protocol, addresses, body))
            else:
                lengths[number] = _PKTINFO
        return whole

    def send(self, sock: socket, packets: Sequence[bytes], begin: int = 0) -> int:
        """See `Packets`."""
        if len(packets) - begin < FEWEST:
            return self._alone.send(sock, packets, begin)
        rows, count, destination = self._out, 0, self._layout.destination
        names, room, lengths = rows.names, rows.data, rows.lengths
        for packet, (_, _, _, place), to in zip(packets[begin:], rows.places, self._to, strict=False):
            length = len(packet)
            names[to] = packet[destination]
            room[place : place + length] = packet
            lengths[count] = length
            count += 1
        return rows.send(sock, count)


@cache
def packets(family: int, protocol: int) -> Packets:
    """The best there is, for AF_INET or AF_INET6."""
    try:
        return ManyPackets(family, protocol)
    except OSError:
        return PacketsOneByOne(family, protocol)
