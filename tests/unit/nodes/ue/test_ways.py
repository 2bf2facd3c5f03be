"""A large request of a UE to a P-CSCF that refuses TCP goes over UDP (RFC 3261 §18.1.1; MSG-08, PCS-26)."""

import pytest
from tests.unit.nodes.ue.gm_bench import Bench
from tests.unit.nodes.ue.test_messages import registered

from twopair.base import REFUSED_FOR, Impu, OpenStream, Send, StreamClosed, StreamOpened, Transport, seconds
from twopair.core.sa import PortName
from twopair.core.sip import Why
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered, Rerouted
from twopair.nodes.wishes import Call, HangUp, SendMessage

BOB = Impu("sip:bob@ims.mnc001.mcc001.3gppnetwork.org")
LARGE = b"x" * 1300
UDP, TCP = Transport.UDP, Transport.TCP


def deaf(transport: Transport = UDP) -> Bench:
    """A registered UE whose P-CSCF takes no more connections."""
    bench = registered(transport)
    bench.listens = False
    return bench


def tried(bench: Bench) -> int:
    """How often a connection was asked for."""
    return sum(isinstance(action, OpenStream) for action in bench.actions)


def test_a_large_message_goes_over_udp_where_tcp_is_refused() -> None:
    """PCS-26: another branch, Via UDP, same Call-ID and CSeq; one answer."""
    bench = deaf()
    bench.feed(SendMessage(BOB, LARGE))
    [over_tcp, over_udp] = bench.requests[-2:]
    assert [flow.transport for _, flow in (over_tcp, over_udp)] == [TCP, UDP]
    assert over_udp[0].top_via.transport == "UDP"
    assert over_udp[0].branch != over_tcp[0].branch
    assert (over_udp[0].call_id, over_udp[0].body) == (over_tcp[0].call_id, LARGE)
    [fact] = bench.facts_of(Rerouted)
    assert (fact.transport, fact.why) == (UDP, Why.NO_STREAM)
    assert bench.facts_of(MessageAnswered) == []
    bench.answer(200)
    assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [200]


def test_the_pcscf_is_spared_for_a_time() -> None:
    """PCS-26: the next one goes over UDP at once, and one after ten minutes tries again."""
    bench = deaf()
    bench.feed(SendMessage(BOB, LARGE))
    bench.answer(200)
    bench.feed(SendMessage(BOB, LARGE))
    request, flow = bench.last
    assert (flow.transport, request.top_via.transport, tried(bench)) == (UDP, "UDP", 1)
    bench.answer(200)
    bench.pass_time(REFUSED_FOR / seconds(1))
    bench.feed(SendMessage(BOB, LARGE))
    assert tried(bench) == 2


@pytest.mark.parametrize("large", [LARGE, b"small"])
def test_tcp_that_the_user_or_the_registration_chose_stays(large: bytes) -> None:
    """PCS-26: for size alone; what somebody wanted is not done otherwise."""
    for bench, wanted in ((deaf(), TCP), (deaf(TCP), None)):
        for flow in tuple(bench.streams):
            bench.feed(StreamClosed(flow, "reset"))
        bench.feed(SendMessage(BOB, large, transport=wanted))
        if wanted is None:  # a P-CSCF that took connections before is waited for (MGP-14)
            assert bench.facts_of(MessageAnswered) == []
            bench.pass_time(128)
        assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [408]
        assert bench.facts_of(Rerouted) == []


def test_a_call_that_went_over_udp_is_cancelled_there() -> None:
    """RFC 3261 §9.1: the branch and transport of the INVITE that is out."""
    bench = deaf()
    long = Impu(f"sip:{'b' * 700}@{'c' * 300}.example")
    bench.feed(Call(long))
    assert [flow.transport for _, flow in bench.requests[-2:]] == [TCP, UDP]
    invite, out = bench.last
    bench.answer(180)
    bench.feed(HangUp())
    cancel, flow = bench.last
    assert (cancel.method, cancel.branch, flow.transport) == ("CANCEL", invite.branch, UDP)
    bench.answer(200)
    bench.answer(487, to=(invite, out))
    assert bench.facts_of(CallChanged)[-1].stage is CallStage.ENDED


def test_a_second_call_is_cancelled_where_it_went_at_once() -> None:
    """PCS-26: the set has learned; the CANCEL too."""
    bench = deaf()
    bench.feed(SendMessage(BOB, LARGE))
    bench.answer(200)
    bench.feed(Call(Impu(f"sip:{'b' * 700}@{'c' * 300}.example")))
    invite, flow = bench.last
    assert flow.transport is UDP
    bench.answer(180)
    bench.feed(HangUp())
    assert (bench.last[0].branch, bench.last[1].transport) == (invite.branch, UDP)


def test_the_set_is_not_held_by_the_try_that_failed() -> None:
    """MGU-05: its transactions are counted once each."""
    bench = deaf()
    bench.feed(SendMessage(BOB, LARGE))
    bench.answer(200)
    bench.pass_time(200)
    assert bench.ue.transactions == 0
    assert [live.transactions for live in bench.ue._gm.sets] == [0]
    assert any(isinstance(action, Send) for action in bench.actions)


def test_an_ack_opens_the_connection_anew() -> None:
    """RFC 3261 §17.1.1.3, MSG-06: 486 came on a connection of the P-CSCF, that of the INVITE is gone."""
    bench = registered(TCP)
    bench.feed(Call(BOB))
    invite, flow = bench.last
    down = bench.sets[max(bench.sets)].flow(TCP, PortName.PC, PortName.US)
    bench.streams.add(down)
    bench.feed(StreamOpened(down))
    for _ in range(4):  # the INVITE is sent again, on a new one, but not for ever
        bench.feed(StreamOpened(flow))
        bench.feed(StreamClosed(flow, "reset"))
    before = tried(bench)
    bench.answer(486, to=(invite, flow), over=down)
    ack, way = bench.last
    assert (ack.method, way, tried(bench)) == ("ACK", flow, before + 1)
