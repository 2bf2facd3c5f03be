"""What recvmmsg(2) and sendmmsg(2) read and write, laid out once and seen through views.

Each message has room for the longest that IP can carry, so none is cut. The room is address space: memory
is used as far as messages have reached into it. Between two calls nothing stays there, so that all sockets
of the process share it.
"""

import ctypes
from contextlib import suppress
from errno import EBADF
from functools import cache
from mmap import MADV_NOHUGEPAGE, MAP_ANONYMOUS, MAP_PRIVATE, mmap
from os import strerror
from socket import MSG_DONTWAIT, socket
from struct import calcsize
from typing import Any, Final, Literal

MOST: Final = 64
"""Messages in one call."""

FEWEST: Final = 3
"""Two are sent sooner by themselves."""

ROOM: Final = 65_536
_APART: Final = ROOM + 1024
"""From one message to the next; no power of two: their first lines would share a few places of the cache."""

_SIZE: Final[Literal["I", "Q"]] = "Q" if ctypes.sizeof(ctypes.c_size_t) == 8 else "I"


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


class Rows:
    """`MOST` messages, each with an address, one piece of data and room for ancillary data, and both calls.

    Args:
        name_octets: of a socket address of that family.
        control_octets: of ancillary data, which is to be the same in every message.

    Attributes:
        names: the socket addresses, one behind the other.
        controls: ancillary data, one behind the other.
        data: the room of all rows, see `places`; others use it, too.
        lengths: how long each piece is that is to be sent; and the room for one that is to come.
        octets: how long each piece is that came.
        control_lengths: how long they are; the kernel writes what it has filled.
        places: for each row its number, where its name begins and ends, and where its data begins.

    Raises:
        OSError: this system has no such calls.
    """

    def __init__(self, name_octets: int, control_octets: int = 0) -> None:
        self._receive, self._send = _calls()
        self.data = _room()
        self.names, self.controls = _memory(MOST * name_octets), _memory(MOST * max(control_octets, 1))
        data, name, control = map(_address, (self.data, self.names, self.controls))
        vectors, messages = (_Vector * MOST)(), (_Message * MOST)()
        for number, (vector, message) in enumerate(zip(vectors, messages, strict=True)):
            vector.base, vector.length = data + number * _APART, ROOM
            header = message.header
            header.name, header.name_length = name + number * name_octets, name_octets
            header.vectors, header.vector_count = ctypes.addressof(vector), 1
            header.control = control + number * control_octets if control_octets else None
            header.control_length = control_octets
        self._first = ctypes.c_void_p(ctypes.addressof(messages))
        self._kept = vectors, messages
        self.lengths = memoryview(vectors).cast("B").cast(_SIZE)[1::2]
        self.octets = _each(messages, "I", _Message.octets.offset)
        self.control_lengths = _each(messages, _SIZE, _Header.control_length.offset)
        self.places = [(n, n * name_octets, (n + 1) * name_octets, n * _APART) for n in range(MOST)]

    def receive(self, sock: socket, most: int) -> int:
        """Fill rows with what waits at a socket; how many. Raises OSError."""
        count: int = self._receive(sock.fileno(), self._first, most, MSG_DONTWAIT, None)
        if count < 0:
            raise _error()
        return count

    def send(self, sock: socket, count: int) -> int:
        """Send the first rows; how many left, at least one. Raises OSError, that of the first one."""
        sent: int = self._send(sock.fileno(), self._first, count, MSG_DONTWAIT)
        if sent < 0:
            raise _error()
        return sent


def _each(messages: Any, form: Literal["I", "Q"], offset: int) -> "memoryview[int]":
    """One field of all messages."""
    octets = calcsize(form)
    return memoryview(messages).cast("B").cast(form)[offset // octets :: ctypes.sizeof(_Message) // octets]


def _memory(octets: int) -> mmap:
    """Address space of this process alone, in small pages."""
    memory = mmap(-1, octets, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    with suppress(OSError):  # a kernel without huge pages
        memory.madvise(MADV_NOHUGEPAGE)
    return memory


def _address(memory: mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


@cache
def _room() -> mmap:
    """Where messages are while they come or go."""
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
