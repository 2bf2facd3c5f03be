"""What one stream of a call asks of the bearer, as values; numbers are those of Rx (29.214 §5.3)."""

from dataclasses import dataclass
from enum import IntEnum


class MediaType(IntEnum):
    """Media-Type (29.214 §5.3.19)."""

    AUDIO = 0
    VIDEO = 1
    DATA = 2
    APPLICATION = 3
    CONTROL = 4
    TEXT = 5
    MESSAGE = 6
    OTHER = 0xFFFFFFFF


class FlowStatus(IntEnum):
    """Flow-Status: which way the gate is open, seen from the UE (29.214 §5.3.11)."""

    ENABLED_UPLINK = 0
    ENABLED_DOWNLINK = 1
    ENABLED = 2
    DISABLED = 3
    REMOVED = 4


class FlowUsage(IntEnum):
    """Flow-Usage: what a flow carries (29.214 §5.3.12)."""

    NO_INFORMATION = 0
    RTCP = 1
    AF_SIGNALLING = 2


@dataclass(frozen=True, slots=True)
class MediaFlow:
    """One pair of IP flows, there and back (Media-Sub-Component, 29.214 §5.3.17).

    Args:
        number: ordinal of the pair within its stream, from 1 (29.214 Annex B).
        usage: what it carries.
        downlink: IPFilterRule of RFC 6733 §4.3.1 for what goes to the UE, ``permit out …``.
        uplink: the same for what comes from it, ``permit in …``.
    """

    number: int
    usage: FlowUsage
    downlink: str
    uplink: str


@dataclass(frozen=True, slots=True)
class MediaComponent:
    """One stream of a session (Media-Component-Description, 29.214 §5.3.16).

    Args:
        number: ordinal of its ``m=`` line, from 1; 0 for signalling.
        kind: audio, video, …; None for signalling.
        status: which way the gate is open.
        uplink: most that the UE may send, bit/s; None if nobody said.
        downlink: most that it may receive, bit/s; None if nobody said.
        receivers: RTCP of receivers (``b=RR``), bit/s.
        senders: RTCP of senders (``b=RS``), bit/s.
        codecs: Codec-Data, one text for each description (29.214 §5.3.7).
        flows: its IP flows.
    """

    number: int
    kind: MediaType | None
    status: FlowStatus
    uplink: int | None = None
    downlink: int | None = None
    receivers: int | None = None
    senders: int | None = None
    codecs: tuple[str, ...] = ()
    flows: tuple[MediaFlow, ...] = ()
