"""SA sets between one UE and one P-CSCF for tests, with keys, ports and SPIs that are easy to read."""

from hashlib import sha256
from typing import Final

from twopair.base import Impi, Port, Secret, Spi, Suite
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand

UE: Final = "10.0.1.1"
PCSCF: Final = "10.0.0.1"
UE_6: Final = "fd00:1::1"
PCSCF_6: Final = "fd00::1"
FAMILIES: Final = {4: (UE, PCSCF), 6: (UE_6, PCSCF_6)}
PORTS: Final = Ports(uc=Port(6100), us=Port(6101), pc=Port(5064), ps=Port(5062))
SPIS: Final = Spis(uc=Spi(4097), us=Spi(4098), pc=Spi(8193), ps=Spi(8194))
CBC: Final = Suite("hmac-sha-1-96", "aes-cbc")
GCM: Final = Suite("null", "aes-gcm")


class Dice:
    """Octets that look random and are the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._drawn = 0

    def octets(self, count: int) -> bytes:
        self._drawn += 1
        block = sha256(f"{self._seed} {self._drawn}".encode()).digest()
        return (block * (count // 32 + 1))[:count]

    def below(self, bound: int) -> int:
        return int.from_bytes(self.octets(8), "big") % bound


def sa_set(
    end: End,
    suite: Suite = CBC,
    *,
    set_id: int = 1,
    ue: str = UE,
    pcscf: str = PCSCF,
    ports: Ports = PORTS,
    spis: Spis = SPIS,
    key: bytes = bytes(range(16)),
) -> SaSet:
    """The set as one end sees it; both ends get the same keys from `key`."""
    keys = expand(suite, Secret(key), Secret(key[::-1]))
    return SaSet(set_id, Impi("001010000000001@ims"), end, ue, pcscf, ports, spis, suite, keys)
