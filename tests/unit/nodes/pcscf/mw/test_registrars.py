"""REGISTER to a name: which server, and which one then (24.229 §5.2.2, PCS-06; RFC 3263)."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.core.locate.zone import answer, zone
from tests.unit.nodes.pcscf.bed import CORE, TCP, UDP, Bed, Ue

from twopair.base import (
    Endpoint,
    Flow,
    OpenStream,
    Port,
    Received,
    Refusal,
    StreamClosed,
    StreamOpened,
    seconds,
)
from twopair.core.locate import Answer, Fault, Place, Question, Resolve, Resolved
from twopair.core.sip import Why
from twopair.nodes.facts import Registered, TargetFailed, Unresolved
from twopair.nodes.pcscf import Limits
from twopair.wire.sip import Request, make_response

ICSCF = Place("icscf.example")
TWO = zone("""
    icscf.example NAPTR 1 1 s SIP+D2U _sip._udp.icscf.example
    _sip._udp.icscf.example SRV 1 0 5060 one.example
    _sip._udp.icscf.example SRV 2 0 5060 two.example
    one.example A 10.20.0.11
    two.example A 10.20.0.12
""")
OVER_TCP = zone("""
    icscf.example NAPTR 1 1 s SIP+D2T _sip._tcp.icscf.example
    _sip._tcp.icscf.example SRV 1 0 5060 one.example
    _sip._tcp.icscf.example SRV 2 0 5060 two.example
    one.example A 10.20.0.11
    two.example A 10.20.0.12
""")
ONE, OTHER = (Endpoint(f"10.20.0.{n}", Port(5060)) for n in (11, 12))


def bed(there: Mapping[Question, Answer] | None = TWO, **changes: Any) -> Bed:
    made = Bed(registrar=ICSCF, **changes)
    made.zone = None if there is None else lambda question: answer(there, question)
    return made


def up(at: Bed) -> list[tuple[Flow, Request]]:
    """Requests that have just left towards the core."""
    return [(f, m) for f, m in at.sent if f.local.address == CORE.address and isinstance(m, Request)]


def test_it_goes_to_the_first_server() -> None:
    """PCS-06, RFC 3263 §4: NAPTR, SRV, A; with our Via and Path as ever."""
    at, ue = bed(), Ue()
    sm2 = at.sm1(ue)
    [(flow, _)] = up(at)
    assert flow == Flow(UDP, CORE, ONE)
    assert sm2.get(
        "Via",
    ).startswith(f"SIP/2.0/UDP {CORE};branch=z9hG4bK")  # type: ignore[union-attr]
    assert f"@{CORE};lr" in (sm2.get("Path") or "")


def test_nothing_waits_for_what_is_known() -> None:
    """A cached name is asked for once; when a fifth of its time is left, it is asked for anew in passing."""
    at = bed()
    at.sm1(Ue())
    asked = [a for a in at.actions if isinstance(a, Resolve)]
    assert len(asked) == len(set(asked)) == 4
    at.sm1(Ue(number=2))
    assert not [a for a in at.fresh if isinstance(a, Resolve)]
    at.wait(50)
    at.sm1(Ue(number=3))
    assert len([a for a in at.fresh if isinstance(a, Resolve)]) == 4
    assert up(at)


def test_a_silent_server_gives_way_after_a_second_and_a_half() -> None:
    """PCS-06, RFC 3263 §4.3: the next one gets it with a branch of its own; the others go there at once."""
    at, ue = bed(), Ue()
    sm2 = at.sm1(ue)
    at.wait(1.4)
    assert {flow.remote for flow, _ in up(at)} == {ONE}
    at.wait(0.2)
    [(_, again)] = [(f, m) for f, m in up(at) if f.remote == OTHER]
    assert again.branch != sm2.branch
    assert again.get("Path") == sm2.get("Path")
    [failed] = at.facts(TargetFailed)
    assert (failed.target.endpoint, failed.why, failed.then.endpoint) == (ONE, Why.SILENT, OTHER)
    at.sm1(Ue(number=2))
    assert {flow.remote for flow, _ in up(at)} == {OTHER}


def test_the_first_answer_counts() -> None:
    """RFC 3261 §16.7: a server that is only slow may answer too; that is the end of neither."""
    at, ue = bed(), Ue()
    sm2 = at.sm1(ue)
    at.wait(1.6)
    [again] = [m for f, m in up(at) if f.remote == OTHER]
    at.feed(Received(Flow(UDP, CORE, OTHER), make_response(again, 403).to_bytes()))
    assert at.to_ue()[1].status == 403  # type: ignore[union-attr]
    at.feed(Received(Flow(UDP, CORE, ONE), make_response(sm2, 403).to_bytes()))
    assert at.nothing_sent()


def test_one_request_tries_what_was_spared() -> None:
    """After core.aside_s one goes to the first server again; the others follow when it has answered."""
    at = bed()
    at.sm1(Ue())
    at.wait(1.6)
    [again] = [m for f, m in up(at) if f.remote == OTHER]
    at.feed(Received(Flow(UDP, CORE, OTHER), make_response(again, 403).to_bytes()))
    at.wait(40)
    sm2 = at.sm1(Ue(number=2))
    assert {flow.remote for flow, _ in up(at)} == {ONE}
    at.sm1(Ue(number=3))
    assert {flow.remote for flow, _ in up(at)} == {OTHER}
    at.feed(Received(Flow(UDP, CORE, ONE), make_response(sm2, 403).to_bytes()))
    at.sm1(Ue(number=4))
    assert {flow.remote for flow, _ in up(at)} == {ONE}


def test_out_of_service_and_for_how_long() -> None:
    """RFC 3263 §4.3, RFC 3261 §21.5.4: 503 leads to the next; the last one is passed on."""
    at, ue = bed(), Ue()
    sm2 = at.sm1(ue)
    busy = make_response(sm2, 503, headers=[("Retry-After", "120")])
    at.feed(Received(Flow(UDP, CORE, ONE), busy.to_bytes()))
    [(flow, again)] = up(at)
    assert flow.remote == OTHER
    at.feed(Received(Flow(UDP, CORE, OTHER), make_response(again, 503).to_bytes()))
    assert at.to_ue()[1].status == 503  # type: ignore[union-attr]
    at.wait(100)
    at.sm1(Ue(number=2))
    assert up(at)[0][0].remote == OTHER


def test_all_are_silent() -> None:
    """CORE_SILENT. PCS-06: 504, once, when the last one has had its time."""
    at, ue = bed(), Ue()
    at.sm1(ue)
    at.wait(40)
    assert at.refusals == [Refusal.CORE_SILENT]
    assert at.pcscf.tables.pending == 0


def test_no_such_name() -> None:
    """NAME_UNRESOLVED. PCS-06: 504 at once, and what the DNS said is told."""
    at = bed({})
    at.receive(Ue().clear, Ue().register())
    assert at.refusals == [Refusal.NAME_UNRESOLVED]
    assert at.facts(Unresolved) == [Unresolved(ICSCF, Fault.NO_NAME)]
    assert at.pcscf.tables.pending == 0


def test_without_a_registrar_the_request_uri_says_it() -> None:
    """PCS-06: the home domain of the Request-URI."""
    at = Bed(registrar=None)
    at.zone = None
    ue = Ue()
    at.receive(ue.clear, ue.register())
    [asked] = [a.question for a in at.fresh if isinstance(a, Resolve)]
    assert asked.name in ue.register().decode().partition("\r\n")[0]


def test_a_name_server_that_says_nothing() -> None:
    """After five seconds silence is an answer, too; one that comes later is none."""
    at = bed(None)
    at.receive(Ue().clear, Ue().register())
    assert at.nothing_sent()
    [question] = [a.question for a in at.fresh if isinstance(a, Resolve)]
    assert at.pcscf.tables.core.waiting == 1
    at.wait(25)
    assert at.refusals == [Refusal.NAME_UNRESOLVED]
    assert at.facts(Unresolved) == [Unresolved(ICSCF, Fault.SILENT)]
    at.feed(Resolved(question, TWO[question]))
    assert at.fresh == []


def test_so_many_wait_and_no_more() -> None:
    """Limit.RESOLVING: one more is answered 504."""
    at = bed(None, limits=Limits(resolving=1))
    at.receive(Ue().clear, Ue().register())
    ue = Ue(number=2)
    at.receive(ue.clear, ue.register())
    assert at.refusals == [Refusal.NAME_UNRESOLVED]
    assert at.facts(Unresolved) == [Unresolved(ICSCF, Fault.OVERLOADED)]


def test_what_was_known_serves_while_name_servers_are_silent() -> None:
    """RFC 8767: for an hour, then no longer."""
    at = bed()
    at.sm1(Ue())
    at.zone = lambda _question: Answer((), 10, Fault.SILENT)
    at.wait(600)
    at.receive(Ue(number=2).clear, Ue(number=2).register())
    assert up(at)
    at.wait(3700)
    at.receive(Ue(number=3).clear, Ue(number=3).register())
    assert at.refusals == [Refusal.NAME_UNRESOLVED]


def test_a_registration_over_tcp() -> None:
    """RFC 3261 §18: NAPTR chose TCP; Via has alias, Path has the transport, one connection serves all."""
    at, ue = bed(OVER_TCP), Ue()
    at.receive(ue.clear, ue.register())
    [stream] = [a.flow for a in at.fresh if isinstance(a, OpenStream)]
    assert (stream.transport, stream.remote, stream.local.address) == (TCP, ONE, CORE.address)
    [(flow, sm2)] = up(at)
    assert flow == stream
    assert (sm2.get("Via") or "").startswith(f"SIP/2.0/TCP {CORE};alias;branch=")
    assert (sm2.get("Path") or "").endswith(f"@{CORE};lr;transport=tcp>")
    at.feed(StreamOpened(stream))
    other = Ue(number=2)
    at.receive(other.clear, other.register())
    assert not [a for a in at.fresh if isinstance(a, OpenStream)]
    assert up(at)[0][0] == stream
    at.feed(Received(stream, make_response(sm2, 403).to_bytes()))
    assert at.to_ue()[1].status == 403  # type: ignore[union-attr]


def test_a_port_that_refuses_leads_to_the_next() -> None:
    """RFC 3263 §4.3: at once."""
    at, ue = bed(OVER_TCP), Ue()
    at.receive(ue.clear, ue.register())
    [stream] = [a.flow for a in at.fresh if isinstance(a, OpenStream)]
    at.feed(StreamClosed(stream, "connection refused"))
    [(flow, _)] = up(at)
    assert (flow.transport, flow.remote) == (TCP, OTHER)


def test_large_goes_over_tcp_and_falls_back() -> None:
    """RFC 3261 §18.1.1: to the same server over UDP, and for ten minutes at once."""
    at, ue = Bed(), Ue()
    at.receive(ue.clear, ue.register(X_Fill="x" * 1400))
    [stream] = [a.flow for a in at.fresh if isinstance(a, OpenStream)]
    [(_, large)] = up(at)
    assert (large.get("Path") or "").endswith(f"@{CORE};lr>"), "not chosen, but for size"
    at.feed(StreamClosed(stream, "connection refused"))
    [(flow, again)] = up(at)
    assert flow == Flow(UDP, CORE, stream.remote)
    assert again.branch != large.branch
    other = Ue(number=2)
    at.receive(other.clear, other.register(X_Fill="x" * 1400))
    assert [f.transport for f, _ in up(at)] == [UDP]
    at.now = at.now + seconds(601)  # type: ignore[assignment]
    third = Ue(number=3)
    at.receive(third.clear, third.register(X_Fill="x" * 1400))
    assert [f.transport for f, _ in up(at)] == [TCP]


def test_a_connection_that_breaks() -> None:
    """MSG-06, RFC 3261 §18.2.2: what had no answer goes again on a new one, with its branch."""
    at, ue = bed(OVER_TCP), Ue()
    at.receive(ue.clear, ue.register())
    [stream] = [a.flow for a in at.fresh if isinstance(a, OpenStream)]
    [(_, first)] = up(at)
    at.feed(StreamOpened(stream))
    at.feed(StreamClosed(stream, "connection reset"))
    assert [a.flow for a in at.fresh if isinstance(a, OpenStream)] == [stream]
    [(_, again)] = up(at)
    assert again.branch == first.branch


def test_two_families() -> None:
    """core.addresses: the family of the server says which of ours it is, in Via and Path."""
    there = zone("icscf.example AAAA 2001:db8:20::11")
    six = Endpoint("2001:db8:20::1", Port(5060))
    at, ue = bed(there, core_too=six), Ue()
    at.receive(ue.clear, ue.register())
    [(flow, sm2)] = [(f, m) for f, m in at.sent if isinstance(m, Request)]
    assert flow == Flow(UDP, six, Endpoint("2001:db8:20::11", Port(5060)))
    assert (sm2.get("Via") or "").startswith(f"SIP/2.0/UDP {six};branch=")
    assert f"@{six};lr" in (sm2.get("Path") or "")


def test_a_service_route_with_a_name() -> None:
    """PCS-08, RFC 3263: requests go where it leads; with no answer from the DNS, to the registrar."""
    at, ue = Bed(), Ue()
    at.service_route = "<sip:orig@scscf.example:6060;lr>"
    at.register(ue)
    assert at.facts(Registered)
    at.zone = lambda question: answer(zone("scscf.example A 10.20.0.33"), question)
    at.receive(ue.uplink, ue.request())
    assert at.to_core().get("Route") == "<sip:orig@scscf.example:6060;lr>"
    [(flow, _)] = up(at)
    assert flow.remote == Endpoint("10.20.0.33", Port(6060))


@pytest.mark.parametrize("answers", [True, False])
def test_a_message_finds_the_next_server_as_well(answers: bool) -> None:
    """RFC 3263 §4.3 for what is relayed: one answer to the UE, whoever gives it."""
    at, ue = Bed(), Ue()
    at.service_route = "<sip:orig@scscf.example;lr>"
    at.register(ue)
    there = zone("""
        _sip._udp.scscf.example SRV 1 0 5060 one.example
        _sip._udp.scscf.example SRV 2 0 5060 two.example
        one.example A 10.20.0.11
        two.example A 10.20.0.12
    """)
    at.zone = lambda question: answer(there, question)
    at.receive(ue.uplink, ue.request())
    assert up(at)[0][0].remote == ONE
    at.wait(1.6)
    [again] = [m for f, m in up(at) if f.remote == OTHER]
    if answers:
        at.feed(Received(Flow(UDP, CORE, OTHER), make_response(again, 200, to_tag="x").to_bytes()))
        assert at.to_ue()[1].status == 200  # type: ignore[union-attr]
        at.wait(40)
        assert at.nothing_sent() or not [m for f, m in at.sent if f.local != CORE]
    else:
        at.wait(40)
        assert Refusal.CORE_SILENT in at.refusals
