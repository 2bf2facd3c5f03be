"""The keys an observer was told of, found by what an ESP packet shows: destination and SPI."""

from typing import Final, NamedTuple

from twopair.core.esp import Transform, make_transform, well_formed
from twopair.core.sa import End, SaSet
from twopair.wire import esp, ip

_SETS_PER_SPI: Final = 8


class _NoEntropy:
    """For transforms that only ever open packets."""

    def octets(self, count: int) -> bytes:
        raise AssertionError("an observer seals nothing")

    def below(self, bound: int) -> int:
        raise AssertionError("an observer seals nothing")


class KnownSa(NamedTuple):
    """One unidirectional SA of a set an observer knows.

    Args:
        name: SA1-up, SA1-dn, SA2-dn or SA2-up.
        sa_set: the set it belongs to.
        transform: opens its packets.
        held_by: the ends that have it with this key.
    """

    name: str
    sa_set: SaSet
    transform: Transform
    held_by: tuple[End, ...]


class Opened(NamedTuple):
    """What was inside an ESP packet."""

    known: KnownSa
    payload: bytes
    protocol: int


class Keyring:
    """SA sets by destination and SPI.

    Both ends tell of a set, each as it holds it. Where their keys differ (a wrong K), both are kept
    apart and a packet is opened with the one that fits, so that one sees which end made it.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, int], list[KnownSa]] = {}

    def learn(self, sa_set: SaSet) -> None:
        """Take note of the four SAs of a set. The youngest set with an SPI is tried first."""
        for arrow in sa_set.arrows:
            sa = sa_set.association(arrow)
            key = ip.address_octets(sa.selector.dst), int(sa.spi)
            others = self._known.get(key, [])
            same = [k for k in others if _same(k.sa_set, sa_set)]
            ends = tuple(e for e in End if e is sa_set.end or any(e in k.held_by for k in same))
            known = KnownSa(arrow.name, sa_set, make_transform(sa, _NoEntropy()), ends)
            self._known[key] = [known, *(k for k in others if k not in same)][:_SETS_PER_SPI]

    def candidates(self, dst: bytes, spi: int) -> list[KnownSa]:
        """The SAs a packet to `dst` (4 or 16 octets) with that SPI may have come over, youngest first."""
        return self._known.get((dst, spi), [])

    def open(self, dst: bytes, packet: bytes) -> Opened | None:
        """What is inside an ESP packet (SPI to ICV), or None if no known key verifies and opens it.

        Raises:
            WireError: the ICV is right and the padding is wrong: the sender's fault (KEY-09).
        """
        for known in self.candidates(dst, int.from_bytes(packet[:4], "big")):
            if not well_formed(known.transform, len(packet)):
                continue
            plain = known.transform.open(packet)
            if plain is not None:
                return Opened(known, *esp.split_trailer(plain))
        return None


def _same(one: SaSet, other: SaSet) -> bool:
    """Whether two ends tell of the same set: same names on the wire, same keys."""
    return (one.ue, one.pcscf, one.ports, one.spis, one.suite, one.keys) == (
        other.ue,
        other.pcscf,
        other.ports,
        other.spis,
        other.suite,
        other.keys,
    )
