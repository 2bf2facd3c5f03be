"""Where sockets come from, and how they are set up before use."""

from collections.abc import Callable
from errno import errorcode
from os import strerror
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IP,
    IPPROTO_IPV6,
    IPPROTO_TCP,
    IPV6_V6ONLY,
    SO_LINGER,
    SO_RCVBUF,
    SO_REUSEADDR,
    SO_SNDBUF,
    SOCK_DGRAM,
    SOCK_STREAM,
    SOL_SOCKET,
    TCP_NODELAY,
    socket,
)
from struct import pack, unpack
from typing import Final, Protocol

from twopair.base import Endpoint

_AT_ONCE: Final = pack("ii", 1, 0)
_UDP_BUFFER_OCTETS: Final = 4 * 1024 * 1024
_BACKLOG: Final = 1024


Guard = Callable[[socket], None]
"""Has a socket refuse what did not come out of ESP, before it is bound (SA-21)."""


class SocketFactory(Protocol):
    """A place with a network stack of its own: this machine, or one host of the lab."""

    def handed(self, local: Endpoint, kind: int) -> socket | None:
        """One that was bound to that endpoint before, for this program; None if there is none."""
        ...

    def socket(self, family: int, kind: int) -> socket:
        """A new socket of that place."""
        ...


class ThisHost:
    """The network stack this process runs in."""

    def handed(self, _local: Endpoint, _kind: int) -> socket | None:
        """None: it binds its own."""
        return None

    def socket(self, family: int, kind: int) -> socket:
        """A new socket."""
        return socket(family, kind)


def family_of(address: str) -> int:
    """AF_INET or AF_INET6, by the look of the address."""
    return AF_INET6 if ":" in address else AF_INET


def reason_of(error: OSError) -> str:
    """What went wrong, for people: ``connection refused``."""
    if error.errno is None:
        return str(error)
    return (strerror(error.errno) if error.errno in errorcode else str(error)).lower()


_IP_RECVERR: Final = 11
_IPV6_RECVERR: Final = 25
"""Of <linux/in.h> and <linux/in6.h>; the module `socket` has no names for them."""


_SO_MEMINFO: Final = 55
"""Of <asm-generic/socket.h>; nine numbers of 32 bits, the last one is what was thrown away (sock_diag(7))."""


def thrown_away(sock: socket) -> int:
    """Datagrams that the kernel did not hand over: the socket was full, or its guard refused them."""
    numbers: tuple[int, ...] = unpack("9I", sock.getsockopt(SOL_SOCKET, _SO_MEMINFO, 36))
    return numbers[-1]


def held_by_us(sock: socket) -> socket:
    """Have the kernel forget a connection, with an RST, whatever ends its socket, if only a kill (SO_LINGER).

    What a listening socket accepts has that from the start.
    """
    sock.setsockopt(SOL_SOCKET, SO_LINGER, _AT_ONCE)
    return sock


def hear_errors(sock: socket) -> None:
    """Have a UDP socket keep the ICMP errors of what it sent in its error queue (ip(7), IP_RECVERR)."""
    if sock.family == AF_INET6:
        sock.setsockopt(IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        sock.setsockopt(IPPROTO_IP, _IP_RECVERR, 1)


def _bound(place: SocketFactory, local: Endpoint, kind: int, guard: Guard | None) -> socket:
    sock = place.socket(family_of(local.address), kind)
    try:
        sock.setblocking(False)
        if sock.family == AF_INET6:
            sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1)
        if kind == SOCK_STREAM:  # on UDP the option would let two programs share the port
            sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        if guard is not None:
            guard(sock)
        sock.bind((local.address, max(local.port, 0)))  # any port has two names (`gm.access`)
    except OSError:
        sock.close()
        raise
    return sock


def datagram_socket(place: SocketFactory, local: Endpoint, guard: Guard | None = None) -> socket:
    """A non-blocking UDP socket bound to `local`, with buffers for a burst. Raises OSError."""
    sock = place.handed(local, SOCK_DGRAM) or _bound(place, local, SOCK_DGRAM, guard)
    sock.setsockopt(SOL_SOCKET, SO_RCVBUF, _UDP_BUFFER_OCTETS)  # the kernel caps both at its own limit
    sock.setsockopt(SOL_SOCKET, SO_SNDBUF, _UDP_BUFFER_OCTETS)
    return sock


def listening_socket(place: SocketFactory, local: Endpoint, guard: Guard | None = None) -> socket:
    """A non-blocking TCP socket that accepts on `local`. Raises OSError."""
    sock = place.handed(local, SOCK_STREAM) or _bound(place, local, SOCK_STREAM, guard)
    try:
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def connecting_socket(place: SocketFactory, local: Endpoint, guard: Guard | None = None) -> socket:
    """A non-blocking TCP socket bound to `local`, yet to be connected (MSG-07). Raises OSError.

    Address reuse lets it share the port with connections to other peers, and with those that rest
    in TIME_WAIT.
    """
    return _bound(place, local, SOCK_STREAM, guard)
