"""Cx between the CSCFs and the HSS, as values (TS 29.228 §6.1, §6.3; TS 29.229 §6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from twopair.base import Impi, Impu
from twopair.core.aka import AuthVector
from twopair.core.service import ServiceProfile


class Result(Enum):
    """Result codes of 29.229 §6.2 that occur here; the value is the Diameter code."""

    SUCCESS = 2001
    UNREGISTERED_SERVICE = 2003
    UNABLE_TO_DELIVER = 3002
    UNABLE_TO_COMPLY = 5012
    USER_UNKNOWN = 5001
    IDENTITIES_DONT_MATCH = 5002
    IDENTITY_NOT_REGISTERED = 5003
    ROAMING_NOT_ALLOWED = 5004
    AUTH_SCHEME_NOT_SUPPORTED = 5006


class Assignment(Enum):
    """Server-Assignment-Type (29.229 §6.3.15)."""

    NO_ASSIGNMENT = 0
    REGISTRATION = 1
    RE_REGISTRATION = 2
    UNREGISTERED_USER = 3
    TIMEOUT_DEREGISTRATION = 4
    USER_DEREGISTRATION = 5
    TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME = 6
    USER_DEREGISTRATION_STORE_SERVER_NAME = 7
    ADMINISTRATIVE_DEREGISTRATION = 8
    AUTHENTICATION_FAILURE = 9
    AUTHENTICATION_TIMEOUT = 10
    DEREGISTRATION_TOO_MUCH_DATA = 11


@dataclass(frozen=True, slots=True)
class Uar:
    """User-Authorization-Request: may this user register, and which S-CSCF is theirs?

    Args:
        impi: private identity.
        impu: public identity.
        visited: the network they are in, empty where nobody said.
        ends: whether the registration is to end.
    """

    impi: Impi
    impu: Impu
    visited: str = ""
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Uaa:
    """User-Authorization-Answer; `server_name` is empty until a S-CSCF was assigned."""

    result: Result
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class Resync:
    """What a UE out of step sent: AUTS, and RAND of the challenge it answered (SIP-Authorization)."""

    rand: bytes
    auts: bytes


@dataclass(frozen=True, slots=True)
class Mar:
    """Multimedia-Auth-Request: an authentication vector, after resynchronisation where asked."""

    impi: Impi
    impu: Impu
    server_name: str
    resync: Resync | None = None


@dataclass(frozen=True, slots=True)
class Maa:
    """Multimedia-Auth-Answer; `vector` is there on success only.

    `resync_ok` is None where none was asked for, else whether AUTS was genuine.
    """

    result: Result
    vector: AuthVector | None = None
    resync_ok: bool | None = None


@dataclass(frozen=True, slots=True)
class Sar:
    """Server-Assignment-Request: this S-CSCF serves the user now, or no longer."""

    impi: Impi
    impu: Impu
    server_name: str
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Profile:
    """User data.

    Args:
        impus: the implicit registration set as configured, the default identity first, those barred last.
        barred: keys of those that serve for registration only (`identities.identity_key`).
        services: the service profiles, each with the identities it holds for (`core.service`).
    """

    impus: tuple[Impu, ...]
    barred: frozenset[Impu] = frozenset()
    services: tuple[ServiceProfile, ...] = ()


@dataclass(frozen=True, slots=True)
class Saa:
    """Server-Assignment-Answer with the profile on success."""

    result: Result
    profile: Profile = Profile(())


@dataclass(frozen=True, slots=True)
class Lir:
    """Location-Info-Request: which S-CSCF serves this public identity?"""

    impu: Impu


@dataclass(frozen=True, slots=True)
class Lia:
    """Location-Info-Answer; an identity that nobody registered gives IDENTITY_NOT_REGISTERED.

    `impi` is known where the HSS is part of the network; Diameter does not carry it.
    """

    result: Result
    server_name: str = ""
    impi: Impi | None = None


class Reason(Enum):
    """Reason-Code of a de-registration by the network (29.229 §6.3.17)."""

    PERMANENT_TERMINATION = 0
    NEW_SERVER_ASSIGNED = 1
    SERVER_CHANGE = 2
    REMOVE_S_CSCF = 3


@dataclass(frozen=True, slots=True)
class Rtr:
    """Registration-Termination-Request: the network ends registrations (29.228 §6.1.3).

    Args:
        impi: whose.
        impus: of which identities; none for all.
        reason: why.
        info: in words for the user, may be empty.
    """

    impi: Impi
    impus: tuple[Impu, ...] = ()
    reason: Reason = Reason.PERMANENT_TERMINATION
    info: str = ""


@dataclass(frozen=True, slots=True)
class Ppr:
    """Push-Profile-Request: the user data have changed (29.228 §6.2.2)."""

    impi: Impi
    profile: Profile


Question = Uar | Mar | Sar | Lir
"""What a CSCF asks the HSS."""

Reply = Uaa | Maa | Saa | Lia
"""What the HSS answers."""

REPLIES: Final[Mapping[type, Callable[[Result], Reply]]] = {Uar: Uaa, Mar: Maa, Sar: Saa, Lir: Lia}
"""Which answers which."""


def failed(question: Question, result: Result) -> Reply:
    """The answer that says no more than why there is none."""
    return REPLIES[type(question)](result)


@dataclass(frozen=True, slots=True)
class AskHss:
    """Action: put this question to the HSS; `HssAnswered` of that number is to follow, whatever happens."""

    number: int
    question: Question


@dataclass(frozen=True, slots=True)
class HssAnswered:
    """Event: the answer to a question, UNABLE_TO_DELIVER where no HSS could be reached in time."""

    number: int
    reply: Reply
