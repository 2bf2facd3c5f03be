"""Capture files."""

from struct import pack

import pytest

from twopair.base import Micros, WireError
from twopair.wire import pcap

T = Micros(1_700_000_000_123_456)
FILE = pcap.file_header() + pcap.record(T, b"E first") + pcap.record(Micros(T + 1), b"E second")


def test_what_is_written_reads_back() -> None:
    assert list(pcap.read(FILE)) == [(T, b"E first", 7), (T + 1, b"E second", 8)]


def test_header_says_raw_ip() -> None:
    assert FILE[:4] == bytes.fromhex("d4c3b2a1")
    assert int.from_bytes(FILE[20:24], "little") == pcap.LINKTYPE_RAW == 101


def test_big_endian_and_nanoseconds() -> None:
    data = pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 101) + pack(">IIII", 5, 7_000, 2, 9) + b"E!"
    assert list(pcap.read(data)) == [(5_000_007, b"E!", 9)]


@pytest.mark.parametrize(
    "data", [b"", b"\x0a\x0d\x0d\x0a" + bytes(40), FILE[:20] + b"\1\0\0\0", FILE[:-1], FILE[:30]]
)
def test_what_is_no_such_file_is_a_wire_error(data: bytes) -> None:
    with pytest.raises(WireError):
        list(pcap.read(data))
