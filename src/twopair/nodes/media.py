"""A media relay as a P-CSCF sees it: descriptions in, descriptions out (24.229 §6.7; 23.228 Annex G)."""

from dataclasses import dataclass
from enum import Enum


class Side(Enum):
    """The two sides of a P-CSCF; the value names the relay's interface there, unless told otherwise."""

    GM = "gm"
    CORE = "core"

    @property
    def other(self) -> "Side":
        """The opposite side."""
        return Side.CORE if self is Side.GM else Side.GM


@dataclass(frozen=True, slots=True)
class AnchorMedia:
    """Action: have the streams of one description run over the media relay.

    Args:
        ticket: names the question in its answer.
        call: names the call to the relay, in all of its questions.
        offerer: tag of the dialog's end that made the offer.
        answerer: tag of the other end; empty where an offer does not know it yet.
        answer: whether the description is the answer.
        source: side that it came from.
        ipv6: whether who gets it is reached over IPv6.
        sdp: the description (RFC 8866).
    """

    ticket: int
    call: str
    offerer: str
    answerer: str
    answer: bool
    source: Side
    ipv6: bool
    sdp: bytes


@dataclass(frozen=True, slots=True)
class MediaAnchored:
    """Event: what the other side is to see instead; None if no relay took it.

    Args:
        ticket: that of the question.
        sdp: the description.
        why: what went wrong, in words; empty if nothing did.
    """

    ticket: int
    sdp: bytes | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class LetMediaGo:
    """Action: a call is over, its streams need no relay any more. Nothing answers.

    Args:
        call: as in `AnchorMedia`.
        offerer: tag of the end that made the first offer.
    """

    call: str
    offerer: str
