"""The integrity-protected parameter, by which the S-CSCF knows how a REGISTER came (INT-01..INT-03).

It says ``yes`` only for an answer that came over the temporary set of its own challenge, or for what
came over the set of the last successful authentication and answers no challenge (33.203 §6.1.5).
"""

from enum import Enum
from typing import Final


class Bearer(Enum):
    """What a REGISTER came over."""

    CLEAR = "no protection"
    TEMPORARY = "the temporary set of a challenge"
    LATEST = "the set of the last successful authentication"
    EARLIER = "a set that a later authentication has superseded"

    __hash__ = object.__hash__


class Answer(Enum):
    """What its Authorization says of a challenge."""

    RESPONSE = "a response, to the challenge of the set it came over, or to none"
    EMPTY = "no response"
    AUTS = "the sequence number is out of range"
    ELSEWHERE = "an answer to a challenge that belongs to another set"

    __hash__ = object.__hash__


# Members of enumerations that every registration asks for (ADR 23).
_TEMPORARY: Final = Bearer.TEMPORARY
_EMPTY: Final = Answer.EMPTY
_RESPONSE: Final = Answer.RESPONSE


YES: Final = "yes"
NO: Final = "no"

TABLE: Final[dict[tuple[Bearer, Answer], tuple[str, str]]] = {
    (Bearer.CLEAR, Answer.RESPONSE): (NO, "33.203 §5.1.2, UNP-03"),
    (Bearer.CLEAR, Answer.EMPTY): (NO, "33.203 §5.1.2, UNP-03"),
    (Bearer.CLEAR, Answer.AUTS): (NO, "33.203 §7.3.1.3, UNP-03"),
    (Bearer.CLEAR, Answer.ELSEWHERE): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.TEMPORARY, Answer.RESPONSE): (YES, "33.203 §6.1.5, INT-02 (a)"),
    (Bearer.TEMPORARY, Answer.EMPTY): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.TEMPORARY, Answer.AUTS): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.TEMPORARY, Answer.ELSEWHERE): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.LATEST, Answer.RESPONSE): (YES, "33.203 §6.1.5, INT-02 (b); AKA-08"),
    (Bearer.LATEST, Answer.EMPTY): (YES, "33.203 §6.1.5, INT-02 (b)"),
    (Bearer.LATEST, Answer.AUTS): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.LATEST, Answer.ELSEWHERE): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.EARLIER, Answer.RESPONSE): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.EARLIER, Answer.EMPTY): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.EARLIER, Answer.AUTS): (NO, "33.203 §6.1.5, INT-03"),
    (Bearer.EARLIER, Answer.ELSEWHERE): (NO, "33.203 §6.1.5, INT-03"),
}


def classify(bearer: Bearer, *, response: str, auts: str | None, nonce: str, pending: str | None) -> Answer:
    """What a REGISTER answers (INT-03: never told by a non-empty response alone, AKA-08).

    Args:
        bearer: what it came over.
        response: the digest it carries, or nothing.
        auts: its auts parameter, None if it has none.
        nonce: the nonce it carries.
        pending: nonce of the challenge that is open for this IMPI, None if none is.
    """
    if auts is not None:
        return Answer.AUTS
    on_temporary = bearer is _TEMPORARY
    if pending is not None and (nonce == pending) != on_temporary:
        return Answer.ELSEWHERE
    return _RESPONSE if response else _EMPTY


def integrity_protected(bearer: Bearer, answer: Answer) -> str:
    """The value for the S-CSCF: ``yes`` or ``no``."""
    return TABLE[bearer, answer][0]
