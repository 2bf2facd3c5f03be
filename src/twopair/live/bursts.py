"""Many datagrams in one system call: recvmmsg(2) and sendmmsg(2), through ctypes.

What the calls need is laid out once for each address family and used by every socket of the process;
between two calls nothing stays in it. Each datagram has room for the longest that UDP can carry, so none
is cut. The room is address space: memory is used as far as datagrams have reached into it. Where there
are no such calls, datagrams go one by one.
"""

import ctypes
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from errno import EBADF, EINVAL
from functools import cache
from mmap import MADV_NOHUGEPAGE, MAP_ANONYMOUS, MAP_PRIVATE, mmap
from os import strerror
from socket import AF_INET, AF_INET6, MSG_DONTWAIT, htons, inet_ntop, inet_pton, ntohs, socket
from struct import Struct
from typing import Any, Final, NamedTuple, Protocol

from twopair.base import Endpoint, Port, canonical_address

MOST: Final = 64
"""Datagrams in one call."""

_ROOM: Final = 65_536
_APART: Final = _ROOM + 1024
"""From one datagram to the next; no power of two: their first lines would share a few places of the cache."""

_FEWEST: Final = 3  # two are sent sooner by themselves
_ADDRESSES_KEPT: Final = 4_096  # forgotten all at once beyond that: one is made soon, and UEs are many

_NO_ENDPOINT: Final = (OverflowError, TypeError, ValueError)
"""What Python says of a port or an address that cannot be one."""

_SIZE: Final = "Q" if ctypes.sizeof(ctypes.c_size_t) == 8 else "I"

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
        self._buffer = bytearray(_ROOM)
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
    except _NO_ENDPOINT as error:
        raise OSError(EINVAL, str(error)) from None
    return 1


class _Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("header", _Header), ("octets", ctypes.c_uint))


class _Shape(NamedTuple):
    """How an address of a family is laid out (struct sockaddr_in, struct sockaddr_in6)."""

    layout: Struct

    def pack(self, family: int, remote: Endpoint) -> bytes:
        """Raises OSError or one of `_NO_ENDPOINT`."""
        return self.layout.pack(family, htons(remote.port), inet_pton(family, remote.address))

    def unpack(self, family: int, name: bytes) -> Endpoint:
        _, port, address = self.layout.unpack(name)
        return Endpoint(canonical_address(inet_ntop(family, address)), Port(ntohs(port)))


_SHAPES: Final[Mapping[int, _Shape]] = {
    AF_INET: _Shape(Struct("=HH4s8x")),
    AF_INET6: _Shape(Struct("=HH4x16s4x")),  # between and behind them flow label and scope, both 0
}


class _Rows:
    """`MOST` messages with an address and one vector each, and views of what changes from call to call.

    Args:
        data: address of the room of the first datagram.
        width: octets of a socket address.
    """

    def __init__(self, data: int, width: int) -> None:
        self.names = _memory(MOST * width)
        first_name = _address(self.names)
        self._vectors = (_Vector * MOST)()
        self._messages = (_Message * MOST)()
        for number, (vector, message) in enumerate(zip(self._vectors, self._messages, strict=True)):
            vector.base, vector.length = data + number * _APART, _ROOM
            header = message.header
            header.name, header.name_length = first_name + number * width, width
            header.vectors, header.vector_count = ctypes.addressof(vector), 1
        self.first = ctypes.c_void_p(ctypes.addressof(self._messages))
        self.lengths = memoryview(self._vectors).cast("B").cast(_SIZE)[1::2]
        step = ctypes.sizeof(_Message) // 4
        self.octets = memoryview(self._messages).cast("B").cast("I")[_Message.octets.offset // 4 :: step]


def _memory(octets: int) -> mmap:
    """Address space of this process alone, in small pages."""
    memory = mmap(-1, octets, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without huge pages
        memory.madvise(MADV_NOHUGEPAGE)
    return memory


def _address(memory: mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


class ManyAtOnce:
    """A system call for up to `MOST` datagrams.

    Args:
        family: AF_INET or AF_INET6.

    Raises:
        OSError: this system has no such calls.
    """

    def __init__(self, family: int) -> None:
        self._receive, self._send = _calls()
        self._family, self._shape = family, _SHAPES[family]
        width = self._shape.layout.size
        self._data = _room()
        self._in, self._out = (_Rows(_address(self._data), width) for _ in range(2))
        self._places = [(n, n * width, (n + 1) * width, n * _APART) for n in range(MOST)]
        self._packed: dict[Endpoint, bytes] = {}
        self._named: list[Endpoint | None] = [None] * MOST  # whose address is in a row of `_out` already

    def receive(self, sock: socket, most: int) -> Sequence[tuple[Hashable, bytes]]:
        """See `Bursts`."""
        rows = self._in
        count = self._receive(sock.fileno(), rows.first, most, MSG_DONTWAIT, None)
        if count < 0:
            raise _error()
        names, data, octets = rows.names, self._data, rows.octets
        return [
            (names[begin:end], data[place : place + octets[number]])
            for number, begin, end, place in self._places[:count]
        ]

    def peer(self, name: bytes) -> Endpoint:
        """See `Bursts`."""
        return self._shape.unpack(self._family, name)

    def send(self, sock: socket, datagrams: Sequence[Datagram], begin: int = 0) -> int:
        """See `Bursts`."""
        count = self._lay_out(datagrams, begin) if len(datagrams) - begin >= _FEWEST else 0
        if not count:
            return _send_one(sock, datagrams[begin])
        sent: int = self._send(sock.fileno(), self._out.first, count, MSG_DONTWAIT)
        if sent < 0:
            raise _error()
        return sent

    def _lay_out(self, datagrams: Sequence[Datagram], begin: int) -> int:
        """Put datagrams where the call finds them, up to one that cannot be sent; how many."""
        room, named, lengths, count = self._data, self._named, self._out.lengths, 0
        for (data, remote), (_, name, end, place) in zip(datagrams[begin:], self._places, strict=False):
            length = len(data)
            if length > _ROOM:
                break
            if remote is not named[count]:
                try:
                    self._out.names[name:end] = self._packed.get(remote) or self._pack(remote)
                except (OSError, *_NO_ENDPOINT):
                    break
                named[count] = remote
            room[place : place + length] = data
            lengths[count] = length
            count += 1
        return count

    def _pack(self, remote: Endpoint) -> bytes:
        if len(self._packed) >= _ADDRESSES_KEPT:
            self._packed.clear()
        packed = self._packed[remote] = self._shape.pack(self._family, remote)
        return packed


@cache
def _room() -> mmap:
    """Where datagrams are while they come or go."""
    return _memory(MOST * _APART)


@cache
def _calls() -> tuple[Any, Any]:
    """The two calls. They do not wait, so the interpreter's lock is kept. Raises OSError without them."""
    library = ctypes.PyDLL(None, use_errno=True)
    try:
        receive, send = library.recvmmsg, library.sendmmsg
    except AttributeError:
        raise OSError("no recvmmsg and sendmmsg in the C library") from None
    for there_is in (receive(-1, None, 0, 0, None), send(-1, None, 0, 0)):
        if there_is >= 0 or ctypes.get_errno() != EBADF:  # the kernel has none, or a filter keeps it from us
            raise _error()
    return receive, send


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, strerror(number))


@cache
def bursts(family: int) -> Bursts:
    """The best there is, for AF_INET or AF_INET6."""
    try:
        return ManyAtOnce(family)
    except OSError:
        return OneByOne()
