"""Requests from the core, to a UE (24.229 §5.2.6.4; PCS-13, PCS-14, PCS-21; MSG-01, MSG-04, MSG-08)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, TCP, UDP, make_response
from tests.unit.nodes.pcscf.relay_bed import asked, both, registered

from twopair.base import (
    Endpoint,
    Flow,
    Port,
    Refusal,
    StreamClosed,
    StreamOpened,
    Transport,
)
from twopair.wire.sip import Request, Response


@both
def test_message_from_the_core_and_its_answer(transport: Transport) -> None:
    """PCS-13, MSG-01, MSG-04, MSG-07: from port_pc to port_us, over TCP on a connection that we open."""
    bed, ue = registered(transport)
    bed.from_core(ue)
    flow, request = bed.to_ue()
    assert flow == ue.flow(ue.terms.port_s, ue.pc)
    assert bed.opened() == ([flow] if transport is TCP else [])
    assert request.values("Via")[0].startswith(f"SIP/2.0/{transport.value} {GM}:5062;branch=z9hG4bK")
    assert request.get("Max-Forwards") == "59"
    assert request.get("Route") is None
    assert request.get("P-Asserted-Identity") == "<sip:bob@elsewhere>"
    assert request.get("P-Called-Party-ID") == f"<{ue.impu}>"
    for name in ("P-Charging-Vector", "P-Visited-Network-ID", "Security-Server"):
        assert request.get(name) is None
    assert isinstance(request, Request)
    answer = make_response(request, 200, to_tag="u", headers=[("P-Asserted-Identity", "<sip:king@ims>")])
    bed.receive(flow if transport is TCP else ue.uplink, answer.to_bytes())
    [(back, response)] = bed.sent
    assert back == Flow(UDP, CORE, HOME)
    assert len(response.values("Via")) == 1
    assert response.get_all("P-Asserted-Identity") == [f"<{ue.impu}>"]


def test_the_connection_to_the_ue_is_kept() -> None:
    """MSG-07: one per set; opened again when it is gone."""
    bed, ue = registered(TCP)
    bed.from_core(ue)
    [flow] = bed.opened()
    bed.feed(StreamOpened(flow))
    bed.from_core(ue)
    assert bed.opened() == []
    bed.feed(StreamClosed(flow, ""))  # what went over it is sent again
    assert bed.opened() == [flow]
    bed.from_core(ue)
    assert bed.opened() == []


def test_large_requests_go_over_tcp() -> None:
    """MSG-08: a UE that registered over UDP; same set, no negotiation."""
    bed, ue = registered()
    bed.from_core(ue, Subject="x" * 400)
    assert bed.to_ue()[0].transport is UDP
    bed.from_core(ue, Subject="x" * 1300)
    flow, request = bed.to_ue()
    assert flow == ue.flow(ue.terms.port_s, ue.pc, TCP)
    assert bed.opened() == [flow]
    assert "SIP/2.0/TCP" in request.values("Via")[0]


@pytest.mark.parametrize(
    "route", ["", "<sip:unknown@10.20.0.1:5060;lr>", "<sip:10.20.0.1:5060;lr>", "nonsense", "<tel:+1>"]
)
def test_no_path_token(route: str) -> None:
    """NO_PATH_TOKEN. PCS-13."""
    bed, ue = registered()
    bed.from_core(ue, Route=route)
    expected = {"nonsense": Refusal.BAD_REQUEST, "<tel:+1>": Refusal.BAD_REQUEST}
    assert bed.refusals == [expected.get(route, Refusal.NO_PATH_TOKEN)]
    [(flow, response)] = bed.sent
    assert flow == Flow(UDP, CORE, HOME)
    assert isinstance(response, Response)


def test_path_may_be_written_otherwise() -> None:
    """PCS-13: a core that rewrites the URI's form."""
    bed, ue = registered()
    subscriber = bed.pcscf.tables.subscribers.of(ue.impi)
    assert subscriber is not None
    bed.from_core(ue, Route=f' "p" <sip:{subscriber.token}@10.20.0.1;lr;x=y> , <sip:next;lr>')
    assert asked(bed).values("Route") == ["<sip:next;lr>"]


def test_too_many_hops() -> None:
    """TOO_MANY_HOPS. PCS-22."""
    bed, ue = registered()
    bed.from_core(ue, Max_Forwards="0")
    assert bed.refusals == [Refusal.TOO_MANY_HOPS]


def test_the_core_is_answered_where_its_via_says() -> None:
    """RFC 3261 §18.2.2, RFC 3581."""
    bed, ue = registered()
    for via, port in [("10.20.0.2:5077", 5077), ("10.20.0.2", 5060), ("10.20.0.2:5077;rport", 5060)]:
        bed.from_core(ue, Route="", Via=f"SIP/2.0/UDP {via};branch=z9hG4bK{port}{len(via)}")
        assert bed.sent[0][0].remote == Endpoint("10.20.0.2", Port(port))


def test_via_is_as_it_was_whatever_the_ue_made_of_it() -> None:
    """PCS-14: Vias of the answer are those of the request."""
    bed, ue = registered()
    bed.from_core(ue, Via=f"SIP/2.0/UDP {HOME};branch=z9hG4bKa, SIP/2.0/UDP 10.30.0.1;branch=z9hG4bKb")
    answer = make_response(asked(bed), 200)
    answer.set("Via", answer.values("Via")[0])
    answer.add("Via", "SIP/2.0/UDP evil.example;branch=z9hG4bKb")
    bed.receive(ue.uplink, answer.to_bytes())
    [(_, response)] = bed.sent
    assert [via.partition(";")[0] for via in response.values("Via")] == [
        f"SIP/2.0/UDP {HOME}",
        "SIP/2.0/UDP 10.30.0.1",
    ]


def test_answers_assert_the_called_identity() -> None:
    """PCS-14: the preferred one if registered, else the called one, else the default."""
    bed, ue = registered()
    for called, preferred, expected in [
        ("<tel:+1>", "", "<tel:+1>"),
        ("<tel:+1>", f"<{ue.impu}>", f"<{ue.impu}>"),
        ("<sip:other@ims>", "<sip:king@ims>", f"<{ue.impu}>"),
    ]:
        bed.from_core(ue, P_Called_Party_ID=called)
        headers = [("P-Preferred-Identity", preferred)] if preferred else []
        bed.receive(ue.uplink, make_response(asked(bed), 200, headers=headers).to_bytes())
        assert bed.sent[0][1].get_all("P-Asserted-Identity") == [expected]
        assert bed.sent[0][1].get("P-Preferred-Identity") is None


def test_a_ue_that_does_not_answer() -> None:
    """RFC 4320 §4.2: no late 408 to a non-INVITE; the transaction does not stay for ever."""
    bed, ue = registered()
    bed.from_core(ue)
    bed.wait(129)
    assert not [m for _, m in bed.sent if isinstance(m, Response)]
    bed.wait(129)
    assert len(bed.pcscf.tables.layer) == 0


def test_a_connection_that_fails_is_told_at_once() -> None:
    """MSG-07: 480 to the core."""
    bed, ue = registered(TCP)
    bed.from_core(ue)
    bed.feed(StreamClosed(bed.opened()[0], "connection refused"))
    [(flow, response)] = bed.sent
    assert isinstance(response, Response)
    assert (flow.local, response.status) == (CORE, 480)
