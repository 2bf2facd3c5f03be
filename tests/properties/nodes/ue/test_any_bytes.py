"""Whatever bytes reach a UE, in whatever state, it goes on (33.203 §7.1; ERR-30, ERR-31)."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.nodes.ue.gm_bench import Bench

from twopair.base import Impu, Received, Transport
from twopair.core.sa import PortName
from twopair.nodes.facts import Deregistered, Registered
from twopair.nodes.wishes import Register, SendMessage
from twopair.wire.sip import make_response

cuts = st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=6))
damages = st.lists(cuts, min_size=1, max_size=4)


def damaged(data: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    """The message with a few stretches replaced by others."""
    for place, length, other in damage:
        at = int(place * len(data))
        data = data[:at] + other + data[at + length :]
    return data


@settings(max_examples=150, deadline=None)
@given(damages, st.sampled_from(Transport))
def test_damaged_sm6(damage: list[tuple[float, int, bytes]], transport: Transport) -> None:
    """AKA-03, AGR-40, UNP-04: a challenge with wounds leads to an end, and never to a second set."""
    bench = Bench(transport=transport)
    bench.feed(Register())
    request, flow = bench.last
    sm6 = make_response(request, 401, to_tag="p", headers=bench.challenge_headers()).to_bytes()
    bench.feed(Received(flow, damaged(sm6, damage)))
    assert len(bench.sets) <= 1
    bench.pass_time(300)
    assert not bench.sets
    assert not bench.facts_of(Registered)


@settings(max_examples=150, deadline=None)
@given(damages, st.sampled_from(["MESSAGE", "OPTIONS"]), st.sampled_from(Transport))
def test_damaged_messages(damage: list[tuple[float, int, bytes]], method: str, transport: Transport) -> None:
    """MALFORMED_SIP, BAD_REQUEST: requests and answers over a set; the registration stands."""
    bench = Bench(transport=transport, retries=False)  # else it asks why nothing readable came
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    (sa_set,) = bench.sets.values()
    bench.feed(SendMessage(Impu("sip:bob@home"), b"hello"))
    request, flow = bench.last
    bench.feed(Received(bench.response_flow(flow), damaged(make_response(request, 200).to_bytes(), damage)))
    data = (
        f"{method} sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKz\r\n"
        f"From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\n"
        f"CSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
    )
    over = sa_set.flow(Transport.UDP, PortName.PC, PortName.US)
    bench.feed(Received(over, damaged(data.encode(), damage)))
    bench.pass_time(300)
    assert list(bench.sets.values()) == [sa_set]
    assert not bench.facts_of(Deregistered)
