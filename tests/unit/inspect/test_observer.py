"""The observer on packets made by the ESP engine: decrypts, reassembles, names SA and step."""

import pytest

from twopair.backends.userspace.engine import Engine
from twopair.base import DEFAULT_SUITES, Impi, Micros, Port, Secret, Spi, Suite
from twopair.core.sa import End, Ports, SaSet, Spis
from twopair.crypto.annex_i import expand
from twopair.inspect import Observer, Seen, SeenFault, SeenMessage, SeenPacket
from twopair.wire import ip
from twopair.wire.sip import make_request

UE, PCSCF = "10.10.1.1", "10.10.0.1"
PORTS = Ports(uc=Port(6100), us=Port(6101), pc=Port(5064), ps=Port(5062))
SPIS = Spis(uc=Spi(4097), us=Spi(4098), pc=Spi(8193), ps=Spi(8194))
CK, IK = Secret(bytes(range(16))), Secret(bytes(range(16, 32)))
NOW = Micros(1_000_000)


class Counting:
    """Entropy for IVs that a test can repeat."""

    def __init__(self) -> None:
        self._next = 0

    def octets(self, count: int) -> bytes:
        self._next += 1
        return self._next.to_bytes(count, "big")

    def below(self, bound: int) -> int:
        return 0


def a_set(end: End, suite: Suite = DEFAULT_SUITES[0], ik: Secret = IK, v6: bool = False) -> SaSet:
    ue, pcscf = ("2001:db8::1:1", "2001:db8::1") if v6 else (UE, PCSCF)
    return SaSet(
        set_id=7,
        impi=Impi("001010000000001@ims.example"),
        end=end,
        ue=ue,
        pcscf=pcscf,
        ports=PORTS,
        spis=SPIS,
        suite=suite,
        keys=expand(suite, CK, ik),
    )


def ue_engine(sa_set: SaSet) -> Engine:
    engine = Engine(Counting())
    engine.install(sa_set)
    return engine


def told(*ends: SaSet) -> Observer:
    observer = Observer()
    for sa_set in ends:
        observer.learn(sa_set)
    return observer


def a_message(body: bytes = b"hello") -> bytes:
    headers = [
        ("Via", f"SIP/2.0/UDP {UE}:6101;branch=z9hG4bK1"),
        ("From", "<sip:a@ims.example>;tag=1"),
        ("To", "<sip:b@ims.example>"),
        ("Call-ID", "c1"),
        ("CSeq", "1 MESSAGE"),
    ]
    return make_request("MESSAGE", "sip:b@ims.example", headers, body).to_bytes()


def messages(seen: list[Seen]) -> list[SeenMessage]:
    return [s for s in seen if isinstance(s, SeenMessage)]


def tcp(sequence: int, data: bytes = b"", *, syn: bool = False) -> bytes:
    head = (
        PORTS.uc.to_bytes(2, "big")
        + PORTS.ps.to_bytes(2, "big")
        + (sequence % 2**32).to_bytes(4, "big")
        + bytes((0, 0, 0, 0, 0x50, 0x02 if syn else 0x10, 0xFF, 0xFF, 0, 0, 0, 0))
    )
    return ip.build(UE, PCSCF, ip.TCP, head + data)


@pytest.mark.parametrize("suite", DEFAULT_SUITES, ids=str)
@pytest.mark.parametrize("v6", [False, True], ids=["ipv4", "ipv6"])
def test_a_protected_datagram_is_opened_and_its_sa_named(suite: Suite, v6: bool) -> None:
    """SA-01: SA1-up carries the SPI that the P-CSCF chose, for every suite."""
    sa_set = a_set(End.UE, suite, v6=v6)
    clear = ip.udp_datagram(sa_set.ue, PORTS.uc, sa_set.pcscf, PORTS.ps, a_message())
    [packet] = ue_engine(sa_set).from_host(clear)
    first, second = told(sa_set, a_set(End.PCSCF, suite, v6=v6)).packet(NOW, packet)
    assert isinstance(first, SeenPacket)
    assert not first.readable
    assert first.esp is not None
    assert first.esp.sequence == 1
    assert isinstance(second, SeenMessage)
    assert (second.sa, second.spi, second.src.port, second.dst.port) == ("SA1-up", 8194, 6100, 5062)
    assert second.held_by == (End.UE, End.PCSCF)
    assert second.message.body == b"hello"
    assert not second.again


def test_clear_text_has_no_sa() -> None:
    clear = ip.udp_datagram(UE, 5060, PCSCF, 5060, a_message())
    packet, message = told().packet(NOW, clear)
    assert isinstance(packet, SeenPacket)
    assert packet.readable
    assert isinstance(message, SeenMessage)
    assert (message.sa, message.spi, message.held_by) == (None, None, ())


def test_without_the_key_nothing_is_told_but_the_spi() -> None:
    """A wrong IK opens nothing: the ICV decides, not the SPI."""
    [packet] = ue_engine(a_set(End.UE)).from_host(ip.udp_datagram(UE, 6100, PCSCF, 5062, a_message()))
    wrong = a_set(End.UE)._replace(keys=expand(DEFAULT_SUITES[0], Secret(bytes(16)), IK))
    first, fault = told(wrong).packet(NOW, packet)
    assert isinstance(first, SeenPacket)
    assert first.segment is None
    assert isinstance(fault, SeenFault)
    assert "0x00002002" in fault.what


def test_each_end_with_a_key_of_its_own() -> None:
    """ERR-01: where IK differs, one sees which end made the packet."""
    suite = Suite("hmac-sha-1-96", "null")
    ours, theirs = a_set(End.UE, suite), a_set(End.PCSCF, suite, ik=Secret(bytes(16)))
    [packet] = ue_engine(ours).from_host(ip.udp_datagram(UE, 6100, PCSCF, 5062, a_message()))
    [message] = messages(told(ours, theirs).packet(NOW, packet))
    assert message.held_by == (End.UE,)


def test_outer_fragments_are_put_together() -> None:
    body = b"x" * 3000
    engine = ue_engine(a_set(End.UE))
    parts = engine.from_host(ip.udp_datagram(UE, 6100, PCSCF, 5062, a_message(body)))
    assert len(parts) == 3
    observer = told(a_set(End.UE))
    seen = [observer.packet(NOW, part) for part in parts]
    assert seen[:2] == [[], []]
    assert messages(seen[2])[0].message.body == body


def test_a_retransmission_over_udp_is_marked() -> None:
    """FLOW-08: a new ESP sequence number, the same message."""
    engine, observer = ue_engine(a_set(End.UE)), told(a_set(End.UE))
    clear = ip.udp_datagram(UE, 6100, PCSCF, 5062, a_message())
    again = [messages(observer.packet(NOW, p))[0].again for _ in range(2) for p in engine.from_host(clear)]
    assert again == [False, True]


@pytest.mark.parametrize("start", [1000, 2**32 - 20], ids=["plain", "sequence numbers wrap"])
def test_tcp_out_of_order_and_repeated(start: int) -> None:
    """SA-09: three chunks of two messages, shuffled and repeated, inside SA1-up."""
    engine, observer = ue_engine(a_set(End.UE)), told(a_set(End.UE))
    stream = a_message(b"one") + a_message(b"two")
    cuts = [stream[:40], stream[40:300], stream[300:]]
    at = [start + 1, start + 41, start + 301]
    order = [tcp(start, syn=True), tcp(at[0], cuts[0]), tcp(at[2], cuts[2]), tcp(at[0], cuts[0])]
    order += [tcp(at[1], cuts[1]), tcp(at[2], cuts[2])]
    seen = [s for clear in order for p in engine.from_host(clear) for s in observer.packet(NOW, p)]
    assert [m.message.body for m in messages(seen)] == [b"one", b"two"]
    assert all(m.sa == "SA1-up" for m in messages(seen))
    opening = [s for s in seen if isinstance(s, SeenPacket) and s.segment and s.segment.opens_connection]
    assert len(opening) == 1
    assert not opening[0].readable


def test_a_new_connection_on_the_same_ports_starts_afresh() -> None:
    """MSG-07: port_uc is bound, so a later connection has the same ends."""
    observer = told()
    half = a_message()[:50]
    for packet in (tcp(10, syn=True), tcp(11, half), tcp(9000, syn=True)):
        observer.packet(NOW, packet)
    [message] = messages(observer.packet(NOW, tcp(9001, a_message())))
    assert message.message.body == b"hello"


def test_a_capture_may_begin_in_the_middle_of_a_connection() -> None:
    [message] = messages(told().packet(NOW, tcp(77, a_message())))
    assert message.message.body == b"hello"


def test_a_stream_that_is_not_sip_is_one_fault() -> None:
    observer = told()
    junk = b"GET / HTTP/1.0\r\nHost: x\r\n\r\n"
    seen = observer.packet(NOW, tcp(1, junk)) + observer.packet(NOW, tcp(1 + len(junk), junk))
    assert len([s for s in seen if isinstance(s, SeenFault)]) == 1


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x45",
        b"\x60" + bytes(10),
        ip.build(UE, PCSCF, ip.UDP, b"\0\1"),
        ip.build(UE, PCSCF, ip.TCP, bytes(12)),
        ip.build(UE, PCSCF, ip.TCP, bytes(12) + b"\xf0" + bytes(7)),
        ip.build(UE, PCSCF, 50, b"\0\0\1"),
        ip.udp_datagram(UE, 1, PCSCF, 2, b"no SIP at all\r\n\r\n"),
    ],
)
def test_what_cannot_be_read_is_a_fault(packet: bytes) -> None:
    assert isinstance(told().packet(NOW, packet)[-1], SeenFault)


def test_keep_alives_say_nothing() -> None:
    assert not messages(told().packet(NOW, ip.udp_datagram(UE, 5060, PCSCF, 5060, b"\r\n\r\n")))
