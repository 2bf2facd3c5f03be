"""Calls of a UE: every row of their table, and their ways to end (RFC 3261 §13, §15; UEP-09)."""

from dataclasses import replace

import pytest
from tests.story.network import Network, facts

from twopair.base import IllegalStep, Transport, seconds
from twopair.live.lab import LabPlan
from twopair.nodes.facts import CallChanged, CallStage, MessageAnswered
from twopair.nodes.ue.call import TABLE, Call, On
from twopair.nodes.wishes import Answer, HangUp, Register, Say
from twopair.nodes.wishes import Call as Dial

TRANSPORTS = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
S = CallStage


def two(transport: Transport, ues: int = 2) -> Network:
    net = Network(transport, ues=ues)
    for number in range(1, ues + 1):
        net.wish(net.ue(number), Register())
    return net


def stages(net: Network, number: int) -> list[CallStage]:
    return [fact.stage for fact in facts(net.ue(number), CallChanged)]


def status(net: Network, number: int) -> int:
    return facts(net.ue(number), CallChanged)[-1].status


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0].name}-{row[1].name}")
def test_every_row(row: tuple[CallStage, On]) -> None:
    """A row leads where it says, and reports it."""
    call = Call(None, "c", "sip:b", ours=True)  # type: ignore[arg-type]
    call.stage, on = row
    out: list[object] = []
    call.step(on, out)  # type: ignore[arg-type]
    assert call.stage is TABLE[row][0]
    assert len(out) == 1


@pytest.mark.parametrize("stage", CallStage)
@pytest.mark.parametrize("on", On)
def test_no_row(stage: CallStage, on: On) -> None:
    """A step without a row is our own mistake; nothing leaves ENDED."""
    call = Call(None, "c", "sip:b", ours=True)  # type: ignore[arg-type]
    call.stage = stage
    if (stage, on) in TABLE:
        assert stage is not S.ENDED
        return
    with pytest.raises(IllegalStep):
        call.step(on, [])


@TRANSPORTS
def test_a_call(transport: Transport) -> None:
    """RFC 3261 §13, §15: 180, 200, ACK; MESSAGE both ways inside; BYE. Each end knows who the other is."""
    net = two(transport)
    net.wish(net.ue(1), Dial(net.impu(2)))
    assert (stages(net, 1), stages(net, 2)) == ([S.CALLING, S.RINGING], [S.RINGING])
    net.wish(net.ue(2), Answer())
    for number in (1, 2):
        net.wish(net.ue(number), Say(b"inside"))
        assert [fact.status for fact in facts(net.ue(number), MessageAnswered)] == [200]
    net.wish(net.ue(2), HangUp())
    assert stages(net, 1) == [S.CALLING, S.RINGING, S.UP, S.ENDED]
    assert stages(net, 2) == [S.RINGING, S.ANSWERED, S.UP, S.ENDING, S.ENDED]
    assert (status(net, 1), status(net, 2)) == (200, 200)
    for number, peer, ours in ((1, 2, True), (2, 1, False)):
        told = {(fact.peer, fact.ours) for fact in facts(net.ue(number), CallChanged)}
        assert told == {(net.impu(peer), ours)}


@TRANSPORTS
def test_cancelled(transport: Transport) -> None:
    """RFC 3261 §9: CANCEL while it rings, 487 at both ends."""
    net = two(transport)
    net.wish(net.ue(1), Dial(net.impu(2)))
    net.wish(net.ue(1), HangUp())
    assert stages(net, 1) == [S.CALLING, S.RINGING, S.ENDING, S.ENDED]
    assert stages(net, 2) == [S.RINGING, S.ENDED]
    assert (status(net, 1), status(net, 2)) == (487, 487)


@TRANSPORTS
def test_hung_up_before_it_rings(transport: Transport) -> None:
    """RFC 3261 §9.1: a CANCEL waits until something was heard of the INVITE."""
    net = two(transport)
    net.wish(net.ue(1), Dial(net.impu(2)), wait_s=0)
    net.wish(net.ue(1), HangUp())
    assert stages(net, 1) == [S.CALLING, S.ENDING, S.ENDED]
    assert status(net, 1) == 487


@TRANSPORTS
def test_declined(transport: Transport) -> None:
    """RFC 3261 §13.3.1.3: 603."""
    net = two(transport)
    net.wish(net.ue(1), Dial(net.impu(2)))
    net.wish(net.ue(2), HangUp())
    assert (status(net, 1), status(net, 2)) == (603, 603)


def test_busy() -> None:
    """RFC 3261 §21.4.24: one call at a time, either way."""
    net = two(Transport.TCP, ues=3)
    net.wish(net.ue(1), Dial(net.impu(2)))
    net.wish(net.ue(3), Dial(net.impu(2)))
    assert status(net, 3) == 486
    net.wish(net.ue(1), Dial(net.impu(3)))
    assert status(net, 1) == 486
    net.wish(net.ue(2), Answer())
    assert stages(net, 1)[-1] is S.UP


def test_nobody_takes_it() -> None:
    """RFC 3261 §21.4.18: 480 after three minutes, before the proxies lose patience (timer C)."""
    net = two(Transport.TCP)
    net.wish(net.ue(1), Dial(net.impu(2)), wait_s=181)
    assert (status(net, 1), status(net, 2)) == (480, 480)


def test_taken_by_itself() -> None:
    """`UeConfig.answer_after`."""

    def change(plan: LabPlan) -> LabPlan:
        second = plan.ues[1]
        config = replace(second.config, answer_after=seconds(3))
        return replace(plan, ues=(plan.ues[0], replace(second, config=config)))

    net = Network(Transport.TCP, change=change)
    for number in (1, 2):
        net.wish(net.ue(number), Register())
    net.wish(net.ue(1), Dial(net.impu(2)), wait_s=2)
    assert stages(net, 1)[-1] is S.RINGING
    net.wait(2)
    assert stages(net, 1)[-1] is S.UP


def test_without_a_registration() -> None:
    """Nothing is sent, least of all in the clear."""
    net = Network(Transport.UDP)
    net.wish(net.ue(1), Dial(net.impu(2)))
    assert status(net, 1) == 403
    net.wish(net.ue(1), Say(b"to whom?"))
    net.wish(net.ue(1), HangUp())
    net.wish(net.ue(1), Answer())
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [481]
    assert not net.gm()


def test_lost_ack() -> None:
    """RFC 3261 §13.3.1.4: the 200 is repeated until the ACK comes; it is acknowledged each time."""
    net = two(Transport.UDP)
    carry = net.world.carrier
    net.world.carrier = lambda packet: [] if packet.data.startswith(b"ACK") else carry(packet)
    net.wish(net.ue(1), Dial(net.impu(2)))
    net.wish(net.ue(2), Answer(), wait_s=1)
    assert stages(net, 2)[-1] is S.ANSWERED
    net.world.carrier = carry
    net.wait(3)
    assert stages(net, 2)[-1] is S.UP
    assert stages(net, 1)[-1] is S.UP


def test_no_ack_at_all() -> None:
    """RFC 3261 §13.3.1.4: after 64 * T1 without an ACK the session ends with BYE."""
    net = two(Transport.UDP)
    carry = net.world.carrier
    net.world.carrier = lambda packet: [] if packet.data.startswith(b"ACK") else carry(packet)
    net.wish(net.ue(1), Dial(net.impu(2)))
    net.wish(net.ue(2), Answer(), wait_s=140)
    assert stages(net, 2)[-2:] == [S.ENDING, S.ENDED]
    assert stages(net, 1)[-1] is S.ENDED
