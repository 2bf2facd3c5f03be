"""Raw netlink: many requests in one send, every answer read, the kernel's own words in errors.

The kernel handles a datagram of requests one after another inside `send`, and goes on after one that
fails. It answers each that failed, and the last of all whatever became of it: so when the answer to
the last has been read, no request is in doubt.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

HEADER: Final = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence number, port."""

REQUEST: Final = 0x01
_ACK: Final = 0x04
_DUMP: Final = 0x300
_CAPPED: Final = 0x100
_ACK_TLVS: Final = 0x200
_ERROR, _DONE = 2, 3

_PADS: Final = (b"", bytes(3), bytes(2), bytes(1))
_ATTRIBUTE: Final = struct.Struct("=HH")
_CODE: Final = struct.Struct("=i")
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP, _CAP_ACK, _EXT_ACK = 1, 10, 11
_ERROR_TEXT: Final = 1
_LARGEST: Final = 1 << 17
_BUFFER_OCTETS: Final = 4 << 20
_MOST_AT_ONCE: Final = 64  # requests per send; far below what a socket buffer holds


class Request(NamedTuple):
    """One request.

    Args:
        kind: message type, such as XFRM_MSG_NEWSA.
        body: what follows the header, attributes included.
        subject: what it is about, for people: ``state SA1-up``.
    """

    kind: int
    body: bytes
    subject: str = ""


class Refused(NamedTuple):
    """A request that the kernel refused.

    Args:
        place: its number among the requests of the call.
        code: errno, positive.
        words: what the kernel said beyond that (extended acknowledgement), often empty.
    """

    place: int
    code: int
    words: str

    def __str__(self) -> str:
        """``File exists: …``."""
        return os.strerror(self.code) + (f": {self.words}" if self.words else "")


class Answer(NamedTuple):
    """A message of the kernel's: of a dump, or of its own accord."""

    kind: int
    body: bytes


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute, padded to four octets."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(-length & 3)


def attributes(data: bytes) -> dict[int, bytes]:
    """Attributes by kind, as long as they are well formed."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            break
        found[kind & 0x3FFF] = data[at + _ATTRIBUTE.size : at + length]
        at += length + 3 & ~3
    return found


def split(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """The messages in a datagram: type, flags, sequence number, body."""
    at = 0
    while at + HEADER.size <= len(data):
        length, kind, flags, number, _ = HEADER.unpack_from(data, at)
        if length < HEADER.size or at + length > len(data):
            return
        yield kind, flags, number, data[at + HEADER.size : at + length]
        at += length + 3 & ~3


class Netlink:
    """A netlink socket of the calling thread's network namespace, where it stays.

    Args:
        protocol: NETLINK_XFRM, for instance.
        groups: multicast groups to listen to; such a socket is non-blocking and only for `heard`.

    Raises:
        OSError: the kernel has no such protocol (EPROTONOSUPPORT).
    """

    def __init__(self, protocol: int, groups: Iterable[int] = ()) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, protocol)
        self._number = 0
        try:
            self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
            self._socket.setsockopt(_SOL_NETLINK, _EXT_ACK, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_OCTETS)
            self._socket.bind((0, 0))
            for group in groups:
                self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
                self._socket.setblocking(False)
        except OSError:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """The file descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it. A second call does nothing."""
        self._socket.close()

    def ask(self, requests: Sequence[Request]) -> list[Refused]:
        """Send requests, and return those that were refused, in order.

        Raises:
            OSError: the socket failed (EPERM, ENOBUFS); what became of the requests is not known.
        """
        refused: list[Refused] = []
        for start in range(0, len(requests), _MOST_AT_ONCE):
            refused += self._ask(requests[start : start + _MOST_AT_ONCE], start)
        return refused

    def dump(self, kind: int, body: bytes = b"") -> list[Answer]:
        """Everything of a kind. What changes meanwhile may be in it or not.

        Raises:
            OSError: refused.
        """
        number = self._take_numbers(1)
        head = HEADER.pack(HEADER.size + len(body), kind, REQUEST | _DUMP, number, 0)
        self._send(head + body)
        found: list[Answer] = []
        for answered, _, of, content in self._answers():
            if of != number:
                continue
            if answered == _DONE:
                break
            if answered == _ERROR:
                failed = _refused(0, 0, content)
                raise OSError(failed.code, str(failed))
            found.append(Answer(answered, content))
        return found

    def heard(self) -> list[Answer]:
        """What the kernel has said of its own accord since; empty if nothing, or if too much to keep."""
        try:
            data = self._receive()
        except BlockingIOError:
            return []
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return []
            raise
        return [Answer(kind, body) for kind, _, _, body in split(data)]

    def _ask(self, requests: Sequence[Request], start: int) -> list[Refused]:
        first = self._take_numbers(len(requests))
        last = first + len(requests) - 1
        self._send(_datagram(requests, first))
        refused = []
        for kind, flags, number, body in self._answers():
            if kind == _ERROR and first <= number <= last:
                failed = _refused(start + number - first, flags, body)
                if failed.code:
                    refused.append(failed)
                if number == last:
                    break
        return refused

    def _take_numbers(self, count: int) -> int:
        first = self._number + 1
        if first + count > 2**32 - 1:
            first = 1
        self._number = first + count - 1
        return first

    def _answers(self) -> Iterator[tuple[int, int, int, bytes]]:
        while True:
            yield from split(self._receive())

    def _send(self, data: bytes) -> None:
        self._socket.sendto(data, (0, 0))

    def _receive(self) -> bytes:
        """The next datagram that is really the kernel's."""
        while True:
            data, sender = self._socket.recvfrom(_LARGEST)
            if sender[0] == 0:
                return data


def _datagram(requests: Sequence[Request], number: int) -> bytes:
    """The requests, numbered from `number`; the last asks for an answer in any case."""
    parts: list[bytes] = []
    last = number + len(requests) - 1
    for place, (kind, body, _) in enumerate(requests, number):
        length = HEADER.size + len(body)
        flags = REQUEST | _ACK if place == last else REQUEST
        parts += (HEADER.pack(length, kind, flags, place, 0), body, _PADS[length & 3])
    return b"".join(parts)


def _refused(place: int, flags: int, body: bytes) -> Refused:
    """What struct nlmsgerr says: a code, the request's header (or all of it), then words."""
    (code,) = _CODE.unpack_from(body)
    words = ""
    if flags & _ACK_TLVS:
        (length,) = struct.unpack_from("=I", body, _CODE.size)
        at = _CODE.size + (HEADER.size if flags & _CAPPED else length + 3 & ~3)
        words = attributes(body[at:]).get(_ERROR_TEXT, b"").rstrip(b"\0").decode(errors="replace")
    return Refused(place, -code, words)
