"""What does not go together in ue.toml."""

from collections.abc import Iterator
from typing import Any, Final

from twopair.core.registration.flows import RegFlow, takes_place_of
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
    twice("gm", "algorithms"),
    legacy("gm"),
    nobodys(_ue_addresses),
    Rule(
        "of another address family than gm.address; give both as IPv4 or both as IPv6 (33.203 §7.1, SA-08)",
        when(("gm", "pcscf"), lambda file: family(file.gm.pcscf.address) != family(file.gm.address)),
    ),
    Rule(
        "is the UE itself; give the P-CSCF's endpoint",
        when(("gm", "pcscf"), lambda file: file.gm.pcscf.address == file.gm.address),
    ),
    Rule(
        "no range; give first and last, at least 8 ports apart from 5060 and 5061 (SA-27)",
        when(("gm", "ports"), _ports_wrong),
    ),
    Rule(
        "is missing, reg_id needs it; give urn:gsma:imei:…",
        when(("identity", "instance"), _no_instance),
    ),
    Rule(
        "below call.min_se_s; give 0, or as much and more (RFC 4028 §4)",
        when(
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
