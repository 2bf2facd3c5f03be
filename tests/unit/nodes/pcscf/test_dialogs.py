"""Dialogs through the P-CSCF: INVITE, ACK, CANCEL, BYE, Record-Route (PCS-12, PCS-15; RFC 3261 §16)."""

from tests.unit.nodes.pcscf.bed import CORE, GM, HOME, SERVICE_ROUTE, TCP, Bed, Ue, make_response

from twopair.base import Endpoint, Port, Refusal, Send
from twopair.wire.sip import Request, Response


def registered(**changes: object) -> tuple[Bed, Ue]:
    bed, ue = Bed(), Ue(**changes)  # type: ignore[arg-type]
    bed.register(ue)
    return bed, ue


def token(bed: Bed, ue: Ue) -> str:
    subscriber = bed.pcscf.tables.subscribers.of(ue.impi)
    assert subscriber is not None
    return subscriber.token


def test_call_from_the_ue() -> None:
    """PCS-12: the core sees a core-facing entry, the UE one with port_ps; ACK and BYE follow it."""
    bed, ue = registered()
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    sent = bed.to_core()
    ours = f"<sip:{token(bed, ue)}@{CORE};lr>"
    theirs = f"<sip:{token(bed, ue)}@{GM}:5062;lr>"
    assert sent.values("Record-Route") == [ours]
    answer = make_response(sent, 200, to_tag="callee")
    answer.set("Record-Route", f"<sip:scscf@{HOME};lr>, {ours}")
    answer.add("Contact", "<sip:bob@10.40.0.1:7000>")
    bed.receive(bed.sent[0][0], answer.to_bytes())
    _, ok = bed.to_ue()
    assert ok.values("Record-Route") == [f"<sip:scscf@{HOME};lr>", theirs]
    for method in ("ACK", "BYE"):
        route = f"{theirs}, <sip:scscf@{HOME};lr>"
        bed.receive(ue.uplink, ue.within(invite, method, "callee", Route=route))
        forwarded = bed.to_core()
        assert forwarded.method == method
        assert bed.sent[0][0].remote == HOME
        assert forwarded.values("Route") == [f"<sip:scscf@{HOME};lr>"]
        assert forwarded.get("P-Asserted-Identity") is None
        assert len(forwarded.values("Via")) == 2
    bed.core(forwarded, 200)
    assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)


def test_call_to_the_ue() -> None:
    """PCS-12, PCS-13: the UE sees port_ps, and whatever it answers, the core sees its own routes and ours."""
    bed, ue = registered()
    bed.from_core(ue, "INVITE", Record_Route=f"<sip:scscf@{HOME};lr>", Contact="<sip:bob@10.40.0.1:7000>")
    flow, invite = bed.to_ue()
    assert isinstance(invite, Request)
    theirs = f"<sip:{token(bed, ue)}@{GM}:5062;lr>"
    assert invite.values("Record-Route") == [theirs, f"<sip:scscf@{HOME};lr>"]
    ok = make_response(invite, 200, to_tag="ue", headers=[("Contact", f"<sip:{ue.address}:6101>")])
    ok.set("Record-Route", "<sip:evil.example;lr>")
    bed.receive(ue.uplink, ok.to_bytes())
    [(_, answer)] = bed.sent
    assert answer.values("Record-Route") == [f"<sip:{token(bed, ue)}@{CORE};lr>", f"<sip:scscf@{HOME};lr>"]
    for method in ("ACK", "BYE"):
        bed.from_core(ue, method, To=f"<{ue.impu}>;tag=ue")
        flow, forwarded = bed.to_ue()
        assert isinstance(forwarded, Request)
        assert (flow, forwarded.method) == (ue.flow(ue.terms.port_s, ue.pc), method)
        assert forwarded.get("Record-Route") is None


def test_a_repeated_200_is_passed_on() -> None:
    """RFC 6026 §8: every 2xx to an INVITE goes through, in both directions."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("INVITE"))
    sent = bed.to_core()
    bed.core(sent, 200)
    first = bed.fresh
    bed.core(sent, 200)
    assert bed.fresh == first
    bed.from_core(ue, "INVITE")
    invite = bed.to_ue()[1]
    assert isinstance(invite, Request)
    data = make_response(invite, 200, to_tag="x").to_bytes()
    bed.receive(ue.uplink, data)
    first = bed.fresh
    bed.receive(ue.uplink, data)
    assert bed.fresh == first


def test_a_failed_call_is_acknowledged_hop_by_hop() -> None:
    """RFC 3261 §17.1.1.3: our own ACK to the core; the UE's ACK ends here, without Security-Verify too."""
    bed, ue = registered()
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    bed.core(bed.to_core(), 486)
    methods = [m.method for _, m in bed.sent if isinstance(m, Request)]
    assert methods == ["ACK"]
    statuses = [m.status for _, m in bed.sent if isinstance(m, Response)]
    assert statuses == [486]
    via = invite.decode().partition("Via: ")[2].partition("\r\n")[0]
    ack = ue.request("ACK", Via=via, Security_Verify="", Require="", Proxy_Require="")
    bed.receive(ue.uplink, ack)
    assert bed.fresh == []


def test_100_after_200_ms() -> None:
    """RFC 3261 §17.2.1: and it takes the way of answers, from port_pc to port_us (MSG-01)."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("INVITE"))
    bed.wait(0.3)
    flow, trying = bed.to_ue()
    assert isinstance(trying, Response)
    assert (flow, trying.status) == (ue.flow(ue.terms.port_s, ue.pc), 100)


def test_cancel_waits_for_a_provisional_answer() -> None:
    """RFC 3261 §9.1, §16.10; AGR-25: a CANCEL without Security-Verify is not refused."""
    bed, ue = registered()
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    sent = bed.to_core()
    cancel = invite.decode().replace("INVITE", "CANCEL").replace("Security-Verify", "X-Nothing").encode()
    bed.receive(ue.uplink, cancel)
    _, ok = bed.to_ue()
    assert isinstance(ok, Response)
    assert ok.status == 200
    bed.core(sent, 180)
    [forwarded] = [m for f, m in bed.sent if f.local == CORE]
    assert isinstance(forwarded, Request)
    assert forwarded.method == "CANCEL"
    assert forwarded.top_via.branch == sent.top_via.branch
    assert forwarded.values("Route") == [SERVICE_ROUTE]
    bed.core(forwarded, 200)
    assert bed.nothing_sent()
    bed.core(sent, 487)
    assert [m.status for _, m in bed.sent if isinstance(m, Response)] == [487]


def test_cancel_after_ringing_goes_at_once() -> None:
    bed, ue = registered()
    bed.from_core(ue, "INVITE", Via=f"SIP/2.0/UDP {HOME};branch=z9hG4bKcall", Call_ID="call")
    invite = bed.to_ue()[1]
    assert isinstance(invite, Request)
    bed.receive(ue.uplink, make_response(invite, 180, to_tag="x").to_bytes())
    bed.from_core(ue, "CANCEL", Via=f"SIP/2.0/UDP {HOME};branch=z9hG4bKcall", Call_ID="call")
    flow, cancel = bed.to_ue()
    assert isinstance(cancel, Request)
    assert (cancel.method, flow) == ("CANCEL", ue.flow(ue.terms.port_s, ue.pc))
    assert [m.status for _, m in bed.sent if isinstance(m, Response)] == [200]


def test_nobody_cancels_the_call_of_another() -> None:
    """SA-25: same address, same branch, another subscriber's set."""
    bed, ue = registered()
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    bed.core(bed.to_core(), 180)
    other = Ue(2, address=ue.address)
    other.renew(other.terms._replace(port_c=Port(6200), port_s=Port(6201)))
    bed.register(other)
    bed.receive(other.uplink, invite.replace(b"INVITE", b"CANCEL"))
    assert not [m for f, m in bed.sent if f.local == CORE]
    assert [m.status for _, m in bed.sent if isinstance(m, Response)] == [481]


def test_foreign_dialog() -> None:
    """FOREIGN_DIALOG. PCS-15: a Route that names another user."""
    bed, ue = registered()
    other = Ue(2)
    bed.register(other)
    route = f"<sip:{token(bed, other)}@{GM}:5062;lr>, <sip:scscf@{HOME};lr>"
    bed.receive(ue.uplink, ue.request("BYE", To="<sip:x>;tag=1", Route=route))
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]
    bed.receive(ue.uplink, ue.request("ACK", To="<sip:x>;tag=1", Route=route))
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.FOREIGN_DIALOG]


def test_the_last_route_is_the_target() -> None:
    """RFC 3261 §16.6: no further Route, so the Request-URI says where to."""
    bed, ue = registered()
    invite = ue.request("INVITE")
    bed.receive(ue.uplink, invite)
    bed.core(bed.to_core(), 200)  # with no Record-Route but ours
    bye = ue.within(invite, "BYE", "core", Route=f'"p" <sip:{token(bed, ue)}@{GM}:5062;lr>').decode()
    start, _, rest = bye.partition("\r\n")
    assert start
    bed.receive(ue.uplink, f"BYE sip:bob@10.40.0.1:7000 SIP/2.0\r\n{rest}".encode())
    assert bed.sent[0][0].remote == Endpoint("10.40.0.1", Port(7000))


def test_ack_of_a_stranger_is_dropped() -> None:
    """NO_PATH_TOKEN: nothing answers an ACK."""
    bed, ue = registered()
    bed.from_core(ue, "ACK", Route="")
    assert bed.nothing_sent()
    assert bed.refusals == [Refusal.NO_PATH_TOKEN]
    bed.from_core(ue, "ACK", Route="nonsense")
    assert bed.refusals == [Refusal.BAD_REQUEST]


def test_an_unanswered_invite_to_the_ue() -> None:
    """RFC 3261 §16.7: 408."""
    bed, ue = registered(transport=TCP)
    bed.from_core(ue, "INVITE")
    bed.wait(129)
    assert 408 in [m.status for _, m in bed.sent if isinstance(m, Response)]


def test_dialogs_outlive_reregistrations() -> None:
    """RRG-01: Record-Route and Contact hold server ports only, so nothing in them changes."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("INVITE"))
    bed.core(bed.to_core(), 200)
    ours = f"<sip:{token(bed, ue)}@{CORE};lr>"
    for _ in range(5):
        bed.reregister(ue)
        bed.receive(ue.uplink, ue.request())
        bed.core(bed.to_core(), 200)
        bed.wait(150)
        bed.from_core(ue, "BYE", Route=ours, To=f"<{ue.impu}>;tag=m1")
        assert bed.to_ue()[0] == ue.flow(ue.terms.port_s, ue.pc)
        assert [a for a in bed.fresh if isinstance(a, Send)]


def test_timer_c() -> None:
    """RFC 3261 §16.6, §16.8: an INVITE that rings without end is cancelled, then given up; nothing stays."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("INVITE"))
    sent = bed.to_core()
    bed.core(sent, 180)
    bed.wait(150)
    bed.core(sent, 180)  # rings again: timer C starts anew
    bed.wait(199)
    assert bed.nothing_sent()
    bed.wait(2)
    assert [m.method for _, m in bed.sent if isinstance(m, Request)][:1] == ["CANCEL"]
    bed.wait(129)
    assert {m.status for _, m in bed.sent if isinstance(m, Response)} == {504}
    bed.wait(300)
    assert len(bed.pcscf.tables.layer) == 0
