"""A session description as values (RFC 8866 §5; RFC 3264)."""

from dataclasses import dataclass
from enum import Enum

Attribute = tuple[str, str]
"""Name and value of an ``a=`` line; the value of a flag is empty."""


class Direction(Enum):
    """Who sends, as the describer sees it (RFC 8866 §6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Origin:
    """The ``o=`` line: which session, and which version of its description (RFC 8866 §5.2; RFC 3264 §8)."""

    session: str
    version: int
    address: str


@dataclass(frozen=True, slots=True)
class Media:
    """One ``m=`` line and what stands under it (RFC 8866 §5.14).

    Args:
        kind: ``audio``, ``video``, ``text``, ``application``, ``message``, … in lower case.
        port: transport port; 0 refuses or removes the stream (RFC 3264 §6, §8.2).
        ports: how many port pairs follow each other, 1 as a rule.
        protocol: ``RTP/AVP``, ``UDP/TLS/RTP/SAVPF``, ``TCP/MSRP``, … in upper case.
        formats: payload types of RTP, or what the protocol calls a format.
        address: where the describer wants to receive; of the session if the stream names none, else empty.
        bandwidth: ``b=`` lines by type, upper case, as written: kbit/s for AS and CT, else bit/s.
        attributes: ``a=`` lines in order, names in lower case.
        direction: of the stream, else of the session, else SENDRECV.
        lines: as written, without line ends, from ``m=`` to before the next.
    """

    kind: str
    port: int
    ports: int
    protocol: str
    formats: tuple[str, ...]
    address: str
    bandwidth: dict[str, int]
    attributes: tuple[Attribute, ...]
    direction: Direction
    lines: tuple[str, ...]

    def attribute(self, name: str) -> str | None:
        """Value of the first attribute of that name; empty for a flag, None without one."""
        return next((value for found, value in self.attributes if found == name), None)

    @property
    def refused(self) -> bool:
        """Whether the stream is off (RFC 3264 §6)."""
        return self.port == 0


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """One description (RFC 8866 §5).

    Args:
        origin: the ``o=`` line.
        address: of the session's ``c=`` line, empty if every stream has its own.
        bandwidth: of the session, as in `Media`.
        attributes: of the session.
        media: streams; offer and answer have the same ones in the same order (RFC 3264 §6).
    """

    origin: Origin
    address: str
    bandwidth: dict[str, int]
    attributes: tuple[Attribute, ...]
    media: tuple[Media, ...]
