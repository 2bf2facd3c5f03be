"""Bytes → message (RFC 3261 §7, §18.3)."""

import re
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.message import Request, Response
from twopair.wire.sip.names import CANONICAL

_REQUEST_LINE: Final = re.compile(r"([A-Za-z0-9.!%*_+`'~-]+) (\S+) (SIP/[0-9]+\.[0-9]+)", re.I)
_STATUS_LINE: Final = re.compile(r"(SIP/[0-9]+\.[0-9]+) ([1-6][0-9][0-9])(?: (.*))?", re.I)

_METHODS: Final = frozenset(
    "REGISTER INVITE ACK BYE CANCEL MESSAGE OPTIONS SUBSCRIBE NOTIFY PUBLISH INFO PRACK UPDATE REFER".split()
)
"""Methods whose spelling need not be checked."""

_known: Final = CANONICAL.get


def parse(data: bytes) -> Request | Response:
    """Read one datagram, or one message that a framer cut from a stream.

    The version is not judged here (a node answers 505), nor which headers are there: a start line,
    header lines with names and a Content-Length that fits are all that is asked.

    Raises:
        WireError: the bytes are no SIP message.
    """
    start = 0
    while data.startswith(b"\r\n", start):  # RFC 3261 §7.5: CRLF before the start line
        start += 2
    end = data.find(b"\r\n\r\n", start)
    if end < 0:
        raise WireError("the headers do not end", len(data), "RFC 3261 §7")
    lines = data[start:end].decode("utf-8", "surrogateescape").split("\r\n")
    first = lines[0]
    del lines[0]
    names: list[str] = [_known(line.partition(":")[0]) for line in lines]  # type: ignore[misc]
    if None in names:  # folded, misspelt or unusual
        lines, names = _index(lines)
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
    parts = first.split(" ")
    if len(parts) == 3 and parts[0] in _METHODS and parts[2] == "SIP/2.0" and parts[1].isprintable():
        return Request(parts[0], parts[1], lines, names, body, declared)
    match = _STATUS_LINE.fullmatch(first)
    if match is not None:
        return Response(int(match[2]), match[3] or "", lines, names, body, declared, version=match[1])
    match = _REQUEST_LINE.fullmatch(first)
    if match is None:
        raise WireError("neither a request line nor a status line", 0, "RFC 3261 §7.1")
    return Request(match[1], match[2], lines, names, body, declared, version=match[3])


def _index(lines: list[str]) -> tuple[list[str], list[str]]:
    """Lines with their continuations, and their names. Raises WireError for a line without a name."""
    if any(line[:1] in (" ", "\t") for line in lines):
        lines = _unfold(lines)
    names = []
    for line in lines:
        written, colon, _ = line.partition(":")
        if not colon:
            raise WireError("header line without a colon", 0, "RFC 3261 §7.3.1")
        names.append(CANONICAL[written])
    return lines, names


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
    text = lines[names.index("content-length")].partition(":")[2].strip()
    if names.count("content-length") > 1 and not _agree(text, lines, names):
        raise WireError("several values of Content-Length", 0, "RFC 3261 §20.14")
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise WireError("Content-Length is not one number", 0, "RFC 3261 §20.14")
    return int(text)


def _agree(text: str, lines: list[str], names: list[str]) -> bool:
    """Whether every Content-Length says the same."""
    pairs = zip(lines, names, strict=True)
    return all(line.partition(":")[2].strip() == text for line, name in pairs if name == "content-length")
