"""Cutting a TCP stream into SIP messages (RFC 3261 §18.3), whatever the chunks."""

import re
from typing import Final

from twopair.base import WireError

_LENGTH: Final = re.compile(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,10})[ \t]*(?=\r\n)", re.I)
_END: Final = b"\r\n\r\n"


class StreamFramer:
    """Collects chunks and gives whole messages; linear in the octets fed.

    Args:
        most_head: most octets of start line and headers.
        most_message: most octets of one message.
    """

    __slots__ = ("_buffer", "_most_head", "_most_message", "_needed", "_searched")

    def __init__(self, most_head: int = 96 * 1024, most_message: int = 256 * 1024) -> None:
        self._buffer = bytearray()
        self._most_head = most_head
        self._most_message = most_message
        self._searched = 0  # octets in which the end of the headers is known not to begin
        self._needed = 0  # octets of the message whose headers are complete, else 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that are complete with this chunk; CRLF keep-alives between them are skipped.

        Raises:
            WireError: the stream cannot be cut any further: close it.
        """
        if not self._buffer:
            whole = self._sole(chunk)
            if whole is not None:
                return [whole]
        self._buffer += chunk
        messages: list[bytes] = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _sole(self, chunk: bytes) -> bytes | None:
        """The usual case: the chunk is one message, no more and no less."""
        end = chunk.find(_END)
        if end <= 0:
            return None
        length = _LENGTH.search(chunk, 0, end + 2)
        size = end + 4 + int(length[1]) if length else 0
        return chunk if size == len(chunk) and end <= self._most_head and size <= self._most_message else None

    def _next(self) -> bytes | None:
        buffer = self._buffer
        if not self._needed:
            self._skip_keep_alives()
            end = buffer.find(_END, max(0, self._searched - 3))
            self._searched = len(buffer)
            if (end if end >= 0 else len(buffer)) > self._most_head:
                raise WireError("headers larger than the limit", self._most_head, "RFC 3261 §18.3")
            if end < 0:
                return None
            self._needed = self._size(end)
        if len(buffer) < self._needed:
            return None
        message = bytes(buffer[: self._needed])
        del buffer[: self._needed]
        self._needed = self._searched = 0
        return message

    def _skip_keep_alives(self) -> None:
        buffer = self._buffer
        skip = 0
        while buffer[skip : skip + 2] == b"\r\n":
            skip += 2
        if skip:
            del buffer[:skip]
            self._searched = 0

    def _size(self, end: int) -> int:
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if length is None:
            raise WireError("no Content-Length on a stream", end, "RFC 3261 §18.3")
        size = end + 4 + int(length[1])
        if size > self._most_message:
            raise WireError("message larger than the limit", end, "RFC 3261 §18.3")
        return size
