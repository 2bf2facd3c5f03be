"""Session descriptions: what of SDP a proxy must understand, read and not written (RFC 8866)."""

from twopair.wire.sdp.description import Direction, Media, Origin, SessionDescription
from twopair.wire.sdp.read import MAX_LINES, MAX_MEDIA, MAX_OCTETS, parse_sdp

CONTENT_TYPE = "application/sdp"

__all__ = [
    "CONTENT_TYPE",
    "MAX_LINES",
    "MAX_MEDIA",
    "MAX_OCTETS",
    "Direction",
    "Media",
    "Origin",
    "SessionDescription",
    "parse_sdp",
]
