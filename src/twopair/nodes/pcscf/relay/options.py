"""OPTIONS to the P-CSCF itself: whether it is there, and what it can (RFC 3261 §11.2; RFC 3261 §16.3)."""

from typing import Final

from twopair.base import Endpoint, WireError
from twopair.nodes.pcscf.gm.answers import SIP_PORT, tag_for
from twopair.nodes.pcscf.register.binding import is_address
from twopair.wire.sip import METHODS, Request, Response, SipUri, make_response

ABLE: Final = (
    ("Allow", ", ".join(sorted(METHODS))),
    ("Supported", "path, sec-agree"),
    ("Accept", "*/*"),
)
"""Methods that are relayed or answered, and extensions."""


def capabilities(request: Request) -> Response:
    """The answer to an OPTIONS that is for us, or may go no further: a sign of life."""
    return make_response(request, 200, to_tag=tag_for(request), headers=ABLE)


def names(uri: str, name: str, *ours: Endpoint) -> bool:
    """Whether a Request-URI names us and nobody behind us: our name or one of our endpoints, no user part."""
    try:
        parsed = SipUri.parse(uri)
    except WireError:
        return False
    if parsed.user:
        return False
    if parsed.host.lower() == name.lower():
        return True
    port = parsed.port or SIP_PORT
    return any(
        is_address(parsed.host, end.address) and (port == end.port or parsed.port is None) for end in ours
    )
