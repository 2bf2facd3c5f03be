"""Where a request goes next (RFC 3261 §16.6, §8.1.2)."""

from twopair.base import Endpoint, Port, WireError, canonical_address
from twopair.nodes.homenet.config import SIP_PORT
from twopair.wire.sip import NameAddr, SipUri


def endpoint_of(uri: SipUri) -> Endpoint | None:
    """The endpoint that a URI names by address; None where it has a host name, which is not resolved here."""
    try:
        return Endpoint(canonical_address(uri.host), Port(uri.port or SIP_PORT))
    except WireError:
        return None


def hop_of(element: str) -> Endpoint | None:
    """The endpoint of an element of Route or Path. Raises WireError where it is none."""
    return endpoint_of(NameAddr.parse(element).sip_uri)


def server_endpoint(uri: str) -> Endpoint | None:
    """The endpoint of an application server's URI, None where that is no SIP URI with an address."""
    try:
        return endpoint_of(SipUri.parse(uri))
    except WireError:
        return None


def same_target(left: str, right: str) -> bool:
    """Whether two contact URIs lead to one place: user, address and port; parameters are ignored."""
    return left == right or _target(left) == _target(right)


def _target(text: str) -> tuple[str | None, str | Endpoint]:
    uri = SipUri.parse(text)
    return uri.user, endpoint_of(uri) or uri.hostport.lower()
