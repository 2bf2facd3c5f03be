"""Requests of a UE, to the core (24.229 §5.2.6.3; PCS-08..PCS-12, PCS-17, PCS-22; MSG-01, AGR-35, AGR-36)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, SERVICE_ROUTE, TCP, UDP, Bed, Ue
from tests.unit.nodes.pcscf.relay_bed import both, registered, status

from twopair.base import (
    Endpoint,
    Flow,
    Port,
    Refusal,
    Transport,
)
from twopair.wire.sip import Response


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
    assert bed.refusals == [Refusal.FOREIGN_ROUTE]
    bed.receive(ue.uplink, ue.request(Route=""))
    assert bed.refusals == [Refusal.FOREIGN_ROUTE]
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
    assert (response.values("Require") == ["sec-agree"]) == (refusal.status == 494)


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


def test_each_request_outside_a_dialog_has_a_charging_vector_of_its_own() -> None:
    """PCS-11: a new icid for each; none is added within a dialog, where the UE's own is removed (PCS-03)."""
    bed, ue = registered()
    seen = set()
    for method in ("MESSAGE", "INVITE", "SUBSCRIBE", "MESSAGE"):
        bed.receive(ue.uplink, ue.request(method, Contact=f"<sip:{ue.address}:{ue.terms.port_s}>"))
        [vector] = bed.to_core().values("P-Charging-Vector")
        seen.add(vector.partition(";")[0])
    assert len(seen) == 4
