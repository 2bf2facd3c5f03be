"""MESSAGE both ways, other requests, and what the UE does not take (33.203 §7.1; 24.229 §5.1.2A)."""

import pytest
from tests.unit.nodes.ue.gm_bench import ALICE, PCSCF, UE, Bench

from twopair.base import (
    CloseStream,
    Endpoint,
    Flow,
    Impu,
    OpenStream,
    Port,
    Received,
    Refusal,
    Refused,
    StreamClosed,
    Transport,
)
from twopair.core.sa import PortName
from twopair.nodes.facts import MessageAnswered, MessageReceived, Registered
from twopair.nodes.wishes import Register, SendMessage
from twopair.wire.sip import make_response

BOTH = pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
BOB = Impu("sip:bob@home")


def registered(transport: Transport = Transport.UDP) -> Bench:
    bench = Bench(transport=transport)
    bench.feed(Register())
    bench.challenge()
    bench.accept()
    return bench


def refusals(bench: Bench) -> list[Refusal]:
    return [fact.refusal for fact in bench.facts_of(Refused)]


# -- sending -----------------------------------------------------------------------------------------


@BOTH
def test_message(transport: Transport) -> None:
    """UEP-08, AGR-25, MSG-01, MSG-02: headers and way of a standalone request."""
    bench = registered(transport)
    sm7, sm7_flow = bench.last
    (sa_set,) = bench.sets.values()
    bench.feed(SendMessage(BOB, b"hello", "text/plain"))
    request, flow = bench.last
    assert (request.method, request.uri, request.body) == ("MESSAGE", BOB, b"hello")
    assert flow == sa_set.flow(transport, PortName.UC, PortName.PS) == sm7_flow
    assert (request.top_via.transport, request.top_via.port) == (transport.value, sa_set.ports.us)
    assert request.values("Route") == [
        f"<sip:{PCSCF}:{sa_set.ports.ps};lr>",
        "<sip:orig@scscf.home;lr>",
        "<sip:second.home;lr>",
    ]
    assert (request.get("From") or "").startswith(f"<{ALICE}>;tag=")
    assert request.get("P-Preferred-Identity") == f"<{ALICE}>"
    assert request.get("To") == f"<{BOB}>"
    assert request.get("Contact") is None
    assert request.get("P-Access-Network-Info")
    assert request.get("Require") == request.get("Proxy-Require") == "sec-agree"
    assert request.get_all("Security-Verify") == sm7.get_all("Security-Verify")
    assert request.get("Security-Client") is None
    assert request.get("Content-Type") == "text/plain"
    bench.answer(202)
    assert bench.facts_of(MessageAnswered) == [MessageAnswered(BOB, 202, request.call_id)]


def test_message_without_a_registration() -> None:
    """PCS-09, NOT_REGISTERED: nothing is sent, least of all in the clear."""
    bench = Bench()
    bench.feed(SendMessage(BOB, b"hello"))
    assert not bench.requests
    assert bench.facts_of(MessageAnswered) == [MessageAnswered(BOB, 403, "")]


def test_message_without_an_answer() -> None:
    """RFC 3261 §8.1.3.1: no answer is 408."""
    bench = registered()
    bench.feed(SendMessage(BOB, b"hello"))
    bench.pass_time(129)
    assert bench.facts_of(MessageAnswered)[0].status == 408


def test_large_message_over_tcp() -> None:
    """MSG-08, SA-09: same set, no new negotiation; unless the user asked for UDP."""
    bench = registered()
    for body, wanted, transport in (
        (b"x" * 100, None, Transport.UDP),
        (b"x" * 1300, None, Transport.TCP),
        (b"y" * 1300, Transport.UDP, Transport.UDP),
    ):
        bench.feed(SendMessage(BOB, body, transport=wanted))
        request, flow = bench.last
        assert flow.transport is transport
        assert request.top_via.transport == transport.value
    assert len(bench.sets) == 1


def test_connection_is_kept_and_reopened() -> None:
    """MSG-07: one connection from port_uc to port_ps for the life of the set; a lost one is opened again."""
    bench = registered(Transport.TCP)
    (flow,) = bench.streams
    bench.feed(SendMessage(BOB, b"1"))
    bench.answer(200)
    assert sum(action == OpenStream(flow) for action in bench.actions) == 1
    bench.feed(SendMessage(BOB, b"2"))
    bench.feed(StreamClosed(flow, "reset"))
    bench.feed(SendMessage(BOB, b"3"))
    assert sum(action == OpenStream(flow) for action in bench.actions) == 2


def test_a_lost_connection_leaves_time_for_the_answer() -> None:
    """MSG-06: the answer may come on a connection of the P-CSCF's, else the request was lost; T4 of Gm."""
    bench = registered(Transport.TCP)
    (flow,) = bench.streams
    bench.feed(SendMessage(BOB, b"1"))
    bench.feed(StreamClosed(flow, "reset"))
    assert bench.facts_of(MessageAnswered) == []
    bench.pass_time(16)
    assert bench.facts_of(MessageAnswered) == []
    bench.pass_time(2)
    assert [fact.status for fact in bench.facts_of(MessageAnswered)] == [408]


# -- answering ---------------------------------------------------------------------------------------


def test_answer_over_udp() -> None:
    """MSG-01, MSG-02, table 3.5: the request came on SA2-dn, the answer leaves on SA1-up."""
    bench = registered()
    (sa_set,) = bench.sets.values()
    flow = bench.request_from_network("MESSAGE", body=b"hi")
    ((response, way),) = bench.responses
    assert response.status == 200
    assert way == sa_set.flow(Transport.UDP, PortName.UC, PortName.PS)
    assert bench.facts_of(MessageReceived) == [MessageReceived("sip:bob@home", b"hi", flow)]


def test_answer_over_tcp() -> None:
    """MSG-01, MSG-06, table 3.5: the same connection, port_us to port_pc, SA2-up."""
    bench = registered()
    flow = bench.request_from_network("MESSAGE", Transport.TCP)
    assert bench.responses[0][1] == flow
    assert not any(isinstance(action, OpenStream) for action in bench.actions)


def test_answer_over_tcp_without_the_connection() -> None:
    """MSG-06, RRG-09: a new connection from port_uc to port_ps, inside the same set."""
    bench = registered()
    (sa_set,) = bench.sets.values()
    flow = sa_set.flow(Transport.TCP, PortName.PC, PortName.US)
    gm = bench.ue._gm
    lost = gm.response_flow(flow, gm.sets.find(flow), bench.now)
    assert lost == sa_set.flow(Transport.TCP, PortName.UC, PortName.PS)


def test_asserted_identity_is_the_sender() -> None:
    """UEP-10, PCS-21: what the network asserts counts more than From."""
    bench = registered()
    bench.request_from_network("MESSAGE", headers=[("P-Asserted-Identity", '"Carol" <sip:carol@home>')])
    assert bench.facts_of(MessageReceived)[0].sender == "sip:carol@home"


def test_retransmission_is_answered_but_not_reported_twice() -> None:
    """RFC 3261 §17.2.2: the user sees a MESSAGE once."""
    bench = registered()
    (sa_set,) = bench.sets.values()
    flow = sa_set.flow(Transport.UDP, PortName.PC, PortName.US)
    bench.request_from_network("MESSAGE")
    before = len(bench.actions)
    request = (
        b"MESSAGE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5062;branch=z9hG4bKx\r\n"
        b"From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\n"
        b"CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
    )
    bench.feed(Received(flow, request))
    bench.feed(Received(flow, request))
    assert len(bench.facts_of(MessageReceived)) == 2
    assert len(bench.actions) == before + 3


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("OPTIONS", [], 200),
        ("INFO", [], 405),
        ("NOTIFY", [], 405),
        ("PLEASE", [], 501),
        ("MESSAGE", [("Require", "sec-agree, magic")], 420),
    ],
)
def test_other_requests(method: str, headers: list[tuple[str, str]], status: int) -> None:
    """RFC 3261 §8.2.1, §8.2.2.3, §11: 405 and 501 say what is allowed, 420 what is not understood."""
    bench = registered()
    bench.request_from_network(method, headers=headers)
    ((response, _),) = bench.responses
    assert response.status == status
    assert response.get("Allow") == (
        "MESSAGE, OPTIONS, INVITE, ACK, CANCEL, BYE, UPDATE, PRACK" if status != 420 else None
    )
    assert response.get("Unsupported") == ("magic" if status == 420 else None)


# -- not taken ---------------------------------------------------------------------------------------

CLEAR = Flow(Transport.UDP, Endpoint(UE, Port(20_000)), Endpoint(PCSCF, Port(5060)))


def test_clear_request() -> None:
    """UNP-02, Q-18, CLEAR_TO_UE: dropped without an answer."""
    bench = registered()
    bench.request_from_network("MESSAGE", over=CLEAR)
    bench.request_from_network("OPTIONS", over=CLEAR._replace(local=Endpoint(UE, bench.ue.profile.port_us)))
    assert refusals(bench) == [Refusal.CLEAR_TO_UE] * 2
    assert not bench.responses
    assert not bench.facts_of(MessageReceived)


@pytest.mark.parametrize("status", [200, 401, 403, 423, 494, 503])
def test_clear_answer_to_a_protected_register(status: int) -> None:
    """UNP-04, CLEAR_ANSWER_TO_PROTECTED: it changes nothing, and the real answer still counts."""
    bench = Bench()
    bench.feed(Register())
    bench.challenge()
    bench.answer(status, over=CLEAR)
    assert refusals(bench) == [Refusal.CLEAR_ANSWER_TO_PROTECTED]
    assert len(bench.sets) == 1
    bench.accept()
    assert bench.facts_of(Registered)


def test_clear_answer_on_another_port() -> None:
    """MSG-05, UNP-02, NO_SA_SET: the answer to SM1 comes where SM1 left from."""
    bench = Bench()
    bench.feed(Register())
    bench.answer(403, over=CLEAR._replace(local=Endpoint(UE, bench.ue.profile.port_us)))
    assert refusals(bench) == [Refusal.NO_SA_SET]
    bench.challenge()
    assert bench.sets


def test_answer_to_nothing() -> None:
    """UNP-02, UNMATCHED_RESPONSE: in the clear or over a set."""
    bench = registered()
    request, flow = bench.last
    stranger = make_response(request, 200)
    stranger.set("Via", f"SIP/2.0/UDP {UE}:{bench.ue.profile.port_us};branch=z9hG4bKno")
    for over in (CLEAR, bench.response_flow(flow)):
        bench.feed(Received(over, stranger.to_bytes()))
    assert refusals(bench) == [Refusal.UNMATCHED_RESPONSE] * 2


def test_request_over_a_temporary_set_waits_for_sm12() -> None:
    """SA-26: a request that overtakes SM12 is served once the set is established."""
    bench = Bench()
    bench.feed(Register())
    bench.challenge()
    bench.request_from_network("MESSAGE", body=b"early")
    assert not bench.facts_of(MessageReceived)
    assert not bench.responses
    bench.accept()
    assert bench.facts_of(MessageReceived)[0].body == b"early"
    assert bench.responses[0][0].status == 200


def test_request_over_a_set_that_never_stands() -> None:
    """SA-26, ERR-21, SET_NOT_USABLE: dropped with the set; and never more than a few are kept."""
    bench = Bench()
    bench.feed(Register())
    bench.challenge()
    for _ in range(9):
        bench.request_from_network("MESSAGE")
    assert refusals(bench) == [Refusal.SET_NOT_USABLE]
    bench.answer(403)
    assert refusals(bench) == [Refusal.SET_NOT_USABLE] * 9
    assert not bench.facts_of(MessageReceived)


def test_answer_over_a_temporary_set_to_something_else() -> None:
    """SA-26, FLOW-07: a temporary set carries only the answers to its own SM7."""
    bench = registered()
    bench.feed(SendMessage(BOB, b"hello"))
    message = bench.last
    bench.feed(Register())
    bench.challenge()
    new = bench.sets[2].flow(Transport.UDP, PortName.PC, PortName.US)
    bench.answer(200, to=message, over=new)
    assert refusals(bench) == [Refusal.SET_NOT_USABLE]
    assert not bench.facts_of(MessageAnswered)


def test_malformed() -> None:
    """MALFORMED_SIP, BAD_REQUEST: counted, answered where it can be; keep-alives are nothing."""
    bench = registered()
    (sa_set,) = bench.sets.values()
    flow = sa_set.flow(Transport.UDP, PortName.PC, PortName.US)
    bench.feed(Received(flow, b"\r\n\r\n"))
    assert not refusals(bench)
    bench.feed(Received(flow, b"\x00\x01 garbage"))
    bench.feed(Received(flow, b"MESSAGE sip:a SIP/2.0\r\nCall-ID: c\r\n\r\n"))
    assert refusals(bench) == [Refusal.MALFORMED_SIP, Refusal.BAD_REQUEST]


def test_stream_broken() -> None:
    """STREAM_BROKEN (RFC 3261 §18.3): the connection is closed, what waited on it has failed."""
    bench = registered(Transport.TCP)
    (flow,) = bench.streams
    bench.feed(SendMessage(BOB, b"hello"))
    bench.feed(Received(flow, b"SIP/2.0 200 OK\r\nCSeq: 1 MESSAGE\r\n\r\n"))
    assert refusals(bench) == [Refusal.STREAM_BROKEN]
    assert bench.actions.count(CloseStream(flow)) == 1
    assert bench.facts_of(MessageAnswered)[0].status == 408


@pytest.mark.parametrize("size", [1, 7, 100])
def test_stream_in_chunks(size: int) -> None:
    """RFC 3261 §18.3: the stream may be cut anywhere."""
    bench = registered(Transport.TCP)
    bench.feed(SendMessage(BOB, b"hello"))
    request, flow = bench.last
    data = make_response(request, 100).to_bytes() + b"\r\n\r\n" + make_response(request, 200).to_bytes()
    for at in range(0, len(data), size):
        bench.feed(Received(flow, data[at : at + size]))
    assert bench.facts_of(MessageAnswered)[0].status == 200
