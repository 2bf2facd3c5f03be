"""The UE notices: silence is told, a dead set is found out and left, ICMP is believed as far as it may be."""

from typing import Any

import pytest
from tests.unit.nodes.ue.gm_bench import ALICE, PCSCF, Bench

from twopair.base import Endpoint, Flow, Port, Received, Send, StreamClosed, Transport, Unreachable
from twopair.nodes.facts import (
    Awaiting,
    Deregistered,
    MessageAnswered,
    Registered,
    RegistrationFailed,
    Unreached,
)
from twopair.nodes.wishes import Register, SendMessage

BOTH = pytest.mark.parametrize("transport", Transport)
BOB = ALICE
CLEAR = Endpoint(PCSCF, Port(5060))


def registered(**config: Any) -> Bench:
    bench = Bench(**config)
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    return bench


def methods(bench: Bench, since: int = 0) -> list[str]:
    return [request.method for request, _ in bench.requests[since:]]


def asked(transport: Transport, **config: Any) -> Bench:
    """A registered UE whose MESSAGE has had no answer for four seconds, and which has asked why."""
    bench = registered(transport=transport, **config)
    bench.feed(SendMessage(BOB, b"hello"))
    bench.pass_time(4)
    assert methods(bench)[-2:] == ["MESSAGE", "OPTIONS"]
    return bench


@BOTH
def test_silence_is_told_while_it_lasts(transport: Transport) -> None:
    """After four seconds, then every five, with the time that is left (TMR-04: 64 * T1)."""
    bench = Bench(transport=transport)
    bench.feed(Register())
    bench.pass_time(30)
    told = bench.facts_of(Awaiting)
    assert [(fact.silent_s, fact.left_s) for fact in told] == [
        (4, 124),
        (9, 119),
        (14, 114),
        (19, 109),
        (24, 104),
        (29, 99),
    ]
    assert {(fact.peer, fact.what) for fact in told} == {(CLEAR, "REGISTER")}


def test_an_answer_ends_the_telling() -> None:
    bench = Bench()
    bench.feed(Register())
    bench.pass_time(6)
    bench.answer(100)
    bench.pass_time(60)
    assert len(bench.facts_of(Awaiting)) == 1


@BOTH
def test_a_set_that_nobody_answers_on_is_left(transport: Transport) -> None:
    """MGU-10: one question; 20 s later what hung on the set is over, and the UE begins anew in the clear."""
    bench = asked(transport)
    request, flow = bench.last
    assert request.get("Max-Forwards") == "0"
    assert flow.remote.port == 5062
    bench.pass_time(19)
    assert methods(bench)[-1] == "OPTIONS"
    bench.pass_time(2)
    request, flow = bench.last
    assert (request.method, flow.remote) == ("REGISTER", CLEAR)
    assert not bench.sets
    [ended] = bench.facts_of(Deregistered)
    assert ended.reason == "no answer over the SA set"
    [answered] = bench.facts_of(MessageAnswered)
    assert answered.status == 408
    bench.challenge()
    bench.accept()
    assert len(bench.facts_of(Registered)) == 2


@BOTH
@pytest.mark.parametrize("status", [200, 405, 483, 404, 503])
def test_any_answer_shows_that_the_set_lives(transport: Transport, status: int) -> None:
    """Whatever a P-CSCF makes of the question: the far end is slow, not the P-CSCF."""
    bench = asked(transport)
    bench.answer(status)
    bench.pass_time(60)
    assert len(bench.sets) == 1
    assert not bench.facts_of(Deregistered)


def test_an_answer_that_there_is_no_registration_is_obeyed() -> None:
    """PCS-09."""
    bench = asked(Transport.UDP)
    bench.answer(403)
    assert bench.last[1].remote == CLEAR
    assert "answers 403" in bench.facts_of(Deregistered)[0].reason


def test_one_question_at_a_time() -> None:
    bench = asked(Transport.UDP)
    for _ in range(3):
        bench.feed(SendMessage(BOB, b"again"))
    bench.pass_time(10)
    assert methods(bench).count("OPTIONS") == 1


def test_nothing_is_asked_where_retries_are_off() -> None:
    bench = registered(retries=False)
    bench.feed(SendMessage(BOB, b"hello"))
    bench.pass_time(60)
    assert "OPTIONS" not in methods(bench)
    assert len(bench.sets) == 1


# ICMP


def refused(bench: Bench, flow: Flow) -> None:
    bench.feed(Unreachable(flow, "connection refused"))


def test_a_closed_port_ends_the_wait_for_what_went_in_the_clear() -> None:
    """RFC 3261 §18.4; UEP-13: said at once, tried again after 30 to 60 s."""
    bench = Bench()
    bench.feed(Register())
    refused(bench, bench.last[1])
    assert bench.facts_of(Unreached) == [Unreached(CLEAR, "connection refused", protected=False)]
    [failed] = bench.facts_of(RegistrationFailed)
    assert failed.reason == "10.0.0.1:5060: connection refused"
    assert 30 <= failed.retry_s <= 60
    sent = len(bench.requests)
    bench.pass_time(failed.retry_s + 1)
    assert len(bench.requests) > sent


def test_forged_icmp_for_a_set_changes_nothing_but_asks() -> None:
    """UNP-06: state, sets and transactions stay; the question over the set decides."""
    bench = registered()
    bench.feed(SendMessage(BOB, b"hello"))
    flow = bench.last[1]
    for _ in range(5):
        refused(bench, flow)
    assert {fact.protected for fact in bench.facts_of(Unreached)} == {True}
    assert methods(bench)[-2:] == ["MESSAGE", "OPTIONS"]
    assert not bench.facts_of(MessageAnswered)
    bench.answer(200)
    bench.pass_time(3)
    assert len(bench.sets) == 1
    assert not bench.facts_of(Deregistered)


def test_icmp_of_another_flow_ends_nothing() -> None:
    bench = Bench()
    bench.feed(Register())
    flow = bench.last[1]
    refused(bench, flow._replace(remote=Endpoint("10.9.9.9", Port(5060))))
    assert not bench.facts_of(RegistrationFailed)


# signs of life


def pings(bench: Bench) -> list[Send]:
    return [action for action in bench.actions if isinstance(action, Send) and action.data == b"\r\n\r\n"]


def test_a_ping_is_sent_and_its_answer_is_enough() -> None:
    """RFC 5626 §3.5.1, §4.4.1: two CRLF after 80 to 100 % of the interval of silence, one comes back."""
    bench = registered(transport=Transport.TCP, keep_alive="auto", keep_alive_s=100)
    bench.pass_time(79)
    assert pings(bench) == []
    waited_s = 79
    while not pings(bench) and waited_s < 100:
        bench.pass_time(1)
        waited_s += 1
    [ping] = pings(bench)
    bench.feed(Received(ping.flow, b"\r\n"))
    bench.pass_time(60)
    assert "OPTIONS" not in methods(bench)


def test_without_a_pong_the_p_cscf_is_asked() -> None:
    """It may not know pings (RFC 6223); what has lost its state answers neither."""
    bench = registered(transport=Transport.TCP, keep_alive="crlf", keep_alive_s=100)
    bench.pass_time(112)
    assert methods(bench)[-1] == "OPTIONS"
    bench.pass_time(21)
    assert bench.last[1].remote == CLEAR


@pytest.mark.parametrize("kind", ["auto", "options"])
def test_on_udp_it_is_a_question(kind: str) -> None:
    bench = registered(keep_alive=kind, keep_alive_s=100)
    bench.pass_time(79)
    assert "OPTIONS" not in methods(bench)
    bench.pass_time(22)
    assert methods(bench).count("OPTIONS") == 1
    bench.answer(200)
    bench.pass_time(101)
    assert methods(bench).count("OPTIONS") == 2


def test_it_may_be_a_re_registration() -> None:
    bench = registered(keep_alive="register", keep_alive_s=100)
    sent = len(bench.requests)
    bench.pass_time(101)
    request, flow = bench.requests[sent]
    assert (request.method, flow.remote.port) == ("REGISTER", 5062)


def test_what_comes_puts_it_off() -> None:
    bench = registered(keep_alive="options", keep_alive_s=100)
    for _ in range(4):
        bench.pass_time(60)
        bench.request_from_network("MESSAGE")
    assert "OPTIONS" not in methods(bench)


def test_none_is_sent_unless_asked_for() -> None:
    bench = registered()
    bench.pass_time(1500)
    assert "OPTIONS" not in methods(bench)


def test_a_need_does_not_wait_for_the_next_try() -> None:
    """UEP-13 spares the network, not the user: a message while the UE rests begins at once."""
    bench = Bench()
    bench.feed(Register())
    refused(bench, bench.last[1])
    sent = len(bench.requests)
    bench.feed(SendMessage(BOB, b"hello"))
    assert methods(bench, sent) == ["REGISTER"]
    assert bench.facts_of(MessageAnswered)[0].status == 403


def test_a_need_waits_where_the_network_has_forbidden_the_next_try() -> None:
    """UEP-14: not before Retry-After, whoever writes."""
    bench = Bench()
    bench.feed(Register())
    bench.answer(503, [("Retry-After", "300")])
    sent = len(bench.requests)
    bench.feed(SendMessage(BOB, b"hello"))
    bench.pass_time(299)
    bench.feed(SendMessage(BOB, b"hello"))
    assert methods(bench, sent) == []
    bench.pass_time(2)
    assert methods(bench, sent) == ["REGISTER"]


def test_the_user_may_insist() -> None:
    """UEP-14 forbids what a UE does by itself."""
    bench = Bench()
    bench.feed(Register())
    bench.answer(503, [("Retry-After", "300")])
    bench.feed(Register())
    assert methods(bench) == ["REGISTER"] * 2


def test_a_pcscf_that_starts_is_waited_for_over_tcp_too() -> None:
    """MGP-14: it was killed and refuses connections; neither set nor message is lost."""
    bench = registered(transport=Transport.TCP)
    (flow,) = [flow for flow in bench.streams if flow.remote.port != CLEAR.port]
    bench.listens = False
    bench.feed(StreamClosed(flow, "connection reset"))
    bench.feed(SendMessage(BOB, b"hello"))
    bench.pass_time(15)
    assert "OPTIONS" in methods(bench)
    assert not bench.facts_of(MessageAnswered)
    bench.listens = True
    bench.pass_time(2)
    sent = [(request, way) for request, way in bench.requests if way == flow]
    assert {request.method for request, _ in sent[-2:]} == {"MESSAGE", "OPTIONS"}
    for request, way in sent[-2:]:
        bench.answer(200, to=(request, way))
    bench.pass_time(60)
    assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [200]
    assert not bench.facts_of(Deregistered)


def test_a_pcscf_that_stays_away_is_left_over_tcp_too() -> None:
    """MGU-10: after the question has stood for 20 s (ADR 14)."""
    bench = registered(transport=Transport.TCP)
    bench.listens = False
    for flow in tuple(bench.streams):
        bench.feed(StreamClosed(flow, "connection reset"))
    bench.feed(SendMessage(BOB, b"hello"))
    bench.pass_time(23)
    assert not bench.facts_of(Deregistered)
    bench.pass_time(2)
    assert [fact.reason for fact in bench.facts_of(Deregistered)] == ["no answer over the SA set"]
    assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [408]
