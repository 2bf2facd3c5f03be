"""The SAs of the UEs under load, in the kernel of their host."""

from typing import Final

from benchmarks.load.network import NoSas
from benchmarks.load.phone import CK, IK, Phone
from twopair.backends.kernel.backend import KernelBackend
from twopair.base import Impi, Port, Secret, Spi, Suite
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import EspKeys, expand

SUITE: Final = Suite("hmac-sha-1-96", "aes-cbc")


class KernelSas(NoSas):
    """Sets by UE.

    Args:
        backend: in the namespace of the UEs.
    """

    def __init__(self, backend: KernelBackend) -> None:
        self._backend = backend
        self._standing: dict[int, list[int]] = {}
        self._last = 0
        self._keys: EspKeys = expand(SUITE, Secret.from_hex(CK), Secret.from_hex(IK))

    def challenged(self, phone: Phone) -> None:
        """The new set is there before SM7."""
        self._last += 1
        self._backend.install(set_of(phone, self._last, self._keys))
        self._standing.setdefault(phone.number, []).append(self._last)

    def registered(self, phone: Phone) -> None:
        """Older ones go: Kamailio gives their SPIs to others at once."""
        sets = self._standing[phone.number]
        while len(sets) > 1:
            self._backend.remove(sets.pop(0))


def set_of(phone: Phone, set_id: int, keys: EspKeys) -> SaSet:
    """The set that a UE has by its offer and the Security-Server that came."""
    chosen = agreed(phone.server)
    ports = Ports(
        uc=Port(phone.client),
        us=Port(phone.place.server),
        pc=Port(int(chosen["port-c"])),
        ps=Port(int(chosen["port-s"])),
    )
    spis = Spis(
        uc=Spi(phone.spi), us=Spi(phone.spi + 1), pc=Spi(int(chosen["spi-c"])), ps=Spi(int(chosen["spi-s"]))
    )
    return SaSet(set_id, Impi(phone.name), End.UE, phone.address, phone.place.gm, ports, spis, SUITE, keys)


def agreed(server: str) -> dict[str, str]:
    """Parameters of the first mechanism of a Security-Server."""
    words = (word.partition("=") for word in server.partition(",")[0].split(";")[1:])
    return {name.strip(): value.strip() for name, _, value in words}
