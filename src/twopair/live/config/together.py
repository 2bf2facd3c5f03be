"""What no value breaks by itself: duplicates, values that do not go together, addresses of nobody."""

import ipaddress
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from twopair.base import Endpoint, Impu, Port
from twopair.core.registration.flows import RegFlow, takes_place_of
from twopair.core.secagree import allowed_suites
from twopair.nodes.homenet.identities import identity_key
from twopair.nodes.homenet.routes import server_endpoint

Place = tuple[str | int, ...]
"""Where a value stands: ``("gm", "port_pc", 1)``; places in lists are counted from 0."""

Found = Iterator[Place]


class Broken(ValueError):
    """What a file breaks.

    Args:
        found: where, and in words what is wrong; what would be right.
    """

    def __init__(self, found: Sequence[tuple[Place, str]]) -> None:
        super().__init__("; ".join(words for _, words in found))
        self.found = found


class Rule(NamedTuple):
    """One rule.

    Args:
        words: what is wrong; what would be right.
        breaks: from the whole file to the places that break it.
    """

    words: str
    breaks: Callable[[Any], Found]


def check(file: object, rules: Sequence[Rule]) -> None:
    """Raises Broken with every place where a rule is broken."""
    found = [(place, rule.words) for rule in rules for place in rule.breaks(file)]
    if found:
        raise Broken(found)


def _repeated(values: Sequence[Hashable]) -> Iterator[int]:
    """Where a value stands that has stood before."""
    return (n for n, value in enumerate(values) if value in values[:n])


def _twice(*place: str) -> Rule:
    def breaks(file: Any) -> Found:
        for step in place:
            file = getattr(file, step)
        return ((*place, n) for n in _repeated(file))

    return Rule("is given twice; give it once", breaks)


def _legacy(section: str) -> Rule:
    def breaks(file: Any) -> Found:
        part = getattr(file, section)
        for n, suite in enumerate(part.algorithms):
            if not allowed_suites((suite,), legacy=part.legacy):
                yield (section, "algorithms", n)

    return Rule(
        f"a removed algorithm (33.203 Annex H); give {section}.legacy = true, or another suite", breaks
    )


def _family(address: str) -> int:
    return ipaddress.ip_address(address).version


def _nobody(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255"


def _nobodys(addresses: Callable[[Any], Iterator[tuple[Place, str]]]) -> Rule:
    return Rule(
        "an address of nobody: multicast, broadcast or unspecified; give that of one host",
        lambda file: (place for place, address in addresses(file) if _nobody(address)),
    )


def _when(place: Place, broken: Callable[[Any], bool]) -> Callable[[Any], Found]:
    """A rule with one place."""

    def breaks(file: Any) -> Found:
        if broken(file):
            yield place

    return breaks


# pcscf.toml


def _pcscf_addresses(file: Any) -> Iterator[tuple[Place, str]]:
    yield from ((("gm", "addresses", n), address) for n, address in enumerate(file.gm.addresses))
    yield from (_core_place(file, n) for n in range(len(file.core.own)))
    if _numeric(file.core.registrar):
        yield ("core", "registrar"), file.core.registrar.address


def _core_place(file: Any, n: int) -> tuple[Place, str]:
    one = file.core.addresses is None
    return ("core", "address") if one else ("core", "addresses", n), file.core.own[n]


def _numeric(hop: Any) -> bool:
    """Whether a next hop is an address, and not a name or none."""
    try:
        return hop is not None and bool(ipaddress.ip_address(hop.address))
    except ValueError:
        return False


def _no_core(file: Any) -> bool:
    return (file.core.address is None) is (file.core.addresses is None)


def _two_of_a_family(file: Any) -> bool:
    return len(file.core.own) == 2 and len(set(map(_family, file.core.own))) == 1


def _registrar_out_of_reach(file: Any) -> bool:
    """An address of a family of which we have none."""
    registrar = file.core.registrar
    own = set(map(_family, file.core.own))
    return bool(own) and _numeric(registrar) and _family(registrar.address) not in own


def _protected_not_clear(file: Any) -> Found:
    clear = (5060, 5061, file.gm.port)
    if file.gm.port_ps in clear:
        yield ("gm", "port_ps")
    yield from (("gm", "port_pc", n) for n, port in enumerate(file.gm.port_pc) if port in clear)


def _client_is_server(file: Any) -> Found:
    yield from (("gm", "port_pc", n) for n, port in enumerate(file.gm.port_pc) if port == file.gm.port_ps)


def _registrar_is_us(file: Any) -> bool:
    own = {Endpoint(address, Port(file.gm.port)) for address in file.gm.addresses}
    own.update(Endpoint(address, Port(file.core.port)) for address in file.core.own)
    registrar = file.core.registrar
    return _numeric(registrar) and Endpoint(registrar.address, Port(registrar.port)) in own


def _core_meets_gm(file: Any) -> bool:
    """The ports of further workers towards the home network; the first has a rule of its own."""
    further = range(file.core.port + 1, file.core.port + file.workers)
    ports = {file.gm.port, file.gm.port_ps, *file.gm.port_pc}
    both = set(file.core.own) & set(file.gm.addresses)
    return bool(both) and any(port in ports for port in further)


def _http_is_sip(file: Any) -> bool:
    """TCP of another kind on an endpoint where UEs connect."""
    http = file.admin.http
    if http is None or http.port not in (file.gm.port, file.gm.port_ps):
        return False
    return http.address in file.gm.addresses or ipaddress.ip_address(http.address).is_unspecified


def _media_rule(words: str, place: Place, broken: Callable[[Any], bool]) -> Rule:
    return Rule(words, _when(place, broken))


PCSCF: Final[tuple[Rule, ...]] = (
    _media_rule(
        "has none to ask; give the control endpoint of one, such as 127.0.0.1:22222",
        ("media", "rtpengine"),
        lambda file: file.media.relay != "off" and not file.media.rtpengine,
    ),
    _media_rule(
        "has nobody to ask; give rx_realm with a table [diameter], or pcf with n5_listen",
        ("policy", "control"),
        lambda file: file.policy.control != "off" and not (file.policy.rx_realm or file.policy.pcf),
    ),
    _media_rule(
        "is beside rx_realm; give one of them",
        ("policy", "pcf"),
        lambda file: file.policy.rx_realm is not None and file.policy.pcf is not None,
    ),
    _media_rule(
        "is behind Diameter, and there is no [diameter]; give one with the PCRF as a peer",
        ("policy", "rx_realm"),
        lambda file: file.policy.rx_realm is not None and file.diameter is None,
    ),
    _media_rule(
        "notifies us, and does not know where; give n5_listen",
        ("policy", "pcf"),
        lambda file: file.policy.pcf is not None and file.policy.n5_listen is None,
    ),
    _media_rule(
        "is one conversation, and each worker would have one; give node.workers = 1",
        ("policy", "control"),
        lambda file: file.policy.control != "off" and file.workers > 1,
    ),
    _twice("gm", "addresses"),
    _twice("gm", "port_pc"),
    _twice("security", "algorithms"),
    _twice("security", "pass_on"),
    _legacy("security"),
    Rule(
        "is missing, or core.addresses is there too; give one of the two",
        _when(("core", "address"), _no_core),
    ),
    Rule(
        "two of one address family; give one IPv4 and one IPv6 address",
        _when(("core", "addresses"), _two_of_a_family),
    ),
    _nobodys(_pcscf_addresses),
    Rule(
        "not for protected traffic; give one beside 5060, 5061 and gm.port (33.203 §7.1, SA-20)",
        _protected_not_clear,
    ),
    Rule("is gm.port_ps too; give another one (33.203 §7.1, SA-20)", _client_is_server),
    Rule(
        "is the unprotected endpoint of gm too; give core another port or address",
        _when(
            ("core", "port"),
            lambda file: bool(set(file.core.own) & set(file.gm.addresses)) and file.core.port == file.gm.port,
        ),
    ),
    Rule(
        "is this P-CSCF itself; give the home network's endpoint",
        _when(("core", "registrar"), _registrar_is_us),
    ),
    Rule(
        "of another address family than core.address; give both as IPv4 or both as IPv6",
        _when(("core", "registrar"), _registrar_out_of_reach),
    ),
    Rule("is an endpoint of gm too; give another port", _when(("admin", "http"), _http_is_sip)),
    Rule(
        "each worker has the next port, and one of those is a port of gm; give others (node.workers)",
        _when(("core", "port"), _core_meets_gm),
    ),
    Rule(
        "each worker has the next port, and there are not so many; give a smaller one (node.workers)",
        _when(("core", "port"), lambda file: file.core.port + file.workers - 1 > 65535),
    ),
    Rule(
        "is of one host, and [failover] hands over one worker; give 1, or take failover.instance away",
        _when(
            ("node", "workers"), lambda file: file.node.workers != 1 and file.failover.instance is not None
        ),
    ),
    Rule(
        "lies elsewhere, and SA keys are sealed here; give store.key_file, the same at each node",
        _when(("store", "url"), lambda file: "redis" in file.store.url and file.store.key_file is None),
    ),
    Rule(
        "is of this host alone; give redis://HOST:PORT, which every host of [failover] can reach",
        _when(
            ("store", "url"),
            lambda file: file.failover.instance is not None and "redis" not in file.store.url,
        ),
    ),
)

# home.toml


def _home_addresses(file: Any) -> Iterator[tuple[Place, str]]:
    yield ("sip", "address"), file.sip.address
    yield from ((("sip", "trusted", n), address) for n, address in enumerate(file.sip.trusted))
    yield from ((("route", n, "next"), route.next.address) for n, route in enumerate(file.route))


def _each_route(broken: Callable[[Any, Any], bool], key: str = "next") -> Callable[[Any], Found]:
    return lambda file: (("route", n, key) for n, route in enumerate(file.route) if broken(file, route))


def _same_route(file: Any) -> Found:
    ways = [(route.domain and route.domain.lower(), route.prefix) for route in file.route]
    yield from (("route", n, "domain" if ways[n][0] else "prefix") for n in _repeated(ways))


def _aliases_twice(file: Any) -> Found:
    for n, subscriber in enumerate(file.subscriber):
        yield from (("subscriber", n, "aliases", again) for again in _repeated(subscriber.aliases))


def _same_subscriber(file: Any) -> Found:
    impis = [subscriber.private_identity for subscriber in file.subscriber]
    given = ["impi" if subscriber.impi else "imsi" for subscriber in file.subscriber]
    told = set(_repeated(impis))
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
        _when(("hss", "url"), lambda file: file.hss.far is not None and file.diameter is None),
    ),
    Rule(
        "is for a store of this home network's own; put the subscriber into the HSS behind Diameter",
        lambda file: (("subscriber", n) for n, _ in enumerate(file.subscriber) if file.hss.far),
    ),
    _twice("sip", "trusted"),
    _nobodys(_home_addresses),
    Rule("the same identity twice in one list; give it once", _aliases_twice),
    Rule("belongs to two subscribers; give each its own", _same_subscriber),
    Rule("is no service; give the name of a [[service]]", _unknown_service),
    Rule("is no SIP URI with an address; give one such as sip:10.20.0.9:5070", _no_server_address),
    Rule(
        "smaller than sip.min_expires_s; give that or more",
        _when(("sip", "max_expires_s"), lambda file: file.sip.max_expires_s < file.sip.min_expires_s),
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
        _each_route(lambda file, route: _family(route.next.address) != _family(file.sip.address)),
    ),
)

# ue.toml


def _ue_addresses(file: Any) -> Iterator[tuple[Place, str]]:
    yield ("gm", "address"), file.gm.address
    yield ("gm", "pcscf"), file.gm.pcscf.address


def _registrations(file: Any) -> Iterator[tuple[Place, Any]]:
    yield ("gm",), file.gm
    yield from ((("flow", n), flow) for n, flow in enumerate(file.flow))


def _no_instance(file: Any) -> bool:
    return not file.identity.instance and any(part.reg_id for _, part in _registrations(file))


def _sos_beside_reg_id(file: Any) -> Found:
    return ((*place, "sos") for place, part in _registrations(file) if part.reg_id and part.sos)


def _takes_a_place(file: Any) -> Found:
    """Registrations of which one ends the other, whichever came first (MGU-09); the later one is named."""
    before: list[RegFlow] = []
    for place, part in _registrations(file):
        name = RegFlow(file.identity.instance, part.reg_id or 0, part.sos)
        if any(takes_place_of(name, one) or takes_place_of(one, name) for one in before):
            yield (*place, "reg_id")
        before.append(name)


def _ports_wrong(file: Any) -> bool:
    first, last = file.gm.ports
    return last - first < 7 or any(first <= port <= last for port in (5060, 5061))


UE: Final[tuple[Rule, ...]] = (
    _twice("gm", "algorithms"),
    _legacy("gm"),
    _nobodys(_ue_addresses),
    Rule(
        "of another address family than gm.address; give both as IPv4 or both as IPv6 (33.203 §7.1, SA-08)",
        _when(("gm", "pcscf"), lambda file: _family(file.gm.pcscf.address) != _family(file.gm.address)),
    ),
    Rule(
        "is the UE itself; give the P-CSCF's endpoint",
        _when(("gm", "pcscf"), lambda file: file.gm.pcscf.address == file.gm.address),
    ),
    Rule(
        "no range; give first and last, at least 8 ports apart from 5060 and 5061 (SA-27)",
        _when(("gm", "ports"), _ports_wrong),
    ),
    Rule(
        "is missing, reg_id needs it; give urn:gsma:imei:…",
        _when(("identity", "instance"), _no_instance),
    ),
    Rule(
        "below call.min_se_s; give 0, or as much and more (RFC 4028 §4)",
        _when(
            ("call", "session_expires_s"),
            lambda file: 0 < file.call.session_expires_s < file.call.min_se_s,
        ),
    ),
    Rule("has reg_id beside it; take one of the two away (24.229 §5.1.6)", _sos_beside_reg_id),
    Rule(
        "takes the place of a registration before it; give each a reg_id of its own, or one sos = true",
        _takes_a_place,
    ),
)
