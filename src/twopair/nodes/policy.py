"""Policy control as a P-CSCF sees it, over Rx or N5 (29.214 §4.4; 29.514 §4.2)."""

from dataclasses import dataclass
from enum import Enum

from twopair.core.policy import MediaComponent


@dataclass(frozen=True, slots=True)
class AskPolicy:
    """Action: have a bearer authorised for what a session needs now, or what has changed.

    Args:
        session: names the session with policy control, in all that follows; a new name begins one.
        address: of the UE, by which its bearer is found.
        impu: whose it is, as Subscription-Id; empty to say nothing.
        components: its streams; component 0 alone asks to be told of the signalling path (PCS-19).
        final: whether offer and answer are known; else the answer is still to come.
        emergency: whether it is an emergency call (29.214 §4.4.1, Service-URN).
    """

    session: str
    address: str
    impu: str
    components: tuple[MediaComponent, ...]
    final: bool
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class EndPolicy:
    """Action: a session is over; its bearer is not needed any more."""

    session: str


class Verdict(Enum):
    """What policy control makes of a request."""

    GRANTED = "granted"
    NOT_AUTHORISED = "not authorised"
    NOT_ACCEPTABLE = "the service information is not acceptable"
    UNKNOWN_BEARER = "the UE's bearer is not known"
    UNREACHABLE = "policy control does not answer"
    FAILED = "policy control failed"


@dataclass(frozen=True, slots=True)
class PolicyAnswered:
    """Event: what became of an `AskPolicy`.

    Args:
        session: which.
        verdict: the result.
        why: code or words of the other side, for the log.
    """

    session: str
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True)
class BearerLost:
    """Event: a session, or some of its streams, has no bearer any more (ASR, RAR; 29.214 §4.4.6).

    Args:
        session: which.
        components: numbers of the streams; empty for all.
        ended: whether policy control has ended the session itself; what it wants to hear after that (STR) is
            said without being asked for.
        why: in words, for the log.
    """

    session: str
    components: frozenset[int]
    ended: bool
    why: str = ""


PolicyEvent = PolicyAnswered | BearerLost
