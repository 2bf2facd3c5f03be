"""The event table of 24.229 §5.2.2.2, row by row, between real nodes (MGP-01..MGP-08, TMR-01..TMR-05)."""

from dataclasses import replace
from itertools import pairwise

import pytest
from tests.story.network import Network, facts
from tests.story.rekeying import lives, registered, ringing, stages

from twopair.base import Transport
from twopair.core.aka import Card
from twopair.core.sa import Stage
from twopair.live.lab.plan import LabPlan
from twopair.nodes.facts import MessageAnswered, MessageReceived, Registered
from twopair.nodes.ue import UserEquipment
from twopair.nodes.wishes import Answer, Register, SendMessage
from twopair.sim import Packet

TRANSPORTS = pytest.mark.parametrize("transport", Transport, ids=lambda t: t.value)
TEMPORARY, NEW, IN_USE, OLD = Stage.TEMPORARY, Stage.NEWLY_ESTABLISHED, Stage.IN_USE, Stage.OLD


def one(transport: Transport, **config: object) -> Network:
    """One UE, registered."""

    def change(plan: LabPlan) -> LabPlan:
        (ue,) = plan.ues
        return replace(plan, ues=(replace(ue, config=replace(ue.config, **config)),))  # type: ignore[arg-type]

    net = Network(transport, ues=1, change=change)
    net.wish(net.ue(1), Register())
    assert lives(net, 1) == {0: IN_USE}
    return net


def say(net: Network, number: int = 1, wait_s: float = 1) -> None:
    net.wish(net.ue(number), SendMessage(net.plan.home.network, b"hello"), wait_s)


def without_sm7(net: Network) -> None:
    """From now on what is said over sets that are yet to be made is lost."""
    carry, made = net.world.carrier, len(net.installed)

    def lose(packet: Packet) -> list[tuple[int, Packet]]:
        new = {sa_set.spis.ps for sa_set in net.installed[made:]}
        return [] if packet.data and packet.mark and packet.mark.spi in new else carry(packet)

    net.world.carrier = lose


@TRANSPORTS
def test_row_1(transport: Transport) -> None:
    """Row 1, MGP-05, TMR-01: a challenge makes a temporary set, an earlier one goes; it lasts 4 min."""
    net = Network(transport, ues=1)
    without_sm7(net)
    net.wish(net.ue(1), Register(), wait_s=130)
    assert lives(net, 1) == {0: TEMPORARY}
    net.wish(net.ue(1), Register(), wait_s=5)
    assert lives(net, 1) == {1: TEMPORARY}
    net.wait(240)
    assert lives(net, 1) == {}
    assert net.ue(1).sets == net.pcscf.sets == {}


@TRANSPORTS
def test_row_2(transport: Transport) -> None:
    """Row 2: a message over an old set moves nothing."""
    net = ringing(transport)
    net.wish(net.ue(2), Register())
    say(net, 2)
    before = lives(net, 2)
    assert before == {1: OLD, 2: IN_USE}
    since = net.world.agenda.now
    net.wish(net.ue(2), Answer(), wait_s=1)
    assert (net.gm(since)[0].what, net.gm(since)[0].set_number) == ("200", 1)
    assert lives(net, 2) == before


@TRANSPORTS
def test_rows_5_and_3(transport: Transport) -> None:
    """Rows 5, 3, MGP-02, TMR-03: the old set until the UE was heard over the new, then 128 s."""
    net = one(transport)
    net.wish(net.ue(1), Register())
    assert lives(net, 1) == {0: IN_USE, 1: NEW}
    net.wait(1000)
    assert lives(net, 1) == {0: IN_USE, 1: NEW}
    say(net)
    assert lives(net, 1) == {0: OLD, 1: IN_USE}
    net.wait(126)
    assert 0 in lives(net, 1)
    net.wait(3)
    assert lives(net, 1) == {1: IN_USE}


@TRANSPORTS
def test_row_4(transport: Transport) -> None:
    """Row 4, TMR-02: the UE says nothing more; with 128 s of the old set left the P-CSCF moves."""
    net = one(transport, expires_s=700)
    net.wish(net.ue(1), Register())
    address, carry = net.plan.ues[0].config.address, net.world.carrier
    net.world.carrier = lambda p: [] if p.flow.local.address == address else carry(p)
    net.wait(700 + 30 - 128 - 20)
    assert lives(net, 1) == {0: IN_USE, 1: NEW}
    net.wait(20)
    assert lives(net, 1) == {0: OLD, 1: IN_USE}
    net.wait(140)
    assert lives(net, 1) == {}  # 30 s after the registration (MGP-12)


@TRANSPORTS
def test_row_5_again(transport: Transport) -> None:
    """Row 5: all but the set in use and the one SM1 came over go at once; SM1 over the new one is row 3."""
    net = one(transport)
    for number in range(1, 7):
        net.wish(net.ue(1), Register(), wait_s=1)
        assert lives(net, 1) == {number - 1: IN_USE, number: NEW}


@TRANSPORTS
def test_row_6(transport: Transport) -> None:
    """Row 6, MGP-08, UNP-05: a UE that lost its state; its sets stand until the 200, then one."""
    net = one(transport)
    net.wish(net.ue(1), Register())
    say(net)
    node = net.ue(1).node
    assert isinstance(node, UserEquipment)
    net.ue(1).restart(UserEquipment(node.profile.config, node.card, net.world.entropy("again")))
    net.wish(net.home, SendMessage(net.impu(1), b"gone?"), wait_s=0)  # over a set that the UE has lost
    net.wish(net.ue(1), Register())
    assert lives(net, 1) == {2: IN_USE}
    assert [len(host.sets) for host in (net.ue(1), net.pcscf)] == [1, 1]
    assert Stage.DELETED in [stage for _, stage in stages(net.pcscf)]
    net.wish(net.home, SendMessage(net.impu(1), b"back?"))
    assert [fact.body for fact in facts(net.ue(1), MessageReceived)][-1] == b"back?"


@TRANSPORTS
def test_re_attach_on_the_same_ports(transport: Transport) -> None:
    """SA-22, ERR-09: with eight ports to draw from, ports of the set before come again.

    The UE is registered each time: at once where the P-CSCF can tell the sets apart, else with other ports.
    """
    net = one(transport, ports=range(20_000, 20_008))
    node = net.ue(1).node
    assert isinstance(node, UserEquipment)
    for number in range(25):
        net.ue(1).restart(UserEquipment(node.profile.config, node.card, net.world.entropy(f"{number}")))
        net.wish(net.ue(1), Register(), wait_s=30)
        assert len(facts(net.ue(1), Registered)) == number + 2, number
        assert list(lives(net, 1).values()) == [IN_USE]
        net.wish(net.home, SendMessage(net.impu(1), b"%d" % number), wait_s=30)
        assert facts(net.ue(1), MessageReceived)[-1].body == b"%d" % number


@TRANSPORTS
def test_never_more_than_three_sets(transport: Transport) -> None:
    """MGP-04, RRG-03: a call that rings holds old sets; three at most, out of three client ports."""
    net = ringing(transport)
    for _ in range(8):
        net.wish(net.ue(1), Register(), wait_s=1)
        say(net)
        assert len(lives(net, 1)) <= 3
        assert len(net.ue(1).sets) <= 3
    used = [s.ports.pc for s in net.installed if s.ue == net.plan.ues[0].config.address]
    assert set(used) == set(net.plan.pcscf.port_pc)
    assert all(one != other for one, other in pairwise(used))


@TRANSPORTS
def test_unchallenged(transport: Transport) -> None:
    """RRG-04, RRG-05, TMR-02: the network takes the REGISTER as it is: no set, port or SPI changes."""

    def change(plan: LabPlan) -> LabPlan:
        return replace(plan, home=replace(plan.home, challenge_refresh=False))

    net = registered(transport, change=change)
    before = lives(net, 1)
    made = len(net.installed)
    for _ in range(3):
        net.wish(net.ue(1), Register())
    assert (lives(net, 1), len(net.installed)) == (before, made)
    offers = {s.message.get("Security-Client") for s in net.gm() if s.what == "REGISTER"}
    assert len(offers) == 2 + 3  # each offers new values all the same


@TRANSPORTS
def test_a_failed_re_registration_changes_nothing(transport: Transport) -> None:
    """MGU-07, MGP-07, ERR-30, ERR-31: SM7 is lost for good; what stood before stands, at both ends."""
    net = one(transport)
    carry = net.world.carrier
    without_sm7(net)
    net.wish(net.ue(1), Register(), wait_s=2)
    assert lives(net, 1) == {0: IN_USE, 1: TEMPORARY}
    net.world.carrier = carry
    say(net)
    assert [fact.status for fact in facts(net.ue(1), MessageAnswered)] == [200]
    assert lives(net, 1)[0] is IN_USE


def test_the_card_outlives_its_ue() -> None:
    """AKA-18: keys and sets go with the power, and the card may be another one."""
    net = one(Transport.UDP)
    plan = net.plan.ues[0]
    net.ue(1).restart(UserEquipment(plan.config, Card(plan.card), net.world.entropy("new card")))
    net.wish(net.ue(1), Register())
    assert lives(net, 1) == {1: IN_USE}
