"""Fragmentation and reassembly."""

import pytest

from twopair.base import Micros, WireError
from twopair.wire.ip import LIFETIME, Reassembly, build, checksum, fragment, parse, udp_datagram

NOW = Micros(0)
WHOLE = {
    4: udp_datagram("10.0.1.1", 6100, "10.0.0.1", 5062, bytes(range(256)) * 12),
    6: udp_datagram("fd00::1", 6100, "fd00::2", 5062, bytes(range(256)) * 12),
}
EXTENDED = build("fd00::1", "fd00::2", 60, bytes((17, 0, 1, 4, 0, 0, 0, 0)) + WHOLE[6][40:])


def cut(packet: bytes, mtu: int = 1500, ident: int = 7) -> list[bytes]:
    return fragment(packet, parse(packet), mtu, ident)


def add(reassembly: Reassembly, part: bytes, now: Micros = NOW) -> bytes | None:
    return reassembly.add(part, parse(part), now)


@pytest.mark.parametrize("packet", [WHOLE[4], WHOLE[6], EXTENDED])
@pytest.mark.parametrize("mtu", [576, 1280, 1500])
def test_parts_make_the_whole_again(packet: bytes, mtu: int) -> None:
    """In any order; payload and headers as before (IPv4 loses don't-fragment and gets an identification)."""
    parts = cut(packet, mtu)
    assert len(parts) > 1
    assert all(len(part) <= mtu and parse(part).is_fragment for part in parts)
    assert all(checksum(part[:20]) == 0 for part in parts if part[0] >> 4 == 4)
    for order in (parts, parts[::-1], parts[1:] + parts[:1]):
        reassembly = Reassembly()
        *unfinished, whole = [add(reassembly, part) for part in order]
        assert not any(unfinished)
        assert whole is not None
        if packet[0] >> 4 == 6:
            assert whole == packet
        else:
            assert (whole[20:], whole[8:10], whole[12:20]) == (packet[20:], packet[8:10], packet[12:20])
            assert checksum(whole[:20]) == 0
            assert not parse(whole).is_fragment


def test_a_packet_that_fits_stays_whole() -> None:
    small = udp_datagram("10.0.1.1", 1, "10.0.0.1", 2, b"x")
    assert cut(small) == [small]


@pytest.mark.parametrize("version", [4, 6])
def test_packets_are_not_mixed(version: int) -> None:
    reassembly = Reassembly()
    one, two = cut(WHOLE[version], ident=1), cut(WHOLE[version], ident=2)
    assert add(reassembly, one[0]) is None
    assert [add(reassembly, part) is not None for part in two] == [False, False, True]
    assert [add(reassembly, part) is not None for part in one[1:]] == [False, True]


@pytest.mark.parametrize("version", [4, 6])
def test_overlap_spoils_the_packet(version: int) -> None:
    """RFC 5722 §4: two readings of one packet are how ports would be smuggled past a check."""
    wide, narrow = cut(WHOLE[version], 1500), cut(WHOLE[version], 1000)
    reassembly = Reassembly()
    assert add(reassembly, wide[0]) is None
    with pytest.raises(WireError):
        add(reassembly, narrow[1])
    assert add(reassembly, wide[1]) is None  # begins anew: the first part is gone
    assert add(reassembly, wide[2]) is None
    assert reassembly.discarded == 1


def test_repeated_part_spoils_the_packet() -> None:
    reassembly = Reassembly()
    parts = cut(WHOLE[4])
    add(reassembly, parts[0])
    with pytest.raises(WireError):
        add(reassembly, parts[0])


@pytest.mark.parametrize("at", [0, 8])
def test_parts_beyond_the_end_are_refused(at: int) -> None:
    """Whichever comes first, the last part or the one that reaches behind it."""
    parts = cut(WHOLE[6])
    last = bytearray(parts[-1])
    last[42:44] = (1448 | 0).to_bytes(2, "big") if at else (1440 | 0).to_bytes(2, "big")
    reassembly = Reassembly()
    add(reassembly, bytes(last))
    with pytest.raises(WireError):
        add(reassembly, parts[-1])


def test_unfinished_packets_are_bounded_in_number() -> None:
    reassembly = Reassembly(packets=4)
    first = [cut(WHOLE[4], ident=n) for n in range(1, 8)]
    for parts in first:
        add(reassembly, parts[0])
    assert reassembly.discarded == 3
    assert [add(reassembly, part) is not None for part in first[-1][1:]] == [False, True]


def test_unfinished_packets_are_bounded_in_octets() -> None:
    reassembly = Reassembly(octets=4000)
    for n in range(1, 8):
        add(reassembly, cut(WHOLE[4], ident=n)[0])
    assert reassembly.discarded >= 3


def test_parts_of_one_packet_are_bounded() -> None:
    reassembly = Reassembly()
    parts = cut(udp_datagram("10.0.1.1", 1, "10.0.0.1", 2, bytes(8000)), 68)
    for part in parts[:128]:
        assert add(reassembly, part) is None
    with pytest.raises(WireError):
        add(reassembly, parts[128])


def test_unfinished_packets_grow_old() -> None:
    """RFC 8200 §4.5."""
    reassembly = Reassembly()
    parts = cut(WHOLE[4])
    add(reassembly, parts[0], Micros(0))
    add(reassembly, parts[1], Micros(LIFETIME))
    assert reassembly.discarded == 1
    assert add(reassembly, parts[2], Micros(LIFETIME)) is None


def part_at(version: int, at: int, octets: int, *, more: bool) -> bytes:
    """A part at any place, such as an attacker makes."""
    if version == 6:
        extension = bytes((17, 0)) + (at | more).to_bytes(2, "big") + bytes(4)
        return build("fd00::1", "fd00::2", 44, extension + bytes(octets))
    packet = bytearray(build("10.0.1.1", "10.0.0.1", 17, bytes(octets), ident=9))
    packet[6:8] = (at // 8 | more << 13).to_bytes(2, "big")
    return bytes(packet)


@pytest.mark.parametrize("version", [4, 6])
def test_a_part_beyond_65535_is_refused(version: int) -> None:
    """The ping of death."""
    reassembly = Reassembly()
    with pytest.raises(WireError):
        add(reassembly, part_at(version, 65528, 16, more=False))
    assert reassembly.discarded == 1


def test_a_whole_beyond_65535_is_refused() -> None:
    """The payload alone would do, with the header in front it does not."""
    reassembly = Reassembly()
    for at in range(0, 64000, 16000):
        assert add(reassembly, part_at(4, at, 16000, more=True)) is None
    with pytest.raises(WireError):
        add(reassembly, part_at(4, 64000, 1530, more=False))
    assert reassembly.discarded == 1
