"""What RFC 4303 does with one packet on one SA: outbound §3.3, inbound §3.4."""

from typing import Final, NamedTuple

from twopair.base import WireError
from twopair.core.esp.drop import Drop
from twopair.core.esp.sad import Inbound, Outbound
from twopair.core.esp.transform import Transform, well_formed
from twopair.wire.esp import NO_NEXT_HEADER, split_trailer

PORTED: Final = frozenset((6, 17))
"""TCP and UDP: all that an SA of Gm carries (SA-09)."""


class Inside(NamedTuple):
    """What came out of an ESP packet."""

    payload: bytes
    protocol: int
    iv_repeated: bool


def send(sa: Outbound, transform: Transform, payload: bytes, protocol: int) -> bytes | Drop:
    """The ESP packet around a payload, unless the sequence numbers are used up (SA-07)."""
    if sa.sequence >= sa.last:
        return Drop.SEQUENCE_EXHAUSTED
    sa.words[sa.cell] = sa.sequence = sa.sequence + 1  # written down before it is used (SA-07, KEY-08)
    sa.octets += len(payload)
    return transform.seal(sa.spi, sa.sequence, payload, protocol)


def receive(sa: Inbound, transform: Transform, body: bytes, addresses: bytes) -> Inside | Drop:
    """What is inside an ESP packet, or why it is dropped.

    Args:
        sa: the SA found by destination and SPI.
        transform: its ciphers.
        body: the ESP packet, SPI to ICV.
        addresses: source and destination address of the packet, as octets.
    """
    if not well_formed(transform, len(body)):
        return Drop.MALFORMED_ESP
    sequence = int.from_bytes(body[4:8], "big")
    if not sa.window.fresh(sequence):
        sa.replayed += 1
        return Drop.REPLAYED
    plain = transform.open(body)
    if plain is None:
        sa.bad_icv += 1
        return Drop.BAD_ICV
    sa.window.accept(sequence)
    sa.words[sa.cell] = sa.window.top
    sa.moved.add(sa.set_id)
    return _inside(sa, plain, addresses, sa.ivs is not None and sa.ivs.repeated(body[8:16]))


def _inside(sa: Inbound, plain: bytes, addresses: bytes, iv_repeated: bool) -> Inside | Drop:
    """The checks that come after the ICV: padding (KEY-09), dummy packets (SA-04), selectors (SA-10)."""
    try:
        payload, protocol = split_trailer(plain)
    except WireError:
        return Drop.BAD_PADDING
    if addresses + payload[:4] != sa.selector or protocol not in PORTED:
        if protocol == NO_NEXT_HEADER:
            return Drop.DUMMY
        sa.mismatched += 1
        return Drop.SELECTOR
    sa.packets += 1
    sa.octets += len(payload)
    return Inside(payload, protocol, iv_repeated)
