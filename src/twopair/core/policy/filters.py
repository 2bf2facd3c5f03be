"""IP flows as filter rules, of the kind that Rx takes (29.214 §5.3.8; RFC 6733 §4.3.1)."""

from twopair.base import Endpoint, Port, WireError, canonical_address
from twopair.wire.sdp import Media


def filters(protocol: int, ue: Endpoint, far: Endpoint | None) -> tuple[str, str]:
    """Downlink and uplink rule of one pair of flows.

    Source ports are left open: who receives on a port need not send from it (29.213 §6.2; RFC 4961).

    Args:
        protocol: 17 for UDP, 6 for TCP, 50 for ESP.
        ue: where the UE receives; port 0 if unknown.
        far: where the far side receives; None if unknown.
    """
    here, there = _host(ue.address), "any" if far is None else _host(far.address)
    to_ue, to_far = _port(ue), "" if far is None else _port(far)
    return (
        f"permit out {protocol} from {there} to {here}{to_ue}",
        f"permit in {protocol} from {here} to {there}{to_far}",
    )


def rtcp_endpoint(media: Media) -> Endpoint:
    """Where a describer receives RTCP: what ``a=rtcp`` says, else the next port (RFC 3605; RFC 3550 §11)."""
    words = (media.attribute("rtcp") or "").split()
    port = int(words[0]) if words and words[0].isascii() and words[0].isdigit() and len(words[0]) < 6 else 0
    if not 0 < port < 65_536:
        return Endpoint(media.address, Port(min(media.port + 1, 65_535)))
    return Endpoint(words[3] if len(words) == 4 else media.address, Port(port))


def _host(address: str) -> str:
    """A rule has addresses, never names: what is a name may be anywhere."""
    try:
        return canonical_address(address)
    except WireError:
        return "any"


def _port(end: Endpoint) -> str:
    return f" {end.port}" if end.port else ""
