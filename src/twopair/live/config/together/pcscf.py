"""What does not go together in pcscf.toml."""

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from twopair.base import Endpoint, Port
from twopair.live.config.together.rule import (
    Found,
    Place,
    Rule,
    family,
    legacy,
    nobodys,
    twice,
    when,
)


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
    return len(file.core.own) == 2 and len(set(map(family, file.core.own))) == 1


def _registrar_out_of_reach(file: Any) -> bool:
    """An address of a family of which we have none."""
    registrar = file.core.registrar
    own = set(map(family, file.core.own))
    return bool(own) and _numeric(registrar) and family(registrar.address) not in own


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


PCSCF: Final[tuple[Rule, ...]] = (
    Rule(
        "has none to ask; give the control endpoint of one, such as 127.0.0.1:22222",
        when(
            ("media", "rtpengine"),
            lambda file: file.media.relay != "off" and not file.media.rtpengine,
        ),
    ),
    Rule(
        "has nobody to ask; give rx_realm with a table [diameter], or pcf with listen",
        when(
            ("policy", "control"),
            lambda file: file.policy.control != "off" and not (file.policy.rx_realm or file.policy.pcf),
        ),
    ),
    Rule(
        "is beside rx_realm; give one of them",
        when(
            ("policy", "pcf"),
            lambda file: file.policy.rx_realm is not None and file.policy.pcf is not None,
        ),
    ),
    Rule(
        "is behind Diameter, and there is no [diameter]; give one with the PCRF as a peer",
        when(
            ("policy", "rx_realm"),
            lambda file: file.policy.rx_realm is not None and file.diameter is None,
        ),
    ),
    Rule(
        "notifies us, and does not know where; give listen",
        when(
            ("policy", "pcf"),
            lambda file: file.policy.pcf is not None and file.policy.listen is None,
        ),
    ),
    Rule(
        "is one conversation, and each worker would have one; give node.workers = 1",
        when(
            ("policy", "control"),
            lambda file: file.policy.control != "off" and file.workers > 1,
        ),
    ),
    twice("gm", "addresses"),
    twice("gm", "port_pc"),
    twice("security", "algorithms"),
    twice("security", "pass_on"),
    legacy("security"),
    Rule(
        "is missing, or core.addresses is there too; give one of the two",
        when(("core", "address"), _no_core),
    ),
    Rule(
        "two of one address family; give one IPv4 and one IPv6 address",
        when(("core", "addresses"), _two_of_a_family),
    ),
    nobodys(_pcscf_addresses),
    Rule(
        "not for protected traffic; give one beside 5060, 5061 and gm.port (33.203 §7.1, SA-20)",
        _protected_not_clear,
    ),
    Rule("is gm.port_ps too; give another one (33.203 §7.1, SA-20)", _client_is_server),
    Rule(
        "is the unprotected endpoint of gm too; give core another port or address",
        when(
            ("core", "port"),
            lambda file: bool(set(file.core.own) & set(file.gm.addresses)) and file.core.port == file.gm.port,
        ),
    ),
    Rule(
        "is this P-CSCF itself; give the home network's endpoint",
        when(("core", "registrar"), _registrar_is_us),
    ),
    Rule(
        "of another address family than core.address; give both as IPv4 or both as IPv6",
        when(("core", "registrar"), _registrar_out_of_reach),
    ),
    Rule("is an endpoint of gm too; give another port", when(("admin", "http"), _http_is_sip)),
    Rule(
        "each worker has the next port, and one of those is a port of gm; give others (node.workers)",
        when(("core", "port"), _core_meets_gm),
    ),
    Rule(
        "each worker has the next port, and there are not so many; give a smaller one (node.workers)",
        when(("core", "port"), lambda file: file.core.port + file.workers - 1 > 65535),
    ),
    Rule(
        "is of one host, and [failover] hands over one worker; give 1, or take failover.instance away",
        when(("node", "workers"), lambda file: file.node.workers != 1 and file.failover.instance is not None),
    ),
    Rule(
        "lies elsewhere, and SA keys are sealed here; give store.key_file, the same at each node",
        when(("store", "url"), lambda file: "redis" in file.store.url and file.store.key_file is None),
    ),
    Rule(
        "is of this host alone; give redis://HOST:PORT, which every host of [failover] can reach",
        when(
            ("store", "url"),
            lambda file: file.failover.instance is not None and "redis" not in file.store.url,
        ),
    ),
)
