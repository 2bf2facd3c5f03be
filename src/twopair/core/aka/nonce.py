"""RAND, AUTN and AUTS in the digest headers (RFC 3310 §3.2, §3.4; AKA-02, AKA-03, AKA-21)."""

from binascii import a2b_base64, b2a_base64
from typing import NamedTuple

from twopair.base import WireError
from twopair.core.aka.vector import AUTN_OCTETS, AUTS_OCTETS, RAND_OCTETS


class AkaChallenge(NamedTuple):
    """What a nonce carries."""

    rand: bytes
    autn: bytes


def encode_nonce(rand: bytes, autn: bytes, server_data: bytes = b"") -> str:
    """The nonce text: base64 of RAND || AUTN || server data."""
    return b2a_base64(rand + autn + server_data, newline=False).decode("ascii")


def decode_nonce(text: str) -> AkaChallenge:
    """RAND and AUTN of a nonce; what follows the first 32 octets is the server's own (AKA-02).

    Raises:
        WireError: not base64, or shorter than 32 octets: the challenge is unusable (AKA-03).
    """
    octets = _decoded(text, "the nonce is not base64", "RFC 3310 §3.2")
    if len(octets) < RAND_OCTETS + AUTN_OCTETS:
        raise WireError("the nonce has no room for RAND and AUTN", len(text), "RFC 3310 §3.2")
    return AkaChallenge(octets[:RAND_OCTETS], octets[RAND_OCTETS : RAND_OCTETS + AUTN_OCTETS])


def encode_auts(auts: bytes) -> str:
    """The text of the parameter `auts`."""
    return b2a_base64(auts, newline=False).decode("ascii")


def decode_auts(text: str) -> bytes:
    """The 14 octets of the parameter `auts`.

    Raises:
        WireError: not base64, or another length.
    """
    octets = _decoded(text, "auts is not base64", "RFC 3310 §3.4")
    if len(octets) != AUTS_OCTETS:
        raise WireError("auts has not 14 octets", len(text), "RFC 3310 §3.4")
    return octets


def _decoded(text: str, what: str, clause: str) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except ValueError:
        raise WireError(what, 0, clause) from None
