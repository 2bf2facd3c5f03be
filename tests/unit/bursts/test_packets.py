"""ESP packets through raw sockets of loopback: the same by one call for many, and one by one."""

from collections.abc import Callable, Iterator
from socket import (
    AF_INET,
    AF_INET6,
    IPPROTO_IPV6,
    IPPROTO_RAW,
    IPV6_RECVPKTINFO,
    SO_RCVBUF,
    SOCK_RAW,
    SOL_SOCKET,
    inet_pton,
    socket,
)
from time import monotonic

import pytest

from twopair.bursts import MOST, ManyPackets, Packets, PacketsOneByOne, packets
from twopair.wire import esp, ip

WAYS: dict[str, Callable[[int, int], Packets]] = {"many": ManyPackets, "one": PacketsOneByOne}
OWN: dict[int, str] = {AF_INET: "127.0.0.1", AF_INET6: "::1"}
_IPV6_HDRINCL = 36


def may_make_raw_sockets() -> bool:
    try:
        socket(AF_INET, SOCK_RAW, esp.ESP).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not may_make_raw_sockets(), reason="raw sockets need CAP_NET_RAW")


class Wire:
    """A raw socket that sends packets to a raw socket that receives ESP."""

    def __init__(self, way: Packets, family: int) -> None:
        self.way, self.family = way, family
        self.out, self.into = socket(family, SOCK_RAW, IPPROTO_RAW), socket(family, SOCK_RAW, esp.ESP)
        for sock in (self.out, self.into):
            sock.setblocking(False)
        self.into.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
        if family == AF_INET6:
            self.into.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
            self.out.setsockopt(IPPROTO_IPV6, _IPV6_HDRINCL, 1)

    def packet(self, mark: int, octets: int, src: str = "") -> bytes:
        """With an SPI that nobody has, so that other tests on this machine see that it is not theirs."""
        own = OWN[self.family]
        body = (0xFFFF_0000 + mark).to_bytes(4, "big") + bytes([mark & 255]) * octets
        if self.family == AF_INET6:
            head = bytes.fromhex("60000000") + len(body).to_bytes(2, "big") + bytes((esp.ESP, 64))
        else:
            head = bytes.fromhex("4500") + (20 + len(body)).to_bytes(2, "big") + bytes(4)
            head += bytes((64, esp.ESP)) + bytes(2)
        return head + inet_pton(self.family, src or own) + inet_pton(self.family, own) + body

    def send(self, sent: list[bytes]) -> None:
        done = 0
        while done < len(sent):
            done += self.way.send(self.out, sent, done)

    def receive(self, count: int, most: int = MOST) -> list[bytes]:
        """The next `count` of ours."""
        came: list[bytes] = []
        until = monotonic() + 5
        while len(came) < count and monotonic() < until:
            try:
                some = self.way.receive(self.into, most)
            except BlockingIOError:
                continue
            assert len(some) <= most
            came += [packet for packet in some if b"\xff\xff" in packet[20:48]]
        return came

    def close(self) -> None:
        self.out.close()
        self.into.close()


@pytest.fixture(params=[(way, family) for way in WAYS for family in OWN], ids=str)
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    way, family = request.param
    made = Wire(WAYS[way](family, esp.ESP), family)
    yield made
    made.close()


def told(packet: bytes) -> tuple[bytes, bytes, bytes]:
    """Source, destination and body: identification, checksum, flow label and hop limit are the kernel's."""
    header = ip.parse(packet)
    assert header.protocol == esp.ESP
    return header.src, header.dst, packet[header.offset :]


def test_the_best_way_is_kept() -> None:
    assert isinstance(packets(AF_INET, esp.ESP), ManyPackets)
    assert packets(AF_INET6, esp.ESP) is packets(AF_INET6, esp.ESP)


@pytest.mark.parametrize("count", [1, 2, 3, 63, 64, 65, 150])
def test_bursts_come_whole_and_in_order(wire: Wire, count: int) -> None:
    sent = [wire.packet(number, number * 9 % 1400) for number in range(count)]
    wire.send(sent)
    assert list(map(told, wire.receive(count))) == list(map(told, sent))


def test_no_more_come_than_are_asked_for(wire: Wire) -> None:
    sent = [wire.packet(number, 100) for number in range(10)]
    wire.send(sent)
    assert list(map(told, wire.receive(10, most=3))) == list(map(told, sent))


def test_large_packets_come_whole_between_small_ones(wire: Wire) -> None:
    sent = [wire.packet(number, size) for number, size in enumerate((0, 60_000, 4, 2_048, 60_000, 4))]
    wire.send(sent)
    assert list(map(told, wire.receive(6))) == list(map(told, sent))


def test_each_has_its_own_source() -> None:
    made = Wire(ManyPackets(AF_INET, esp.ESP), AF_INET)
    sent = [made.packet(number, 50, f"127.0.0.{number + 1}") for number in range(20)]
    made.send(sent)
    assert list(map(told, made.receive(20))) == list(map(told, sent))
    made.close()


def test_nothing_waits(wire: Wire) -> None:
    with socket(wire.family, SOCK_RAW, 253) as quiet:  # a protocol of nobody (RFC 3692)
        quiet.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.way.receive(quiet, MOST)


def test_one_without_its_destination_is_left_out() -> None:
    """Then it cannot be told whose it is; those after it come as before."""
    made = Wire(ManyPackets(AF_INET6, esp.ESP), AF_INET6)
    made.into.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 0)
    made.send([made.packet(0, 50)])
    until = monotonic() + 5
    some: list[bytes] | None = None
    while some is None and monotonic() < until:
        try:
            some = list(made.way.receive(made.into, MOST))
        except BlockingIOError:
            continue
    assert some == []
    made.into.setsockopt(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    sent = [made.packet(number, 50) for number in range(5)]
    made.send(sent)
    assert list(map(told, made.receive(5))) == list(map(told, sent))
    made.close()
