"""Media components from two descriptions, by the tables of 29.213 §6.2."""

from typing import Final

from twopair.base import Endpoint, Port
from twopair.core.policy.bandwidth import bandwidth
from twopair.core.policy.codecs import codec_data
from twopair.core.policy.component import FlowStatus, FlowUsage, MediaComponent, MediaFlow, MediaType
from twopair.core.policy.filters import filters, rtcp_endpoint
from twopair.wire.sdp import Direction, Media, SessionDescription

_KINDS: Final = {
    "audio": MediaType.AUDIO,
    "video": MediaType.VIDEO,
    "data": MediaType.DATA,
    "application": MediaType.APPLICATION,
    "control": MediaType.CONTROL,
    "text": MediaType.TEXT,
    "message": MediaType.MESSAGE,
}

_GATES: Final = {
    (Direction.SENDRECV, True): FlowStatus.ENABLED,
    (Direction.SENDRECV, False): FlowStatus.ENABLED,
    (Direction.SENDONLY, True): FlowStatus.ENABLED_UPLINK,
    (Direction.SENDONLY, False): FlowStatus.ENABLED_DOWNLINK,
    (Direction.RECVONLY, True): FlowStatus.ENABLED_DOWNLINK,
    (Direction.RECVONLY, False): FlowStatus.ENABLED_UPLINK,
    (Direction.INACTIVE, True): FlowStatus.DISABLED,
    (Direction.INACTIVE, False): FlowStatus.DISABLED,
}
"""What a direction opens; True: the UE describes itself (29.213 §6.2, table 6.2.1)."""


def media_components(
    ue: SessionDescription | None,
    far: SessionDescription | None,
    *,
    ue_offers: bool,
    address: str,
) -> tuple[MediaComponent, ...]:
    """A component for each ``m=`` line, in their order.

    Args:
        ue: what the UE says of itself; None while only the far side has offered.
        far: what the far side says; None while only the UE has offered.
        ue_offers: whether the UE's is the offer and the other the answer.
        address: of the UE, for what it has not described yet.

    Raises:
        ValueError: there is no description at all.
    """
    offer, answer = (ue, far) if ue_offers else (far, ue)
    if offer is None:
        raise ValueError("no offer")
    found = []
    for at in range(len(offer.media)):
        of_ue, of_far = _stream(ue, at), _stream(far, at)
        found.append(
            _component(
                at + 1, of_ue, of_far, ue_offers=ue_offers, answered=answer is not None, address=address
            )
        )
    return tuple(found)


def _stream(description: SessionDescription | None, at: int) -> Media | None:
    if description is None or at >= len(description.media):
        return None
    return description.media[at]


def _component(
    number: int, ue: Media | None, far: Media | None, *, ue_offers: bool, answered: bool, address: str
) -> MediaComponent:
    # The last word is the answer's; a stream that the answer leaves out is refused (RFC 3264 §6).
    offer, answer = (ue, far) if ue_offers else (far, ue)
    last, by_ue = (answer, not ue_offers) if answered else (offer, ue_offers)
    kind = offer or answer
    assert kind is not None
    media_type = _KINDS.get(kind.kind, MediaType.OTHER)
    if last is None or last.refused or (offer is not None and offer.refused):
        return MediaComponent(number, media_type, FlowStatus.REMOVED)
    status = _GATES[last.direction, by_ue]
    if last.protocol.startswith("TCP"):  # acknowledgements go both ways (29.213 §6.2)
        status = FlowStatus.ENABLED
    return MediaComponent(
        number,
        media_type,
        status,
        None if far is None else bandwidth(far),
        None if ue is None else bandwidth(ue),
        _most(ue, far, "RR"),
        _most(ue, far, "RS"),
        codec_data(ue, far, ue_offers=ue_offers, answered=answered),
        _flows(ue, far, last, address),
    )


def _most(ue: Media | None, far: Media | None, name: str) -> int | None:
    said = [media.bandwidth[name] for media in (ue, far) if media is not None and name in media.bandwidth]
    return max(said, default=None)


def _flows(ue: Media | None, far: Media | None, last: Media, address: str) -> tuple[MediaFlow, ...]:
    protocol = 6 if last.protocol.startswith("TCP") else 17
    near_end = Endpoint(address, Port(0)) if ue is None else _receives(ue)
    far_end = None if far is None else _receives(far)
    pairs = [(FlowUsage.NO_INFORMATION, near_end, far_end)]
    if "RTP/" in last.protocol and last.attribute("rtcp-mux") is None and not _without_rtcp(ue, far):
        pairs.append(
            (
                FlowUsage.RTCP,
                near_end if ue is None else rtcp_endpoint(ue),
                None if far is None else rtcp_endpoint(far),
            )
        )
    return tuple(
        MediaFlow(number, usage, *filters(protocol, near, remote))
        for number, (usage, near, remote) in enumerate(pairs, start=1)
    )


def _receives(media: Media) -> Endpoint:
    return Endpoint(media.address, Port(media.port))


def _without_rtcp(ue: Media | None, far: Media | None) -> bool:
    """Whether somebody asked for no RTCP at all (RFC 3556 §2)."""
    return _most(ue, far, "RR") == 0 and _most(ue, far, "RS") == 0


def signalling_component(ue: Endpoint, pcscf: Endpoint, protocol: int = 50) -> MediaComponent:
    """What asks to be told when the path of signalling is lost (29.214 §4.4.5; PCS-19).

    Args:
        ue: the UE's address; port 0 for any, as ESP has none.
        pcscf: the P-CSCF's.
        protocol: number of what IP carries; 50 is ESP, and what lies within is nobody's business outside.
    """
    flow = MediaFlow(1, FlowUsage.AF_SIGNALLING, *filters(protocol, ue, pcscf))
    return MediaComponent(0, None, FlowStatus.ENABLED, flows=(flow,))
