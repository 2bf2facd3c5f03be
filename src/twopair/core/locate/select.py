"""From a place to the servers behind it: the tables of RFC 3263 §4.1 and §4.2, asking nobody.

`locate` is given what is known of the DNS so far. It says which questions must be answered before it can go
on, or ends with all servers in their order. So it is called again and again, and nothing waits in it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from twopair.base import Endpoint, Port, Transport
from twopair.core.locate.terms import (
    SIP_PORT,
    Address,
    Answer,
    Fault,
    Kind,
    Naptr,
    Place,
    Question,
    Srv,
    Target,
)

SERVICES: Final[Mapping[str, Transport]] = {"sip+d2u": Transport.UDP, "sip+d2t": Transport.TCP}
"""NAPTR services that we have (RFC 3263 §4.1); SIPS+D2T and SIP+D2S are none of them."""

PREFIXES: Final = ((Transport.UDP, "_sip._udp."), (Transport.TCP, "_sip._tcp."))
"""SRV names, in the order in which they are asked for where no NAPTR says one (RFC 3263 §4.1)."""

_PREFIX: Final = dict(PREFIXES)

MOST_NAPTR: Final = 8
MOST_SRV: Final = 16
MOST_ADDRESSES: Final = 8
"""Records of one answer that count; what is more is thrown away: whoever answers decides how long we work."""

Known = Mapping[Question, Answer]
"""Answers that still hold."""


class Group(NamedTuple):
    """Servers of one SRV record, or of none, to be tried one after the other.

    Args:
        rank: groups of lower ranks come first.
        weight: share among those of one rank (RFC 2782).
        targets: at least one.
    """

    rank: int
    weight: int
    targets: tuple[Target, ...]


class Located(NamedTuple):
    """The outcome.

    Args:
        groups: in the order of their ranks; none: there is a fault.
        used: the questions whose answers it rests on; it holds as long as they do.
        fault: why there are none.
    """

    groups: tuple[Group, ...]
    used: tuple[Question, ...] = ()
    fault: Fault | None = None


class Ask(NamedTuple):
    """What must be known first."""

    questions: tuple[Question, ...]


class _Walk:
    """One run: what it has read, and what it lacks.

    Args:
        known: what the DNS has said.
        kinds: of the addresses that we can reach, the preferred one first.
    """

    def __init__(self, known: Known, kinds: tuple[Kind, ...]) -> None:
        self.known = known
        self.kinds = kinds
        self.lacks: dict[Question, None] = {}
        self.used: dict[Question, None] = {}
        self.fault: Fault | None = None

    def read(self, name: str, kind: Kind) -> Answer | None:
        """The answer to a question; None where there is none yet, which is noted."""
        question = Question(name, kind)
        answer = self.known.get(question)
        if answer is None:
            self.lacks[question] = None
            return None
        self.used[question] = None
        if answer.fault is not None and (self.fault is None or _WORTH[answer.fault] > _WORTH[self.fault]):
            self.fault = answer.fault
        return answer

    def addresses(self, name: str, port: int, transport: Transport) -> tuple[Target, ...]:
        """Targets behind a host name; the preferred family first."""
        found: list[Target] = []
        for kind in self.kinds:
            answer = self.read(name, kind)
            records = answer.records[:MOST_ADDRESSES] if answer is not None else ()
            hosts = [record.address for record in records if isinstance(record, Address)]
            found += [Target(transport, Endpoint(host, Port(port))) for host in hosts]
        return tuple(found)

    def services(self, name: str, transport: Transport, rank: int) -> list[Group] | None:
        """Groups behind an SRV name, None where it has no SRV records; [] where the service is not there."""
        answer = self.read(name, Kind.SRV)
        if answer is None:
            return []
        records = [r for r in answer.records if isinstance(r, Srv)]
        if not records:
            return None
        groups = []
        for record in sorted(records)[:MOST_SRV]:
            if record.target and record.port:
                targets = self.addresses(record.target, record.port, transport)
                if targets:
                    groups.append(Group(rank + record.priority, record.weight, targets))
        return groups


_WORTH: Final = {fault: n for n, fault in enumerate(Fault)}
"""Of several faults the later one is told: that nobody answers says more than that a record is not there."""

_RANKS: Final = 65_536
"""Priorities of one SRV name."""


def locate(place: Place, known: Known, kinds: tuple[Kind, ...]) -> Located | Ask:
    """The servers behind a place, or what must be asked first.

    Args:
        place: a name, or an address.
        known: what the DNS has said and still holds.
        kinds: ``(A,)``, ``(AAAA,)`` or both, the preferred one first.
    """
    walk = _Walk(known, kinds)
    groups = [group for group in _RULES[_case(place)](walk, place) if group.targets]
    if walk.lacks:
        return Ask(tuple(walk.lacks))
    if not groups:
        return Located((), tuple(walk.used), walk.fault or Fault.NO_SERVER)
    return Located(tuple(groups), tuple(walk.used))


def _numeric(_walk: _Walk, place: Place) -> Iterator[Group]:
    """RFC 3263 §4.2: an address is not looked up."""
    endpoint = Endpoint(place.host, Port(place.port or SIP_PORT))
    yield Group(0, 0, (Target(place.transport or Transport.UDP, endpoint),))


def _with_port(walk: _Walk, place: Place) -> Iterator[Group]:
    """RFC 3263 §4.1, §4.2: a name with a port has addresses; UDP, if nothing else is said."""
    yield Group(0, 0, walk.addresses(place.host, place.port, place.transport or Transport.UDP))


def _with_transport(walk: _Walk, place: Place) -> Iterator[Group]:
    """RFC 3263 §4.2: SRV of that transport; without any, the addresses of the name."""
    assert place.transport is not None, "the case says so"
    groups = walk.services(_PREFIX[place.transport] + place.host, place.transport, 0)
    if groups is None:
        yield Group(0, 0, walk.addresses(place.host, SIP_PORT, place.transport))
    else:
        yield from groups


def _bare(walk: _Walk, place: Place) -> Iterator[Group]:
    """RFC 3263 §4.1: NAPTR says transports; without, SRV of each; without those, addresses and UDP."""
    answer = walk.read(place.host, Kind.NAPTR)
    if answer is None:
        return
    usable = sorted(r for r in answer.records if isinstance(r, Naptr) and r.service.lower() in SERVICES)
    found: list[Group] = []
    for number, record in enumerate(usable[:MOST_NAPTR]):
        transport, rank = SERVICES[record.service.lower()], number * _RANKS
        if record.flags.lower() == "s":
            found += walk.services(record.replacement, transport, rank) or ()
        elif record.flags.lower() == "a":
            found.append(Group(rank, 0, walk.addresses(record.replacement, SIP_PORT, transport)))
    if usable and (found or walk.lacks):
        yield from found
        return
    served = False
    for number, (transport, prefix) in enumerate(PREFIXES):
        groups = walk.services(prefix + place.host, transport, number * _RANKS)
        served = served or groups is not None
        yield from groups or ()
    if not served:
        yield Group(0, 0, walk.addresses(place.host, SIP_PORT, Transport.UDP))


def _case(place: Place) -> str:
    if ":" in place.host or place.host.replace(".", "").isdigit():
        return "numeric"
    if place.port:
        return "port"
    return "transport" if place.transport is not None else "bare"


_RULES: Final[Mapping[str, Callable[[_Walk, Place], Iterator[Group]]]] = {
    "numeric": _numeric,
    "port": _with_port,
    "transport": _with_transport,
    "bare": _bare,
}
"""What a place says of itself, and what is done then (RFC 3263 §4.1, §4.2)."""
