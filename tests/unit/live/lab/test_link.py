import asyncio

from twopair.base import Micros
from twopair.live.lab.link import Link

V4 = bytes.fromhex("450000140000000040110000") + bytes((10, 0, 0, 1)) + bytes((10, 0, 1, 1))
V6 = bytes.fromhex("6000000000001140fd00000100000000000000000000000100") + bytes(15)


def test_a_packet_goes_to_whoever_has_the_address_after_the_taps_saw_it() -> None:
    link = Link()
    seen: list[tuple[str, bytes]] = []
    moments: list[Micros] = []

    def tap(at: Micros, packet: bytes) -> None:
        moments.append(at)
        seen.append(("tap", packet))

    link.tap(tap)
    link.attach("10.0.1.1", lambda packet: seen.append(("host", packet)))
    link.attach("10.0.1.2", lambda packet: seen.append(("other", packet)))
    link.carry(V4)
    link.carry(V4)
    assert seen == [("tap", V4), ("host", V4)] * 2
    assert moments == sorted(moments)
    assert link.counters == {"carried": 2}


def test_ipv6_by_all_16_octets() -> None:
    link = Link()
    taken: list[bytes] = []
    link.attach("::", taken.append)
    packet = V6[:24] + bytes(16)
    link.carry(packet)
    link.carry(packet[:39] + b"\1")
    assert taken == [packet]
    assert link.counters == {"carried": 1, "undeliverable": 1}


def test_what_has_no_destination_is_counted_and_not_shown() -> None:
    link = Link()
    link.tap(lambda _at, _packet: (_ for _ in ()).throw(AssertionError))
    for packet in (V4, b"", b"\x45"):
        link.carry(packet)
    assert link.counters == {"undeliverable": 3}


def test_somebody_in_the_middle_decides_what_arrives() -> None:
    """Dropped, changed, doubled, and later; taps see what is left behind the middle."""

    async def day() -> list[bytes]:
        link, taken, tapped = Link(), list[bytes](), list[bytes]()
        link.attach("10.0.1.1", taken.append)
        link.tap(lambda _at, packet: tapped.append(packet))
        fates = iter([[], [(0.0, V4 + b"1"), (0.02, V4 + b"2")], [(60.0, V4)]])
        link.middle = lambda _packet: next(fates)
        for _ in range(3):
            link.carry(V4)
        assert taken == [V4 + b"1"]
        await asyncio.sleep(0.05)
        link.close()
        assert tapped == taken
        return taken

    assert asyncio.run(day()) == [V4 + b"1", V4 + b"2"]


def test_what_an_attacker_makes_is_not_for_the_attacker_to_see() -> None:
    link, taken = Link(), list[bytes]()
    link.attach("10.0.1.1", taken.append)
    link.middle = lambda _packet: []
    link.inject(V4)
    assert taken == [V4]
