"""Connections of the core: requests over them, answers, and one that is gone (RFC 3261 §18)."""

from tests.unit.nodes.pcscf.bed import CORE, HOME, TCP, UDP, Bed, Ue

from twopair.base import Endpoint, Flow, OpenStream, Port, Received, Send, StreamClosed, StreamOpened
from twopair.wire.sip import Response, parse

THEIRS = Flow(TCP, CORE, Endpoint(HOME.address, Port(33333)))


def options(via: str) -> bytes:
    """A request of the core that the P-CSCF answers itself."""
    return (
        f"MESSAGE sip:nobody@10.20.0.1 SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def answers(bed: Bed) -> list[tuple[Flow, Response]]:
    found = [(a.flow, parse(a.data)) for a in bed.fresh if isinstance(a, Send)]
    return [(flow, message) for flow, message in found if isinstance(message, Response)]


def test_an_answer_goes_back_over_its_connection() -> None:
    """RFC 3261 §18.2.2."""
    bed = Bed()
    bed.feed(StreamOpened(THEIRS))
    bed.feed(Received(THEIRS, options(f"SIP/2.0/TCP {HOME};branch=z9hG4bK1")))
    [(flow, response)] = answers(bed)
    assert (flow, response.status) == (THEIRS, 404)


def test_rport_and_received_of_the_core() -> None:
    """RFC 3581 §4, RFC 3261 §18.2.1: to the port it came from, which Via is told."""
    bed, flow = Bed(), Flow(UDP, CORE, Endpoint(HOME.address, Port(40000)))
    bed.feed(Received(flow, options("SIP/2.0/UDP icscf.example:5080;rport;branch=z9hG4bK1")))
    [(back, response)] = answers(bed)
    assert back == flow
    assert response.top_via.params["rport"] == "40000"
    assert response.top_via.params["received"] == HOME.address


def test_without_rport_to_the_port_of_via() -> None:
    """RFC 3261 §18.2.2."""
    bed, flow = Bed(), Flow(UDP, CORE, Endpoint(HOME.address, Port(40000)))
    bed.feed(Received(flow, options("SIP/2.0/UDP icscf.example:5080;branch=z9hG4bK1")))
    [(back, _)] = answers(bed)
    assert back.remote == Endpoint(HOME.address, Port(5080))


def test_requests_use_the_connection_that_the_core_has_opened() -> None:
    """RFC 5923: at the port that its Via names; once it is gone, on one of ours."""
    bed, large = Bed(), "x" * 1400
    bed.feed(StreamOpened(THEIRS))
    bed.feed(Received(THEIRS, options(f"SIP/2.0/TCP {HOME};branch=z9hG4bK1")))
    ue = Ue()
    bed.receive(ue.clear, ue.register(X_Fill=large))
    assert [a.flow for a in bed.fresh if isinstance(a, Send) and a.flow.transport is TCP] == [THEIRS]
    bed.feed(StreamClosed(THEIRS, ""))
    other = Ue(number=2)
    bed.receive(other.clear, other.register(X_Fill=large))
    [opened] = [a.flow for a in bed.fresh if isinstance(a, OpenStream)]
    assert opened.remote == HOME
    assert [a.flow for a in bed.fresh if isinstance(a, Send)] == [opened]


def test_an_answer_whose_connection_is_gone() -> None:
    """RFC 3261 §18.2.2: on a new one, to the address it came from and the port of its Via."""
    bed, ue = Bed(), Ue()
    bed.register(ue)
    path = bed.pcscf.tables.subscribers.of(ue.impi)
    assert path is not None
    bed.feed(StreamOpened(THEIRS))
    request = options(f"SIP/2.0/TCP {HOME};branch=z9hG4bK1").replace(
        b"Max-Forwards", f"Route: {path.path}\r\nMax-Forwards".encode()
    )
    bed.feed(Received(THEIRS, request))
    flow, down = bed.to_ue()
    bed.feed(StreamClosed(THEIRS, ""))
    lines = down.to_bytes().replace(b"MESSAGE sip:nobody@10.20.0.1 SIP/2.0", b"SIP/2.0 200 OK")
    bed.receive(ue.uplink, lines)
    [opened] = [a.flow for a in bed.fresh if isinstance(a, OpenStream)]
    assert (opened.transport, opened.remote, flow.transport) == (TCP, HOME, UDP)
    assert [(f, r.status) for f, r in answers(bed)] == [(opened, 200)]
