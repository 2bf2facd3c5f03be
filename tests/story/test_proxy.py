"""The P-CSCF as a proxy, clause by clause: RFC 3261 §16 and RFC 5393, both directions (PCS-22).

What §16 leaves to others of these tests: timer C and 100 in test_dialogs, PCS-23 (Proxy-Require) in
test_extensions, transport errors in test_ways and test_failures, loops of the UE in test_relay_up.
"""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, DOMAIN, GM, HOME, NAME, SERVICE_ROUTE, Bed, Ue, make_response
from tests.unit.nodes.pcscf.call_bed import FAR, FROM_CORE, SCSCF, Called, Caller, requests, statuses
from tests.unit.nodes.pcscf.relay_bed import both, registered

from twopair.base import Endpoint, Port, Refusal, Transport
from twopair.wire.sip import METHODS, Request, Response, Via

STANDALONE = ("MESSAGE", "OPTIONS", "SUBSCRIBE", "REFER", "PUBLISH", "NOTIFY", "INFO", "UPDATE")
BOTH_WAYS = pytest.mark.parametrize("up", [True, False], ids=["from the UE", "to the UE"])


def relayed(bed: Bed, ue: Ue, method: str, *, up: bool, **fields: str) -> Request:
    """A request outside a dialog, as it goes on."""
    if up:
        bed.receive(ue.uplink, ue.request(method, **fields))
        return bed.to_core()
    bed.from_core(ue, method, **fields)
    [request] = requests(bed, core=False)
    return request


def refused(bed: Bed, ue: Ue, method: str, *, up: bool, **fields: str) -> int:
    """The status it is refused with."""
    if up:
        bed.receive(ue.uplink, ue.request(method, **fields))
    else:
        bed.from_core(ue, method, **fields)
    [status] = statuses(bed, core=not up)
    return status


# §16.3 Request Validation


@BOTH_WAYS
@pytest.mark.parametrize("method", STANDALONE)
def test_16_3_max_forwards(method: str, up: bool) -> None:
    """TOO_MANY_HOPS. §16.3 item 3, §16.6 item 3: at zero 483, or for OPTIONS an answer of our own."""
    bed, ue = registered()
    assert relayed(bed, ue, method, up=up, Max_Forwards="1").get("Max-Forwards") == "0"
    assert refused(bed, ue, method, up=up, Max_Forwards="0") == (200 if method == "OPTIONS" else 483)
    assert relayed(bed, ue, method, up=up, Max_Forwards="").get("Max-Forwards") == "70"


def test_16_3_a_loop_through_a_ue() -> None:
    """LOOP. §16.3 item 4, RFC 5393 §4.2: whatever goes round through us goes round through a UE."""
    bed, ue = registered()
    down = relayed(bed, ue, "MESSAGE", up=False)
    back = f"SIP/2.0/UDP {ue.address}:6101;branch=z9hG4bKround, {', '.join(down.values('Via'))}"
    assert refused(bed, ue, "MESSAGE", up=True, Via=back, Require="") == 482
    assert bed.refusals == [Refusal.LOOP]


def test_16_3_a_spiral_is_no_loop() -> None:
    """RFC 5393 §4.2: from one UE through the core to another of the same P-CSCF."""
    bed, ue = registered()
    callee = Ue(2)
    bed.register(callee)
    up = relayed(bed, ue, "MESSAGE", up=True)
    via = f"SIP/2.0/UDP {HOME};branch=z9hG4bKspiral, {', '.join(up.values('Via'))}"
    down = relayed(bed, callee, "MESSAGE", up=False, Via=via)
    assert [Via.parse(value).host for value in down.values("Via")] == [
        GM, HOME.address, CORE.address, ue.address,
    ]  # fmt: skip


# §16.4 Route Information Preprocessing


def test_16_4_a_strict_router_before_us() -> None:
    """§16.4: our own entry is in the Request-URI, the target is the last Route."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(200)
    own = call.own.strip("<>")
    bye = ue.within(call.invite, "INFO", "far", Route=f"{SCSCF}, <{FAR}>").decode()
    bed.receive(ue.uplink, f"INFO {own} SIP/2.0\r\n{bye.partition(chr(10))[2]}".encode())
    sent = bed.to_core()
    assert (sent.uri, sent.values("Route")) == (FAR, [SCSCF])
    path = (call.sent.get("Record-Route") or "").strip("<>")
    contact = f"sip:me@{ue.address}:6101"
    _strictly(bed, call, path, contact)
    [down] = requests(bed, core=False)
    assert (down.uri, down.get("Route")) == (contact, None)


def _strictly(bed: Bed, call: Caller, uri: str, last: str) -> None:
    """INFO of the far end through a strict router."""
    asked = call.sent
    lines = [
        f"INFO {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {HOME};branch=z9hG4bKstrict",
        f"Route: <{last}>",
        f"From: {asked.get('To')};tag=far",
        f"To: {asked.get('From')}",
        f"Call-ID: {asked.call_id}",
        "CSeq: 9 INFO",
        "Content-Length: 0",
    ]
    bed.receive(FROM_CORE, "\r\n".join([*lines, "", ""]).encode())


# §16.5 Determining Request Targets


@pytest.mark.parametrize("uri", [f"sip:{CORE}", f"sip:{CORE.address}", f"sip:{NAME}", f"sip:{NAME};lr"])
def test_16_5_options_to_the_p_cscf_from_the_core(uri: str) -> None:
    """§11.2: a probe of a core or a load balancer is answered 200 with Allow and Supported."""
    bed, _ = registered()
    _probe(bed, uri)
    [(flow, answer)] = bed.sent
    assert isinstance(answer, Response)
    assert (flow, answer.status) == (FROM_CORE, 200)
    assert set(answer.values("Allow")) == METHODS
    assert answer.values("Supported") == ["path", "sec-agree"]
    assert bed.refusals == []


@pytest.mark.parametrize("uri", [f"sip:somebody@{CORE}", "sip:10.20.0.9:5060", f"sip:{CORE.address}:5099"])
def test_16_5_options_to_somebody_else(uri: str) -> None:
    """NO_PATH_TOKEN: a probe names nobody behind us."""
    bed, _ = registered()
    _probe(bed, uri)
    assert bed.refusals == [Refusal.NO_PATH_TOKEN]


def _probe(bed: Bed, uri: str) -> None:
    lines = [
        f"OPTIONS {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {HOME};branch=z9hG4bKprobe",
        "Max-Forwards: 10",
        "From: <sip:dispatcher@localhost>;tag=1",
        f"To: <{uri}>",
        "Call-ID: probe",
        "CSeq: 10 OPTIONS",
        "Content-Length: 0",
    ]
    bed.receive(FROM_CORE, "\r\n".join([*lines, "", ""]).encode())


@both
@pytest.mark.parametrize("uri", [f"sip:{GM}:5062", f"sip:{GM}", f"sip:{NAME}"])
def test_16_5_options_to_the_p_cscf_from_a_ue(transport: Transport, uri: str) -> None:
    """§11.2: over the SA set; one to somebody else goes on."""
    bed, ue = registered(transport)
    data = ue.request("OPTIONS").decode().replace(f"sip:someone@{DOMAIN} ", f"{uri} ", 1)
    bed.receive(ue.uplink, data.encode())
    assert statuses(bed, core=False) == [200]
    assert requests(bed, core=True) == []
    bed.receive(ue.uplink, ue.request("OPTIONS"))
    assert bed.to_core().method == "OPTIONS"


# §16.6 Request Forwarding


@BOTH_WAYS
@pytest.mark.parametrize("method", ["INVITE", *STANDALONE])
def test_16_6_what_is_forwarded(method: str, up: bool) -> None:
    """§16.6 items 1, 2, 4, 8, 9: Request-URI, body and headers stay; Via is ours; Record-Route in dialogs."""
    bed, ue = registered()
    sent = relayed(bed, ue, method, up=up, Subject="as it was", X_Unknown="1")
    assert (sent.get("Subject"), sent.get("X-Unknown"), sent.method) == ("as it was", "1", method)
    expected = f"sip:someone@{DOMAIN}" if up else f"sip:{ue.address}:6101"
    assert sent.uri == expected
    assert (sent.top_via.host, len(sent.values("Via"))) == (CORE.address if up else GM, 2)
    makes = ("INVITE", "SUBSCRIBE", "REFER") if up else ("INVITE", "SUBSCRIBE", "REFER", "NOTIFY")
    assert bool(sent.get("Record-Route")) is (method in makes)  # NOTIFY: RFC 6665 §4.4.1


def test_16_6_a_strict_router_behind_us() -> None:
    """§16.6 item 6: the next Route has no lr, so it is the Request-URI, and the target the last Route."""
    bed, ue = registered()
    call = Caller(bed, ue)
    strict = f"<sip:{HOME};x=1>"
    response = make_response(call.sent, 200, to_tag="far", headers=[("Contact", f"<{FAR}>")])
    response.set("Record-Route", f"<sip:as.example;lr>, {strict}, {call.sent.get('Record-Route')}")
    bed.receive(FROM_CORE, response.to_bytes())
    bye = ue.within(call.invite, "BYE", "far", Route=f"{call.own}, {strict}, <sip:as.example;lr>").decode()
    bed.receive(ue.uplink, bye.replace(f"sip:someone@{DOMAIN} ", f"{FAR} ", 1).encode())
    sent = bed.to_core()
    assert sent.uri == strict.strip("<>")
    assert sent.values("Route") == ["<sip:as.example;lr>", f"<{FAR}>"]
    assert bed.sent[0][0].remote == HOME


def test_16_6_no_route_beyond_us() -> None:
    """§16.6 item 7: the Request-URI says where to."""
    bed, ue = registered()
    call = Caller(bed, ue)
    bed.core(call.sent, 200)
    data = ue.within(call.invite, "BYE", "core", Route=call.own).decode()
    bed.receive(ue.uplink, data.replace(f"sip:someone@{DOMAIN} ", f"{FAR} ", 1).encode())
    assert bed.sent[0][0].remote == Endpoint("10.40.0.1", Port(7000))


# §16.7 Response Processing


@BOTH_WAYS
@pytest.mark.parametrize(
    "status", [180, 183, 199, 200, 301, 302, 305, 380, 401, 404, 422, 486, 500, 600, 606]
)
def test_16_7_responses_pass(status: int, up: bool) -> None:
    """§16.7 items 3, 5, 8: without our Via; redirections are for the caller; a reason phrase stays."""
    bed, ue = registered()
    call = Caller(bed, ue) if up else Called(bed, ue)
    asked = call.sent if isinstance(call, Caller) else call.invite
    contact = [("Contact", "<sip:moved@10.40.0.9>"), ("Retry-After", "3")]
    response = make_response(asked, status, "As It Was", to_tag="x", headers=contact)
    bed.receive(FROM_CORE if up else ue.uplink, response.to_bytes())
    [answer] = [m for flow, m in bed.sent if isinstance(m, Response) and (flow.local == CORE) is not up]
    assert (answer.status, answer.reason) == (status, "As It Was")
    assert answer.get_all("Contact") == ["<sip:moved@10.40.0.9>"]
    assert len(answer.values("Via")) == 1


@BOTH_WAYS
def test_16_7_100_ends_here(up: bool) -> None:
    """§16.7 item 5."""
    bed, ue = registered()
    (Caller if up else Called)(bed, ue).answer(100)
    assert bed.nothing_sent()


def test_16_7_a_ue_that_is_unavailable() -> None:
    """§16.7 item 6: its 503 is not ours, or the core would spare us; the UE hears that of the core."""
    bed, ue = registered()
    Called(bed, ue).answer(503, "x", ("Retry-After", "60"))
    assert statuses(bed, core=True) == [500]
    assert [m.get("Retry-After") for f, m in bed.sent if f.local == CORE and isinstance(m, Response)] == [
        "60"
    ]
    Caller(bed, ue).answer(503)
    assert statuses(bed, core=False) == [503]


@BOTH_WAYS
def test_16_7_each_2xx_passes_at_once(up: bool) -> None:
    """§16.7 items 5, 10: of several forks, each with its own dialog, again when it is repeated."""
    bed, ue = registered()
    call = Caller(bed, ue) if up else Called(bed, ue)
    for tag in ("a", "b", "a"):
        call.answer(200, tag)
        assert statuses(bed, core=not up) == [200]
    call.answer(486, "c")
    assert statuses(bed, core=not up) == []


# §16.10 CANCEL Processing


def test_16_10_cancel_and_200_cross() -> None:
    """§16.10, §9.1: a CANCEL after the final answer cancels nothing; the call stands, and BYE ends it."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(180)
    call.answer(200)
    bed.receive(ue.uplink, call.invite.replace(b"INVITE", b"CANCEL"))
    assert statuses(bed, core=False) == [200]
    assert requests(bed, core=True) == []
    call.says("ACK")
    call.says("BYE")
    assert bed.to_core().method == "BYE"


def test_16_10_the_200_overtakes_the_cancel() -> None:
    """§9.1: the callee answers before the CANCEL is there: the 200 passes, the call stands."""
    bed, ue = registered()
    call = Caller(bed, ue)
    call.answer(180)
    bed.receive(ue.uplink, call.invite.replace(b"INVITE", b"CANCEL"))
    assert [m.method for m in requests(bed, core=True)] == ["CANCEL"]
    call.answer(200)
    assert statuses(bed, core=False) == [200]
    call.says("ACK")
    assert requests(bed, core=True)[0].method == "ACK"


def test_16_10_a_cancel_of_nothing() -> None:
    """§9.2: 481."""
    bed, ue = registered()
    bed.receive(ue.uplink, ue.request("CANCEL"))
    assert statuses(bed, core=False) == [481]


# §16.8 and RFC 4320: no final answer


@pytest.mark.parametrize(("method", "told"), [("MESSAGE", []), ("INVITE", [408])])
def test_16_8_a_ue_that_says_nothing(method: str, told: list[int]) -> None:
    """§16.8, RFC 4320 §4.2: 408 to an INVITE; to any other request nothing, since nobody waits any more."""
    bed, ue = registered()
    bed.from_core(ue, method)
    bed.wait(64 * 2 + 1)
    assert sorted({*statuses(bed, core=True)} - {100}) == told


# RFC 5393


@BOTH_WAYS
@pytest.mark.parametrize(("came", "goes"), [("", 60), ("7", 7), ("60", 60), ("4000", 60)])
def test_max_breadth(came: str, goes: int, up: bool) -> None:
    """RFC 5393 §5.3.3: 60 where nothing is said, and at most; one is kept back for another way to a UE."""
    bed, ue = registered()
    sent = relayed(bed, ue, "MESSAGE", up=up, Max_Breadth=came)
    assert sent.get_all("Max-Breadth") == [str(goes if up else goes - 1)]


@BOTH_WAYS
def test_no_breadth_is_left(up: bool) -> None:
    """TOO_BROAD. RFC 5393 §5.3.3: 440; and 400 for what is no number."""
    bed, ue = registered()
    assert refused(bed, ue, "INVITE", up=up, Max_Breadth="0") == 440
    assert bed.refusals == [Refusal.TOO_BROAD]
    assert refused(bed, ue, "INVITE", up=up, Max_Breadth="many") == 400


@pytest.mark.parametrize(("came", "ways"), [("1", ["1"]), ("2", ["1", "1"]), ("", ["59", "1"])])
def test_the_ways_to_a_ue_are_no_more_than_its_breadth(came: str, ways: list[str]) -> None:
    """RFC 5393 §5.3.3, PCS-24: a request that goes two ways at a time has a breadth of two at least."""
    bed, ue = registered()
    bed.reregister(ue)
    bed.from_core(ue, Max_Breadth=came)
    first = bed.sent
    bed.wait(6.1)
    gone = {m.branch: m.get("Max-Breadth") for _, m in (*first, *bed.sent) if isinstance(m, Request)}
    assert list(gone.values()) == ways


def test_an_initial_request_goes_along_the_service_route() -> None:
    """§16.4, PCS-08: and no Record-Route of ours is left behind by what is no dialog."""
    bed, ue = registered()
    assert relayed(bed, ue, "PUBLISH", up=True).values("Route") == [SERVICE_ROUTE]
