"""A call as phones make it: 100rel, preconditions, UPDATE, through the P-CSCF (RFC 3262, 3312; UEP-09)."""

from dataclasses import replace

import pytest
from tests.story.network import Network, facts

from twopair.base import Transport
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import CallChanged, CallStage
from twopair.nodes.pcscf import Pcscf
from twopair.nodes.pcscf.relay.session import Stage
from twopair.nodes.wishes import Answer, Call, HangUp, Register

LADDER = [
    "INVITE", "183", "PRACK", "200", "UPDATE", "200", "180", "PRACK", "200",
    "200", "ACK", "BYE", "200",
]  # fmt: skip
"""What passes between caller and called, without 100."""


def with_preconditions(plan: LabPlan) -> LabPlan:
    ues = tuple(replace(ue, config=replace(ue.config, preconditions=True)) for ue in plan.ues)
    return replace(plan, ues=ues)


def calling(transport: Transport) -> Network:
    net = Network(transport, change=with_preconditions)
    for ue in net.ues:
        net.wish(ue, Register())
    net.wish(net.ue(1), Call(net.impu(2)), 2)
    return net


@pytest.mark.parametrize("transport", Transport)
def test_preconditions_before_it_rings(transport: Transport) -> None:
    """UEP-09, PCS-15: 183, PRACK, UPDATE, 180, PRACK and 200, each in the dialog of the 183."""
    net = calling(transport)
    pcscf = net.pcscf.node
    assert isinstance(pcscf, Pcscf)
    assert [s.stage for s in pcscf.tables.sessions] == [Stage.EARLY] * 2  # one leg of each UE
    net.wish(net.ue(2), Answer(), 1)
    assert [s.stage for s in pcscf.tables.sessions] == [Stage.CONFIRMED] * 2
    net.wish(net.ue(1), HangUp(), 1)
    for number in (1, 2):
        stages = [fact.stage for fact in facts(net.ue(number), CallChanged)]
        assert stages[-1] is CallStage.ENDED
        assert facts(net.ue(number), CallChanged)[-1].status == 200
    assert len(pcscf.tables.sessions) == 0
    seen = [s.what for s in net.gm() if s.what not in ("100", "REGISTER", "401") and s.sa is not None]
    first = seen.index("INVITE")
    own = [what for what in seen[first:] if what]
    assert sorted(own) == sorted(LADDER * 2)


@pytest.mark.parametrize("transport", Transport)
def test_a_caller_that_gives_up_while_it_rings(transport: Transport) -> None:
    """RFC 3261 §9.1, RFC 3262: CANCEL after reliable answers; both ends and the books are empty."""
    net = calling(transport)
    net.wish(net.ue(1), HangUp(), 5)
    pcscf = net.pcscf.node
    assert isinstance(pcscf, Pcscf)
    assert len(pcscf.tables.sessions) == 0
    assert facts(net.ue(2), CallChanged)[-1].status == 487


def test_a_call_that_is_taken_before_the_prack() -> None:
    """RFC 3262 §3: the 200 waits for the PRACK of the last reliable answer."""
    net = Network(change=with_preconditions)
    for ue in net.ues:
        net.wish(ue, Register())
    net.ue(1).later(Call(net.impu(2)))
    net.until(lambda: bool(facts(net.ue(2), CallChanged)), 5)
    net.wish(net.ue(2), Answer(), 3)
    assert facts(net.ue(1), CallChanged)[-1].stage is CallStage.UP
