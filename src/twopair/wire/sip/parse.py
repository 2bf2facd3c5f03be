"""Bytes → message (RFC 3261 §7, §18.3)."""

import re
from sys import intern
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.index import SPELLINGS, index
from twopair.wire.sip.lists import LWS
from twopair.wire.sip.message import Request, Response
from twopair.wire.sip.names import METHODS, TOKEN
from twopair.wire.sip.native import NATIVE, split
from twopair.wire.sip.order import Order
from twopair.wire.sip.reasons import REASON

_STATUS_LINE: Final = re.compile(r"(SIP/[0-9]+\.[0-9]+) ([1-6][0-9][0-9])(?: (.*))?", re.I | re.S)
_VERSION: Final = re.compile(r"SIP/[0-9]+\.[0-9]+", re.I)

_USUAL_STATUS: Final = {f"SIP/2.0 {status} {reason}": (status, reason) for status, reason in REASON.items()}
"""Status lines that need not be matched."""

_END: Final = b"\r\n\r\n"


class UnfitRequest(WireError):
    """A request that is no use but can be answered, with 400 (RFC 3261 §18.3, RFC 4475 §3.1.2).

    Args:
        what: what is wrong.
        clause: where the rule stands.
        request: as far as it could be read; good for `make_response` and nothing else.
    """

    def __init__(self, what: str, clause: str, request: Request) -> None:
        super().__init__(what, 0, clause)
        self.request = request


def parse(data: bytes) -> Request | Response:
    """Read one datagram, or one message that a framer cut from a stream.

    The version is not judged here (a node answers 505), nor which headers are there: a start line,
    header lines with names and a Content-Length that fits are all that is asked. Octets behind the
    body are left out (RFC 3261 §18.3).

    Raises:
        WireError: the bytes are no SIP message; an `UnfitRequest` if 400 can be answered.
    """
    start = 0
    while data.startswith(b"\r\n", start):  # RFC 3261 §7.5: CRLF before the start line
        start += 2
    found = split(data, start, SPELLINGS) if NATIVE else None
    if found is not None:
        first, lines, spelling, body = found
        order = spelling.order
    else:
        head, end, body = (data[start:] if start else data).partition(_END)
        if not end:
            raise WireError("the headers do not end", len(data), "RFC 3261 §7")
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        text = "".join(lines)
        if "\n" in text or "\r" in text:  # some take it for a line end: they would see other headers than we
            raise WireError("a CR or LF by itself", start, "RFC 3261 §7.3.1, §25.1")
        first = lines.pop(0)
        lines, order = index(lines)
    message = _with_start_line(first, lines, order)
    _set_body(message, body)
    return message


def _with_start_line(first: str, lines: list[str], order: Order) -> Request | Response:
    usual = _USUAL_STATUS.get(first)
    if usual is not None:
        return Response(usual[0], usual[1], lines, order, b"")
    parts = first.split(" ")
    if len(parts) == 3 and parts[2] == "SIP/2.0" and parts[0] in METHODS and parts[1].isprintable():
        return Request(intern(parts[0]), parts[1], lines, order, b"")
    status = _STATUS_LINE.fullmatch(first)
    if status is not None:
        return Response(int(status[2]), status[3] or "", lines, order, b"", version=status[1])
    trimmed = first.strip(LWS)
    method, _, behind = trimmed.partition(" ")
    uri, _, version = behind.rpartition(" ")
    if not (TOKEN.fullmatch(method) and uri.strip(LWS) and _VERSION.fullmatch(version)):
        raise WireError("neither a request line nor a status line", 0, "RFC 3261 §7.1")
    request = Request(method, uri.strip(LWS), lines, order, b"", version=version)
    if trimmed != first or " " in uri or "\t" in uri:
        raise UnfitRequest("white space in the request line", "RFC 3261 §7.1", request)
    return request


def _set_body(message: Request | Response, body: bytes) -> None:
    """As much of the body as Content-Length says. Raises WireError if it does not say it."""
    message.body = body
    written = message.get("Content-Length")
    if written is None:
        return
    if written == str(len(body)) and "content-length" in message.once():  # as nearly always
        message.declare(len(body))
        return
    fault = None
    if not (written.isascii() and written.isdigit()):
        fault = "Content-Length is no number"
    elif len(written) > 10 or int(written) > len(body):
        fault = "the body is shorter than Content-Length"
    elif len(set(message.get_all("Content-Length"))) > 1:
        fault = "several values of Content-Length"
    if fault is not None:
        if isinstance(message, Request):
            raise UnfitRequest(fault, "RFC 3261 §18.3, §20.14", message)
        raise WireError(fault, 0, "RFC 3261 §18.3, §20.14")
    message.declare(int(written))
