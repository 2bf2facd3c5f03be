"""What does not go together in home.toml."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from twopair.base import Endpoint, Impu, Port
from twopair.live.config.together.rule import Found, Place, Rule, family, nobodys, repeated, twice, when
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.routes import server_endpoint


def _home_addresses(file: Any) -> Iterator[tuple[Place, str]]:
    yield ("sip", "address"), file.sip.address
    yield from ((("sip", "trusted", n), address) for n, address in enumerate(file.sip.trusted))
    yield from ((("route", n, "next"), route.next.address) for n, route in enumerate(file.route))


def _each_route(broken: Callable[[Any, Any], bool], key: str = "next") -> Callable[[Any], Found]:
    return lambda file: (("route", n, key) for n, route in enumerate(file.route) if broken(file, route))


def _same_route(file: Any) -> Found:
    ways = [(route.domain and route.domain.lower(), route.prefix) for route in file.route]
    yield from (("route", n, "domain" if ways[n][0] else "prefix") for n in repeated(ways))


def _aliases_twice(file: Any) -> Found:
    for n, subscriber in enumerate(file.subscriber):
        yield from (("subscriber", n, "aliases", again) for again in repeated(subscriber.aliases))


def _same_subscriber(file: Any) -> Found:
    impis = [subscriber.private_identity for subscriber in file.subscriber]
    given = ["impi" if subscriber.impi else "imsi" for subscriber in file.subscriber]
    told = set(repeated(impis))
    yield from (("subscriber", n, given[n]) for n in sorted(told))
    owners: dict[Impu, tuple[int, str]] = {}
    for n, subscriber in enumerate(file.subscriber):
        own = "impu" if subscriber.impu else "imsi"
        mine = (n, subscriber.subscription or "")
        if _is_others(owners, subscriber.public_identity, mine) and (n not in told or own == "impu"):
            yield ("subscriber", n, own)
        for m, alias in enumerate(subscriber.aliases):
            if _is_others(owners, alias, mine):
                yield ("subscriber", n, "aliases", m)


def _is_others(owners: dict[Impu, tuple[int, str]], impu: str, mine: tuple[int, str]) -> bool:
    """Whether an identity has stood before, in an entry that is not of the same subscription."""
    other, subscription = owners.setdefault(identity_key(impu), mine)
    return other != mine[0] and not (subscription and subscription == mine[1])


def _unknown_service(file: Any) -> Found:
    known = {service.name for service in file.service}
    for n, subscriber in enumerate(file.subscriber):
        for m, name in enumerate(subscriber.services):
            if name not in known:
                yield ("subscriber", n, "services", m)


def _no_server_address(file: Any) -> Found:
    for n, service in enumerate(file.service):
        if server_endpoint(service.server) is None:
            yield ("service", n, "server")


HOME: Final[tuple[Rule, ...]] = (
    Rule(
        "is behind Diameter, and there is no [diameter]; give one with the HSS as a peer",
        when(("hss", "url"), lambda file: file.hss.far is not None and file.diameter is None),
    ),
    Rule(
        "is for a store of this home network's own; put the subscriber into the HSS behind Diameter",
        lambda file: (("subscriber", n) for n, _ in enumerate(file.subscriber) if file.hss.far),
    ),
    twice("sip", "trusted"),
    nobodys(_home_addresses),
    Rule("the same identity twice in one list; give it once", _aliases_twice),
    Rule("belongs to two subscribers; give each its own", _same_subscriber),
    Rule("is no service; give the name of a [[service]]", _unknown_service),
    Rule("is no SIP URI with an address; give one such as sip:10.20.0.9:5070", _no_server_address),
    Rule(
        "smaller than sip.min_expires_s; give that or more",
        when(("sip", "max_expires_s"), lambda file: file.sip.max_expires_s < file.sip.min_expires_s),
    ),
    Rule("leads nowhere else than an earlier route; take one of the two away", _same_route),
    Rule(
        "is this home network itself; give the other network's endpoint",
        _each_route(lambda file, route: route.next == Endpoint(file.sip.address, Port(file.sip.port))),
    ),
    Rule(
        "is node.domain, whose users are here; give the domain of another network",
        _each_route(
            lambda file, route: (route.domain or "").lower() == file.node.domain.lower(), key="domain"
        ),
    ),
    Rule(
        "of another address family than sip.address; give both as IPv4 or both as IPv6",
        _each_route(lambda file, route: family(route.next.address) != family(file.sip.address)),
    ),
)
