"""Authentication vectors, and how the HSS makes and repairs them (TS 33.102 §6.3.2, §6.3.5)."""

from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from twopair.base import Secret
from twopair.core.aka.sqn import SQN_OCTETS, SqnHome
from twopair.crypto import AkaFunctions

RAND_OCTETS: Final = 16
AUTN_OCTETS: Final = 16
AUTS_OCTETS: Final = 14
AMF_OF_RESYNC: Final = b"\x00\x00"
"""AMF*, the dummy AMF under MAC-S (AKA-16)."""


@dataclass(frozen=True, slots=True)
class AuthVector:
    """One challenge with its answer and keys: what CM2 carries from the HSS to the S-CSCF.

    Args:
        rand: 16 octets.
        autn: 16 octets, (SQN xor AK) || AMF || MAC (AKA-11).
        xres: the RES expected, 4 to 32 octets.
        ck: 16 octets.
        ik: 16 octets.
    """

    rand: bytes
    autn: bytes
    xres: Secret
    ck: Secret
    ik: Secret


def xor(left: bytes, right: bytes) -> bytes:
    """Octet-wise exclusive or of two strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def generate_vector(functions: AkaFunctions, sqn: bytes, amf: bytes, rand: bytes) -> AuthVector:
    """The vector for one RAND and one unused SQN (33.102 §6.3.2)."""
    res, ck, ik, ak = functions.f2345(rand)
    autn = xor(sqn, ak) + amf + functions.f1(rand, sqn, amf)
    return AuthVector(rand, autn, Secret(res), Secret(ck), Secret(ik))


def resynchronise(functions: AkaFunctions, sqn: SqnHome, rand: bytes, auts: bytes) -> bool:
    """Follow the USIM's sequence number if AUTS is genuine, and say whether it was (AKA-17).

    Args:
        functions: those of the subscriber.
        sqn: moved only when MAC-S verifies.
        rand: that of the stored challenge, never one that came with the AUTS.
        auts: 14 octets.
    """
    if len(auts) != AUTS_OCTETS:
        return False
    sqn_ms = xor(auts[:SQN_OCTETS], functions.f5_star(rand))
    if not compare_digest(auts[SQN_OCTETS:], functions.f1_star(rand, sqn_ms, AMF_OF_RESYNC)):
        return False
    sqn.resynchronise(sqn_ms)
    return True
