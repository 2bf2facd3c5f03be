"""Calls that nobody ends for good: what was given up is forgotten, and the next call is possible."""

from tests.story.network import Network, facts

from twopair.nodes.facts import CallChanged, CallStage
from twopair.nodes.homenet import HomeNetwork
from twopair.nodes.ue import UserEquipment
from twopair.nodes.wishes import Call, HangUp, Register
from twopair.sim import Packet


def ringing() -> Network:
    """UE 1 calls UE 2, whose user does not answer."""
    net = Network()
    for ue in net.ues:
        net.wish(ue, Register())
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    assert [fact.stage for fact in facts(net.ue(1), CallChanged)] == [CallStage.CALLING, CallStage.RINGING]
    return net


def nothing_from(net: Network, *addresses: str) -> None:
    """From now on what comes from there is lost."""
    carry = net.world.carrier

    def lose(packet: Packet) -> list[tuple[int, Packet]]:
        return [] if packet.flow.local.address in addresses else carry(packet)

    net.world.carrier = lose


def test_the_caller_forgets_a_call_that_nobody_ends() -> None:
    """RFC 3261 §9.1: 64 * T1 after CANCEL the INVITE is forgotten, whatever has become of the answer."""
    net = ringing()
    carry = net.world.carrier
    nothing_from(net, net.plan.network.pcscf)
    net.wish(net.ue(1), HangUp(), 125)
    assert facts(net.ue(1), CallChanged)[-1].stage is CallStage.ENDING
    net.wait(20)
    last = facts(net.ue(1), CallChanged)[-1]
    assert (last.stage, last.status) == (CallStage.ENDED, 408)
    net.world.carrier = carry
    net.wait(300)
    node = net.ue(1).node
    assert isinstance(node, UserEquipment)
    assert node.transactions == 0
    net.wish(net.ue(1), Call(net.impu(2)), 1)
    assert facts(net.ue(1), CallChanged)[-1].stage is not CallStage.ENDED


def test_the_home_network_forgets_an_invite_after_timer_c() -> None:
    """RFC 3261 §16.8, §9.1: cancelled after 185 s, forgotten 64 * T1 later, though nothing was answered."""
    net = ringing()
    nothing_from(net, net.plan.network.core)
    net.wait(184)
    node = net.home.node
    assert isinstance(node, HomeNetwork)
    assert node.transactions
    net.wait(300)
    assert node.transactions == 0
