"""SM1 that comes again, octet for octet, when SM6 has left (RFC 3261 §17.2.2; MGP-05, MGP-08).

Over TCP in the clear its transaction is over with the answer (Timer J is 0): a repetition on a new connection
is a new attempt. Over UDP it gets the same answer for 64*T1, and is a new attempt after that.
"""

import pytest
from tests.unit.nodes.pcscf.bed import CORE, TCP, UDP, Bed, Ue

from twopair.base import Flow, Port, Refusal, Spi, StreamClosed, StreamOpened, Transport
from twopair.core.sa import Stage
from twopair.core.secagree import Terms
from twopair.nodes.facts import RegistrationFailed
from twopair.wire.sip import Request, Response

J_S = 128
"""64*T1 of Gm (TMR-04)."""


def asked(transport: Transport) -> tuple[Bed, Ue, bytes]:
    """A UE whose SM1 has been answered with SM6; the octets of that SM1."""
    bed, ue = Bed(), Ue(transport=transport)
    return bed, ue, asks(bed, ue)


def asks(bed: Bed, ue: Ue, port: int = 40_000) -> bytes:
    ue.server = ""
    sm1 = ue.register()
    bed.sm6(ue, arrives(bed, ue, sm1, port))
    return sm1


def arrives(bed: Bed, ue: Ue, sm1: bytes, port: int) -> Request:
    """SM1 comes, over TCP on a connection of its own; SM2."""
    comes(bed, ue, sm1, port)
    return bed.to_core()


def comes(bed: Bed, ue: Ue, sm1: bytes, port: int) -> None:
    flow = way(ue, port)
    if ue.transport is TCP:
        bed.feed(StreamOpened(flow))
    bed.receive(flow, sm1)


def way(ue: Ue, port: int) -> Flow:
    return ue.flow(port, 5060) if ue.transport is TCP else ue.clear


def answers(bed: Bed) -> list[tuple[Flow, int]]:
    """What has just gone to the UE."""
    return [(flow, m.status) for flow, m in bed.sent if flow.local != CORE and isinstance(m, Response)]


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "stands"])
def test_on_a_new_connection_it_is_a_new_attempt(lost: bool) -> None:
    """MGP-05, row 1: the set of SM6 makes room for that of the new challenge, whose SM7 is confirmed."""
    bed, ue, sm1 = asked(TCP)
    before, nonce = bed.installed, ue.nonce
    if lost:
        bed.feed(StreamClosed(way(ue, 40_000)))
    sm2 = arrives(bed, ue, sm1, 40_001)
    assert bed.installed == before, "SM1 alone is no reason to end an attempt (UNP-05)"
    bed.sm6(ue, sm2)
    assert answers(bed) == [(way(ue, 40_001), 401)]
    assert ue.nonce != nonce
    assert not bed.installed & before
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.ok(bed.sm7(ue), ue)
    assert answers(bed) == [(ue.uplink, 200)]
    assert bed.stages(ue) == [Stage.IN_USE]


def test_over_udp_the_same_answer_comes_again() -> None:
    """RFC 3261 §17.2.2: no second SM2, no other challenge, no other set."""
    bed, ue, sm1 = asked(UDP)
    sm6, before = bed.to_ue(), bed.installed
    bed.wait(J_S - 1)
    bed.receive(ue.clear, sm1)
    assert [(flow, m.to_bytes()) for flow, m in bed.sent] == [(sm6[0], sm6[1].to_bytes())]
    assert bed.installed == before
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_over_udp_later_it_is_a_new_attempt() -> None:
    """RFC 3261 §17.2.2, MGP-05: Timer J has ended the transaction."""
    bed, ue, sm1 = asked(UDP)
    before, nonce = bed.installed, ue.nonce
    bed.wait(J_S + 1)
    bed.sm6(ue, arrives(bed, ue, sm1, 5060))
    assert ue.nonce != nonce
    assert not bed.installed & before
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_while_sm8_is_on_its_way_and_the_core_accepts_that() -> None:
    """ERR-30: until the core challenges, the repetition changes nothing; SM12 comes."""
    bed, ue, sm1 = asked(TCP)
    sm8 = bed.sm7(ue)
    sm2 = arrives(bed, ue, sm1, 40_001)
    bed.ok(sm8, ue)
    assert answers(bed) == [(ue.uplink, 200)]
    held = bed.installed
    bed.challenge(sm2)
    assert answers(bed) == [(way(ue, 40_001), Refusal.PORT_COLLISION.status)], "ERR-09, SA-22"
    assert bed.stages(ue) == [Stage.IN_USE]
    assert bed.installed == held
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"


def test_while_sm8_is_on_its_way_and_the_core_challenges_first() -> None:
    """MGP-05, row 1: the later attempt counts; a 200 to the earlier one revives nothing."""
    bed, ue, sm1 = asked(TCP)
    sm8 = bed.sm7(ue)
    bed.sm6(ue, arrives(bed, ue, sm1, 40_001))
    temporary = bed.installed
    bed.ok(sm8, ue)
    assert bed.installed == temporary
    assert bed.stages(ue) == [Stage.TEMPORARY]
    ue.cseq += 10
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]


def test_after_sm12_it_is_refused_and_harms_nothing() -> None:
    """ERR-09, SA-22, MGP-08: its ports and SPIs are those of the set in use; the core is not asked."""
    bed, ue, sm1 = asked(TCP)
    bed.ok(bed.sm7(ue), ue)
    held = bed.installed
    comes(bed, ue, sm1, 40_001)
    assert answers(bed) == [(way(ue, 40_001), Refusal.PORT_COLLISION.status)]
    assert [flow for flow, _ in bed.sent if flow.local == CORE] == []
    assert [fact.status for fact in bed.facts(RegistrationFailed)] == [403]
    assert (bed.installed, bed.stages(ue)) == (held, [Stage.IN_USE])
    bed.receive(ue.uplink, ue.request())
    assert bed.to_core().method == "MESSAGE"


def test_over_udp_after_sm12_the_old_sm6_comes_again() -> None:
    """RFC 3261 §17.2.2, MGP-08."""
    bed, ue, sm1 = asked(UDP)
    bed.ok(bed.sm7(ue), ue)
    held = bed.installed
    bed.receive(ue.clear, sm1)
    assert answers(bed) == [(ue.clear, 401)]
    assert (bed.installed, bed.stages(ue)) == (held, [Stage.IN_USE])


@pytest.mark.parametrize("transport", [UDP, TCP])
def test_beside_a_set_in_use_of_another_registration_procedure(transport: Transport) -> None:
    """MGP-08, ERR-30: a UE that begins anew repeats its SM1; the set in use carries on until row 6."""
    bed, ue = Bed(), Ue(transport=transport)
    bed.register(ue)
    [in_use], uplink, message = bed.installed, ue.uplink, ue.request()
    old = ue.terms
    ue.renew(Terms(Spi(old.spi_c + 2), Spi(old.spi_s + 2), Port(old.port_c + 2), old.port_s))
    sm1 = asks(bed, ue, 40_001)
    bed.wait(J_S + 1)
    bed.sm6(ue, arrives(bed, ue, sm1, 40_002))
    assert in_use in bed.installed
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]
    bed.receive(uplink, message)
    assert bed.to_core().method == "MESSAGE"
    bed.ok(bed.sm7(ue), ue)
    assert bed.stages(ue) == [Stage.IN_USE]
    assert in_use not in bed.installed


def test_over_the_set_in_use() -> None:
    """FLOW-04, MSG-06: SM1 of a re-registration gets the same SM6 on another connection of that set."""
    bed, ue = Bed(), Ue(transport=TCP)
    bed.register(ue)
    [in_use], uplink, old = bed.installed, ue.uplink, ue.terms
    ue.renew(Terms(Spi(old.spi_c + 2), Spi(old.spi_s + 2), Port(old.port_c + 2), old.port_s))
    sm1 = ue.register(port=str(old.port_s), response="dd" * 16)
    bed.receive(uplink, sm1)
    bed.sm6(ue, bed.to_core())
    bed.feed(StreamClosed(uplink))
    bed.feed(StreamOpened(uplink))
    bed.receive(uplink, sm1)
    assert answers(bed) == [(uplink, 401)]
    assert bed.stages(ue) == [Stage.IN_USE, Stage.TEMPORARY]
    assert in_use in bed.installed
    bed.ok(bed.sm7(ue), ue)
    assert len(bed.stages(ue)) == 2


@pytest.mark.parametrize("transport", [UDP, TCP])
def test_after_deregistration_it_is_a_new_attempt(transport: Transport) -> None:
    """MGP-10, MGU-12: nothing is left that it could harm, or that could stand in its way."""
    bed, ue, sm1 = asked(transport)
    bed.ok(bed.sm7(ue), ue)
    bed.ok(bed.sm1_over(ue, expires="0"), ue, 0)
    bed.wait(J_S + 1)
    assert bed.installed == set()
    comes(bed, ue, sm1, 40_001)
    bed.challenge(bed.to_core())
    assert answers(bed) == [(way(ue, 40_001), 401)]
    assert bed.stages(ue) == [Stage.TEMPORARY]
    bed.wait(240)
    assert bed.installed == set(), "reg-await-auth (TMR-01)"


def test_after_deregistration_while_its_set_still_stands() -> None:
    """MGP-10, SA-22: the ports are not free before the 200 can no longer come again."""
    bed, ue, sm1 = asked(TCP)
    bed.ok(bed.sm7(ue), ue)
    bed.ok(bed.sm1_over(ue, expires="0"), ue, 0)
    held = bed.installed
    comes(bed, ue, sm1, 40_001)
    assert answers(bed) == [(way(ue, 40_001), Refusal.PORT_COLLISION.status)]
    assert bed.installed == held
