"""What a 200 to REGISTER says of the registration (24.229 §5.2.2.1; PCS-07)."""

from functools import lru_cache
from typing import Final

from twopair.base import Endpoint, Impu, Port, WireError, canonical_address
from twopair.wire.sip import Response, SipUri, addresses, uris_in

SIP_PORT: Final = Port(5060)


def identities(response: Response) -> tuple[Impu, ...]:
    """P-Associated-URI in order, the default IMPU first; commas may be missing (field quirk)."""
    return tuple(map(Impu, uris_in(response.get_all("P-Associated-URI"))))


def service_route(response: Response) -> str:
    """The whole Service-Route list as one Route value, empty where there is none."""
    return ", ".join(response.values("Service-Route"))


@lru_cache(maxsize=256)
def next_hop(route: str, otherwise: Endpoint) -> Endpoint:
    """Where a request with this Route goes; a name, or no Route, gives `otherwise`."""
    first = next(iter(addresses([route])), None)
    return endpoint_of(first.uri, otherwise) if first is not None else otherwise


def endpoint_of(uri: str, otherwise: Endpoint) -> Endpoint:
    """Address and port of a SIP URI, `otherwise` where its host is a name."""
    try:
        parsed = SipUri.parse(uri)
        return Endpoint(canonical_address(parsed.host), Port(parsed.port or SIP_PORT))
    except WireError:
        return otherwise


def is_address(text: str, address: str) -> bool:
    """Whether a text names an address, in whatever form (SA-08, Q-12); a host name names none (SA-24)."""
    if text == address:
        return True
    try:
        return canonical_address(text) == address
    except WireError:
        return False


def other_address(text: str, address: str) -> str:
    """The address that a text names, where it is another one than `address`; empty for a name."""
    if text == address:
        return ""
    try:
        named = canonical_address(text)
    except WireError:
        return ""
    return named if named != address else ""
