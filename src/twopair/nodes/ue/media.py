"""Session descriptions of a UE that has no media: offers and answers, preconditions (RFC 3264, RFC 3312).

One audio stream, to the discard port. Resources are there at once; what is said of them is for signalling.
"""

from typing import Final

from twopair.base import WireError
from twopair.nodes.ue.gm import Gm
from twopair.wire.sdp import Direction, Media, parse_sdp

NONE: Final = "none"
SENDRECV: Final = "sendrecv"

MIRROR: Final = {
    Direction.SENDRECV: Direction.SENDRECV,
    Direction.SENDONLY: Direction.RECVONLY,
    Direction.RECVONLY: Direction.SENDONLY,
    Direction.INACTIVE: Direction.INACTIVE,
}
"""Direction of the answer to an offer (RFC 3264 §6.1): hold and resume among others."""


def audio(gm: Gm, version: int, direction: Direction, own: str = "", theirs: str = "") -> bytes:
    """A description with one audio stream.

    Args:
        gm: of this UE.
        version: of the description, one more for each that differs (RFC 3264 §8).
        direction: of the stream.
        own: our current status for preconditions, ``none`` or ``sendrecv``; nothing for none (RFC 3312 §4).
        theirs: that of the other end, as far as we know it.
    """
    here = f"IN IP{6 if ':' in gm.config.address else 4} {gm.config.address}"
    lines = ["v=0", f"o=- 1 {version} {here}", "s=-", f"c={here}", "t=0 0", "m=audio 9 RTP/AVP 0"]
    lines.append(f"a={direction.value}")
    if own:
        lines += [
            f"a=curr:qos local {own}",
            f"a=curr:qos remote {theirs or NONE}",
            "a=des:qos mandatory local sendrecv",
            "a=des:qos mandatory remote sendrecv",
        ]
    return "\r\n".join([*lines, ""]).encode()


def stream_in(body: bytes) -> Media | None:
    """The audio stream that an offer wants, None where there is none that we could take."""
    try:
        described = parse_sdp(body)
    except WireError:
        return None
    found = [media for media in described.media if media.kind == "audio" and not media.refused]
    return found[0] if len(described.media) == 1 and found else None


def ready(media: Media) -> bool | None:
    """Whether who offers has its resources: None where it has no preconditions (RFC 3312 §5)."""
    said = [value.split() for name, value in media.attributes if name == "curr"]
    local = [words[2] for words in said if len(words) == 3 and words[1] == "local"]
    return local[0] == SENDRECV if local else None


def answer_to(gm: Gm, version: int, offer: bytes) -> bytes:
    """The answer to an offer that has a stream: its direction mirrored, our resources there."""
    media = stream_in(offer)
    assert media is not None, "who answers has looked"
    theirs = ready(media)
    if theirs is None:
        return audio(gm, version, MIRROR[media.direction])
    return audio(gm, version, MIRROR[media.direction], SENDRECV, SENDRECV if theirs else NONE)
