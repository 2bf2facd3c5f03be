"""An observer believes nobody and falls over nothing."""

from hypothesis import given
from hypothesis import strategies as st
from tests.figure1_sets import GCM, PCSCF, UE, Dice, sa_set

from twopair.backends.userspace.engine import Engine
from twopair.base import Micros
from twopair.core.sa import End
from twopair.inspect import Observer, SeenFault, SeenMessage, SeenPacket
from twopair.wire import ip
from twopair.wire.sip import make_request

OURS = sa_set(End.UE, GCM)
MESSAGE = make_request(
    "MESSAGE", "sip:b@ims", [("CSeq", "1 MESSAGE"), ("Call-ID", "c")], b"x" * 400
).to_bytes()


def observer() -> Observer:
    made = Observer()
    made.learn(OURS)
    return made


def tcp(sequence: int, data: bytes, flags: int = 0x10) -> bytes:
    head = OURS.ports.uc.to_bytes(2, "big") + OURS.ports.ps.to_bytes(2, "big") + sequence.to_bytes(4, "big")
    return ip.build(UE, PCSCF, ip.TCP, head + bytes((0, 0, 0, 0, 0x50, flags, 0, 9, 0, 0, 0, 0)) + data)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_any_bytes_are_told_of(packets: list[bytes]) -> None:
    watching = observer()
    for packet in packets:
        for seen in watching.packet(Micros(0), packet):
            assert isinstance(seen, SeenPacket | SeenMessage | SeenFault)


@given(at=st.integers(0, 2000), flip=st.integers(1, 255))
def test_one_octet_changed_is_never_a_message_in_an_sa(at: int, flip: int) -> None:
    """SA-02: an SA is named only if the ICV is right; the outer header is not under it."""
    engine = Engine(Dice())
    engine.install(OURS)
    [packet] = engine.from_host(ip.udp_datagram(UE, OURS.ports.uc, PCSCF, OURS.ports.ps, MESSAGE))
    at = 20 + at % (len(packet) - 20)
    spoiled = packet[:at] + bytes((packet[at] ^ flip,)) + packet[at + 1 :]
    assert not [s for s in observer().packet(Micros(0), spoiled) if isinstance(s, SeenMessage)]


@given(data=st.data(), start=st.integers(0, 2**32 - 1))
def test_any_order_of_segments_gives_the_same_messages(data: st.DataObject, start: int) -> None:
    """RFC 9293 §3.4: cut anywhere, repeated and shuffled, also where sequence numbers wrap."""
    stream = MESSAGE * 3
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=8)))
    parts = [(a, stream[a:b]) for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    segments = [tcp((start + 1 + at) % 2**32, part) for at, part in parts]
    order = data.draw(st.permutations(segments + segments[: len(segments) // 2]))
    watching = observer()
    watching.packet(Micros(0), tcp(start, b"", 0x02))
    seen = [s for packet in order for s in watching.packet(Micros(0), packet)]
    assert [s.message.body for s in seen if isinstance(s, SeenMessage)] == [b"x" * 400] * 3
