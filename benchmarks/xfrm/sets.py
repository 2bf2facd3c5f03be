"""Sets of many UEs, each with an address of its own."""

from typing import Final

from twopair.base import Impi, Port, Secret, Spi, Suite
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand

PCSCF: Final = "10.0.0.1"
PORTS: Final = Ports(uc=Port(6100), us=Port(6101), pc=Port(5064), ps=Port(5062))
CBC_SHA1: Final = Suite("hmac-sha-1-96", "aes-cbc")


def a_set(number: int, end: End = End.PCSCF, suite: Suite = CBC_SHA1) -> SaSet:
    """The set of the n-th UE, as one end sees it."""
    ue = f"10.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
    spis = Spis(*(Spi(0x10000 + 4 * number + i) for i in range(4)))
    keys = expand(suite, Secret(bytes(range(16))), Secret(bytes(range(16, 32))))
    return SaSet(number, Impi("bench"), end, ue, PCSCF, PORTS, spis, suite, keys)
