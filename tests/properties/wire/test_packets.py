"""Any octets give a value or a WireError, and what was cut is put together again."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from twopair.base import Micros, WireError
from twopair.wire import pcap
from twopair.wire.ip import Reassembly, fragment, parse, quoted, udp_datagram

START = st.sampled_from([b"", b"\x45", b"\x4f", b"\x60\0\0\0\0\x10\x2c\x40", b"\x60\0\0\0\0\x18\0\x40"])


@given(START, st.binary(max_size=120))
def test_any_octets_parse_or_raise_wire_error(start: bytes, rest: bytes) -> None:
    packet = start + rest
    with suppress(WireError):
        header = parse(packet)
        assert header.offset <= header.total <= len(packet)
        quoted(packet, header)


@given(st.lists(st.tuples(START, st.binary(min_size=40, max_size=80)), max_size=10))
def test_any_fragments_reassemble_or_raise_wire_error(packets: list[tuple[bytes, bytes]]) -> None:
    reassembly = Reassembly(packets=3)
    for start, rest in packets:
        with suppress(WireError):
            packet = start + rest
            header = parse(packet)
            if header.is_fragment:
                reassembly.add(packet, header, Micros(0))


@given(st.binary(max_size=100))
def test_any_capture_reads_or_raises_wire_error(data: bytes) -> None:
    for file in (data, pcap.file_header() + data):
        with suppress(WireError):
            list(pcap.read(file))


@given(
    st.integers(min_value=0, max_value=5000),
    st.integers(min_value=576, max_value=2000),
    st.booleans(),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60)
def test_fragments_in_any_order(octets: int, mtu: int, six: bool, random: object) -> None:
    ends = ("fd00::1", 1, "fd00::2", 2) if six else ("10.0.0.1", 1, "10.0.0.2", 2)
    packet = udp_datagram(*ends, bytes(i & 0xFF for i in range(octets)))
    parts = fragment(packet, parse(packet), mtu, 9)
    random.shuffle(parts)  # type: ignore[attr-defined]
    if len(parts) == 1:
        assert parts == [packet]
        return
    reassembly = Reassembly()
    wholes = [whole for part in parts if (whole := reassembly.add(part, parse(part), Micros(0)))]
    offset = parse(packet).offset
    assert [whole[offset:] for whole in wholes] == [packet[offset:]]
    assert reassembly.discarded == 0
