"""What an AKA algorithm set offers: the functions f1 to f5* of TS 33.102 §6.3."""

from typing import NamedTuple, Protocol


class Answers(NamedTuple):
    """What f2, f3, f4 and f5 give for one RAND; all octets secret but short-lived."""

    res: bytes
    ck: bytes
    ik: bytes
    ak: bytes


class AkaFunctions(Protocol):
    """Milenage or TUAK with one subscriber's keys.

    RAND has 16 octets, SQN 6, AMF 2. MAC-A and MAC-S have 8 octets and AK 6 wherever AUTN is that of
    33.102; RES has 4 to 32, so nobody may count on 8 (AKA-51).
    """

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A, by which the network proves itself."""
        ...

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S, by which the USIM proves a resynchronisation."""
        ...

    def f2345(self, rand: bytes) -> Answers:
        """RES, CK, IK and AK."""
        ...

    def f5_star(self, rand: bytes) -> bytes:
        """AK*, which hides SQN_MS in AUTS."""
        ...
