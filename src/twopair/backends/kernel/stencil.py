"""The requests of a set, cut from those of another: they differ in a few places only.

What a set is made of says `steps`, with care and once per kind of set. Every registration takes the
short cut.
"""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from twopair.backends.kernel import xfrm
from twopair.backends.kernel.netlink import Batch
from twopair.backends.kernel.sets import Plan, steps
from twopair.base import Impi, Port, Secret, Spi, Suite
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto import expand

# The specimen's values: octets that stand nowhere else in its requests.
_ENDS: Final = {
    False: ("193.82.167.54", "194.97.203.141"),
    True: ("fd9b:71c6::e5a3", "fd8a:93d2::b7c4"),
}
_PORTS: Final = Ports(*(Port(0x9AC1 + 0x1111 * n) for n in range(4)))
_SPIS: Final = Spis(*(Spi(0xB1A5C3D7 + 0x01020304 * n) for n in range(4)))
_CK, _IK = Secret(bytes(range(0x91, 0xA1))), Secret(bytes(range(0xA9, 0xB9)))
_REQID: Final = 0xD4E6F8CB

_IN_NETWORK_ORDER: Final = struct.Struct(">4H4I")
_EACH: Final = struct.Struct("2s2s2s2s4s4s4s4s")
_IN_OWN_ORDER: Final = struct.Struct("=I")


class Stencil:
    """Where a specimen has its values, others have theirs.

    Args:
        specimen: octets in which each value occurs, perhaps several times, and none by chance.
        values: what stands in the specimen; an empty one stands nowhere.
    """

    def __init__(self, specimen: bytes, values: Sequence[bytes]) -> None:
        place_of = {value: place for place, value in enumerate(values) if value}
        pieces = re.split(b"(" + b"|".join(map(re.escape, place_of)) + b")", specimen)
        self._between = [piece for piece in pieces if piece and piece not in place_of]
        places = iter(range(len(values), len(values) + len(self._between)))
        order = [place_of[piece] if piece in place_of else next(places) for piece in pieces if piece]
        self._in_order = itemgetter(*order)

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The same with other values, each as long as that of the specimen."""
        return b"".join(self._in_order((*values, *self._between)))


class _Kind(NamedTuple):
    """What the sets of a kind have in common: subjects, stencils, and where each request starts."""

    subjects: tuple[str, ...]
    into: Stencil
    into_starts: tuple[int, ...]
    out: Stencil
    out_starts: tuple[int, ...]


def plan(sa_set: SaSet, reqid: int, *, shared: bool = False) -> Plan:
    """The same as `Plan.of` a set's `steps`. Raises OSError if an address is none."""
    kind = _kind(type(sa_set), sa_set.end, ":" in sa_set.pcscf, sa_set.suite, shared)  # type: ignore[arg-type]
    values = _values(sa_set, reqid)
    into = Batch(kind.into.fill(values), kind.into_starts)
    return Plan(kind.subjects, into, Batch(kind.out.fill(values), kind.out_starts))


def removal(sa_set: SaSet, reqid: int) -> Batch:
    """What takes a set out, whether it is shared, and wherever its numbers began."""
    kind = _kind(type(sa_set), sa_set.end, ":" in sa_set.pcscf, sa_set.suite, False)  # type: ignore[arg-type]
    return Batch(kind.out.fill(_values(sa_set, reqid)), kind.out_starts)


@lru_cache(maxsize=64)
def _kind(layout: type[SaSet], end: End, ipv6: bool, suite: Suite, shared: bool) -> _Kind:
    keys = expand(suite, _CK, _IK)
    specimen = layout(0, Impi(""), end, *_ENDS[ipv6], _PORTS, _SPIS, suite, keys)
    made, values = Plan.of(steps(specimen, _REQID, shared=shared)), _values(specimen, _REQID)
    into, out = Stencil(made.into.data, values), Stencil(made.out.data, values)
    return _Kind(tuple(made.subjects), into, made.into.starts, out, made.out.starts)


def _values(sa_set: SaSet, reqid: int) -> tuple[bytes, ...]:
    """All in which sets of a kind differ, as it stands in their requests."""
    keys = sa_set.keys
    return (
        xfrm.address(sa_set.ue).octets,
        xfrm.address(sa_set.pcscf).octets,
        keys.integrity.reveal(),
        keys.encryption.reveal(),
        keys.salt.reveal(),
        _IN_OWN_ORDER.pack(reqid),
        *_EACH.unpack(_IN_NETWORK_ORDER.pack(*sa_set.ports, *sa_set.spis)),
    )
