"""Cutting a TCP stream into SIP messages (RFC 3261 §18.3), whatever the chunks."""

import re
from typing import Final

from mypy_extensions import mypyc_attr

from twopair.base import WireError

_LENGTH: Final = re.compile(rb"\r\n(?:content-length|l)[ \t]*+:([^\r\n]*+(?>(?:\r\n[ \t][^\r\n]*+)*))", re.I)
_DIGITS: Final = re.compile(rb"[ \t\r\n]*+([0-9]{1,10})[ \t\r\n]*+")
_END: Final = b"\r\n\r\n"


@mypyc_attr(allow_interpreted_subclasses=True)
class StreamFramer:
    """Collects chunks and gives whole messages; linear in the octets fed.

    Args:
        most_head: most octets of start line and headers.
        most_message: most octets of one message, at least `most_head`.

    Attributes:
        pings: keep-alives of two CRLF that have come between messages, cut anywhere (RFC 5626 §3.5.1);
            whoever answers them sets the count back.
    """

    __slots__ = (
        "_blank",
        "_broken",
        "_buffer",
        "_most_head",
        "_most_message",
        "_needed",
        "_searched",
        "pings",
    )

    def __init__(self, most_head: int = 96 * 1024, most_message: int = 256 * 1024) -> None:
        self.pings = 0
        self._blank = 0  # octets of CRLF since the last message that make no ping yet
        self._buffer = bytearray()
        self._most_head = most_head
        self._most_message = most_message
        self._searched = 0  # octets in which the end of the headers is known not to begin
        self._needed = 0  # octets of the message whose headers are complete, else 0
        self._broken: WireError | None = None

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that are complete with this chunk; CRLF keep-alives between them are skipped.

        Messages that stand before the fault are still given; then the next call raises.

        Raises:
            WireError: the stream cannot be cut any further: close it.
        """
        messages: list[bytes] = []
        try:
            if self._broken is not None:
                raise self._broken
            if not self._buffer and self._is_whole(chunk):
                return [chunk]
            self._buffer += chunk
            while (message := self._next()) is not None:
                messages.append(message)
        except WireError as error:
            self._broken = error
            self._buffer.clear()
            if not messages:
                raise
        return messages

    def _is_whole(self, chunk: bytes) -> bool:
        """The usual case: the chunk is one message, no more and no less."""
        end = chunk.find(_END)
        return end > 0 and chunk[:2] != b"\r\n" and self._size(chunk, end) == len(chunk)

    def _next(self) -> bytes | None:
        buffer = self._buffer
        if not self._needed:
            self._skip_keep_alives()
            end = buffer.find(_END, max(0, self._searched - 3))
            self._searched = len(buffer)
            if end < 0:
                if len(buffer) >= self._most_head + len(_END):
                    raise WireError("headers larger than the limit", self._most_head, "RFC 3261 §18.3")
                return None
            self._needed = self._size(buffer, end)
        if len(buffer) < self._needed:
            return None
        message = bytes(buffer[: self._needed])
        del buffer[: self._needed]
        self._needed = self._searched = self._blank = 0
        return message

    def _skip_keep_alives(self) -> None:
        buffer = self._buffer
        skip = 0
        while buffer.startswith(b"\r\n", skip):
            skip += 2
        if skip:
            del buffer[:skip]
            self._searched = 0
            self.pings += (self._blank + skip) // len(_END)
            self._blank = (self._blank + skip) % len(_END)

    def _size(self, data: bytes | bytearray, end: int) -> int:
        """Octets of the message whose headers end at `end`; Content-Length is a must on streams."""
        if end > self._most_head:
            raise WireError("headers larger than the limit", self._most_head, "RFC 3261 §18.3")
        written = {bytes(value.strip()) for value in _LENGTH.findall(data, 0, end)}
        digits = _DIGITS.fullmatch(written.pop()) if len(written) == 1 else None
        if digits is None:
            raise WireError("no Content-Length, or not one number", end, "RFC 3261 §18.3, §20.14")
        size = end + len(_END) + int(digits[1])
        if size > self._most_message:
            raise WireError("message larger than the limit", end, "RFC 3261 §18.3")
        return size
