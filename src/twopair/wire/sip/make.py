"""New messages: requests of our own, and answers (RFC 3261 §8.1.1, §8.2.6)."""

from collections.abc import Iterable
from typing import Final

from twopair.base import WireError
from twopair.wire.sip.edit import header_line
from twopair.wire.sip.message import Request, Response
from twopair.wire.sip.nameaddr import NameAddr
from twopair.wire.sip.names import ASKED
from twopair.wire.sip.order import order_of
from twopair.wire.sip.reasons import REASON

_ECHOED: Final = frozenset({"via", "from", "to", "call-id", "cseq"})
_ECHOED_IF_WELL: Final = _ECHOED | {"record-route"}


def make_request(method: str, uri: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Request:
    """A new request with these headers in this order; Content-Length is added when it is sent."""
    pairs = list(headers)
    lines = [header_line(name, value) for name, value in pairs]
    return Request(method, uri, lines, order_of(tuple([ASKED[name] for name, _ in pairs])), body)


def make_response(
    request: Request, status: int, reason: str | None = None, *,
    to_tag: str | None = None, headers: Iterable[tuple[str, str]] = (), body: bytes = b"",
) -> Response:  # fmt: skip
    """The answer to a request (RFC 3261 §8.2.6): Via, From, To, Call-ID and CSeq as they came.

    Args:
        request: what is answered.
        status: 100 to 699.
        reason: phrase; the standard's where None.
        to_tag: tag added to To if it has none (not for 100).
        headers: further headers, after the copied ones.
        body: the body.
    """
    lines, order = request.extract(_ECHOED_IF_WELL if 100 < status < 300 else _ECHOED)
    if to_tag and status != 100:
        for at, name in enumerate(order.names):
            if name == "to" and not _has_tag(lines[at]):
                lines[at] += f";tag={to_tag}"
    below = [*headers]
    if below:
        lines += [header_line(name, value) for name, value in below]
        order = order.behind([name for name, _ in below])
    return Response(status, REASON.get(status, "Unknown") if reason is None else reason, lines, order, body)


def _has_tag(line: str) -> bool:
    """Whether a To line has a tag, or is too garbled to be given one."""
    if "tag" not in line.lower():
        return False
    try:
        return NameAddr.parse(" ".join(line.partition(":")[2].split("\r\n"))).tag is not None
    except WireError:
        return True
