"""What a describer wants to receive, in bit/s (29.213 §6.2; RFC 3890)."""

from typing import Final

from twopair.wire.sdp import Media

MOST: Final = 0xFFFFFFFF
"""What Max-Requested-Bandwidth can say (29.214 §5.3.14)."""

_HEADERS: Final = {False: 8 * (20 + 8), True: 8 * (40 + 8)}
"""Bits of IP and UDP in front of each packet; True: IPv6."""


def bandwidth(media: Media) -> int | None:
    """From ``b=AS``, which has IP and UDP in it; else from ``b=TIAS``, which has not, and ``a=maxprate``."""
    kilobits = media.bandwidth.get("AS")
    if kilobits is not None:
        return min(1000 * kilobits, MOST)
    bits = media.bandwidth.get("TIAS")
    if bits is None:
        return None
    return min(bits + int(_packets(media) * _HEADERS[":" in media.address]), MOST)


def _packets(media: Media) -> float:
    """Packets a second at most, 0 if the stream does not say (RFC 3890 §6.3)."""
    said = media.attribute("maxprate") or ""
    digits = said.replace(".", "", 1)
    return float(said) if digits.isascii() and digits.isdigit() and len(said) < 12 else 0.0
