"""Capture files of raw IP packets, as tcpdump and Wireshark know them (libpcap format, link type 101)."""

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

from twopair.base import SECOND, Micros, WireError

LINKTYPE_RAW: Final = 101
"""Packets begin with their IP header, IPv4 and IPv6 alike."""

_MICROSECONDS: Final = 0xA1B2C3D4
_NANOSECONDS: Final = 0xA1B23C4D
_FILE: Final = {order: Struct(order + "IHHiIII") for order in "<>"}
_RECORD: Final = {order: Struct(order + "IIII") for order in "<>"}
_SNAP_OCTETS: Final = 262144
_CLAUSE: Final = "pcap file format"


class Captured(NamedTuple):
    """One packet of a capture.

    Args:
        time: microseconds since 1970.
        packet: the packet as far as it was captured.
        octets: its length on the wire.
    """

    time: Micros
    packet: bytes
    octets: int


def file_header() -> bytes:
    """What a capture file begins with."""
    return _FILE["<"].pack(_MICROSECONDS, 2, 4, 0, 0, _SNAP_OCTETS, LINKTYPE_RAW)


def record(time: Micros, packet: bytes) -> bytes:
    """One packet, to be appended to the file; `time` is in microseconds since 1970."""
    second, micro = divmod(time, SECOND)
    return _RECORD["<"].pack(second, micro, len(packet), len(packet)) + packet


def read(data: bytes) -> Iterator[Captured]:
    """The packets of a capture file with link type 101, of either byte order, one after the other.

    Raises:
        WireError: not such a file, or cut short; what came before was yielded.
    """
    order, unit = _format(data)
    layout = _RECORD[order]
    at = _FILE[order].size
    while at < len(data):
        if at + layout.size > len(data):
            raise WireError("capture record cut short", at, _CLAUSE)
        second, fraction, captured, octets = layout.unpack_from(data, at)
        at += layout.size
        if captured > _SNAP_OCTETS or at + captured > len(data):
            raise WireError("captured packet cut short", at, _CLAUSE)
        yield Captured(Micros(second * SECOND + fraction // unit), data[at : at + captured], octets)
        at += captured


def _format(data: bytes) -> tuple[str, int]:
    """Byte order of a file, and how many units of its clock are a microsecond."""
    for order, layout in _FILE.items():
        if len(data) < layout.size:
            raise WireError("capture file header cut short", len(data), _CLAUSE)
        magic, *_, link_type = layout.unpack_from(data)
        if magic not in (_MICROSECONDS, _NANOSECONDS):
            continue
        if link_type != LINKTYPE_RAW:
            raise WireError(f"link type {link_type}, wanted 101 (raw IP)", 20, _CLAUSE)
        return order, 1 if magic == _MICROSECONDS else 1000
    raise WireError("not a pcap file", 0, _CLAUSE)
