"""Every reason to drop what came as ESP (ERR-07, ERR-32)."""

from tests.figure1_sets import PORTS, SPIS, Dice
from tests.unit.backends.userspace.engines import VERSIONS, Gm

from twopair.base import Suite
from twopair.core.esp import Drop, make_transform
from twopair.wire import esp, ip


@VERSIONS
def test_unknown_spi(version: int) -> None:
    """Drop.UNKNOWN_SPI, UNP-07: silence; and an SPI counts only with its destination (SA-18)."""
    gm = Gm(version)
    offset = ip.parse(gm.sealed()).offset
    packet = gm.sealed()
    stranger = packet[:offset] + (777).to_bytes(4, "big") + packet[offset + 4 :]
    assert gm.dropped(Drop.UNKNOWN_SPI, stranger)
    header = ip.parse(packet)
    elsewhere = packet.replace(header.dst, header.dst[:-1] + b"\x63")
    assert gm.dropped(Drop.UNKNOWN_SPI, elsewhere)


@VERSIONS
def test_reflected(version: int) -> None:
    """Drop.REFLECTED, SA-16: distinct SPIs are what defeats sending a packet back to its sender."""
    gm = Gm(version)
    packet = gm.sealed()
    header = ip.parse(packet)
    back = packet.replace(header.src + header.dst, header.dst + header.src)
    assert gm.ue.from_wire(back) == []
    assert gm.ue.drops() == {Drop.REFLECTED.name: 1}


@VERSIONS
def test_bad_icv(version: int) -> None:
    """Drop.BAD_ICV, ERR-07; the window does not move, so the honest packet still passes (SA-06)."""
    gm = Gm(version)
    packet = gm.sealed()
    assert gm.dropped(Drop.BAD_ICV, packet[:-1] + bytes((packet[-1] ^ 1,)))
    offset = ip.parse(packet).offset
    ahead = packet[: offset + 4] + b"\x7f\xff\xff\xff" + packet[offset + 8 :]
    assert gm.dropped(Drop.BAD_ICV, ahead)
    assert gm.pcscf.from_wire(packet) == [gm.up()]


@VERSIONS
def test_replayed(version: int) -> None:
    """Drop.REPLAYED, SA-06: the same packet again, and one that is older than the window."""
    gm = Gm(version)
    packets = [gm.sealed() for _ in range(70)]
    assert gm.pcscf.from_wire(packets[1])
    assert gm.dropped(Drop.REPLAYED, packets[1])
    assert gm.pcscf.from_wire(packets[69])
    assert gm.dropped(Drop.REPLAYED, packets[0])
    assert gm.pcscf.from_wire(packets[6])


@VERSIONS
def test_bad_padding(version: int) -> None:
    """Drop.BAD_PADDING, KEY-09: under a right ICV, from a peer that pads with zeros."""
    gm = Gm(version, Suite("hmac-sha-1-96", "null"))
    transform = make_transform(gm.set.outbound[0], Dice())
    mac = transform._mac.copy()  # type: ignore[attr-defined]
    body = esp.HEADER.pack(SPIS.ps, 1) + gm.up()[-16:] + b"\0\0\2\x11"
    mac.update(body)
    assert gm.dropped(Drop.BAD_PADDING, ip.build(gm.a, gm.b, esp.ESP, body + mac.finalize()[:12]))


@VERSIONS
def test_dummy(version: int) -> None:
    """Drop.DUMMY, SA-04."""
    gm = Gm(version)
    assert gm.dropped(Drop.DUMMY, gm.forged(b"anything", protocol=59))


@VERSIONS
def test_selector(version: int) -> None:
    """Drop.SELECTOR, SA-10: addresses, protocol and both ports, with a right ICV each time."""
    gm = Gm(version)
    offset = ip.parse(gm.up()).offset
    right = gm.up()[offset:]
    for n, (src, dst) in enumerate(
        [(PORTS.us, PORTS.ps), (PORTS.uc, PORTS.pc), (5060, 5060), (PORTS.ps, PORTS.uc)]
    ):
        wrong = src.to_bytes(2, "big") + dst.to_bytes(2, "big") + right[4:]
        assert gm.dropped(Drop.SELECTOR, gm.forged(wrong, sequence=n + 1))
    for n, protocol in enumerate((1, 4, 41, 50, 132, 136)):
        assert gm.dropped(Drop.SELECTOR, gm.forged(right, protocol, sequence=n + 10))
    packet = gm.forged(right, sequence=20)
    source = ip.parse(packet).src
    assert gm.dropped(Drop.SELECTOR, packet.replace(source, source[:-1] + b"\x63"))
    assert gm.pcscf.from_wire(gm.forged(right, sequence=21)) == [gm.up()]
    assert {c.name: c.mismatched for c in gm.pcscf.query() if c.mismatched} == {"SA1-up": 11}


@VERSIONS
def test_selector_of_a_payload_without_ports(version: int) -> None:
    """Drop.SELECTOR, SA-10: shorter than the ports are."""
    gm = Gm(version)
    assert gm.dropped(Drop.SELECTOR, gm.forged(b"\x17", sequence=1))


@VERSIONS
def test_malformed_esp(version: int) -> None:
    """Drop.MALFORMED_ESP: no room for IV and ICV, or cipher text that is no whole number of blocks."""
    gm = Gm(version)
    header = SPIS.ps.to_bytes(4, "big") + bytes(4)
    for octets in (0, 4, 27, 28, 29, 43, 45, 51):
        assert gm.dropped(Drop.MALFORMED_ESP, ip.build(gm.a, gm.b, esp.ESP, header + bytes(octets)))
