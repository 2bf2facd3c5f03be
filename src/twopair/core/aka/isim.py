"""The AKA application of a card: a challenge in, RES and keys or a failure out (TS 33.102 §6.3.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest

from twopair.base import Secret
from twopair.core.aka.sqn import SQN_OCTETS, SqnUsim
from twopair.core.aka.vector import AMF_OF_RESYNC, AUTN_OCTETS, RAND_OCTETS, xor
from twopair.crypto import AkaFunctions


@dataclass(frozen=True, slots=True)
class Accepted:
    """The network is genuine and the challenge fresh."""

    res: Secret
    ck: Secret
    ik: Secret


@dataclass(frozen=True, slots=True)
class MacFailure:
    """AUTN was not made with this card's key: a false network. There is no AUTS for it (AKA-12)."""


@dataclass(frozen=True, slots=True)
class SyncFailure:
    """The challenge is genuine, but its SQN is not acceptable; `auts` (14 octets) tells the HSS ours."""

    auts: bytes


AkaOutcome = Accepted | MacFailure | SyncFailure

Keep = Callable[[tuple[int, ...]], None]
"""Saves the array SEQ_MS; called before RES, CK and IK leave the card (AKA-15)."""


def forget(_seqs: tuple[int, ...]) -> None:
    """For a card that lives no longer than its program."""


class Isim:
    """The AKA function of one card.

    Args:
        functions: Milenage or TUAK with the card's keys.
        sqn: the array SEQ_MS.
        keep: saves the array each time it changes.
    """

    __slots__ = ("_functions", "_keep", "_sqn")

    def __init__(self, functions: AkaFunctions, sqn: SqnUsim, keep: Keep = forget) -> None:
        self._functions, self._sqn, self._keep = functions, sqn, keep

    def answer(self, rand: bytes, autn: bytes) -> AkaOutcome:
        """Check AUTN, first its MAC and only then its SQN (AKA-11), and answer.

        Args:
            rand: 16 octets.
            autn: 16 octets.
        """
        assert len(rand) == RAND_OCTETS, "the nonce was decoded before (AKA-03)"
        assert len(autn) == AUTN_OCTETS, "the nonce was decoded before (AKA-03)"
        functions = self._functions
        res, ck, ik, ak = functions.f2345(rand)
        sqn, amf, mac = xor(autn[:SQN_OCTETS], ak), autn[6:8], autn[8:]
        if not compare_digest(mac, functions.f1(rand, sqn, amf)):
            return MacFailure()
        if not self._sqn.accept(sqn):
            return SyncFailure(self._auts(rand))
        self._keep(self._sqn.snapshot())
        return Accepted(Secret(res), Secret(ck), Secret(ik))

    def _auts(self, rand: bytes) -> bytes:
        """AUTS = (SQN_MS xor AK*) || MAC-S (AKA-16)."""
        sqn_ms = self._sqn.highest
        mac_s = self._functions.f1_star(rand, sqn_ms, AMF_OF_RESYNC)
        return xor(sqn_ms, self._functions.f5_star(rand)) + mac_s
