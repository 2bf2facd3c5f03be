"""Diameter messages ⇄ octets (RFC 6733 §3, §4).

AVPs are python-diameter's, by its constants and types. It trusts lengths, so they are judged here before.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

from diameter.message import Avp
from diameter.message.avp.errors import AvpDecodeError, AvpEncodeError
from diameter.message.packer import ConversionError

from twopair.base import WireError

HEADER_OCTETS: Final = 20
MOST_OCTETS: Final = 65_536
"""Of a message; a peer that sends more is let go."""

MOST_AVPS: Final = 512
"""In one message, or in one group."""

REQUEST, PROXIABLE, ERROR, RETRANSMITTED = 0x80, 0x40, 0x20, 0x10
"""Command flags."""

_HEADER: Final = struct.Struct("!IIIII")
_LOW: Final = 0xFFFFFF
_VENDOR_BIT: Final = 0x80
_CLAUSE: Final = "RFC 6733 §4.1"

Name = tuple[int, int]
"""Code and vendor of an AVP; vendor 0 is the IETF."""


class Message:
    """One Diameter message.

    Args:
        command: its code.
        application: Application-Id.
        flags: of the header.
        avps: in order.
        hop_by_hop: identifier between two peers.
        end_to_end: identifier between origin and destination.
    """

    __slots__ = ("application", "avps", "command", "end_to_end", "flags", "hop_by_hop")

    def __init__(
        self,
        command: int,
        application: int,
        flags: int,
        avps: Iterable[Avp] = (),
        hop_by_hop: int = 0,
        end_to_end: int = 0,
    ) -> None:
        self.command = command
        self.application = application
        self.flags = flags
        self.avps: list[Any] = list(avps)
        self.hop_by_hop = hop_by_hop
        self.end_to_end = end_to_end

    def __repr__(self) -> str:
        kind = "request" if self.is_request else "answer"
        return f"Message({kind} {self.command}, application {self.application}, {len(self.avps)} AVPs)"

    @property
    def is_request(self) -> bool:
        """Whether it asks."""
        return bool(self.flags & REQUEST)

    def answer(self, avps: Iterable[Avp], flags: int = 0) -> "Message":
        """An answer to it (RFC 6733 §6.2): the same identifiers and the same P bit."""
        kept = (self.flags & PROXIABLE) | flags
        return Message(self.command, self.application, kept, avps, self.hop_by_hop, self.end_to_end)

    def to_bytes(self) -> bytes:
        """Its octets."""
        body = b"".join(avp.as_bytes() for avp in self.avps)
        first = (1 << 24) | (HEADER_OCTETS + len(body))
        second = (self.flags << 24) | self.command
        return _HEADER.pack(first, second, self.application, self.hop_by_hop, self.end_to_end) + body


def length_of(start: bytes) -> int:
    """How long a message is, by its first four octets.

    Raises:
        WireError: another version, no possible length, or more than `MOST_OCTETS`.
    """
    if len(start) < 4 or start[0] != 1:
        raise WireError("not Diameter version 1", 0, "RFC 6733 §3")
    length = int.from_bytes(start[1:4], "big")
    if length % 4 or not HEADER_OCTETS <= length <= MOST_OCTETS:
        raise WireError(f"a message of {length} octets", 1, "RFC 6733 §3")
    return length


def parse(data: bytes) -> Message:
    """A whole message. Raises WireError."""
    if length_of(data) != len(data):
        raise WireError("the length is not that of the message", 1, "RFC 6733 §3")
    message = parse_header(data)
    message.avps = list(split(data[HEADER_OCTETS:]))
    return message


def parse_header(data: bytes) -> Message:
    """A message without its AVPs, of at least 20 octets: what an answer needs when they cannot be read."""
    if len(data) < HEADER_OCTETS:
        raise WireError("less than a header", len(data), "RFC 6733 §3")
    _, second, application, hop_by_hop, end_to_end = _HEADER.unpack_from(data)
    return Message(second & _LOW, application, second >> 24, (), hop_by_hop, end_to_end)


def split(data: bytes) -> Sequence[Avp]:
    """The AVPs in a message body or group. Raises WireError."""
    avps: list[Avp] = []
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise WireError("less than the header of an AVP", at, _CLAUSE)
        flags, length = data[at + 4], int.from_bytes(data[at + 5 : at + 8], "big")
        if not (12 if flags & _VENDOR_BIT else 8) <= length <= len(data) - at:
            raise WireError(f"an AVP of {length} octets", at + 5, _CLAUSE)
        if len(avps) >= MOST_AVPS:
            raise WireError(f"more than {MOST_AVPS} AVPs", at, _CLAUSE)
        padded = data[at : at + length] + bytes(-length % 4)
        try:
            avps.append(Avp.from_bytes(padded))
        except (AvpDecodeError, ConversionError, ValueError) as error:
            raise WireError(str(error), at, _CLAUSE) from None
        at += length + -length % 4
    return avps


def avp(name: Name, value: str | int | bytes | list[Avp], *, mandatory: bool | None = None) -> Avp:
    """An AVP of that name. Raises ValueError where the value is not one of its type."""
    code, vendor = name
    try:
        return Avp.new(code, vendor, value, is_mandatory=mandatory)
    except AvpEncodeError as error:
        raise ValueError(str(error)) from None


def every(avps: Iterable[Avp], name: Name) -> list[Any]:
    """All AVPs of a name."""
    return [one for one in avps if (one.code, one.vendor_id) == name]


def first(avps: Iterable[Avp], name: Name) -> Any:
    """The first AVP of a name, None if there is none."""
    return next((one for one in avps if (one.code, one.vendor_id) == name), None)


def text(found: Avp) -> str:
    """The value of a UTF8String or DiameterIdentity. Raises WireError."""
    try:
        return bytes(found.payload).decode()
    except UnicodeDecodeError:
        raise WireError(f"AVP {found.code} is no text", 0, "RFC 6733 §4.3.1") from None


def number(found: Avp) -> int:
    """The value of an Unsigned32 or Enumerated. Raises WireError."""
    if len(found.payload) != 4:
        raise WireError(f"AVP {found.code} is no number of 32 bits", 0, "RFC 6733 §4.2")
    return int.from_bytes(found.payload, "big")


def octets(found: Avp) -> bytes:
    """The value of an OctetString."""
    return bytes(found.payload)


def group(found: Avp) -> Sequence[Avp]:
    """The AVPs in a Grouped one. Raises WireError."""
    return split(bytes(found.payload))


def text_of(avps: Iterable[Avp], name: Name, default: str | None = None) -> str:
    """The first text of that name; WireError where it is missing and there is no default."""
    found = first(avps, name)
    if found is not None:
        return text(found)
    if default is None:
        raise _missing(name)
    return default


def number_of(avps: Iterable[Avp], name: Name, default: int | None = None) -> int:
    """The first number of that name; WireError where it is missing and there is no default."""
    found = first(avps, name)
    if found is not None:
        return number(found)
    if default is None:
        raise _missing(name)
    return default


def _missing(name: Name) -> WireError:
    return WireError(f"no AVP {name[0]} of vendor {name[1]}", 0, "RFC 6733 §7.1.5")
