"""What a 200 to REGISTER says of the registration (24.229 §5.2.2.1; PCS-07)."""

from functools import lru_cache

from twopair.base import Impu, WireError, canonical_address
from twopair.core.locate import Hop, hop_of
from twopair.wire.sip import Response, addresses, uris_in


def identities(response: Response) -> tuple[Impu, ...]:
    """P-Associated-URI in order, the default IMPU first; commas may be missing (field quirk)."""
    return tuple(map(Impu, uris_in(response.get_all("P-Associated-URI"))))


def service_route(response: Response) -> str:
    """The whole Service-Route list as one Route value, empty where there is none."""
    return ", ".join(response.values("Service-Route"))


@lru_cache(maxsize=256)
def next_hop(route: str, otherwise: Hop | None) -> Hop | None:
    """Where a request with this Route goes; without one, or with one that leads nowhere, `otherwise`."""
    first = next(iter(addresses([route])), None)
    return hop_or(first.uri, otherwise) if first is not None else otherwise


def hop_or(uri: str, otherwise: Hop | None) -> Hop | None:
    """Where a URI leads, `otherwise` for one that leads nowhere."""
    try:
        return hop_of(uri)
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
