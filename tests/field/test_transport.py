"""K6a, K10a: phones that cannot be reached over TCP, or have lost the connection that they asked on."""

from tests.field.bed import FieldBed
from tests.unit.nodes.pcscf.bed import TCP, UDP, make_response

from twopair.base import Endpoint, Flow, Port, StreamClosed, StreamOpened
from twopair.core.sa import Stage
from twopair.wire.sip import Request


def test_a_large_notify_to_a_phone_whose_tcp_port_refuses() -> None:
    """K6a: the same request over UDP, Via UDP (RFC 3261 §18.1.1; PCS-26)."""
    bed = FieldBed()
    bed.network("K6a")
    onto, notify = bed.to_ue()
    assert onto == bed.ue.flow(bed.ue.terms.port_s, bed.ue.pc, TCP)
    bed.feed(StreamClosed(onto, "connection refused"))
    flow, again = bed.to_ue()
    assert flow == onto._replace(transport=UDP)
    assert isinstance(again, Request)
    assert again.top_via.transport == "UDP"
    assert again.body == notify.body
    bed.receive(bed.ue.uplink, make_response(again, 200, to_tag="u").to_bytes())
    [(_, answer)] = bed.sent
    assert answer.to_bytes().startswith(b"SIP/2.0 200 ")


def test_a_phone_that_loses_its_connection_between_sm1_and_sm6() -> None:
    """K10a: a new connection to the Via's received address and port (RFC 3261 §18.2.2)."""
    bed = FieldBed(registered=False)
    came = bed.ue.flow(40_000, 5060, TCP)
    bed.feed(StreamOpened(came))
    bed.phone("K10a", came)
    sm2 = bed.to_core()
    bed.feed(StreamClosed(came))
    bed.challenge(sm2)
    back = Flow(TCP, Endpoint("10.10.0.1", Port(0)), Endpoint("10.10.1.2", Port(5060)))
    assert bed.opened() == [back]
    [(flow, sm6)] = bed.sent
    assert flow == back
    assert sm6.to_bytes().startswith(b"SIP/2.0 401 ")
    assert sm6.get("Security-Server")


def test_a_phone_that_asks_again_on_a_new_connection_after_sm6() -> None:
    """K10a: SM6 went into a dead connection; the same octets on a new one are a new attempt (MGP-05)."""
    bed = FieldBed(registered=False)
    nonces = []
    for port in (40_000, 40_001):
        came = bed.ue.flow(port, 5060, TCP)
        bed.feed(StreamOpened(came))
        bed.phone("K10a", came)
        sm6 = bed.sm6(bed.ue, bed.to_core())
        assert bed.to_ue()[0] == came
        assert sm6.get("Security-Server")
        nonces.append(bed.ue.nonce)
        bed.feed(StreamClosed(came))
    assert nonces[0] != nonces[1]
    assert len(bed.installed) == 1
    bed.ue.cseq = 1
    bed.ok(bed.sm7(bed.ue), bed.ue)
    assert bed.stages(bed.ue) == [Stage.IN_USE]
