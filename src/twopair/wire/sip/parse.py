"""Bytes → message (RFC 3261 §7, §18.3)."""

import re
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.message import Request, Response, index_lines

_REQUEST_LINE: Final = re.compile(r"([A-Za-z0-9.!%*_+`'~-]+) (\S+) (SIP/[0-9]+\.[0-9]+)", re.I)
_STATUS_LINE: Final = re.compile(r"(SIP/[0-9]+\.[0-9]+) ([1-6][0-9][0-9])(?: (.*))?", re.I)


def parse(data: bytes) -> Request | Response:
    """Read one datagram, or one message that a framer cut from a stream.

    The version is not judged here (a node answers 505), nor which headers are there: a start line,
    header lines with names and a Content-Length that fits are all that is asked.

    Raises:
        WireError: the bytes are no SIP message.
    """
    start = 0
    while data[start : start + 2] == b"\r\n":  # RFC 3261 §7.5: CRLF before the start line
        start += 2
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        raise WireError("the headers do not end", len(data), "RFC 3261 §7")
    lines = data[start:end].decode("utf-8", "surrogateescape").split("\r\n")
    first = lines[0]
    del lines[0]
    if b"\r\n " in data or b"\r\n\t" in data:
        lines = _unfold(lines)
    names = index_lines(lines)
    body = data[end + 4 :]
    declared = -1
    if "content-length" in names:
        declared = _content_length(lines, names)
        if declared != len(body):
            if declared > len(body):
                raise WireError("the body is shorter than Content-Length", len(data), "RFC 3261 §18.3")
            body = body[:declared]
    return _with_start_line(first, lines, names, body, declared)


def _with_start_line(
    first: str, lines: list[str], names: list[str], body: bytes, declared: int
) -> Request | Response:
    match = _STATUS_LINE.fullmatch(first)
    if match is not None:
        return Response(
            int(match[2]), match[3] or "", lines, names, body, declared=declared, version=match[1]
        )
    match = _REQUEST_LINE.fullmatch(first)
    if match is None:
        raise WireError("neither a request line nor a status line", 0, "RFC 3261 §7.1")
    return Request(match[1], match[2], lines, names, body, declared=declared, version=match[3])


def _unfold(lines: list[str]) -> list[str]:
    """Continuation lines joined to the line they continue, line end kept (RFC 3261 §7.3.1)."""
    joined: list[list[str]] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            if not joined:
                raise WireError("a continuation of nothing", 0, "RFC 3261 §7.3.1")
            joined[-1].append(line)
        else:
            joined.append([line])
    return ["\r\n".join(parts) for parts in joined]


def _content_length(lines: list[str], names: list[str]) -> int:
    found = {
        line.partition(":")[2].strip()
        for line, name in zip(lines, names, strict=True)
        if name == "content-length"
    }
    text = found.pop()
    if found or not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise WireError("Content-Length is not one number", 0, "RFC 3261 §20.14")
    return int(text)
