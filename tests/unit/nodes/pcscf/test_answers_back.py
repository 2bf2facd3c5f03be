"""Answers to a UE whose connection or set has gone meanwhile (MSG-06, MGP-03, RRG-07..RRG-09)."""

from tests.unit.nodes.pcscf.bed import TCP, Bed, Ue
from tests.unit.nodes.pcscf.relay_bed import registered

from twopair.base import (
    Flow,
    OpenStream,
    Send,
    StreamClosed,
)
from twopair.core.sa import Stage
from twopair.wire.sip import Request


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
