"""Raw netlink: many requests in one send, every answer read, the kernel's own words in errors.

The kernel handles a datagram of requests one after another inside `send`, and goes on after one that
fails. It answers each that failed, and the last of all whatever became of it: so when the answer to
the last has been read, no request is in doubt.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple, NewType

HEADER: Final = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence number, port."""

REQUEST: Final = 0x01
_ACK: Final = 0x04
_DUMP: Final = 0x300
_CAPPED: Final = 0x100
_ACK_TLVS: Final = 0x200
ERROR, _DONE = 2, 3

_FLAGS_AND_NUMBER: Final = struct.Struct("=HI")
_FLAGS_AT: Final = 6
_ATTRIBUTE: Final = struct.Struct("=HH")
_CODE: Final = struct.Struct("=i")
_SOL_NETLINK: Final = 270
_ADD_MEMBERSHIP, _CAP_ACK, _EXT_ACK = 1, 10, 11
_ERROR_TEXT: Final = 1
_LARGEST: Final = 1 << 17
_BUFFER_OCTETS: Final = 4 << 20
MOST_AT_ONCE: Final = 64
"""Requests per send; far below what a socket's buffer holds."""


Request = NewType("Request", bytes)
"""A request, padded to four octets. It gets its number when it is sent."""


class Batch(NamedTuple):
    """Requests that travel in one send; at least one.

    Args:
        data: the requests, one after the other.
        starts: where each begins, in octets.
    """

    data: bytes
    starts: tuple[int, ...]

    @classmethod
    def of(cls, requests: Sequence[Request]) -> "Batch":
        """A batch of these; at most `MOST_AT_ONCE` fit for sure into a socket's buffer."""
        ends = accumulate(map(len, requests), initial=0)
        return cls(b"".join(requests), tuple(ends)[:-1])

    def requests(self) -> list[Request]:
        """Each for itself."""
        ends = (*self.starts[1:], len(self.data))
        return [Request(self.data[start:end]) for start, end in zip(self.starts, ends, strict=True)]


def batches(requests: Sequence[Request]) -> Iterator[Batch]:
    """Any number of requests in as few batches as will do."""
    for start in range(0, len(requests), MOST_AT_ONCE):
        yield Batch.of(requests[start : start + MOST_AT_ONCE])


class Refused(NamedTuple):
    """A request that the kernel refused.

    Args:
        place: its number among the requests of the batch.
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


def request(kind: int, body: bytes) -> Request:
    """A request of a kind, such as XFRM_MSG_NEWSA; attributes are part of the body."""
    length = HEADER.size + len(body)
    return Request(HEADER.pack(length, kind, REQUEST, 0, 0) + body + bytes(-length & 3))


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


def message(data: bytes) -> Answer:
    """The first message in a datagram, or the only one: of the kernel's, or a request of ours."""
    kind, _, _, body = next(split(data))
    return Answer(kind, body)


def refusal(answer: Answer) -> tuple[int, Answer]:
    """What an answer of type ERROR to `Netlink.tell` says: errno, and the request that it is about."""
    (code,) = _CODE.unpack_from(answer.body)
    return -code, message(answer.body[_CODE.size :])


class Netlink:
    """A netlink socket of the calling thread's network namespace, where it stays.

    Args:
        protocol: NETLINK_XFRM, for instance.
        groups: multicast groups to listen to; such a socket is non-blocking, for `tell` and `heard`.
            A refusal that it hears repeats the whole request.

    Attributes:
        overrun: whether the kernel has said more than could be kept, since this was set to False.

    Raises:
        OSError: the kernel has no such protocol (EPROTONOSUPPORT).
    """

    def __init__(self, protocol: int, groups: Sequence[int] = ()) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, protocol)
        self._number = 0
        self.overrun = False
        try:
            self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 0 if groups else 1)
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

    def ask(self, batch: Batch) -> list[Refused]:
        """Send requests, and return those that were refused, in order.

        Raises:
            OSError: the socket failed (EPERM, ENOBUFS); what became of the requests is not known.
        """
        first = self._take_numbers(len(batch.starts))
        last = first + len(batch.starts) - 1
        self._send(_numbered(batch, first, last))
        refused = []
        for kind, flags, number, body in self._answers():
            if kind == ERROR and first <= number <= last:
                failed = _refused(number - first, flags, body)
                if failed.code:
                    refused.append(failed)
                if number == last:
                    break
        return refused

    def tell(self, batch: Batch) -> None:
        """Send requests; what was refused comes as an answer, to be `heard`. Raises OSError."""
        self._send(batch.data)

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
            if answered == ERROR:
                failed = _refused(0, 0, content)
                raise OSError(failed.code, str(failed))
            found.append(Answer(answered, content))
        return found

    def get(self, wanted: Request) -> Answer | None:
        """The one thing that a request names, None if it is not there.

        Raises:
            OSError: refused for another reason.
        """
        number = self._take_numbers(1)
        data = bytearray(wanted)
        _FLAGS_AND_NUMBER.pack_into(data, _FLAGS_AT, REQUEST, number)
        self._send(data)
        answered, body = next((kind, body) for kind, _, of, body in self._answers() if of == number)
        if answered != ERROR:
            return Answer(answered, body)
        failed = _refused(0, 0, body)
        if failed.code in (errno.ESRCH, errno.ENOENT):
            return None
        raise OSError(failed.code, str(failed))

    def heard(self) -> list[Answer]:
        """What the kernel has said of its own accord since; empty if nothing, or if too much to keep."""
        try:
            data = self._receive()
        except BlockingIOError:
            return []
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                self.overrun = True
                return []
            raise
        return [Answer(kind, body) for kind, _, _, body in split(data)]

    def _take_numbers(self, count: int) -> int:
        first = self._number + 1
        if first + count > 2**32 - 1:
            first = 1
        self._number = first + count - 1
        return first

    def _answers(self) -> Iterator[tuple[int, int, int, bytes]]:
        while True:
            yield from split(self._receive())

    def _send(self, data: bytes | bytearray) -> None:
        self._socket.sendto(data, (0, 0))

    def _receive(self) -> bytes:
        """The next datagram that is really the kernel's."""
        while True:
            data, sender = self._socket.recvfrom(_LARGEST)
            if sender[0] == 0:
                return data


def _numbered(batch: Batch, first: int, last: int) -> bytearray:
    """The requests with their numbers; the last asks for an answer in any case."""
    data = bytearray(batch.data)
    for number, start in enumerate(batch.starts, first):
        _FLAGS_AND_NUMBER.pack_into(data, start + _FLAGS_AT, REQUEST, number)
    _FLAGS_AND_NUMBER.pack_into(data, start + _FLAGS_AT, REQUEST | _ACK, last)
    return data


def _refused(place: int, flags: int, body: bytes) -> Refused:
    """What struct nlmsgerr says: a code, the request's header (or all of it), then words."""
    (code,) = _CODE.unpack_from(body)
    words = ""
    if flags & _ACK_TLVS:
        (length,) = struct.unpack_from("=I", body, _CODE.size)
        at = _CODE.size + (HEADER.size if flags & _CAPPED else length + 3 & ~3)
        words = attributes(body[at:]).get(_ERROR_TEXT, b"").rstrip(b"\0").decode(errors="replace")
    return Refused(place, -code, words)
