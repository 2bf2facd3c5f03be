"""What a request must have before anything is done with it (RFC 3261 §8.1.1, §8.2, §16.3)."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from twopair.base import Refusal, WireError
from twopair.wire.sip.message import Request
from twopair.wire.sip.nameaddr import NameAddr
from twopair.wire.sip.uri import SipUri


class Fault(NamedTuple):
    """Why a request is refused before it is looked at; `words` say what is wrong with it."""

    refusal: Refusal
    words: str

    @property
    def status(self) -> int:
        """Status of the answer: 400, 416 or 505."""
        return self.refusal.status


def check_request(request: Request) -> Fault | None:
    """The first fault of a request that forbids any use of it, or None.

    Only what every element must look at: all other headers stay unread here, as RFC 4475 recommends
    to proxies. Max-Forwards may be absent (RFC 2543 knew none); whether 0 is too few is for the node.
    """
    try:
        for check in _CHECKS:
            check(request)
    except _Unfit as unfit:
        return Fault(unfit.refusal, unfit.what)
    except WireError as error:
        return Fault(Refusal.BAD_REQUEST, error.what)
    return None


class _Unfit(WireError):
    """A fault that is not answered with 400."""

    def __init__(self, refusal: Refusal, what: str) -> None:
        super().__init__(what, 0, refusal.clause)
        self.refusal = refusal


_ONCE: Final = frozenset({"from", "to", "call-id", "cseq"})


def _version(request: Request) -> None:
    if request.version != "SIP/2.0" and request.version.upper() != "SIP/2.0":
        raise _Unfit(Refusal.VERSION_NOT_SUPPORTED, f"version {request.version}")


def _mandatory(request: Request) -> None:
    once = request.once()
    if not once >= _ONCE:
        name = next(name for name in ("from", "to", "call-id", "cseq") if name not in once)
        raise WireError(f"not exactly one {name}", 0, "RFC 3261 §8.1.1, §7.3.1")
    if "max-forwards" not in once and "max-forwards" in request.names():
        raise WireError("more than one max-forwards", 0, "RFC 3261 §7.3.1")
    _ = request.call_id, request.top_via.branch


def _cseq(request: Request) -> None:
    if request.cseq.method != request.method:
        raise WireError("CSeq names another method", 0, "RFC 3261 §8.1.1.5")


_PORT: Final = r"(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
_W: Final = "A-Za-z0-9_"  # a third quicker than a category
_URI: Final = rf"(?:sips?:(?:[{_W}.+-]++@)?[{_W}.-]++{_PORT}|tel:[+0-9-]++)"
_USUAL_URI: Final = re.compile(_URI)
_USUAL_ADDRESS: Final = re.compile(rf'(?:"[^"\\]*+" ?)?<{_URI}>(?:;tag=[{_W}.-]++)?')
"""What nearly all are like; whatever does not match is parsed."""


def _parties(request: Request) -> None:
    """A SIP URI in From and To must be readable; other schemes are taken as they are."""
    for text in (request.get("From") or "", request.get("To") or ""):
        if _USUAL_ADDRESS.fullmatch(text):
            continue
        address = NameAddr.parse(text)
        if address.uri[:4].lower() in ("sip:", "sips"):
            _ = address.sip_uri


def _hops(request: Request) -> None:
    hops = request.get("Max-Forwards")
    if hops is None or hops == "70":
        return
    digits = hops.lstrip("0") or "0"
    if not (hops.isascii() and hops.isdigit()) or len(digits) > 3 or int(digits) > 255:
        raise WireError("Max-Forwards is not 0 to 255", 0, "RFC 3261 §20.22")


def _request_uri(request: Request) -> None:
    uri = request.uri
    if _USUAL_URI.fullmatch(uri):
        return
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower()
    if scheme in ("sip", "sips"):
        if SipUri.parse(uri).headers:
            raise WireError("the Request-URI has headers", 0, "RFC 3261 §19.1.1")
    elif not colon or not rest or not scheme.replace("+", "").replace(".", "").isalnum():
        raise WireError("the Request-URI is no URI", 0, "RFC 3261 §8.1.1.1")
    elif scheme not in ("tel", "urn"):
        raise _Unfit(Refusal.UNKNOWN_SCHEME, f"scheme {scheme}")


_CHECKS: Final[tuple[Callable[[Request], None], ...]] = (
    _version,
    _mandatory,
    _cseq,
    _parties,
    _hops,
    _request_uri,
)
"""In the order of RFC 3261 §16.3 and §8.2; each raises WireError."""
