"""A request to a UE that does not get there one way goes another (RFC 3261 §18.1.1; PCS-24, PCS-26)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, TCP, UDP, Bed, Ue, make_response
from tests.unit.nodes.pcscf.relay_bed import registered, status

from twopair.base import REFUSED_FOR, Flow, Port, Send, Spi, StreamClosed, StreamOpened, Transport, seconds
from twopair.core.sa import RemoveSas, Stage
from twopair.core.secagree import Terms
from twopair.core.sip import Why
from twopair.nodes.facts import Rerouted
from twopair.nodes.pcscf.relay.ways import ONWARD
from twopair.wire.sip import Request, parse

LARGE = "x" * 1300


def downlink(ue: Ue, transport: Transport) -> Flow:
    return ue.flow(ue.terms.port_s, ue.pc, transport)


def requests(bed: Bed, method: str = "") -> list[tuple[Flow, Request]]:
    """Requests that have just gone to a UE."""
    return [
        (flow, message)
        for flow, message in bed.sent
        if flow.local != CORE and isinstance(message, Request) and (not method or message.method == method)
    ]


def branch(request: Request) -> str:
    return request.branch or ""


def rest(request: Request) -> set[bytes]:
    """All but our own Via."""
    own = f"Via: {request.values('Via')[0]}".encode()
    return set(request.to_bytes().split(b"\r\n")) - {own}


def rekeyed(transport: Transport = UDP) -> tuple[Bed, Ue, Flow, Flow]:
    """A UE with a newly established set beside the one in use; the flows of both towards it."""
    bed, ue = registered(transport)
    old = downlink(ue, transport)
    bed.reregister(ue)
    assert bed.stages(ue) == [Stage.IN_USE, Stage.NEWLY_ESTABLISHED]
    return bed, ue, old, downlink(ue, transport)


# PCS-26


@pytest.mark.parametrize("reason", ["connection refused", "connection timed out"])
@pytest.mark.parametrize("method", ["MESSAGE", "INVITE", "NOTIFY"])
def test_tcp_for_size_that_is_refused(method: str, reason: str) -> None:
    """PCS-26: the same request over UDP, in a transaction of its own; the answer goes back as ever."""
    bed, ue = registered()
    bed.from_core(ue, method, Subject=LARGE)
    flow, first = requests(bed)[0]
    assert flow == downlink(ue, TCP)
    bed.feed(StreamClosed(flow, reason))
    [(again, second)] = requests(bed)
    assert again == downlink(ue, UDP)
    assert second.values("Via")[0].startswith("SIP/2.0/UDP ")
    assert branch(second).startswith("z9hG4bK")
    assert branch(second) != branch(first)
    assert rest(second) == rest(first)
    [fact] = bed.facts(Rerouted)
    assert (fact.impi, fact.transport, fact.why) == (ue.impi, UDP, Why.NO_STREAM)
    bed.receive(ue.uplink, make_response(second, 200, to_tag="u").to_bytes())
    assert status_to_core(bed) == 200


def status_to_core(bed: Bed) -> int:
    [message] = [message for flow, message in bed.sent if flow.local == CORE]
    assert not isinstance(message, Request)
    return message.status


def test_the_ue_that_refused_is_spared_for_a_time() -> None:
    """PCS-26: the next large request goes over UDP at once; later TCP is tried again."""
    bed, ue = registered()
    bed.from_core(ue, Subject=LARGE)
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    bed.from_core(ue, Subject=LARGE)
    assert requests(bed)[0][0] == downlink(ue, UDP)
    assert bed.opened() == []
    bed.wait(REFUSED_FOR / seconds(1))
    bed.from_core(ue, Subject=LARGE)
    assert bed.opened() == [downlink(ue, TCP)]


def test_all_that_waited_for_the_connection_goes_over_udp() -> None:
    """PCS-26: one connection is tried for all of them."""
    bed, ue = registered()
    for _ in range(3):
        bed.from_core(ue, Subject=LARGE)
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    assert [flow for flow, _ in requests(bed)] == [downlink(ue, UDP)] * 3


def test_an_ack_after_the_refusal_goes_over_udp() -> None:
    """PCS-26: it has no transaction; what the set has learned decides."""
    bed, ue = registered()
    bed.from_core(ue, "INVITE", Subject=LARGE)
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    bed.from_core(ue, "ACK", Subject=LARGE)
    assert requests(bed)[0][0] == downlink(ue, UDP)


def test_a_ue_that_registered_over_tcp_stays_with_it() -> None:
    """MSG-06, PCS-26: TCP that was not chosen for size alone has no other way; the core hears 480."""
    bed, ue = registered(TCP)
    bed.from_core(ue, Subject=LARGE)
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    assert requests(bed) == []
    assert status_to_core(bed) == 480


def test_an_invite_to_a_ue_whose_connection_is_refused() -> None:
    """RFC 3261 §16.8: nothing has timed out, so 480 as for any request."""
    bed, ue = registered(TCP)
    bed.from_core(ue, "INVITE")
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    assert status_to_core(bed) == 480


def test_a_connection_that_stood_is_no_reason() -> None:
    """MSG-06: the UE may have the request; it is sent once more the same way, and its answer takes any."""
    bed, ue = registered()
    bed.from_core(ue, Subject=LARGE)
    bed.feed(StreamOpened(downlink(ue, TCP)))
    bed.feed(StreamClosed(downlink(ue, TCP), "connection reset"))
    assert [flow for flow, _ in requests(bed)] == [downlink(ue, TCP)]
    bed.wait(17)
    assert requests(bed) == []
    assert status_to_core(bed) == 480


def test_cancel_goes_where_the_request_went_last() -> None:
    """RFC 3261 §9.1: the branch of the request over UDP."""
    bed, ue = registered()
    bed.from_core(ue, "INVITE", Subject=LARGE, Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan")
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    [(flow, second)] = requests(bed)
    bed.receive(ue.uplink, make_response(second, 180, to_tag="u").to_bytes())
    bed.from_core(
        ue, "CANCEL", Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan", CSeq="1 CANCEL", Call_ID="core-x"
    )
    [(onto, cancel)] = requests(bed, "CANCEL")
    assert (onto, branch(cancel)) == (flow, branch(second))


def test_a_cancelled_request_is_not_repeated() -> None:
    """RFC 3261 §9.1."""
    bed, ue = registered()
    bed.from_core(ue, "INVITE", Subject=LARGE, Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan")
    bed.from_core(ue, "CANCEL", Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan", CSeq="1 CANCEL")
    bed.feed(StreamClosed(downlink(ue, TCP), "connection refused"))
    assert requests(bed) == []
    assert status_to_core(bed) == 480


def test_cancel_opens_a_connection_anew() -> None:
    """MSG-06, MSG-07: that of the INVITE was closed while it rang."""
    bed, ue = registered(TCP)
    via = "SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan"
    bed.from_core(ue, "INVITE", Via=via)
    [(flow, invite)] = requests(bed)
    bed.feed(StreamOpened(flow))
    bed.receive(flow, make_response(invite, 180, to_tag="u").to_bytes())
    bed.feed(StreamClosed(flow))
    bed.from_core(ue, "CANCEL", Via=via, CSeq="1 CANCEL")
    assert bed.opened() == [flow]
    assert [request.method for _, request in requests(bed)] == ["CANCEL"]


def test_an_ack_opens_a_connection_anew() -> None:
    """MSG-06: the UE has answered 486 on a connection of its own, that of the INVITE is gone."""
    bed, ue = registered(TCP)
    bed.from_core(ue, "INVITE")
    [(flow, invite)] = requests(bed)
    bed.feed(StreamOpened(flow))
    for _ in range(4):  # the INVITE is sent again, on a new one
        bed.feed(StreamClosed(flow))
        bed.feed(StreamOpened(flow))
    bed.feed(StreamClosed(flow))
    bed.receive(ue.uplink, make_response(invite, 486, to_tag="u").to_bytes())
    assert bed.opened() == [flow]
    assert [request.method for _, request in requests(bed)] == ["ACK"]


# PCS-24


@pytest.mark.parametrize("method", ["MESSAGE", "INVITE", "BYE"])
def test_a_ue_that_dropped_its_old_set_is_reached_over_the_newer(method: str) -> None:
    """PCS-24: silence after the first retransmission; what the UE answers takes the set into use."""
    bed, ue, old, new = rekeyed()
    bed.from_core(ue, method)
    [(flow, first)] = requests(bed)
    assert flow == old
    bed.wait(5.9)
    assert [flow for flow, _ in requests(bed)] == [old]
    bed.wait(0.2)
    second = requests(bed)[-1][1]
    assert [flow for flow, _ in requests(bed)] == [old, new]
    assert branch(second) != branch(first)
    [fact] = bed.facts(Rerouted)
    assert (fact.transport, fact.why) == (UDP, Why.SILENT)
    bed.receive(ue.uplink, make_response(second, 200, to_tag="u").to_bytes())
    assert status_to_core(bed) == 200
    assert bed.stages(ue) == [Stage.OLD, Stage.IN_USE]


def test_a_late_answer_to_the_first_counts_once() -> None:
    """PCS-24: the UE had both sets, and was slow."""
    bed, ue, old, new = rekeyed()
    bed.from_core(ue)
    [(_, first)] = requests(bed)
    bed.wait(6.1)
    second = next(request for flow, request in requests(bed) if flow == new)
    bed.receive(ue.flow(ue.terms.port_c - 2, 5062), make_response(first, 200, to_tag="u").to_bytes())
    assert status_to_core(bed) == 200
    bed.receive(ue.uplink, make_response(second, 482, to_tag="u").to_bytes())
    assert [message for flow, message in bed.sent if flow.local == CORE] == []
    assert old != new


def test_482_is_the_answer_to_a_copy_and_waits_for_the_other() -> None:
    """RFC 3261 §8.2.2.2, §16.7: the UE has the request by the first way and will answer that."""
    bed, ue, _, new = rekeyed()
    bed.from_core(ue, "INVITE")
    [(_, first)] = requests(bed)
    bed.wait(6.1)
    second = next(request for flow, request in requests(bed) if flow == new)
    bed.receive(ue.uplink, make_response(second, 482, to_tag="u").to_bytes())
    assert [message for flow, message in bed.sent if flow.local == CORE] == []
    bed.receive(ue.uplink, make_response(first, 486, to_tag="u").to_bytes())
    assert status_to_core(bed) == 486


def test_the_way_that_rings_is_the_one_that_is_cancelled() -> None:
    """RFC 3261 §9.1: it is the first that led to the UE, after all."""
    bed, ue, _, new = rekeyed()
    bed.from_core(ue, "INVITE", Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan")
    [(old, first)] = requests(bed)
    bed.wait(6.1)
    assert requests(bed)[-1][0] == new
    bed.receive(ue.flow(ue.terms.port_c - 2, 5062), make_response(first, 180, to_tag="u").to_bytes())
    bed.from_core(ue, "CANCEL", Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan", CSeq="1 CANCEL")
    [(onto, cancel)] = requests(bed, "CANCEL")
    assert (onto, branch(cancel)) == (old, branch(first))


def test_a_call_goes_on_over_the_set_that_led_to_the_ue() -> None:
    """PCS-24, row 3: what the UE answers takes the set into use; ACK and BYE need no other rule."""
    bed, ue, _, new = rekeyed()
    bed.from_core(ue, "INVITE")
    bed.wait(6.1)
    second = next(request for flow, request in requests(bed) if flow == new)
    bed.receive(ue.uplink, make_response(second, 200, to_tag="u").to_bytes())
    for method in ("ACK", "BYE"):
        bed.from_core(ue, method)
        assert [flow for flow, _ in requests(bed)] == [new]


def test_a_call_that_rings_over_the_newer_set_is_cancelled_there() -> None:
    """RFC 3261 §9.1: it goes after the INVITE."""
    bed, ue, _, new = rekeyed()
    bed.from_core(ue, "INVITE", Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan")
    bed.wait(6.1)
    second = next(request for flow, request in requests(bed) if flow == new)
    bed.receive(ue.uplink, make_response(second, 180, to_tag="u").to_bytes())
    bed.from_core(ue, "CANCEL", Via="SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bKcan", CSeq="1 CANCEL")
    [(onto, cancel)] = requests(bed, "CANCEL")
    assert (onto, branch(cancel)) == (new, branch(second))


def test_a_failure_for_the_copy_after_the_call_was_taken_changes_nothing() -> None:
    """RFC 3261 §16.7: a 200 ends the search; 482 says only that the UE has the INVITE."""
    bed, ue, _, new = rekeyed()
    bed.from_core(ue, "INVITE")
    [(_, first)] = requests(bed)
    bed.wait(6.1)
    second = next(request for flow, request in requests(bed) if flow == new)
    bed.receive(ue.flow(ue.terms.port_c - 2, 5062), make_response(first, 200, to_tag="u").to_bytes())
    assert status_to_core(bed) == 200
    bed.receive(ue.uplink, make_response(second, 482, to_tag="u").to_bytes())
    assert [message for flow, message in bed.sent if flow.local == CORE] == []
    bed.wait(300)
    assert bed.pcscf.transactions == 0


def test_a_failure_by_the_last_way_is_passed_on_when_the_first_has_timed_out() -> None:
    """RFC 3261 §16.7: nothing is lost that was held back."""
    bed, ue, _, new = rekeyed()
    bed.from_core(ue, "INVITE")
    bed.wait(6.1)
    second = next(request for flow, request in requests(bed) if flow == new)
    bed.receive(ue.uplink, make_response(second, 603, to_tag="u").to_bytes())
    bed.wait(122)
    [message] = {message.to_bytes() for flow, message in bed.sent if flow.local == CORE}
    assert message.startswith(b"SIP/2.0 603 ")


def test_a_connection_over_the_old_set_that_cannot_be_opened() -> None:
    """PCS-24: over the newer set at once, on a connection of its own."""
    bed, ue, old, new = rekeyed(TCP)
    bed.from_core(ue)
    assert bed.opened() == [old]
    bed.feed(StreamClosed(old, "connection timed out"))
    assert bed.opened() == [new]
    assert [flow for flow, _ in requests(bed)] == [new]


def test_a_connection_over_the_old_set_that_is_dead_without_a_word() -> None:
    """PCS-24: a stream retransmits by itself; as long as UDP would wait, this waits."""
    bed, ue = registered(TCP)
    old = downlink(ue, TCP)
    bed.from_core(ue)
    bed.feed(StreamOpened(old))
    bed.receive(old, make_response(asked_last(bed), 200, to_tag="u").to_bytes())
    bed.reregister(ue)
    bed.from_core(ue)
    assert [flow for flow, _ in requests(bed)] == [old]
    bed.wait(6.1)
    assert [flow for flow, _ in requests(bed)] == [downlink(ue, TCP)]


def asked_last(bed: Bed) -> Request:
    """The latest request to a UE."""
    data = [action.data for action in bed.actions if isinstance(action, Send) and action.flow.local != CORE]
    found = parse(data[-1])
    assert isinstance(found, Request)
    return found


def test_refused_for_size_then_silent_then_over_the_newer_set() -> None:
    """PCS-24, PCS-26: both troubles, one after the other, and still within timer F of the core (32 s)."""
    bed, ue, old, new = rekeyed()
    bed.from_core(ue, Subject=LARGE)
    assert requests(bed)[0][0] == old._replace(transport=TCP)
    bed.wait(5)
    bed.feed(StreamClosed(old._replace(transport=TCP), "connection refused"))
    assert requests(bed)[0][0] == old
    bed.wait(6.1)
    assert requests(bed)[-1][0] == new._replace(transport=TCP)
    bed.feed(StreamClosed(new._replace(transport=TCP), "connection refused"))
    assert requests(bed)[-1][0] == new
    bed.wait(140)
    assert {flow for flow, _ in requests(bed)} <= {old, new}
    assert len(bed.pcscf.tables.subscribers) == 1
    assert bed.pcscf.transactions == 0


def test_a_set_that_is_established_while_the_request_waits() -> None:
    """PCS-24: the UE registers again, and drops its old set with the request in it."""
    bed, ue = registered()
    bed.from_core(ue)
    old = requests(bed)[0][0]
    bed.wait(1)
    bed.reregister(ue)
    bed.wait(5.1)
    assert [flow for flow, _ in requests(bed)] == [old, old, downlink(ue, UDP)]


@pytest.mark.parametrize("method", ["MESSAGE", "BYE"])
def test_a_set_that_row_6_deletes_takes_its_requests_with_it(method: str) -> None:
    """PCS-24, row 6: the UE has begun anew and knows nothing of them; they are not for its new set."""
    bed, ue = registered()
    bed.from_core(ue, method)
    old = requests(bed)[0][0]
    bed.wait(1)
    before = ue.terms
    ue.renew(Terms(Spi(before.spi_c + 2), Spi(before.spi_s + 2), Port(before.port_c + 2), before.port_s))
    bed.register(ue)
    bed.wait(140)
    assert {flow for flow, _ in requests(bed)} <= {old}
    assert not bed.facts(Rerouted)
    assert bed.pcscf.transactions == 0


def test_a_copy_of_what_led_to_row_6_deletes_nothing_more() -> None:
    """Row 6, MGP-01, RFC 3261 §17.2.2: SM7 and SM11 come again; SM12 does, and no set moves."""
    bed, ue = registered()
    before = ue.terms
    ue.renew(Terms(Spi(before.spi_c + 2), Spi(before.spi_s + 2), Port(before.port_c + 2), before.port_s))
    ue.server = ""
    bed.sm6(ue, bed.sm1(ue))
    sm7 = ue.sm7()
    bed.receive(ue.uplink, sm7)
    sm8 = bed.to_core()
    bed.ok(sm8, ue)
    removed = [action for action in bed.actions if isinstance(action, RemoveSas)]
    assert len(removed) == 1
    held = bed.installed
    bed.receive(ue.uplink, sm7)
    assert status(bed) == 200
    bed.ok(sm8, ue)
    assert bed.nothing_sent()
    assert [action for action in bed.actions if isinstance(action, RemoveSas)] == removed
    assert (bed.installed, bed.stages(ue)) == (held, [Stage.IN_USE])


def test_a_temporary_set_carries_nothing() -> None:
    """MGP-13: only what is established is another way."""
    bed, ue = registered()
    bed.sm6(ue, bed.sm1_over(ue))
    bed.from_core(ue)
    old = requests(bed)[0][0]
    bed.wait(20)
    assert {flow for flow, _ in requests(bed)} == {old}


def test_a_request_that_rings_is_not_repeated() -> None:
    """PCS-24: any answer at all."""
    bed, ue, old, _ = rekeyed()
    bed.from_core(ue, "INVITE")
    [(_, first)] = requests(bed)
    bed.receive(ue.flow(ue.terms.port_c - 2, 5062), make_response(first, 100).to_bytes())
    bed.wait(60)
    assert requests(bed) == []
    assert old.transport is UDP


def test_a_response_never_takes_another_set_for_silence() -> None:
    """PCS-24, RRG-07: the UE asks over its old set, and is answered once."""
    bed, ue, _, _ = rekeyed()
    old = Terms(Spi(1), Spi(2), Port(ue.terms.port_c - 2), ue.terms.port_s)
    bed.receive(ue.flow(old.port_c, 5062), ue.request())
    bed.core(bed.to_core(), 200)
    assert status(bed) == 200
    bed.wait(40)
    assert bed.nothing_sent()


def test_the_table_names_every_trouble() -> None:
    """Each with its clause."""
    assert set(ONWARD) == set(Why)
    assert all(clause for rows in ONWARD.values() for _, clause in rows)
