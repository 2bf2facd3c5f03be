"""Route values: which are ours, which lead home, and routers of before RFC 3261 (RFC 3261 §16.4, §16.6)."""

from functools import lru_cache

from twopair.core.locate import Hop
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.nodes.pcscf.gm.subscriber import Subscriber
from twopair.nodes.pcscf.register.binding import is_address
from twopair.wire.sip import NameAddr, Request, canonical_host, same_uri, split_list, uri_in


def is_route_of(value: str, live: LiveSet) -> bool:
    """Whether a Route value is our Record-Route entry for this user (PCS-12)."""
    if value == live.route:
        return True
    uri = NameAddr.parse(value).sip_uri
    return uri.user == live.owner.token and is_address(uri.host, live.sa_set.pcscf)


def leads_home(address: str, owner: Subscriber, registrar: Hop | None) -> bool:
    """Whether a Route value, or a target in <>, is at a node of the user's home network that is known here.

    Those are the hosts of its Service-Route, by name or address, and the registrar (ADR 31).
    """
    host = canonical_host(NameAddr.parse(address).sip_uri.host)
    known = [hop.address for hop in (registrar, owner.next_hop) if hop is not None]
    return host in known or host in _hosts(owner.service_route)


@lru_cache(maxsize=256)
def _hosts(route: str) -> frozenset[str]:
    found = [NameAddr.parse(value).sip_uri.host for value in split_list(route)]
    return frozenset(map(canonical_host, found))


def beyond_us(values: list[str], live: LiveSet) -> list[str]:
    """The Route values behind our own, which names our address and port_ps (UEP-08)."""
    if not values:
        return []
    uri = NameAddr.parse(values[0]).sip_uri
    ours = is_address(uri.host, live.sa_set.pcscf)
    return values[1:] if ours else values


def same_route(values: list[str], stored: str) -> bool:
    """Whether Route values are the stored Service-Route, address by address (PCS-08)."""
    wanted = split_list(stored)
    return len(values) == len(wanted) and all(map(same_uri, map(uri_in, values), map(uri_in, wanted)))


def was_strict(request: Request) -> None:
    """Take our own Route out of the Request-URI, where a strict router put it (RFC 3261 §16.4).

    The last Route is the target then.
    """
    routes = request.values("Route")
    if routes:
        request.uri = uri_in(routes.pop())
        if routes:
            request.set("Route", ", ".join(routes))
        else:
            request.remove("Route")


@lru_cache(maxsize=256)
def is_loose(route: str) -> bool:
    """Whether the first of these values is of a router of RFC 3261: it has ``lr``."""
    return "lr" in NameAddr.parse(split_list(route)[0]).sip_uri.params


def strictly(route: str, target: str) -> tuple[str, str]:
    """Request-URI and Route for a strict router that is next (RFC 3261 §16.6, item 6)."""
    first, *others = split_list(route)
    return uri_in(first), ", ".join([*others, f"<{target}>"])
