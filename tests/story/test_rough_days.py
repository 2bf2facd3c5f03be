"""Rough days by seed: loss, copies, delays, cut connections, refused installs; then calm, and all is well."""

from dataclasses import replace

import pytest
from tests.story.network import Network, facts

from twopair.base import Entropy, Transport
from twopair.core.sa import SaSet
from twopair.live.lab.plan import LabPlan, UePlan
from twopair.nodes.events import Wish
from twopair.nodes.facts import MessageAnswered, Registered
from twopair.nodes.wishes import Deregister, Register, SendMessage
from twopair.sim import Host, Kind, Packet, Stream

FAR_TOO_LATE, LATE, SOON = 40_000_000, 100_000, 1000
WISHES = 40


def chance(entropy: Entropy, percent: int) -> bool:
    return entropy.below(100) < percent


class RoughDay:
    """A network in bad weather while `calm` is unset; the seed picks the kind of weather."""

    def __init__(self, seed: int) -> None:
        self.dice = dice = Stream(seed, "weather")
        self.calm = True
        self.loss, self.copies, self.delays = dice.below(35), dice.below(30), dice.below(30)
        self.cuts, self.refusals = dice.below(10), dice.below(20)
        self.net = Network(seed=seed, ip=(4, 6)[seed % 2], ues=3, change=self._vary)
        self._carry = self.net.world.carrier
        self._note = self.net.world.refuse_install
        self.net.world.carrier = self._weather
        self.net.world.refuse_install = self._refuse
        for ue in self.net.ues:
            self.net.wish(ue, Register())

    def _vary(self, plan: LabPlan) -> LabPlan:
        return replace(
            plan,
            pcscf=replace(plan.pcscf, response_after_rekey=("old", "new")[self.dice.below(2)]),
            ues=tuple(self._vary_ue(ue) for ue in plan.ues),
        )

    def _vary_ue(self, ue: UePlan) -> UePlan:
        config = replace(
            ue.config,
            transport=tuple(Transport)[self.dice.below(2)],
            response_after_rekey=("old", "new")[self.dice.below(2)],
        )
        return replace(ue, config=config)

    def _refuse(self, host: Host, sa_set: SaSet) -> str | None:
        if not self.calm and chance(self.dice, self.refusals):
            return "no room today"
        return self._note(host, sa_set)

    def _weather(self, packet: Packet) -> list[tuple[int, Packet]]:
        fate = self._carry(packet)
        if self.calm:
            return fate
        if packet.kind is Kind.DATA and chance(self.dice, self.cuts):
            self._cut(packet)
        if packet.kind is Kind.DATAGRAM:
            if chance(self.dice, self.loss):
                return []
            if chance(self.dice, self.copies):
                fate = [*fate, (self._delay(), packet)]
            if chance(self.dice, self.delays):
                fate = [(self._delay(), packet)]
        return fate

    def _delay(self) -> int:
        return (SOON, LATE, FAR_TOO_LATE)[self.dice.below(3)]

    def _cut(self, packet: Packet) -> None:
        for flow in (packet.flow, packet.flow.mirrored()):
            if chance(self.dice, 70):
                host = self.net.world.host_of(flow)
                self.net.world.agenda.after(1500, lambda host=host, flow=flow: host.tcp.abort(flow, "cut"))  # type: ignore[misc]

    def wish(self) -> None:
        """Somebody wishes for something, and waits for a while or not at all."""
        net, dice = self.net, self.dice
        host, peer = net.ue(dice.below(3) + 1), net.impu(dice.below(3) + 1)
        message = SendMessage(peer, b"x" * dice.below(3000))
        wishes: list[Wish] = [*[Register()] * 4, Deregister(), *[message] * 6]
        net.wish(host, wishes[dice.below(len(wishes))], (0, 0.003, 0.01, 1, 40, 300)[dice.below(6)])
        if chance(dice, 20):
            net.wish(net.home, SendMessage(peer, b"news"), 0)


@pytest.mark.parametrize("seed", range(12))
def test_after_calm_everybody_registers_and_is_reached(seed: int) -> None:
    """MGP-05..MGP-08, MGU-05, MGU-07, TMR-01, TMR-03: no attempt's remains stand in the way of the next."""
    day = RoughDay(seed)
    day.calm = False
    for _ in range(WISHES):
        day.wish()
    day.calm = True
    net = day.net
    net.wait(1200)  # every timer of what went wrong has run out: F, J, reg-await-auth, copies under way
    for number, ue in enumerate(net.ues, 1):
        before = len(facts(ue, Registered)), len(facts(ue, MessageAnswered))
        net.wish(ue, Register(), 400)
        if len(facts(ue, Registered)) == before[0]:  # the old set was dead at the P-CSCF: MGU-07, MGU-10
            net.wish(ue, Register(), 400)
        assert len(facts(ue, Registered)) == before[0] + 1
        net.wish(ue, SendMessage(net.impu(number), b"to myself"), 400)
        assert [fact.status for fact in facts(ue, MessageAnswered)[before[1] :]] == [200]
    for ue, plan in zip(net.ues, net.plan.ues, strict=True):
        (at_ue,) = ue.sets.values()
        here = [one for one in net.pcscf.sets.values() if one.ue == plan.config.address]
        assert [one.spis for one in here] == [at_ue.spis]
