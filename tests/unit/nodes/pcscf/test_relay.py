"""Requests other than REGISTER, both ways (24.229 §5.2.6; PCS-08..PCS-17, PCS-21, PCS-22; MSG-01..MSG-08)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, SERVICE_ROUTE, TCP, UDP, Bed, Ue, make_response

from twopair.base import (
    Endpoint,
    Flow,
    OpenStream,
    Port,
    Refusal,
    Send,
    StreamClosed,
    StreamOpened,
    Transport,
)
from twopair.core.sa import Stage
from twopair.wire.sip import Request, Response

both = pytest.mark.parametrize("transport", [UDP, TCP])


def registered(transport: Transport = UDP, **changes: object) -> tuple[Bed, Ue]:
    bed, ue = Bed(**changes), Ue(transport=transport)  # type: ignore[arg-type]
    bed.register(ue)
    return bed, ue


def status(bed: Bed) -> int:
    response = bed.to_ue()[1]
    assert isinstance(response, Response)
    return response.status


def asked(bed: Bed) -> Request:
    request = bed.to_ue()[1]
    assert isinstance(request, Request)
    return request


# UE to core


@both
def test_message_to_the_core_and_its_answer(transport: Transport) -> None:
    """MSG-01: in over SA1-up; the answer over UDP on SA2-dn, over TCP on the same connection (SA1-dn)."""
    bed, ue = registered(transport)
    bed.receive(ue.uplink, ue.request(body="hello"))
    sent = bed.to_core()
    assert bed.sent[0][0] == Flow(UDP, CORE, HOME)
    assert sent.body == b"hello"
    assert sent.values("Route") == [SERVICE_ROUTE]
    assert sent.get("P-Asserted-Identity") == f"<{ue.impu}>"
    assert sent.get("Max-Forwards") == "69"
    assert "icid-value" in (sent.get("P-Charging-Vector") or "")
    assert len(sent.values("Via")) == 2
    assert sent.get("P-Access-Network-Info")
    assert sent.get("Record-Route") is None
    bed.core(
        sent,
        200,
        [("P-Asserted-Identity", "<sip:b@x>"), ("P-Charging-Vector", "x"), ("Security-Server", "x")],
    )
    flow, answer = bed.to_ue()
    assert flow == (ue.uplink if transport is TCP else ue.flow(ue.terms.port_s, ue.pc))
    assert len(answer.values("Via")) == 1
    assert answer.get("P-Asserted-Identity") == "<sip:b@x>"
    assert answer.get("P-Charging-Vector") is None
    assert answer.get("Security-Server") is None


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE", "SUBSCRIBE", "PUBLISH", "OPTIONS"])
def test_the_agreement_stays_on_gm(method: str) -> None:
    """PCS-17, AGR-36: on all requests."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(method))
    text = bed.to_core().to_bytes().lower()
    assert b"security-" not in text
    assert b"sec-agree" not in text


def test_identity() -> None:
    """PCS-10, ERR-20: a registered IMPU is asserted, anything else gives the default one; forgeries go."""
    bed, ue = registered()
    for preferred, expected in [
        (f"<{ue.impu}>", f"<{ue.impu}>"),
        ("<tel:+1>", "<tel:+1>"),
        ('"King" <sip:king@ims>', f"<{ue.impu}>"),
        ("garbage <", f"<{ue.impu}>"),
        ("", f"<{ue.impu}>"),
    ]:
        bed.receive(
            ue.uplink, ue.request(P_Preferred_Identity=preferred, P_Asserted_Identity="<sip:king@ims>")
        )
        sent = bed.to_core()
        assert sent.get_all("P-Asserted-Identity") == [expected]
        assert sent.get("P-Preferred-Identity") is None


def test_headers_that_are_the_networks_own() -> None:
    """PCS-03, PCS-04, PCS-21."""
    bed, ue = registered()
    bed.receive(
        ue.uplink,
        ue.request(
            P_Charging_Vector="icid-value=forged",
            P_Charging_Function_Addresses="forged",
            P_Visited_Network_ID="forged",
            P_Served_User="forged",
            P_Access_Network_Info="3GPP-E-UTRAN-FDD;np;forged=1",
        ),
    )
    assert b"forged" not in bed.to_core().to_bytes()


def test_route_is_the_service_route() -> None:
    """PCS-08: replaced by the stored one, or refused, as configured."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(Route=f"<sip:{GM}:5062;lr>, <sip:evil.example;lr>"))
    assert bed.to_core().values("Route") == [SERVICE_ROUTE]
    bed, ue = registered(foreign_route="reject")
    bed.receive(ue.uplink, ue.request(Route=f"<sip:{GM}:5062;lr>, <sip:evil.example;lr>"))
    assert bed.refusals == [Refusal.BAD_REQUEST]
    bed.receive(ue.uplink, ue.request(Route=""))
    assert bed.refusals == [Refusal.BAD_REQUEST]
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"


def test_next_hop_is_the_service_routes() -> None:
    bed, ue = Bed(), Ue()
    bed.sm6(ue, bed.sm1(ue))
    sm8 = bed.sm7(ue)
    headers = [("Contact", sm8.get("Contact") or ""), ("P-Associated-URI", f"<{ue.impu}>")]
    bed.core(
        sm8, 200, [*headers, ("Service-Route", "<sip:o@10.20.0.9:5070;lr>"), ("Service-Route", "<sip:p;lr>")]
    )
    bed.receive(ue.uplink, ue.request())
    assert bed.sent[0][0].remote == Endpoint("10.20.0.9", Port(5070))
    assert bed.to_core().values("Route") == ["<sip:o@10.20.0.9:5070;lr>", "<sip:p;lr>"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"Security_Verify": ""}, Refusal.VERIFY_MISSING),
        ({"Security_Verify": "ipsec-3gpp;alg=null"}, Refusal.VERIFY_MISMATCH),
        ({"Max_Forwards": "0"}, Refusal.TOO_MANY_HOPS),
        ({"Max_Forwards": "-1"}, Refusal.BAD_REQUEST),
        ({"To": "<sip:x@y>;tag=1"}, Refusal.FOREIGN_DIALOG),
        ({"To": "<sip:x@y>;tag=1", "Route": ""}, Refusal.FOREIGN_DIALOG),
    ],
)
def test_requests_that_are_refused(changes: dict[str, str], refusal: Refusal) -> None:
    """AGR-35, PCS-15, PCS-22: answered over the set, nothing to the core."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request(**changes))
    flow, response = bed.to_ue()
    assert flow == ue.flow(ue.terms.port_s, ue.pc)
    assert status(bed) == refusal.status
    assert bed.refusals == [refusal]
    assert (response.get("Security-Server") == ue.server) == (refusal.status == 494)


def test_not_first_hop() -> None:
    """NOT_FIRST_HOP. AGR-37: sec-agree required behind another proxy; two Vias alone are no offence."""
    bed, ue = registered()
    more = ["Via: SIP/2.0/UDP 9.9.9.9;branch=z9hG4bKq"]
    bed.receive(ue.uplink, ue.request(headers=more))
    assert bed.refusals == [Refusal.NOT_FIRST_HOP]
    bed.receive(ue.uplink, ue.request(headers=more, Require="", Proxy_Require=""))
    assert len(bed.to_core().values("Via")) == 3


def test_loop() -> None:
    """LOOP. PCS-22: what has been at our port_ps comes back from a UE; another Via is no loop."""
    bed, ue = registered()
    for number, (host, refusals) in enumerate([(f"{GM}:5062", [Refusal.LOOP]), ("10.77.0.1", [])]):
        more = [f"Via: SIP/2.0/UDP {host};branch=z9hG4bKl{number}"]
        bed.receive(ue.uplink, ue.request(headers=more, Require="", Proxy_Require=""))
        assert bed.refusals == refusals


@both
def test_what_no_element_may_forward(transport: Transport) -> None:
    """UNKNOWN_SCHEME, VERSION_NOT_SUPPORTED, BAD_REQUEST. RFC 3261 §16.3: on every side."""
    bed, ue = registered(transport)
    for old, new, refusal in [
        ("sip:someone@", "nobodyKnowsThisScheme:", Refusal.UNKNOWN_SCHEME),
        ("SIP/2.0\r\n", "SIP/7.0\r\n", Refusal.VERSION_NOT_SUPPORTED),
        ("From: ", "From: <sip:second@x>\r\nFrom: ", Refusal.BAD_REQUEST),
    ]:
        bed.receive(ue.uplink, ue.request().decode().replace(old, new, 1).encode())
        assert bed.refusals == [refusal]
        assert status(bed) == refusal.status
        assert bed.to_ue()[0] == (ue.uplink if transport is TCP else ue.flow(ue.terms.port_s, ue.pc))
    bed.from_core(ue, CSeq="1 OPTIONS")
    assert bed.refusals == [Refusal.BAD_REQUEST]
    bed.from_core(ue, From="<sip:bob")
    assert bed.refusals == [Refusal.BAD_REQUEST]


def test_security_verify_may_be_written_otherwise() -> None:
    """AGR-05, AGR-35: equal by value; remembered, so that the next is compared by its text."""
    bed, ue = registered()
    written = ue.server.upper().replace(";", " ; ")
    for _ in range(2):
        bed.receive(ue.uplink, ue.request(Security_Verify=written))
        assert bed.to_core().method == "MESSAGE"
    live = bed.pcscf.tables.sets.at(ue.uplink)
    assert live is not None
    assert live.verified == (written,)


def test_missing_security_verify_may_be_tolerated() -> None:
    """AGR-35: but not a wrong one."""
    bed, ue = registered(missing_security_verify="tolerate")
    bed.receive(ue.uplink, ue.request(Security_Verify=""))
    assert bed.to_core().method == "MESSAGE"
    bed.receive(ue.uplink, ue.request(Security_Verify="ipsec-3gpp;alg=x"))
    assert bed.refusals == [Refusal.VERIFY_MISMATCH]


def test_the_core_does_not_answer() -> None:
    """CORE_SILENT: the UE, which waits four times as long, is told 504."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request())
    bed.wait(33)
    assert Refusal.CORE_SILENT in bed.refusals
    assert [m.status for _, m in bed.sent if isinstance(m, Response)] == [504]


def test_retransmissions_are_absorbed() -> None:
    """FLOW-08, PCS-22."""
    bed, ue = registered()
    message = ue.request()
    bed.receive(ue.uplink, message)
    sent = bed.to_core()
    bed.receive(ue.uplink, message)
    assert bed.nothing_sent()
    bed.core(sent, 200)
    answer = bed.fresh
    bed.receive(ue.uplink, message)
    assert bed.fresh == answer


# core to UE


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
    bed.feed(StreamClosed(flow, ""))
    bed.from_core(ue)
    assert bed.opened() == [flow]


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


# answers on their way back


def test_answer_after_the_connection_is_gone() -> None:
    """MSG-06: inside the set, on a connection from port_pc to port_us; never in the clear."""
    bed, ue = registered(TCP)
    bed.receive(ue.uplink, ue.request())
    sent = bed.to_core()
    bed.feed(StreamClosed(ue.uplink, "reset"))
    bed.core(sent, 200)
    back = ue.flow(ue.terms.port_s, ue.pc)
    assert [type(a) for a in bed.fresh] == [OpenStream, Send]
    assert bed.to_ue()[0] == back


def rekeyed(after: str) -> tuple[Bed, Ue, Request, Flow]:
    """A MESSAGE over TCP that is answered after a re-registration; its request and its connection."""
    bed, ue = registered(TCP, response_after_rekey=after)
    old = ue.uplink
    bed.receive(old, ue.request())
    sent = bed.to_core()
    bed.reregister(ue)
    bed.receive(ue.uplink, ue.request())
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]
    return bed, ue, sent, old


def test_solution_1() -> None:
    """RRG-07: the answer takes the old connection while it lives."""
    bed, _, sent, old = rekeyed("old")
    bed.core(sent, 200)
    assert bed.to_ue()[0] == old


def test_solution_2() -> None:
    """RRG-08: the answer goes to the new client port, on its connection."""
    bed, ue, sent, _ = rekeyed("new")
    bed.core(sent, 200)
    assert bed.to_ue()[0] == ue.uplink


def test_solution_1_after_the_old_set_is_gone() -> None:
    """RRG-09: an INVITE that rings longer than the old set lives; the answer takes the newest set."""
    bed, ue = registered(TCP)
    bed.receive(ue.uplink, ue.request("INVITE"))
    sent = bed.to_core()
    bed.core(sent, 180)
    bed.reregister(ue)
    bed.receive(ue.uplink, ue.request())
    bed.core(bed.to_core(), 200)
    bed.wait(129)
    assert bed.stages(ue) == [Stage.IN_USE]
    bed.core(sent, 200)
    assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)


def test_udp_answers_after_the_switch_take_the_new_set() -> None:
    """MGP-03."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request())
    sent = bed.to_core()
    bed.reregister(ue)
    bed.receive(ue.uplink, ue.request())
    bed.core(sent, 200)
    assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)


def test_no_set_no_answer() -> None:
    """SA-21: with all sets gone nothing leaves, in particular not in the clear."""
    bed, ue = Bed(), Ue()
    bed.register(ue, 60)
    bed.receive(ue.uplink, ue.request("INVITE"))
    sent = bed.to_core()
    bed.core(sent, 180)
    bed.wait(91)
    assert bed.stages(ue) == []
    bed.core(sent, 200)
    assert bed.nothing_sent()
