"""What a REGISTER brings to a challenge, as a P-CSCF reads it (33.203 §7.3.1; AKA-08)."""

from enum import Enum
from typing import Final


class Brought(Enum):
    """SM1 brings nothing; what comes after SM6 brings one of the others."""

    NOTHING = "no answer to a challenge"
    RESPONSE = "a response"
    AUTS = "AUTS: the sequence number is not fresh"
    DENIAL = "no response: the challenge is no use"

    __hash__ = object.__hash__


# Members of enumerations that every registration asks for (ADR 23).
_NOTHING: Final = Brought.NOTHING
_RESPONSE: Final = Brought.RESPONSE


def brought(*, response: str, auts: str | None, challenged: bool) -> Brought:
    """What it brings.

    Args:
        response: the digest, empty for none.
        auts: AUTS, None for none.
        challenged: whether its nonce is that of an open challenge, or it came over a temporary set.
    """
    if auts is not None:
        return Brought.AUTS
    if not challenged:
        return _NOTHING
    return _RESPONSE if response else Brought.DENIAL
