"""Codec-Data: the lines of a stream, with who said them (29.214 §5.3.7)."""

from typing import Final

from twopair.wire.sdp import Direction, Media

_SAID_ELSEWHERE: Final = (
    *(f"a={direction.value}" for direction in Direction),
    "b=AS",
    "b=RS",
    "b=RR",
)
"""What other AVPs say and this one need not."""


def codec_data(ue: Media | None, far: Media | None, *, ue_offers: bool, answered: bool) -> tuple[str, ...]:
    """One text for each description: way, role, ``m=`` line, its ``a=`` and ``b=`` lines."""
    roles = {True: "offer", False: "answer" if answered else "description"}
    said = ((ue, "uplink", ue_offers), (far, "downlink", not ue_offers))
    return tuple(
        "\n".join((way, roles[offers], *_lines(media)))
        for media, way, offers in sorted(said, key=lambda one: not one[2])
        if media is not None
    )


def _lines(media: Media) -> list[str]:
    return [
        line
        for line in media.lines
        if line[0] == "m" or (line[0] in "ab" and not line.startswith(_SAID_ELSEWHERE))
    ]
