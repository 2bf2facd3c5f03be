"""What nodes report; listeners (log, counters, lab, laws) take what they know and ignore the rest."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from twopair.base.flow import Endpoint, Flow, Transport
from twopair.base.identity import Impi, Impu
from twopair.base.refusal import Refusal
from twopair.base.report import Refused
from twopair.core.locate.terms import Fault, Place, Target
from twopair.core.registration.brought import Brought
from twopair.core.registration.flows import ALONE, RegFlow
from twopair.core.sa.life import Stage
from twopair.core.sip.terms import Why

__all__ = [
    "Awaiting",
    "BearerGone",
    "BearerRefused",
    "CallChanged",
    "CallStage",
    "Deregistered",
    "Lost",
    "MediaUnanchored",
    "MessageAnswered",
    "MessageReceived",
    "Notified",
    "Ordered",
    "Refused",
    "RegisterReceived",
    "Registered",
    "RegistrationFailed",
    "Rerouted",
    "Resumed",
    "Resynchronised",
    "SessionOver",
    "SetStage",
    "TargetFailed",
    "Unreached",
    "Unresolved",
]


@dataclass(slots=True, unsafe_hash=True)
class RegisterReceived:
    """P-CSCF: a REGISTER came that can be read; what becomes of it is not said here (24.229 §5.2.2).

    Args:
        impi: whose.
        impu: the identity in To.
        way: how it came; its remote end is the UE, or a NAT.
        via: the address in its topmost Via, where that is another one; empty else, and for a name.
        over: the stage of the SA set it came over, None in the clear.
        brought: what it says of a challenge.
        flow: the registration it asks for.
    """

    impi: Impi
    impu: Impu
    way: Flow
    via: str
    over: Stage | None
    brought: Brought
    flow: RegFlow = ALONE


@dataclass(slots=True, unsafe_hash=True)
class Registered:
    """A registration stands (UE: SM12 received; P-CSCF: SM12 sent; home: binding stored).

    `flow` is its name among those of the IMPI (ADR 12); here and below that of the only one says nothing.
    """

    impi: Impi
    impu: Impu
    expires_s: int
    associated: tuple[Impu, ...] = ()
    flow: RegFlow = ALONE


@dataclass(frozen=True, slots=True)
class Resumed:
    """A P-CSCF goes on where its predecessor was ended: registrations, and their SA sets (MGP-14)."""

    registrations: int
    sets: int


@dataclass(slots=True, unsafe_hash=True)
class RegistrationFailed:
    """An attempt ended without a registration; what stood before still stands.

    `retry_s` is after how many seconds the UE tries again by itself, 0 if it does not (UEP-13, UEP-14).
    """

    impi: Impi
    reason: str
    status: int = 0
    refusal: Refusal | None = None
    retry_s: int = 0
    flow: RegFlow = ALONE


BY_USER: Final = "by the user"
"""The reason of a `Deregistered` that the UE asked for."""


@dataclass(frozen=True, slots=True)
class Deregistered:
    """The registration is gone, and its SA sets with it."""

    impi: Impi
    reason: str
    flow: RegFlow = ALONE


BY_NETWORK: Final = "by the network: "
"""How the reason of a `Deregistered` begins that the network asked for; the event follows (RFC 3680 §3.4)."""


@dataclass(frozen=True, slots=True)
class Notified:
    """The network says what has become of a registration (RFC 3680; PCS-16, UEP-07).

    Args:
        impi: whose.
        event: of its contact, ``refreshed``, ``shortened``, ``rejected``.
        active: whether it stands for any identity.
        identities: those for which it stands.
        expires_s: seconds that are left, None where nothing is said.
        retry_after_s: seconds after which to register again, None where nothing is said.
        flow: its name among those of the IMPI.
    """

    impi: Impi
    event: str
    active: bool
    identities: tuple[Impu, ...] = ()
    expires_s: int | None = None
    retry_after_s: int | None = None
    flow: RegFlow = ALONE


@dataclass(frozen=True, slots=True)
class Ordered:
    """Home network: an order about a user was carried out.

    Args:
        who: as the order has it.
        registrations: how many there were; 0 where nobody of that name is registered.
        watchers: subscribers that are told.
    """

    who: str
    registrations: int
    watchers: int


@dataclass(frozen=True, slots=True)
class Awaiting:
    """UE: a request has had no answer so far; told every few seconds.

    Args:
        peer: whom it waits for.
        what: the method.
        silent_s: since when.
        left_s: after how many seconds more it is given up.
    """

    peer: Endpoint
    what: str
    silent_s: int
    left_s: int


@dataclass(frozen=True, slots=True)
class Unreached:
    """UE: a datagram did not arrive, the network says: a closed port, or no way (RFC 3261 §18.4).

    `protected` says that it went over an SA set: then it is a hint, and changes nothing (UNP-06).
    """

    peer: Endpoint
    reason: str
    protected: bool


@dataclass(frozen=True, slots=True)
class Resynchronised:
    """UE: an AUTS was sent; home: the sequence number was set from one (33.102 §6.3.5)."""

    impi: Impi


@dataclass(slots=True, unsafe_hash=True)
class SetStage:
    """An SA set came to a stage; `impi` tells whose."""

    impi: Impi
    set_id: int
    stage: Stage
    flow: RegFlow = ALONE


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A request goes another way: UDP where TCP was refused, or over the newer set (PCS-24, PCS-26).

    Args:
        impi: whose.
        set_id: the set it goes over now.
        transport: it goes over now.
        why: what was the trouble before.
    """

    impi: Impi
    set_id: int
    transport: Transport
    why: Why


@dataclass(slots=True, unsafe_hash=True)
class SessionOver:
    """P-CSCF: a session is in its books no more (24.229 §5.2.8; ADR 31).

    Args:
        impi: whose.
        call_id: Call-ID.
        why: in words: BYE, or what has ended it without one.
        flow: of which registration.
    """

    impi: Impi
    call_id: str
    why: str
    flow: RegFlow = ALONE


@dataclass(slots=True, unsafe_hash=True)
class MediaUnanchored:
    """P-CSCF: no media relay took a description (24.229 §6.7).

    Args:
        impi: whose call it is.
        call_id: Call-ID.
        why: in words.
        flow: of which registration.
    """

    impi: Impi
    call_id: str
    why: str
    flow: RegFlow = ALONE


@dataclass(slots=True, unsafe_hash=True)
class BearerRefused:
    """P-CSCF: policy control gives no bearer (29.214 §4.4.1).

    Args:
        impi: whose.
        call_id: of which call; empty for the signalling path.
        verdict: what it says, in words.
        why: its code.
        flow: of which registration.
    """

    impi: Impi
    call_id: str
    verdict: str
    why: str
    flow: RegFlow = ALONE


@dataclass(slots=True, unsafe_hash=True)
class BearerGone:
    """P-CSCF: a bearer is lost (24.229 §5.2.8.1; PCS-19).

    Args:
        impi: whose.
        call_id: of which call; empty for the signalling path.
        why: in words.
        flow: of which registration.
    """

    impi: Impi
    call_id: str
    why: str
    flow: RegFlow = ALONE


@dataclass(frozen=True, slots=True)
class Unresolved:
    """P-CSCF: a request found no server behind a name (RFC 3263 §4).

    Args:
        place: the name, with port and transport where it was given.
        fault: why.
    """

    place: Place
    fault: Fault


@dataclass(frozen=True, slots=True)
class TargetFailed:
    """P-CSCF: a server of the core, one of several, did not take a request (RFC 3263 §4.3).

    Args:
        target: the server; it is spared for a while.
        why: what was the trouble.
        then: the server that the request went to instead; None: there is no other.
    """

    target: Target
    why: Why
    then: Target | None


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """UE: a MESSAGE came and was answered with 200."""

    sender: str
    body: bytes
    flow: Flow


@dataclass(frozen=True, slots=True)
class MessageAnswered:
    """UE: the final answer to a MESSAGE of ours; status 408 also where none came.

    `detail` names the extensions that are missing where the status is 420 or 421.
    """

    to: Impu
    status: int
    call_id: str
    detail: str = ""


class CallStage(Enum):
    """How far a call has come, at either end."""

    CALLING = "calling"  # INVITE sent
    RINGING = "ringing"  # 180 sent, or received
    ANSWERED = "answered"  # 200 sent, ACK awaited
    UP = "up"  # ACK sent, or received: the dialog is confirmed
    ENDING = "ending"  # BYE or CANCEL sent
    ENDED = "ended"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Lost:
    """How a call was lost: its other end is not known to have ended it.

    Args:
        why: in words, what went unanswered or was refused.
        silent_s: seconds since something was heard of the other end in this call.
    """

    why: str
    silent_s: int


@dataclass(frozen=True, slots=True)
class CallChanged:
    """UE: a call came to a stage.

    Args:
        call_id: Call-ID; empty for a call that was not tried.
        stage: where it is now.
        status: of the final response to INVITE, 0 before there is one.
        peer: whom we call, or who calls us.
        ours: whether it is we who call.
        lost: where it ended because the other end was heard of no more (RFC 3261 §15.1.1, RFC 4028 §10).
        detail: the extensions that are missing where the status is 420 or 421.
    """

    call_id: str
    stage: CallStage
    status: int = 0
    peer: str = ""
    ours: bool = False
    lost: Lost | None = None
    detail: str = ""
