"""A UE whose connection in the clear is lost while it waits for SM6 (RFC 3261 §18.1.1, §18.2.2; MSG-05)."""

from tests.unit.nodes.ue.gm_bench import PCSCF, Bench

from twopair.base import (
    Endpoint,
    Flow,
    Port,
    Received,
    Refusal,
    Refused,
    StreamClosed,
    StreamOpened,
    Transport,
)
from twopair.nodes.facts import Registered, RegistrationFailed
from twopair.nodes.wishes import Register
from twopair.wire.sip import make_request

TCP = Transport.TCP


def cut_off() -> tuple[Bench, Flow]:
    """SM1 is out, its connection gone; the flow of the one that the P-CSCF opens."""
    bench = Bench(transport=TCP, retries=False)
    bench.feed(Register())
    _, flow = bench.last
    bench.feed(StreamClosed(flow, "connection reset"))
    return bench, Flow(TCP, flow.local, Endpoint(PCSCF, Port(33_333)))


def test_it_listens_at_the_port_of_its_via() -> None:
    """RFC 3261 §18.1.1: nothing is sent again; the answer is awaited where the Via says."""
    bench, back = cut_off()
    request, _ = bench.last
    assert len(bench.requests) == 1
    assert request.top_via.port == back.local.port
    assert bench.bound[back.local].listen
    assert not bench.bound[back.local].protected


def test_sm6_comes_on_the_new_connection() -> None:
    """MSG-05: and the registration goes on as ever; the port is given back."""
    bench, back = cut_off()
    bench.feed(StreamOpened(back))
    bench.answer(401, bench.challenge_headers(), over=back)
    bench.accept()
    assert len(bench.facts_of(Registered)) == 1
    assert back.local not in bench.bound
    assert back not in bench.ue._gm.streams


def test_from_a_fixed_port() -> None:
    """MSG-05: `gm.port`; the next attempt leaves from it again."""
    bench = Bench(transport=TCP, clear_port=Port(5060))
    bench.feed(Register())
    _, flow = bench.last
    bench.feed(StreamClosed(flow, "connection reset"))
    assert flow.local.port == 5060
    assert bench.bound[flow.local].listen
    bench.pass_time(90)
    assert flow.local not in bench.bound
    assert [way for _, way in bench.requests] == [flow, flow]


def test_a_refusal_comes_there_too() -> None:
    """RFC 3261 §18.2.2: any final answer."""
    bench, back = cut_off()
    bench.feed(StreamOpened(back))
    bench.answer(403, over=back)
    assert [fact.status for fact in bench.facts_of(RegistrationFailed)] == [403]
    assert back.local not in bench.bound


def test_nobody_comes() -> None:
    """ERR-25: after T4 the attempt is over, and no port is left open."""
    bench, back = cut_off()
    bench.pass_time(18)
    assert len(bench.facts_of(RegistrationFailed)) == 1
    assert back.local not in bench.bound


def test_a_request_on_that_port_is_not_taken() -> None:
    """CLEAR_TO_UE. UNP-02: it waits for an answer and for nothing else."""
    bench, back = cut_off()
    bench.feed(StreamOpened(back))
    text = make_request(
        "OPTIONS", "sip:ue", [("Via", "SIP/2.0/TCP a;branch=z9hG4bKx"), ("CSeq", "1 OPTIONS")]
    )
    bench.feed(Received(back, text.to_bytes()))
    assert bench.facts_of(Refused)[-1].refusal is Refusal.CLEAR_TO_UE
    assert bench.responses == []


def test_a_connection_that_never_stood_is_another_matter() -> None:
    """RFC 3261 §17.1.4: refused is refused, at once."""
    bench = Bench(transport=TCP, retries=False)
    bench.listens = False
    bench.feed(Register())
    assert [fact.reason for fact in bench.facts_of(RegistrationFailed)] == ["connection refused"]
    assert list(bench.bound) == [bench.ue.profile.server]


def test_a_second_sm6_on_another_connection_is_dropped() -> None:
    """MGU-03, UNP-04: the answer to SM1 has come; another one harms neither the attempt nor the set."""
    bench, back = cut_off()
    sm1 = bench.last
    bench.feed(StreamOpened(back))
    bench.answer(401, bench.challenge_headers(), over=back)
    late = back._replace(remote=Endpoint(PCSCF, Port(33_334)))
    for confirmed in (False, True):
        if confirmed:
            bench.accept()
        held = dict(bench.sets)
        bench.feed(StreamOpened(late))
        bench.answer(401, bench.challenge_headers(), to=sm1, over=late)
        assert bench.sets == held
    assert [fact.refusal for fact in bench.facts_of(Refused)] == [Refusal.UNMATCHED_RESPONSE] * 2
    assert len(bench.facts_of(Registered)) == 1
