"""Layout of an ESP packet: SPI, sequence number, IV, payload, trailer, ICV (RFC 4303 §2)."""

from functools import cache
from struct import Struct
from typing import Final

from twopair.base import WireError

ESP: Final = 50
"""IP protocol number of ESP."""

NO_NEXT_HEADER: Final = 59
"""Next header of a dummy packet (RFC 4303 §2.6; SA-04)."""

HEADER: Final = Struct("!II")
"""SPI and sequence number."""

_PADDING: Final = bytes(range(1, 256))


@cache
def trailer(residue: int, align: int, next_header: int) -> bytes:
    """Padding 1, 2, 3…, pad length and next header behind a payload (KEY-09).

    Args:
        residue: length of the payload in octets, modulo `align`.
        align: what payload and trailer together are a multiple of: 4, or the cipher's block.
        next_header: protocol number of the payload.
    """
    pad = -(residue + 2) % align
    return _PADDING[:pad] + bytes((pad, next_header))


def split_trailer(plain: bytes) -> tuple[bytes, int]:
    """Payload and next header of decrypted octets that end in a trailer.

    Raises:
        WireError: the pad length exceeds the packet, or the padding is not 1, 2, 3… (RFC 4303 §2.4).
    """
    if len(plain) < 2:
        raise WireError("no room for the ESP trailer", 0, "RFC 4303 §2.4")
    pad = plain[-2]
    end = len(plain) - 2 - pad
    if end < 0 or plain[end:-2] != _PADDING[:pad]:
        raise WireError("wrong ESP padding", max(end, 0), "RFC 4303 §2.4")
    return plain[:end], plain[-1]
