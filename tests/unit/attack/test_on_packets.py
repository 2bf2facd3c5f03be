"""What an attacker does with IP packets: lengths and checksums are right, an ICV is not."""

import pytest
from tests.figure1_sets import Dice, sa_set

from twopair.attack.on_packets import Packets
from twopair.attack.sight import Forged, Trick
from twopair.backends.userspace.engine import Engine
from twopair.base import Endpoint, Port, Suite
from twopair.core.sa import End
from twopair.wire import ip

SIP = b"REGISTER sip:home SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.1:9;branch=x\r\nContent-Length: 0\r\n\r\n"
ENDS = {4: ("10.0.1.1", "10.0.0.1"), 6: ("fd00:1:1::1", "fd00:1::1")}
EITHER = pytest.mark.parametrize("version", [4, 6])


def wire(version: int, *, readable: bool = False) -> Packets:
    ue, pcscf = ENDS[version]
    return Packets({ue: "ue", pcscf: "pcscf"}, readable=readable)


def datagram(version: int, data: bytes = SIP) -> bytes:
    ue, pcscf = ENDS[version]
    return ip.udp_datagram(ue, 6100, pcscf, 5060, data)


def assert_sound(packet: bytes) -> bytes:
    """Both checksums hold and both lengths agree; the UDP or TCP payload."""
    header = ip.parse(packet)
    assert header.total == len(packet)
    if packet[0] >> 4 == 4:
        assert ip.checksum(packet[:20]) in (0, 0xFFFF)
    payload = packet[header.offset :]
    size = len(payload)
    pseudo = header.src + header.dst + bytes((0, header.protocol)) + size.to_bytes(2, "big")
    assert ip.checksum(pseudo + payload) in (0, 0xFFFF)
    if header.protocol == ip.UDP:
        assert int.from_bytes(payload[4:6], "big") == size
        return payload[8:]
    return payload[20:]


@EITHER
def test_clear_text_is_read(version: int) -> None:
    seen = wire(version).see(datagram(version))
    ue, pcscf = ENDS[version]
    assert (seen.sender, seen.receiver) == ("ue", "pcscf")
    assert (seen.src, seen.dst) == (Endpoint(ue, Port(6100)), Endpoint(pcscf, Port(5060)))
    assert seen.clear
    assert seen.text == SIP
    assert seen.says("REGISTER")


@EITHER
@pytest.mark.parametrize("text", [b"x", SIP + SIP, SIP.replace(b"9", b"8")])
def test_a_rewritten_datagram_is_sound(version: int, text: bytes) -> None:
    """UDP may become longer or shorter."""
    assert assert_sound(wire(version).rewritten(datagram(version), text) or b"") == text


@EITHER
def test_a_rewritten_segment_keeps_its_length(version: int) -> None:
    """TCP counts octets: what is missing is made up with blanks behind a header line."""
    ue, pcscf = ENDS[version]
    head = (6100).to_bytes(2, "big") + (5060).to_bytes(2, "big") + bytes(8) + b"\x50\x18" + bytes(6)
    segment = ip.build(ue, pcscf, ip.TCP, head + SIP)
    shorter = SIP.replace(b";branch=x", b"")
    changed = wire(version).rewritten(segment, shorter)
    assert changed is not None
    assert assert_sound(changed) == shorter.replace(b":9\r\n", b":9         \r\n")
    assert wire(version).rewritten(segment, SIP + b"longer") is None


@EITHER
@pytest.mark.parametrize("trick", [Trick.DATAGRAM, Trick.RESET])
def test_forged_packets_are_sound(version: int, trick: Trick) -> None:
    """Spoofing: the source is whoever the attacker says."""
    ue, pcscf = ENDS[version]
    forged = Forged(Endpoint(pcscf, Port(5062)), Endpoint(ue, Port(6100)), SIP, trick)
    packet = wire(version).forged(forged)
    assert packet is not None
    assert assert_sound(packet) == (SIP if trick is Trick.DATAGRAM else b"")
    seen = wire(version).see(packet)
    assert (seen.src, seen.dst) == (forged.src, forged.dst)


@EITHER
def test_a_forged_icmp_error_quotes_the_datagram(version: int) -> None:
    ue, pcscf = ENDS[version]
    forged = Forged(Endpoint(pcscf, Port(5062)), Endpoint(ue, Port(6100)), SIP, Trick.UNREACHABLE)
    packet = wire(version).forged(forged)
    assert packet is not None
    about = ip.quoted(packet, ip.parse(packet))
    assert about is not None
    src, dst, protocol, start = about
    assert (ip.address_text(src), ip.address_text(dst), protocol) == (ue, pcscf, ip.UDP)
    assert start[:4] == (6100).to_bytes(2, "big") + (5062).to_bytes(2, "big")


def test_octets_of_a_connection_cannot_be_forged() -> None:
    """One had to know its sequence numbers."""
    ends = Endpoint("10.0.0.1", Port(1)), Endpoint("10.0.1.1", Port(2))
    assert wire(4).forged(Forged(*ends, SIP, Trick.SEGMENT)) is None


def engines(suite: Suite) -> tuple[Engine, Engine, bytes]:
    """Both ends of a set, and a clear datagram that SA1-up protects."""
    ue, pcscf = Engine(Dice()), Engine(Dice(1))
    ue.install(at_ue := sa_set(End.UE, suite))
    pcscf.install(sa_set(End.PCSCF, suite))
    ports = at_ue.ports
    return ue, pcscf, ip.udp_datagram(at_ue.ue, ports.uc, at_ue.pcscf, ports.ps, SIP)


def test_esp_without_encryption_is_read_and_not_changed() -> None:
    """SA-02: the text can be seen; changed, it does not pass."""
    ue, pcscf, clear = engines(Suite("hmac-sha-1-96", "null"))
    [packet] = ue.from_host(clear)
    seen = wire(4, readable=True).see(packet)
    assert not seen.clear
    assert seen.text.startswith(SIP)
    changed = wire(4, readable=True).rewritten(packet, seen.text.replace(b"home", b"evil"))
    assert changed is not None
    assert changed != packet
    assert pcscf.from_wire(changed) == []
    assert pcscf.drops() == {"BAD_ICV": 1}
    assert pcscf.from_wire(packet) == [clear]


def test_encrypted_esp_is_neither_read_nor_damaged_unseen() -> None:
    ue, pcscf, clear = engines(Suite("null", "aes-gcm"))
    [packet] = ue.from_host(clear)
    seen = wire(4).see(packet)
    assert seen.text == b""
    assert (seen.src.port, seen.dst.port) == (0, 0)
    assert seen.iv
    assert pcscf.from_wire(wire(4).damaged(packet)) == []
    assert ue.from_wire(wire(4).reflected(packet)) == []
    assert ue.drops() == {"REFLECTED": 1}
