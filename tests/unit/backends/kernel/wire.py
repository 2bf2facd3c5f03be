"""A kernel that is a list: netlink without a socket."""

import errno
import struct
from collections import deque
from collections.abc import Callable

from twopair.backends.kernel.netlink import HEADER, Netlink, attribute
from twopair.backends.kernel.xfrm import GET_POLICY, NEW_POLICY

Verdict = Callable[[int, bytes], int]
"""From type and body of a request to an errno, 0 if it is granted."""


class FakeSocket:
    """Answers as the kernel does, unless it is `mute`; `sends` are the datagrams it got.

    With `echo` a refusal repeats the whole request. `stands` is the body of what it shows when asked for
    something.
    """

    def __init__(
        self,
        verdict: Verdict = lambda _kind, _body: 0,
        words: str = "",
        *,
        mute: bool = False,
        echo: bool = False,
        stands: bytes = b"",
    ) -> None:
        self.stands = stands
        self.mute = mute
        self.echo = echo
        self.sends: list[bytes] = []
        self.answers: deque[tuple[bytes, tuple[int, int]]] = deque()
        self.verdict = verdict
        self.words = words
        self.closed = False

    def sendto(self, data: bytes | bytearray, _to: object) -> int:
        data = bytes(data)
        self.sends.append(data)
        at = 0
        while at < len(data):
            length, kind, flags, number, _ = HEADER.unpack_from(data, at)
            code = self.verdict(kind, data[at + HEADER.size : at + length])
            if kind == GET_POLICY and self.stands:
                head = HEADER.pack(HEADER.size + len(self.stands), NEW_POLICY, 0, number, 0)
                self.answers.append((head + self.stands, (0, 0)))
            elif (code or flags & 4) and not self.mute:
                words = self.words if code else ""
                request = data[at : at + length] if self.echo else None
                self.answers.append((ack(number, code, words, request=request), (0, 0)))
            at += length + 3 & ~3
        return len(data)

    def recvfrom(self, _size: int) -> tuple[bytes, tuple[int, int]]:
        if not self.answers:
            raise BlockingIOError(errno.EAGAIN, "would wait for ever")
        return self.answers.popleft()

    def fileno(self) -> int:
        return -1

    def close(self) -> None:
        self.closed = True


def ack(number: int, code: int = 0, words: str = "", *, request: bytes | None = None) -> bytes:
    """Struct nlmsgerr in a message, with a text if there are words; capped if no request is given."""
    repeated = request or HEADER.pack(HEADER.size, 0x10, 0, number, 0)
    text = attribute(1, words.encode() + b"\0") if words else b""
    flags = (0 if request else 0x100) | (0x200 if words else 0)
    body = struct.pack("=i", -code) + repeated + text
    return HEADER.pack(HEADER.size + len(body), 2, flags, number, 0) + body


def on(fake: FakeSocket) -> Netlink:
    """A `Netlink` that speaks to it."""
    netlink = Netlink.__new__(Netlink)
    netlink._socket = fake  # type: ignore[assignment]
    netlink._number = 0
    return netlink
