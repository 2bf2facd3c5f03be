"""Answers in the clear whose connection is gone (RFC 3261 §18.2.2; MSG-05, PCS-05)."""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, GM, TCP, UDP, Bed, Ue

from twopair.base import CloseStream, Endpoint, Flow, Port, Refusal, Spi, StreamClosed, StreamOpened
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.nodes.pcscf import Limits
from twopair.nodes.pcscf.gm.streams import CLEAR_IDLE
from twopair.wire.sip import Request, Response

SIX = "2001:db8::1"


def asking(bed: Bed, ue: Ue, via: str = "", port: int = 40_000) -> tuple[Flow, Request]:
    """SM1 on a connection; SM2."""
    came = ue.flow(port, 5060, TCP)
    bed.feed(StreamOpened(came))
    changes = {"Via": via} if via else {}
    bed.receive(came, ue.register(**changes))
    return came, bed.to_core()


def back_to(ue: Ue, port: int, pcscf: str = GM) -> Flow:
    return Flow(TCP, Endpoint(pcscf, Port(0)), Endpoint(ue.address, Port(port)))


def answers(bed: Bed) -> list[tuple[Flow, int]]:
    """What has just gone to a UE."""
    return [(f, m.status) for f, m in bed.sent if f.local != CORE and isinstance(m, Response)]


@pytest.mark.parametrize(
    ("sent_by", "port"),
    [("10.10.1.2:5060", 5060), ("10.10.1.2:31000", 31000), ("10.10.1.2", 5060), ("phone.invalid:5080", 5080)],
)
def test_sm6_goes_to_the_port_of_the_via(sent_by: str, port: int) -> None:
    """RFC 3261 §18.2.2: received address, port of sent-by, 5060 without one; rport names the dead one."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, sm2 = asking(bed, ue, f"SIP/2.0/TCP {sent_by};branch=z9hG4bKlost;rport")
    bed.feed(StreamClosed(came))
    bed.challenge(sm2)
    assert bed.opened() == [back_to(ue, port)]
    assert answers(bed) == [(back_to(ue, port), 401)]


@pytest.mark.parametrize("status", [403, 404, 500, 504])
def test_any_final_answer_goes_there(status: int) -> None:
    """RFC 3261 §18.2.2: not SM6 alone."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, sm2 = asking(bed, ue)
    bed.feed(StreamClosed(came, "connection reset"))
    bed.core(sm2, status)
    assert answers(bed) == [(back_to(ue, 5060), status)]


def test_our_own_answer_to_a_silent_core_goes_there() -> None:
    """CORE_SILENT. PCS-06, ERR-25."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, _ = asking(bed, ue)
    bed.feed(StreamClosed(came))
    bed.wait(33)
    assert answers(bed) == [(back_to(ue, 5060), 504)]


def test_a_provisional_answer_and_the_final_one_share_the_new_connection() -> None:
    """RFC 3261 §18.2.2: one is opened."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, sm2 = asking(bed, ue)
    bed.feed(StreamClosed(came))
    bed.core(sm2, 183)
    assert bed.opened() == [back_to(ue, 5060)]
    bed.challenge(sm2)
    assert bed.opened() == []
    assert answers(bed) == [(back_to(ue, 5060), 401)]


def test_over_ipv6() -> None:
    """SA-08."""
    bed, ue = Bed(gm_addresses=(SIX,)), Ue(transport=TCP, address="2001:db8::2")
    came = Flow(TCP, Endpoint(SIX, Port(5060)), Endpoint(ue.address, Port(40_000)))
    bed.feed(StreamOpened(came))
    bed.receive(came, ue.register(Via=f"SIP/2.0/TCP [{ue.address}]:5090;branch=z9hG4bKsix;rport"))
    sm2 = bed.to_core()
    bed.feed(StreamClosed(came))
    bed.challenge(sm2)
    assert answers(bed) == [(back_to(ue, 5090, SIX), 401)]


def test_the_port_of_the_via_refuses() -> None:
    """ERR-31: the set goes at reg-await-auth, and nothing is left over."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, sm2 = asking(bed, ue)
    bed.feed(StreamClosed(came))
    bed.challenge(sm2)
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.feed(StreamClosed(back_to(ue, 5060), "connection refused"))
    assert bed.nothing_sent()
    bed.wait(241)
    assert (bed.stages(ue), bed.installed) == ([], set())
    tables = bed.pcscf.tables
    assert (tables.streams.clear, bed.pcscf.transactions, len(tables.subscribers)) == (0, 0, 0)


def test_the_new_connection_is_closed_when_it_says_nothing() -> None:
    """Bounded state, as for a connection that a UE has opened."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, sm2 = asking(bed, ue)
    bed.feed(StreamClosed(came))
    bed.challenge(sm2)
    bed.feed(StreamOpened(back_to(ue, 5060)))
    assert bed.pcscf.tables.streams.clear == 1
    bed.wait(CLEAR_IDLE / 1_000_000 + 1)
    assert CloseStream(back_to(ue, 5060)) in bed.fresh
    assert bed.pcscf.tables.streams.clear == 0


def test_what_comes_on_the_new_connection_is_clear_text() -> None:
    """UNP-01: REGISTER and nothing else."""
    bed, ue = Bed(), Ue(transport=TCP)
    came, sm2 = asking(bed, ue)
    bed.feed(StreamClosed(came))
    bed.challenge(sm2)
    bed.feed(StreamOpened(back_to(ue, 5060)))
    bed.receive(back_to(ue, 5060), ue.request())
    assert bed.refusals == [Refusal.CLEAR_FROM_PROTECTED_UE]
    assert bed.nothing_sent()


@pytest.mark.parametrize("port", [6100, 6101])
def test_never_to_a_protected_port(port: int) -> None:
    """ANSWER_TO_PROTECTED_PORT. SA-21, Q-18: a Via that names port_uc or port_us of a set that lives."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.register(ue)
    again = Ue(2, TCP, address=ue.address)
    again.renew(Terms(Spi(700), Spi(701), Port(6200), Port(6201)))
    came, sm2 = asking(bed, again, f"SIP/2.0/TCP {ue.address}:{port};branch=z9hG4bKlost")
    bed.feed(StreamClosed(came))
    bed.core(sm2, 403)
    assert bed.refusals == [Refusal.ANSWER_TO_PROTECTED_PORT]
    assert (bed.opened(), answers(bed)) == ([], [])
    bed.wait(300)
    assert bed.pcscf.transactions == 0


def test_no_more_connections_than_there_is_room_for() -> None:
    """OVERLOADED. RFC 3261 §21.5.4: the answer is lost."""
    bed, ue = Bed(limits=Limits(connections=1)), Ue(transport=TCP)
    came, sm2 = asking(bed, ue)
    bed.feed(StreamClosed(came))
    bed.feed(StreamOpened(Ue(2, TCP).flow(40_000, 5060, TCP)))
    bed.core(sm2, 403)
    assert bed.refusals == [Refusal.OVERLOADED]
    assert answers(bed) == []


def test_udp_is_not_affected() -> None:
    """PCS-05: no connection is ever opened to an address that has not opened one itself."""
    bed, ue = Bed(), Ue()
    sm2 = bed.sm1(ue)
    bed.challenge(sm2)
    assert bed.opened() == []
    assert answers(bed)[0][0].transport is UDP


@pytest.mark.parametrize("closed", [True, False])
def test_the_same_sm1_on_a_new_connection_is_answered_there(*, closed: bool) -> None:
    """RFC 3261 §17.2.2, §18.2.2: not lost, and no second attempt; also while the dead one seems to stand."""
    bed, ue = Bed(), Ue(transport=TCP)
    via = f"SIP/2.0/TCP {ue.address}:5060;branch=z9hG4bKsame;rport"
    came, sm2 = asking(bed, ue, via)
    if closed:
        bed.feed(StreamClosed(came))
    again = ue.flow(40_001, 5060, TCP)
    bed.feed(StreamOpened(again))
    ue.cseq -= 1
    bed.receive(again, ue.register(Via=via))
    assert bed.nothing_sent()
    bed.challenge(sm2)
    assert bed.opened() == []
    assert answers(bed) == [(again, 401)]


def test_a_request_inside_the_sas_does_not_move_to_the_clear() -> None:
    """RRG-07, UNP-04: whoever knows its branch, its answer stays inside."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.register(ue)
    via = f"SIP/2.0/TCP {ue.address}:{ue.terms.port_s};branch=z9hG4bKinside"
    over, port_s = ue.uplink, ue.terms.port_s
    ue.renew(Terms(Spi(700), Spi(701), Port(6200), port_s))
    sm1 = ue.register(Via=via, port=str(port_s), response="dd" * 16)
    bed.receive(over, sm1)
    up = bed.to_core()
    clear = ue.flow(40_000, 5060, TCP)
    bed.feed(StreamOpened(clear))
    bed.receive(clear, sm1)
    bed.core(up, 403)
    assert {flow for flow, _ in answers(bed)} == {over}


def test_sm12_still_goes_inside_its_set() -> None:
    """MSG-06, UNP-04: the connection of SM7 is lost; the new one is from port_pc to port_us."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.sm6(ue, bed.sm1(ue))
    sm8 = bed.sm7(ue)
    bed.feed(StreamClosed(ue.uplink))
    bed.ok(sm8, ue)
    assert answers(bed) == [(ue.flow(ue.terms.port_s, ue.pc), 200)]
