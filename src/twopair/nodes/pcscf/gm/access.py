"""What may come in, through which door, over which SA set (33.203 §7.1; UNP-01, SA-25, MGP-13)."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Final

from twopair.base import Bind, Endpoint, Port, Refusal
from twopair.core.registration.pcscf_checks import Check
from twopair.core.sa import Stage
from twopair.nodes.pcscf.config import PcscfConfig
from twopair.nodes.pcscf.gm.sets import LiveSet
from twopair.wire.sip import Message, Request


class Door(Enum):
    """Our ports, by what they are for."""

    CORE = "towards the home network"
    CLEAR = "unprotected, towards UEs"
    SERVER = "port_ps"
    CLIENT = "port_pc"

    __hash__ = object.__hash__


class Kind(Enum):
    """What a message is, as far as access goes."""

    REGISTER = "REGISTER"
    ACK = "ACK"
    REQUEST = "any other request"
    RESPONSE = "response"

    __hash__ = object.__hash__


_REQUEST: Final = Kind.REQUEST
_RESPONSE: Final = Kind.RESPONSE
_METHODS: Final = {"REGISTER": Kind.REGISTER, "ACK": Kind.ACK}


def kind_of(message: Message) -> Kind:
    """What a message is."""
    return _METHODS.get(message.method, _REQUEST) if isinstance(message, Request) else _RESPONSE


ANY_PORT: Final = Port(0)
"""At our end of a connection that we open in the clear: its port is of no account."""

ANY_CORE_PORT: Final = Port(-1)
"""The same towards the core; the two may have one address, and what comes back is judged by its door."""


def doors(config: PcscfConfig) -> dict[Endpoint, Door]:
    """Every endpoint of the node and what it is for."""
    found = {}
    for core in config.cores:
        found[core] = found[Endpoint(core.address, ANY_CORE_PORT)] = Door.CORE
    for address in config.gm_addresses:
        found[Endpoint(address, config.gm_port)] = Door.CLEAR
        found[Endpoint(address, ANY_PORT)] = Door.CLEAR
        found[Endpoint(address, config.port_ps)] = Door.SERVER
        for port in config.port_pc:
            found[Endpoint(address, port)] = Door.CLIENT
    return found


def binds(of: Mapping[Endpoint, Door]) -> Iterator[Bind]:
    """How the ports are bound: TCP is accepted at all but port_pc, the clear comes last (SA-09, SA-21)."""
    for local, door in of.items():
        if local.port > 0:
            protected = door in (Door.SERVER, Door.CLIENT)
            yield Bind(local, protected, listen=door is not Door.CLIENT, last=door is Door.CLEAR)


CLEAR: Final[dict[tuple[Kind, bool], Refusal | None]] = {
    (Kind.REGISTER, False): None,
    (Kind.REGISTER, True): None,  # MGP-08: an initial registration; existing sets are not touched
    (Kind.REQUEST, False): Refusal.CLEAR_NON_REGISTER,
    (Kind.REQUEST, True): Refusal.CLEAR_FROM_PROTECTED_UE,
    (Kind.ACK, False): Refusal.CLEAR_NON_REGISTER,  # which nothing answers
    (Kind.ACK, True): Refusal.CLEAR_FROM_PROTECTED_UE,
    (Kind.RESPONSE, False): Refusal.UNMATCHED_RESPONSE,  # we send no request in the clear
    (Kind.RESPONSE, True): Refusal.CLEAR_FROM_PROTECTED_UE,
}
"""In the clear: kind, and whether the source address has SA sets (33.203 §7.1; UNP-01, UNP-03, UNP-05)."""

_ESTABLISHED: Final = (Stage.NEWLY_ESTABLISHED, Stage.IN_USE, Stage.OLD)

PROTECTED: Final[set[tuple[Door, Kind, Stage]]] = {
    (Door.SERVER, Kind.REGISTER, Stage.TEMPORARY),  # SM7
    *((Door.SERVER, kind, stage) for kind in Kind for stage in _ESTABLISHED),  # SA1-up, MSG-01
    *((Door.CLIENT, Kind.RESPONSE, stage) for stage in _ESTABLISHED),  # SA2-up, TCP only
}
"""What an SA set may carry at each stage, from the UE (33.203 §7.1; SA-25, MSG-01, MGP-02, MGP-13)."""


class Arrival:
    """Evidence on a protected message."""

    __slots__ = ("door", "kind", "live", "message")

    def __init__(self, door: Door, kind: Kind, live: LiveSet, message: Message) -> None:
        self.door: Final = door
        self.kind: Final = kind
        self.live: Final = live
        self.message: Final = message


def _stage(e: Arrival) -> Refusal | None:
    return None if (e.door, e.kind, e.live.life.stage) in PROTECTED else Refusal.SET_NOT_USABLE


def _own_answer(e: Arrival) -> Refusal | None:
    """An answer belongs to the user whom the request went to; its branch names the user."""
    if e.kind is not _RESPONSE or (e.message.branch or "").startswith(e.live.branch):
        return None
    return Refusal.UNMATCHED_RESPONSE


ARRIVAL_CHECKS: tuple[Check[Arrival], ...] = (
    Check("SA-25 stage", "33.203 §7.1, MGP-13, ERR-21", _stage),
    Check("SA-25 answer", "33.203 §7.1", _own_answer),
)
"""Of every protected message, before anything else looks at it."""
