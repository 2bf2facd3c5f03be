"""From a URI to the place that it leads to (RFC 3263 §4; RFC 3261 §19.1.1)."""

import re
from functools import lru_cache
from typing import Final

from twopair.base import Endpoint, Port, Transport, WireError, canonical_address
from twopair.core.locate.terms import SIP_PORT, Hop, Place
from twopair.wire.sip import SipUri

_TRANSPORTS: Final = {"udp": Transport.UDP, "tcp": Transport.TCP}
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_LONGEST: Final = 253


@lru_cache(maxsize=1024)
def hop_of(uri: str) -> Hop:
    """Where a SIP URI leads: an endpoint over UDP, or what has to be looked up or asks for TCP.

    `maddr` stands in for the host (RFC 3261 §19.1.1). With transports that we do not have (TLS, SCTP) the
    URI leads nowhere.

    Raises:
        WireError: no SIP URI, or one that leads nowhere.
    """
    parsed = SipUri.parse(uri)
    host = parsed.params.get("maddr") or parsed.host
    wanted = parsed.params.get("transport")
    transport = None if wanted is None else _TRANSPORTS.get(wanted.lower())
    if wanted is not None and transport is None:
        raise WireError("a transport that we do not have", 0, "RFC 3263 §4.1")
    return hop_to(host, parsed.port or 0, transport)


def hop_to(host: str, port: int, transport: Transport | None) -> Hop:
    """The same for its parts; port 0 where there is none. Raises WireError for a host that is none."""
    try:
        address = canonical_address(host)
    except WireError:
        name = host.lower().rstrip(".")
        if not is_name(name):
            raise WireError("neither an address nor a name", 0, "RFC 3261 §25.1") from None
        return Place(name, port, transport)
    if transport is Transport.TCP:
        return Place(address, port or SIP_PORT, transport)
    return Endpoint(address, Port(port or SIP_PORT))


def is_name(text: str) -> bool:
    """Whether a text in lower case may be a host name: labels of 1 to 63 letters, digits, hyphens."""
    labels = text.split(".")
    if len(text) > _LONGEST or labels[-1].isdigit():
        return False
    return all(_LABEL.fullmatch(label) for label in labels)
