"""What a request must have before anything is done with it (RFC 3261 §8.1.1, §8.2, §16.3)."""

from typing import Final, NamedTuple

from twopair.base import WireError
from twopair.wire.sip.message import Request
from twopair.wire.sip.nameaddr import NameAddr
from twopair.wire.sip.uri import SipUri

ONCE: Final = ("From", "To", "Call-ID", "CSeq")
"""Headers a request has exactly once."""


class Fault(NamedTuple):
    """Why a request is refused before it is looked at.

    Args:
        status: of the answer: 400, 416, 483 or 505.
        words: what is wrong.
        clause: where the rule stands.
    """

    status: int
    words: str
    clause: str


def check_request(request: Request) -> Fault | None:
    """The first fault of a request that forbids any use of it, or None.

    Only what every element must look at: version, the mandatory headers, CSeq, Max-Forwards, and that
    the Request-URI is of a kind we route. All other headers stay unread, as RFC 4475 recommends.
    """
    if request.version.upper() != "SIP/2.0":
        return Fault(505, f"version {request.version}", "RFC 3261 §21.5.6")
    for name in ONCE:
        if len(request.get_all(name)) != 1:
            return Fault(400, f"not exactly one {name}", "RFC 3261 §8.1.1")
    try:
        if request.cseq.method != request.method:
            return Fault(400, "CSeq names another method", "RFC 3261 §8.1.1.5")
        assert request.top_via.params is not None
        for name in ("From", "To"):
            _known_address(NameAddr.parse(request.get(name) or ""))
    except WireError as error:
        return Fault(400, error.what, error.clause)
    return _check_hops(request) or _check_uri(request.uri)


def _known_address(address: NameAddr) -> None:
    """A SIP URI must be readable; other schemes are taken as they are."""
    if address.uri.partition(":")[0].lower() in ("sip", "sips"):
        SipUri.parse(address.uri)


def _check_hops(request: Request) -> Fault | None:
    hops = request.get("Max-Forwards")
    if hops is None:
        return None
    if not (hops.isascii() and hops.isdigit()) or int(hops[:4]) > 255 or len(hops) > 3:
        return Fault(400, "Max-Forwards is not 0 to 255", "RFC 3261 §20.22")
    return None


def _check_uri(uri: str) -> Fault | None:
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower()
    if not colon or not rest or uri.startswith("<"):
        return Fault(400, "the Request-URI is no URI", "RFC 3261 §8.1.1.1")
    if scheme in ("tel", "urn"):
        return None
    if scheme not in ("sip", "sips"):
        return Fault(416, f"scheme {scheme}", "RFC 3261 §8.2.2.1")
    try:
        SipUri.parse(uri)
    except WireError as error:
        return Fault(400, error.what, error.clause)
    return None
